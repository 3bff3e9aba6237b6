#include "dot_products.h"

#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Levels of x86 that have fused multiply-add, besides the plain one.
#if defined(__x86_64__) && defined(__linux__)
#define FUSED_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FUSED_CLONES
#endif

#define UNROLL _Pragma("clang loop unroll(full)")

// One row streams a single row of weights at a time: that is what prefetchers follow best (35 GB/s of two cores, where
// four rows of weights side by side gave 20 to 29). Several rows take four rows of weights together, which quarters
// the loads of the rows; the next four rows of weights are fetched meanwhile, at the first rows only, and no further
// than into the second cache: the first one is full of rows, and fetching into it cost a fifth to a third.
#define EACH_BLOCK(BLOCK)                                                                                              \
  do {                                                                                                                 \
    if (p->row_count == 1) {                                                                                           \
      for (size_t o = 0; o < p->outputs; o++) BLOCK(1, 1, o, 0);                                                       \
      break;                                                                                                           \
    }                                                                                                                  \
    size_t o = 0;                                                                                                      \
    for (; o + 4 <= p->outputs; o += 4)                                                                                \
      for (size_t r = 0; r < p->row_count; r += 4) switch (p->row_count - r) {                                         \
          case 1: BLOCK(4, 1, o, r); break;                                                                            \
          case 2: BLOCK(4, 2, o, r); break;                                                                            \
          case 3: BLOCK(4, 3, o, r); break;                                                                            \
          default: BLOCK(4, 4, o, r);                                                                                  \
        }                                                                                                              \
    for (; o < p->outputs; o++)                                                                                        \
      for (size_t r = 0; r < p->row_count; r++) BLOCK(1, 1, o, r);                                                     \
  } while (0)

// The lanes of sixteen sums, added pairwise as add_lanes does: each step halves the lanes of two vectors and keeps them
// in one, so that sixteen vectors take fifteen additions instead of sixty-four.
#define HALVE(x, y, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, aa, ab, ac, ad, ae, af, distance)                          \
  (__builtin_shufflevector(x, y, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, aa, ab, ac, ad, ae, af) +                     \
   __builtin_shufflevector(x, y, a0 + distance, a1 + distance, a2 + distance, a3 + distance, a4 + distance,            \
                           a5 + distance, a6 + distance, a7 + distance, a8 + distance, a9 + distance, aa + distance,   \
                           ab + distance, ac + distance, ad + distance, ae + distance, af + distance))
#define HALVE8(x, y) HALVE(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 8)
#define HALVE4(x, y) HALVE(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27, 4)
#define HALVE2(x, y) HALVE(x, y, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29, 2)
#define HALVE1(x, y) HALVE(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 1)

// The lanes of a block are added and go to their places.
#define FINISH(OUTPUTS, ROWS, o, r)                                                                                    \
  if (OUTPUTS * ROWS == 16) {                                                                                          \
    const floats *s = (const floats *)sums;                                                                            \
    floats eights[8], fours[4], twos[2];                                                                               \
    UNROLL for (size_t i = 0; i < 8; i++) eights[i] = HALVE8(s[2 * i], s[2 * i + 1]);                                  \
    UNROLL for (size_t i = 0; i < 4; i++) fours[i] = HALVE4(eights[2 * i], eights[2 * i + 1]);                         \
    UNROLL for (size_t i = 0; i < 2; i++) twos[i] = HALVE2(fours[2 * i], fours[2 * i + 1]);                            \
    const floats all = HALVE1(twos[0], twos[1]);                                                                       \
    UNROLL for (size_t i = 0; i < OUTPUTS; i++) UNROLL for (size_t j = 0; j < ROWS; j++) {                             \
      float *place = p->out + ((r) + j) * p->out_stride + (o) + i;                                                     \
      *place = p->accumulates ? *place + all[i * ROWS + j] : all[i * ROWS + j];                                        \
    }                                                                                                                  \
  } else {                                                                                                             \
    UNROLL for (size_t i = 0; i < OUTPUTS; i++) UNROLL for (size_t j = 0; j < ROWS; j++) {                             \
      float *place = p->out + ((r) + j) * p->out_stride + (o) + i;                                                     \
      const float sum = add_lanes((const float *)&sums[i][j]);                                                         \
      *place = p->accumulates ? *place + sum : sum;                                                                    \
    }                                                                                                                  \
  }

// ---- float32

