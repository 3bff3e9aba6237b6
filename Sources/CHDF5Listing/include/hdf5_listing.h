// What is in an HDF5 file, listed by the HDF5 library in a process of its own: libraries of distributions crash on
// damaged files, and a crash there must not be one here.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The element types of a listing. Zero: not an element type that tensors have.
enum braid_hdf5_type {
  BRAID_HDF5_NO_TYPE,
  BRAID_HDF5_BOOL,
  BRAID_HDF5_UINT8,
  BRAID_HDF5_INT8,
  BRAID_HDF5_UINT16,
  BRAID_HDF5_INT16,
  BRAID_HDF5_UINT32,
  BRAID_HDF5_INT32,
  BRAID_HDF5_UINT64,
  BRAID_HDF5_INT64,
  BRAID_HDF5_FLOAT8_E4M3,
  BRAID_HDF5_FLOAT8_E5M2,
  BRAID_HDF5_FLOAT16,
  BRAID_HDF5_BFLOAT16,
  BRAID_HDF5_FLOAT32,
  BRAID_HDF5_FLOAT64,
};

// A listing is a sequence of records; numbers are in the machine's order, texts are a 32-bit length and bytes.
//   BRAID_HDF5_DATASET    path, type (8), big-endian (8), rank (8), extents (64 each), fill value (text; empty if
//                         none), storage (8) and what belongs to it:
//     BRAID_HDF5_NOWHERE
//     BRAID_HDF5_CONTIGUOUS  offset (64), size (64)
//     BRAID_HDF5_COMPACT     bytes (text)
//     BRAID_HDF5_CHUNKED     extents of a chunk (64 each), filters (8), each: number (32), name (text), values (8),
//                            each value (32); chunks (64), each: corner (64 each), filter mask (32), offset (64),
//                            size (64)
//   BRAID_HDF5_ATTRIBUTE  path of the group, name, value
//   BRAID_HDF5_REMARK     path, text: something that is there and is no tensor
//   BRAID_HDF5_FAULT      path, text: why the file cannot be read
//   BRAID_HDF5_END
enum braid_hdf5_record {
  BRAID_HDF5_END,
  BRAID_HDF5_DATASET,
  BRAID_HDF5_ATTRIBUTE,
  BRAID_HDF5_REMARK,
  BRAID_HDF5_FAULT,
};

enum braid_hdf5_storage {
  BRAID_HDF5_NOWHERE,
  BRAID_HDF5_CONTIGUOUS,
  BRAID_HDF5_COMPACT,
  BRAID_HDF5_CHUNKED,
};

// How the process ended.
enum braid_hdf5_end {
  BRAID_HDF5_DONE,
  BRAID_HDF5_CRASHED,       // by a signal, whose number is in `signal`
  BRAID_HDF5_OUT_OF_TIME,
  BRAID_HDF5_OUT_OF_ROOM,   // the listing is longer than the limit
  BRAID_HDF5_NOT_STARTED,   // the system has no memory or no process left
};

// What may be used up.
typedef struct {
  double seconds;      // of processor time; a little more of wall time
  size_t memory;       // bytes, beyond what this process has
  size_t output;       // bytes of the listing
} braid_hdf5_limits;

// What the process left behind; `bytes` is to be given back.
typedef struct {
  enum braid_hdf5_end end;
  int signal;
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} braid_hdf5_result;

// Lists the HDF5 file that is these bytes.
braid_hdf5_result braid_hdf5_list(const void *bytes, size_t count, braid_hdf5_limits limits);

// The versions of the headers and of the loaded library, as text with a blank between.
braid_hdf5_result braid_hdf5_versions(braid_hdf5_limits limits);

// Makes an HDF5 file without its elements: the groups and attributes of a donor (which may be absent), and datasets,
// whose elements are to be written at the offsets that come back.
//
// `wanted` has for each dataset: path (text), type (8), rank (8), extents (64 each). The result is either a fault, as
// in a listing, or BRAID_HDF5_DATASET (8), the offset of each dataset (64; all ones for none), the length of the file
// (64), the number of pieces (64), each: offset (64), bytes (text); and BRAID_HDF5_END.
braid_hdf5_result braid_hdf5_make(
    const void *donor, size_t donor_count, const void *wanted, size_t wanted_count, braid_hdf5_limits limits);

void braid_hdf5_give_back(braid_hdf5_result result);
