#include "language_model.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define CLONES
#endif

#define LANES BRAID_LM_LANES

// Sixteen floats in one or several registers, loaded from and stored to any address.
typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef int32_t integers __attribute__((vector_size(64), aligned(4)));
typedef uint32_t naturals __attribute__((vector_size(64), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2)));
typedef double doubles __attribute__((vector_size(64), aligned(8)));

#define LOAD(address) (*(const floats *)(address))
#define STORE(address, value) (*(floats *)(address) = (value))
#define ALL(value) ((floats){0} + (value))

// Vectors are never passed between functions, whose calling convention would depend on the instruction set; hence
// macros.

// The pattern of x rounded to bfloat16; NaN stays NaN.
#define ROUND(result, x)                                                                   \
  do {                                                                                     \
    const floats x_ = (x);                                                                 \
    const naturals bits_ = (naturals)x_;                                                   \
    const naturals rounded_ = (bits_ + 0x7FFF + ((bits_ >> 16) & 1)) >> 16;                \
    const naturals nan_ = (naturals)(x_ != x_);                                            \
    (result) = __builtin_convertvector((rounded_ & ~nan_) | (((bits_ >> 16) | 64) & nan_), halves); \
  } while (0)

// exp(x) for x at most 88.3 within two units of the last place; 0 below -87.3; NaN stays NaN.
// x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for exp(r), and n added to the exponent.
#define EXP(result, x)                                                                  \
  do {                                                                                  \
    const floats argument_ = (x);                                                       \
    const floats shifted_ = argument_ * 1.44269504f + 12582912.0f;                      \
    const floats n_ = shifted_ - 12582912.0f;                                           \
    const floats r_ = (argument_ - n_ * 0.693359375f) - n_ * -2.12194440e-4f;           \
    floats p_ = r_ * 1.9875691500e-4f + 1.3981999507e-3f;                               \
    p_ = p_ * r_ + 8.3334519073e-3f;                                                    \
    p_ = p_ * r_ + 4.1665795894e-2f;                                                    \
    p_ = p_ * r_ + 1.6666665459e-1f;                                                    \
    p_ = p_ * r_ + 5.0000001201e-1f;                                                    \
    p_ = p_ * (r_ * r_) + r_ + 1.0f;                                                    \
    const integers power_ = ((integers)shifted_ - 0x4B400000) << 23;                    \
    const integers small_ = argument_ < -87.3f;                                         \
    const integers nan_ = argument_ != argument_;                                       \
    (result) = (floats)((((integers)p_ + power_) & ~small_) | nan_);                    \
  } while (0)

static inline float add_lanes(const float lane[LANES]) {
  float sum[LANES];
  memcpy(sum, lane, sizeof sum);
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t i = 0; i < width; i++) sum[i] += sum[i + width];
  return sum[0];
}

// ---- Norms and activations

CLONES ptrdiff_t braid_lm_rms_norm(const float *x, size_t x_stride, const float *weight, float epsilon, size_t rows,
                                   size_t width, float *out, uint16_t *rounded, size_t out_stride) {
  ptrdiff_t bad = -1;
  for (size_t row = 0; row < rows; row++) {
    const float *in = x + row * x_stride;
    floats lanes = {0};
    size_t i = 0;
    for (; i + LANES <= width; i += LANES) lanes += LOAD(in + i) * LOAD(in + i);
    float rest = 0;
    for (size_t j = i; j < width; j++) rest += in[j] * in[j];
    const float sum = add_lanes((const float *)&lanes) + rest;
    if (!(sum <= 3.4028234e38f) && bad < 0) bad = (ptrdiff_t)row;
    const float scale = 1.0f / sqrtf(sum / (float)width + epsilon);
    if (out) {
      float *to = out + row * out_stride;
      for (size_t j = 0; j < width; j++) to[j] = weight[j] * (in[j] * scale);
    } else {
      uint16_t *to = rounded + row * out_stride;
      for (i = 0; i + LANES <= width; i += LANES)
        ROUND(*(halves *)(to + i), LOAD(weight + i) * (LOAD(in + i) * scale));
      if (i < width) {
        floats last = {0};
        for (size_t j = i; j < width; j++) last[j - i] = weight[j] * (in[j] * scale);
        halves end;
        ROUND(end, last);
        for (size_t j = i; j < width; j++) to[j] = end[j - i];
      }
    }
  }
  return bad;
}

// silu(g) * u for one vector.
#define SILU_PRODUCT(result, g, u)                                                                      \
  do {                                                                                                  \
    /* exp(-g) is cut at 88, before it overflows; silu is below the smallest normal number there. */    \
    const floats negated_ = -(g);                                                                       \
    const integers large_ = negated_ > 88.0f;                                                           \
    floats exponential_;                                                                                \
    EXP(exponential_, (floats)(((integers)negated_ & ~large_) | ((integers)ALL(88.0f) & large_)));      \
    (result) = (g) / (exponential_ + 1.0f) * (u);                                                       \
  } while (0)

