// A file of the HDF5 library that is being written and exists only as those of its pages that were touched: elements
// are written later and elsewhere.
#pragma once
#include "memory_file.h"
#include "records.h"

// Creates the file; negative if the library refuses.
hid_t braid_create_paged(void);

// After the file was closed: its length, the number of pieces, and each piece as offset (64) and bytes (text).
void braid_put_pages(braid_output *output);
