// A file of the HDF5 library that is a run of bytes in memory: nothing can be written, and no other file exists.
#pragma once
// The calls of version 1.10, under their old names in newer libraries too.
#define H5_USE_110_API
#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

// Opens the bytes for reading; negative if the library refuses them.
hid_t braid_open_memory(const uint8_t *bytes, size_t count);
