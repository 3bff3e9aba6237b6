// Loops over whole slabs, compiled for several instruction sets and chosen when the program starts.
#pragma once
