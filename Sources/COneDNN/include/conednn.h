// Matrix products by oneDNN, the same for its versions 2.x and 3.x.
//
// C[m, n] = sum over k of A[m, k] B[n, k], all three stored by rows without gaps: B is a matrix of weights as checkpoints
// have it. A product is made once for its sizes and may then be run by many threads at once. Every call computes on the thread that makes it: where oneDNN
// was built on OpenMP it is told to use one thread there, and parallel work is the caller's to divide.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct braid_product braid_product;

typedef struct {
  // m, n and k.
  int64_t rows, columns, depth;
  // Whether A and B hold bfloat16 instead of float32; C is float32 either way, and so are the sums.
  int bfloat16;
} braid_product_shape;

// Makes a product; 0, or oneDNN's status.
int braid_product_create(const braid_product_shape *shape, braid_product **product);
void braid_product_destroy(braid_product *product);

// The size of the scratch memory that a run needs; it must be aligned to 64 bytes.
size_t braid_product_scratch_size(const braid_product *product);

// Multiplies; 0, or oneDNN's status.
int braid_product_run(const braid_product *product, const void *a, const void *b, float *c, void *scratch);

// How oneDNN carries the product out, for reports: its implementation's name.
const char *braid_product_implementation(const braid_product *product);

// Whether this CPU multiplies bfloat16 faster than float32.
int braid_has_fast_bfloat16(void);

// oneDNN's version as major * 10000 + minor * 100 + patch.
int braid_onednn_version(void);
