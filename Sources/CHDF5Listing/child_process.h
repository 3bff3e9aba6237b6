// Work in a process of its own, with limits.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "hdf5_listing.h"

// What the work writes to: memory that both processes see.
typedef struct {
  uint8_t *bytes;
  size_t capacity;
  size_t count;
} braid_output;

// Appends bytes. Where they do not fit, the process ends.
void braid_put(braid_output *output, const void *bytes, size_t count);

// Runs `work` in a forked process and waits for it.
braid_hdf5_result braid_run_apart(
    void (*work)(const void *task, braid_output *output), const void *task, braid_hdf5_limits limits);
