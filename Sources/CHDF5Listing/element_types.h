// What the library's datatypes are as element types of tensors.
#pragma once
#include "memory_file.h"
#include "hdf5_listing.h"

// The element type of a dataset with this datatype, and whether its bytes are swapped; for a datatype that tensors do
// not have, what it is in words.
enum braid_hdf5_type braid_element_type(hid_t dataset, hid_t type, int *big_endian, char *words, size_t room);