CLONES void braid_lm_silu_product(const float *gate, const float *up, size_t rows, size_t width, float *out,
                                  uint16_t *rounded, size_t out_stride) {
  for (size_t row = 0; row < rows; row++, gate += width, up += width) {
    size_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      floats product;
      SILU_PRODUCT(product, LOAD(gate + i), LOAD(up + i));
      if (out) STORE(out + row * out_stride + i, product);
      else ROUND(*(halves *)(rounded + row * out_stride + i), product);
    }
    if (i < width) {
      floats g = {0}, u = {0}, product;
      memcpy(&g, gate + i, (width - i) * sizeof(float));
      memcpy(&u, up + i, (width - i) * sizeof(float));
      SILU_PRODUCT(product, g, u);
      halves narrow;
      ROUND(narrow, product);
      if (out) memcpy(out + row * out_stride + i, &product, (width - i) * sizeof(float));
      else memcpy(rounded + row * out_stride + i, &narrow, (width - i) * sizeof(uint16_t));
    }
  }
}

CLONES void braid_lm_round(const float *x, size_t count, uint16_t *rounded) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) ROUND(*(halves *)(rounded + i), LOAD(x + i));
  if (i < count) {
    floats last = {0};
    memcpy(&last, x + i, (count - i) * sizeof(float));
    halves end;
    ROUND(end, last);
    memcpy(rounded + i, &end, (count - i) * sizeof(uint16_t));
  }
}

CLONES void braid_lm_add_bias(float *x, size_t x_stride, const float *bias, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < width; i++) x[row * x_stride + i] += bias[i];
}

// ---- Attention

CLONES void braid_lm_rotate(float *x, size_t heads, size_t width, const float *cosines, const float *sines,
                            size_t half) {
  for (size_t head = 0; head < heads; head++) {
    float *first = x + head * width, *second = first + half;
    for (size_t i = 0; i < half; i++) {
      const float a = first[i], b = second[i];
      first[i] = a * cosines[i] - b * sines[i];
      second[i] = b * cosines[i] + a * sines[i];
    }
  }
}

void braid_lm_store_key(const float *key, size_t width, float *lane) {
  for (size_t j = 0; j < width; j++) lane[j * LANES] = key[j];
}

// Scores of four queries, or one, against two panels, or one.
#define SCORE_TILE(ROWS, PANELS)                                                                        \
  do {                                                                                                  \
    floats sums[ROWS][PANELS];                                                                          \
    memset(sums, 0, sizeof sums);                                                                       \
    for (size_t j = 0; j < width; j++)                                                                  \
      for (size_t p = 0; p < PANELS; p++) {                                                             \
        const floats keys = LOAD(panel + p * width * LANES + j * LANES);                                \
        for (size_t r = 0; r < ROWS; r++) sums[r][p] += keys * query[r * width + j];                    \
      }                                                                                                 \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PANELS; p++) STORE(scores + r * stride + p * LANES, sums[r][p]);           \
  } while (0)

CLONES static void score_block(const float *queries, size_t rows, size_t width, const float *panels, size_t count,
                               float *block, size_t stride) {
  const size_t whole = (count + LANES - 1) / LANES;
  for (size_t p0 = 0; p0 < whole; p0 += 2) {
    const float *panel = panels + p0 * width * LANES;
    const int pair = p0 + 1 < whole;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const float *query = queries + row * width;
      float *scores = block + row * stride + p0 * LANES;
      if (pair) SCORE_TILE(4, 2);
      else SCORE_TILE(4, 1);
    }
    for (; row < rows; row++) {
      const float *query = queries + row * width;
      float *scores = block + row * stride + p0 * LANES;
      if (pair) SCORE_TILE(1, 2);
      else SCORE_TILE(1, 1);
    }
  }
}

// Weighted sums of values for four queries, or one, over 32 elements, or 16.
#define VALUE_TILE(ROWS, PARTS)                                                                         \
  do {                                                                                                  \
    floats sums[ROWS][PARTS];                                                                           \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PARTS; p++)                                                                \
        sums[r][p] = adding ? LOAD(to + r * value_stride + p * LANES) : (floats){0};                    \
    for (size_t k = 0; k < count; k++)                                                                  \
      for (size_t p = 0; p < PARTS; p++) {                                                              \
        const floats value = LOAD(values + k * value_stride + element + p * LANES);                     \
        for (size_t r = 0; r < ROWS; r++) sums[r][p] += value * weights[r * stride + k];                \
      }                                                                                                 \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PARTS; p++) STORE(to + r * value_stride + p * LANES, sums[r][p]);          \
  } while (0)

CLONES static void value_block(const float *block, size_t rows, size_t stride, const float *values, size_t count,
                               size_t value_stride, int adding, float *out) {
  for (size_t element = 0; element < value_stride; element += 2 * LANES) {
    const int pair = element + LANES < value_stride;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const float *weights = block + row * stride;
      float *to = out + row * value_stride + element;
      if (pair) VALUE_TILE(4, 2);
      else VALUE_TILE(4, 1);
    }
    for (; row < rows; row++) {
      const float *weights = block + row * stride;
      float *to = out + row * value_stride + element;
      if (pair) VALUE_TILE(1, 2);
      else VALUE_TILE(1, 1);
    }
  }
}

