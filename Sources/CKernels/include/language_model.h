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

// The same with the mean taken off first and a bias added: (x - mean) / sqrt(variance + epsilon) * weight + bias.
ptrdiff_t braid_lm_layer_norm(const float *x, size_t x_stride, const float *weight, const float *bias, float epsilon,
                              size_t rows, size_t width, float *out, uint16_t *rounded, size_t out_stride);

typedef enum {
  BRAID_LM_SILU,
  BRAID_LM_GELU,
  BRAID_LM_GELU_TANH,
  BRAID_LM_QUICK_GELU,
  BRAID_LM_RELU,
} braid_lm_activation;

// out = activation(gate) * up, or activation(gate) where `up` is NULL, for rows of `width` elements without gaps, as
// float32 or, where `rounded` is given instead, as bfloat16.
void braid_lm_activate(braid_lm_activation activation, const float *gate, const float *up, size_t rows, size_t width,
                       float *out, uint16_t *rounded, size_t out_stride);

// x = cap * tanh(x / cap).
void braid_lm_soft_cap(float *x, size_t count, float cap);

// x += y * scale.
void braid_lm_add_scaled(float *x, const float *y, float scale, size_t count);

// To bfloat16, to nearest, ties to even.
void braid_lm_round(const float *x, size_t count, uint16_t *rounded);

// Adds `bias` to each row.
void braid_lm_add_bias(float *x, size_t x_stride, const float *bias, size_t rows, size_t width);

// Puts rows without gaps to places that are `stride` elements apart, or adds them to what is there.
void braid_lm_place_rows(const float *x, size_t rows, size_t width, float *out, size_t stride, int accumulates);

// ---- Attention

// Rotates the first 2 * half elements of each of `heads` vectors that follow each other at a distance of `width`:
// element i and element i + half are turned by the angle whose cosine and sine are cosines[i] and sines[i].
void braid_lm_rotate(float *x, size_t heads, size_t width, const float *cosines, const float *sines, size_t half);

// Writes a key as one lane of a panel.
void braid_lm_store_key(const float *key, size_t width, float *lane);

// Keys and values of the positions `first` to `end` of a sequence. Storage begins at the multiple of 16 at or below
// `first`, so that a key's lane follows from its position alone.
typedef struct {
  const float *panels;  // keys in panels of 16; lanes without a key may hold anything
  const float *values;  // rows of value_stride elements
  size_t first, end;
} braid_lm_memory;

typedef struct {
  const float *queries;  // rows * width, scaled already
  size_t rows, width;
  size_t value_stride;  // width rounded up to a multiple of 16
  const braid_lm_memory *memories;  // in the order of their positions, each position at most once
  size_t memory_count;
  const uint32_t *from, *until;  // query r sees the positions from[r] to until[r], at least one of them stored
  float soft_cap;                // scores are cap * tanh(score / cap); none if zero
  float *scores;                 // rows * braid_lm_score_columns
  float *out;                    // rows * value_stride
} braid_lm_attention;

// The columns of scores that a block of queries needs.
size_t braid_lm_score_columns(const braid_lm_attention *block);

// Softmax attention for a block of queries. A query's result does not depend on the other queries of its block, nor on
// how its keys are spread over memories; memories that no query sees cost nothing.
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
