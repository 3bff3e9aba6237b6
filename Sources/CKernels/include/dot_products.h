// Products of a few rows with a matrix whose rows are read from memory once: what generating one token for each of
// some sequences is made of, and bound by.
//
// Sums run in 16 lanes that are added pairwise at the end, so a row's results do not depend on the rows beside it.
// Products and sums are fused where the CPU can do that: bits may differ from one instruction set to another.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const void *weights;  // `outputs` rows of `inputs` elements without gaps, at any multiple of an element's size
  size_t outputs, inputs;
  const void *rows;     // `row_count` rows of `inputs` elements without gaps
  size_t row_count;
  float *out;  // out[r * out_stride + o]
  size_t out_stride;
  int accumulates;  // whether products are added to what `out` holds
} braid_dot_products;

// out[r, o] = sum over i of rows[r, i] * weights[o, i].
void braid_dot_products_float32(const braid_dot_products *products);

// The same for weights and rows in bfloat16.
void braid_dot_products_bfloat16(const braid_dot_products *products);