// exp(score - maximum) for a row whose masked scores are minus infinity; returns their sum.
CLONES static float exponentials(float *row, size_t count) {
  floats maxima = LOAD(row);
  for (size_t i = LANES; i < count; i += LANES) {
    const floats x = LOAD(row + i);
    const integers larger = x > maxima;
    maxima = (floats)(((integers)x & larger) | ((integers)maxima & ~larger));
  }
  float maximum = maxima[0];
  for (size_t i = 1; i < LANES; i++)
    if (maxima[i] > maximum) maximum = maxima[i];
  floats sums = {0};
  for (size_t i = 0; i < count; i += LANES) {
    floats e;
    EXP(e, LOAD(row + i) - maximum);
    STORE(row + i, e);
    sums += e;
  }
  return add_lanes((const float *)&sums);
}

CLONES void braid_lm_attend(const braid_lm_attention *block) {
  const size_t shared = (block->shared.count + LANES - 1) / LANES * LANES;
  const size_t own = (block->own.count + LANES - 1) / LANES * LANES;
  const size_t stride = shared + own;
  if (shared)
    score_block(block->queries, block->rows, block->width, block->shared.panels, block->shared.count, block->scores,
                stride);
  if (own)
    score_block(block->queries, block->rows, block->width, block->own.panels, block->own.count,
                block->scores + shared, stride);
  const float masked = -INFINITY;
  for (size_t r = 0; r < block->rows; r++) {
    float *row = block->scores + r * stride;
    for (size_t i = block->shared.count; i < shared; i++) row[i] = masked;
    for (size_t i = block->visible[r]; i < own; i++) row[shared + i] = masked;
    const float scale = 1.0f / exponentials(row, stride);
    for (size_t i = 0; i < stride; i++) row[i] *= scale;
  }
  if (shared)
    value_block(block->scores, block->rows, stride, block->shared.values, block->shared.count, block->value_stride, 0,
                block->out);
  if (own)
    value_block(block->scores + shared, block->rows, stride, block->own.values, block->own.count, block->value_stride,
                shared != 0, block->out);
}

// ---- Logits

CLONES void braid_lm_summarize(const float *logits, size_t count, braid_lm_summary *summary) {
  float maximum = logits[0], minimum = logits[0];
  size_t i = 0;
  if (count >= LANES) {
    floats maxima = LOAD(logits), minima = maxima;
    for (i = LANES; i + LANES <= count; i += LANES) {
      const floats x = LOAD(logits + i);
      const integers larger = x > maxima, smaller = x < minima;
      maxima = (floats)(((integers)x & larger) | ((integers)maxima & ~larger));
      minima = (floats)(((integers)x & smaller) | ((integers)minima & ~smaller));
    }
    maximum = maxima[0];
    minimum = minima[0];
    for (size_t j = 1; j < LANES; j++) {
      if (maxima[j] > maximum) maximum = maxima[j];
      if (minima[j] < minimum) minimum = minima[j];
    }
  }
  for (; i < count; i++) {
    if (logits[i] > maximum) maximum = logits[i];
    if (logits[i] < minimum) minimum = logits[i];
  }
  // The lanes of the sum are double: two halves of eight.
  doubles low = {0}, high = {0};
  for (i = 0; i < count; i += LANES) {
    floats x = ALL(-INFINITY);
    const size_t left = count - i;
    if (left >= LANES) x = LOAD(logits + i);
    else memcpy(&x, logits + i, left * sizeof(float));
    floats e;
    EXP(e, x - maximum);
    low += __builtin_convertvector(__builtin_shufflevector(e, e, 0, 1, 2, 3, 4, 5, 6, 7), doubles);
    high += __builtin_convertvector(__builtin_shufflevector(e, e, 8, 9, 10, 11, 12, 13, 14, 15), doubles);
  }
  const doubles both = low + high;
  summary->sum = ((both[0] + both[4]) + (both[2] + both[6])) + ((both[1] + both[5]) + (both[3] + both[7]));
  summary->maximum = maximum;
  summary->finite = summary->sum <= 1e308 && maximum <= 3.4028234e38f && minimum >= -3.4028234e38f;
  size_t first = 0;
  while (first + 1 < count && logits[first] != maximum) first++;
  summary->first_maximum = (uint32_t)first;
}

// ---- Weights

CLONES void braid_lm_transpose(const float *x, size_t rows, size_t depth, float *out, uint16_t *rounded,
                               size_t out_stride) {
  // Sixteen rows at a time, so that whole cache lines are written.
  for (size_t row = 0; row < rows; row += LANES) {
    const size_t some = rows - row < LANES ? rows - row : LANES;
    for (size_t k = 0; k < depth; k++) {
      floats column = {0};
      for (size_t r = 0; r < some; r++) column[r] = x[(row + r) * depth + k];
      if (out) {
        memcpy(out + k * out_stride + row, &column, some * sizeof(float));
      } else {
        halves narrow;
        ROUND(narrow, column);
        memcpy(rounded + k * out_stride + row, &narrow, some * sizeof(uint16_t));
      }
    }
  }
}
