// Writing the records of a listing.
#pragma once
#include <string.h>

#include "child_process.h"

static inline void put8(braid_output *output, unsigned value) {
  uint8_t byte = (uint8_t)value;
  braid_put(output, &byte, 1);
}

static inline void put32(braid_output *output, uint32_t value) { braid_put(output, &value, sizeof value); }

static inline void put64(braid_output *output, uint64_t value) { braid_put(output, &value, sizeof value); }

static inline void put_bytes(braid_output *output, const void *bytes, size_t count) {
  put32(output, (uint32_t)count);
  braid_put(output, bytes, count);
}

static inline void put_text(braid_output *output, const char *text) { put_bytes(output, text, strlen(text)); }

static inline void put_note(braid_output *output, enum braid_hdf5_record record, const char *path, const char *text) {
  put8(output, record);
  put_text(output, path);
  put_text(output, text);
}

// Describes the trouble that the library reported last.
void put_fault(braid_output *output, const char *path, const char *what);
