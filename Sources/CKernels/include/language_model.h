// Loops of language models over rows of float32: norms, rotations, attention, activations, log-sums.
//
// Compiled for several instruction sets, chosen when the program starts, with the same bits on each: nothing is
// contracted, and sums run in 16 lanes that are added pairwise at the end.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Keys of one panel: `panel[j * 16 + i]` is element j of key i.
#define BRAID_LM_LANES 16

// ---- Norms and activations

// out = x / sqrt(mean(x^2) + epsilon) * weight for each row, as float32 or, where `rounded` is given instead of `out`,
// as bfloat16. Returns the first row whose sum of squares is not finite, or -1.
ptrdiff_t braid_lm_rms_norm(const float *x, size_t x_stride, const float *weight, float epsilon, size_t rows,
                            size_t width, float *out, uint16_t *rounded, size_t out_stride);

// out = silu(gate) * up for rows of `width` elements without gaps, as float32 or, where `rounded` is given instead, as
// bfloat16.
void braid_lm_silu_product(const float *gate, const float *up, size_t rows, size_t width, float *out,
                           uint16_t *rounded, size_t out_stride);

// To bfloat16, to nearest, ties to even.
void braid_lm_round(const float *x, size_t count, uint16_t *rounded);

// Adds `bias` to each row.
void braid_lm_add_bias(float *x, size_t x_stride, const float *bias, size_t rows, size_t width);

// ---- Attention

// Rotates the first 2 * half elements of each of `heads` vectors that follow each other at a distance of `width`:
// element i and element i + half are turned by the angle whose cosine and sine are cosines[i] and sines[i].
void braid_lm_rotate(float *x, size_t heads, size_t width, const float *cosines, const float *sines, size_t half);

// Writes a key as one lane of a panel.
void braid_lm_store_key(const float *key, size_t width, float *lane);

// Keys and values that one block of queries looks at.
typedef struct {
  const float *panels;  // count keys in panels of 16; lanes behind the last key may hold anything finite
  const float *values;  // count rows of value_stride elements
  size_t count;
} braid_lm_memory;

typedef struct {
  const float *queries;  // rows * width, scaled already
  size_t rows, width;
  size_t value_stride;  // width rounded up to a multiple of 16
  // Every query sees all of `shared`, and of `own` as many as `visible` says.
  braid_lm_memory shared, own;
  const uint32_t *visible;
  float *scores;  // rows * (both counts, each rounded up to a multiple of 16)
  float *out;     // rows * value_stride
} braid_lm_attention;

// Softmax attention for a block of queries.
void braid_lm_attend(const braid_lm_attention *block);

// ---- Logits

typedef struct {
  float maximum;
  uint32_t first_maximum;  // where the maximum first occurs
  double sum;              // of exp(x - maximum)
  int finite;
} braid_lm_summary;

// Maximum and sum of exponentials of a row of logits.
void braid_lm_summarize(const float *logits, size_t count, braid_lm_summary *summary);

// ---- Weights

// Transposes `rows` rows of `depth` elements into `depth` rows of `out_stride` elements, as float32 or, where
// `rounded` is given instead of `out`, as bfloat16.
void braid_lm_transpose(const float *x, size_t rows, size_t depth, float *out, uint16_t *rounded, size_t out_stride);