#define FLOAT_BLOCK(OUTPUTS, ROWS, o, r)                                                                               \
  do {                                                                                                                 \
    const float *w = (const float *)p->weights + (o) * n, *x = (const float *)p->rows + (r) * n;                       \
    floats sums[OUTPUTS][ROWS] = {{{0}}};                                                                              \
    size_t k = 0;                                                                                                      \
    for (; k + LANES <= n; k += LANES) {                                                                               \
      floats values[ROWS];                                                                                             \
      UNROLL for (size_t j = 0; j < ROWS; j++) values[j] = LOAD(x + j * n + k);                                        \
      UNROLL for (size_t i = 0; i < OUTPUTS; i++) {                                                                    \
        const floats weight = LOAD(w + i * n + k);                                                                     \
        if (OUTPUTS > 1 && (r) == 0) __builtin_prefetch(w + (i + OUTPUTS) * n + k, 0, 2);                              \
        UNROLL for (size_t j = 0; j < ROWS; j++) sums[i][j] += weight * values[j];                                     \
      }                                                                                                                \
    }                                                                                                                  \
    if (k < n) UNROLL for (size_t i = 0; i < OUTPUTS; i++) UNROLL for (size_t j = 0; j < ROWS; j++) {                  \
        floats weight = {0}, value = {0};                                                                              \
        memcpy(&weight, w + i * n + k, (n - k) * sizeof(float));                                                       \
        memcpy(&value, x + j * n + k, (n - k) * sizeof(float));                                                        \
        sums[i][j] += weight * value;                                                                                  \
      }                                                                                                                \
    FINISH(OUTPUTS, ROWS, o, r)                                                                                        \
  } while (0)

FUSED_CLONES void braid_dot_products_float32(const braid_dot_products *p) {
#pragma clang fp contract(fast)
  const size_t n = p->inputs;
  EACH_BLOCK(FLOAT_BLOCK);
}

// ---- bfloat16

// Without instructions of its own: pairs are taken as one number of 32 bits, whose halves are the upper halves of
// float32. The lanes are those of the instructions, the order within a pair is not.
#define PAIR_BLOCK(OUTPUTS, ROWS, o, r)                                                                                \
  do {                                                                                                                 \
    const uint16_t *w = (const uint16_t *)p->weights + (o) * n, *x = (const uint16_t *)p->rows + (r) * n;              \
    floats sums[OUTPUTS][ROWS] = {{{0}}};                                                                              \
    for (size_t k = 0; k < n; k += 2 * LANES) {                                                                        \
      const size_t size = (n - k < 2 * LANES ? n - k : 2 * LANES) * sizeof(uint16_t);                                  \
      UNROLL for (size_t i = 0; i < OUTPUTS; i++) {                                                                    \
        naturals weight = {0};                                                                                         \
        memcpy(&weight, w + i * n + k, size);                                                                          \
        UNROLL for (size_t j = 0; j < ROWS; j++) {                                                                     \
          naturals value = {0};                                                                                        \
          memcpy(&value, x + j * n + k, size);                                                                         \
          sums[i][j] += (floats)(weight & 0xFFFF0000u) * (floats)(value & 0xFFFF0000u);                                \
          sums[i][j] += (floats)(weight << 16) * (floats)(value << 16);                                                \
        }                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
    FINISH(OUTPUTS, ROWS, o, r)                                                                                        \
  } while (0)

FUSED_CLONES static void pairs_in_float32(const braid_dot_products *p) {
#pragma clang fp contract(fast)
  const size_t n = p->inputs;
  EACH_BLOCK(PAIR_BLOCK);
}

#if defined(__x86_64__)
#define HALF_BLOCK(OUTPUTS, ROWS, o, r)                                                                                \
  do {                                                                                                                 \
    const uint16_t *w = (const uint16_t *)p->weights + (o) * n, *x = (const uint16_t *)p->rows + (r) * n;              \
    __m512 sums[OUTPUTS][ROWS];                                                                                        \
    UNROLL for (size_t i = 0; i < OUTPUTS; i++)                                                                        \
      UNROLL for (size_t j = 0; j < ROWS; j++) sums[i][j] = _mm512_setzero_ps();                                       \
    for (size_t k = 0; k < n; k += 2 * LANES) {                                                                        \
      /* Behind the end of a row nothing is loaded. */                                                                 \
      const __mmask32 mask = n - k >= 2 * LANES ? ~(__mmask32)0 : ((__mmask32)1 << (n - k)) - 1;                       \
      __m512bh values[ROWS];                                                                                           \
      UNROLL for (size_t j = 0; j < ROWS; j++)                                                                         \
        values[j] = (__m512bh)_mm512_maskz_loadu_epi16(mask, x + j * n + k);                                           \
      UNROLL for (size_t i = 0; i < OUTPUTS; i++) {                                                                    \
        const __m512bh weight = (__m512bh)_mm512_maskz_loadu_epi16(mask, w + i * n + k);                               \
        if (OUTPUTS > 1 && (r) == 0) __builtin_prefetch(w + (i + OUTPUTS) * n + k, 0, 2);                              \
        UNROLL for (size_t j = 0; j < ROWS; j++) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], weight, values[j]);         \
      }                                                                                                                \
    }                                                                                                                  \
    FINISH(OUTPUTS, ROWS, o, r)                                                                                        \
  } while (0)

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) static void pairs(const braid_dot_products *p) {
  const size_t n = p->inputs;
  EACH_BLOCK(HALF_BLOCK);
}

void braid_dot_products_bfloat16(const braid_dot_products *p) {
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16"))
    pairs(p);
  else
    pairs_in_float32(p);
}
#else
void braid_dot_products_bfloat16(const braid_dot_products *p) { pairs_in_float32(p); }
#endif
