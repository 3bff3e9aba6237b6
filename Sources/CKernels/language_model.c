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

CLONES ptrdiff_t braid_lm_layer_norm(const float *x, size_t x_stride, const float *weight, const float *bias,
                                     float epsilon, size_t rows, size_t width, float *out, uint16_t *rounded,
                                     size_t out_stride) {
  ptrdiff_t bad = -1;
  for (size_t row = 0; row < rows; row++) {
    const float *in = x + row * x_stride;
    floats lanes = {0};
    size_t i = 0;
    for (; i + LANES <= width; i += LANES) lanes += LOAD(in + i);
    float rest = 0;
    for (size_t j = i; j < width; j++) rest += in[j];
    const float mean = (add_lanes((const float *)&lanes) + rest) / (float)width;
    lanes = (floats){0};
    for (i = 0; i + LANES <= width; i += LANES) lanes += (LOAD(in + i) - mean) * (LOAD(in + i) - mean);
    rest = 0;
    for (size_t j = i; j < width; j++) rest += (in[j] - mean) * (in[j] - mean);
    const float sum = add_lanes((const float *)&lanes) + rest;
    if (!(sum <= 3.4028234e38f) && bad < 0) bad = (ptrdiff_t)row;
    const float scale = 1.0f / sqrtf(sum / (float)width + epsilon);
    for (i = 0; i < width; i += LANES) {
      const size_t some = width - i < LANES ? width - i : LANES;
      floats value = {0}, factor = {0}, shift = {0};
      memcpy(&value, in + i, some * sizeof(float));
      memcpy(&factor, weight + i, some * sizeof(float));
      memcpy(&shift, bias + i, some * sizeof(float));
      const floats result = (value - mean) * scale * factor + shift;
      if (out) {
        memcpy(out + row * out_stride + i, &result, some * sizeof(float));
      } else {
        halves narrow;
        ROUND(narrow, result);
        memcpy(rounded + row * out_stride + i, &narrow, some * sizeof(uint16_t));
      }
    }
  }
  return bad;
}

// g / (1 + exp(-z)) * u for one vector.
#define LOGISTIC_PRODUCT(result, g, z, u)                                                               \
  do {                                                                                                  \
    /* exp(-z) is cut at 88, before it overflows; the result is below the smallest normal number there. */ \
    const floats negated_ = -(z);                                                                       \
    const integers large_ = negated_ > 88.0f;                                                           \
    floats exponential_;                                                                                \
    EXP(exponential_, (floats)(((integers)negated_ & ~large_) | ((integers)ALL(88.0f) & large_)));      \
    (result) = (g) / (exponential_ + 1.0f) * (u);                                                       \
  } while (0)

#define SILU_PRODUCT(result, g, u) LOGISTIC_PRODUCT(result, g, g, u)

// The usual approximation by tanh: 0.5 g (1 + tanh(y)) is g / (1 + exp(-2 y)), y = sqrt(2 / pi) (g + 0.044715 g^3).
#define GELU_TANH_PRODUCT(result, g, u)                                                                 \
  do {                                                                                                  \
    const floats twice_ = ((g) + (g) * (g) * (g) * 0.044715f) * 1.5957691216f;                          \
    LOGISTIC_PRODUCT(result, g, twice_, u);                                                             \
  } while (0)

#define QUICK_GELU_PRODUCT(result, g, u)                                                                \
  do {                                                                                                  \
    const floats scaled_ = (g) * 1.702f;                                                                \
    LOGISTIC_PRODUCT(result, g, scaled_, u);                                                            \
  } while (0)

#define RELU_PRODUCT(result, g, u)                                                                      \
  do {                                                                                                  \
    /* NaN stays NaN. */                                                                                \
    const integers negative_ = (g) < 0.0f;                                                              \
    (result) = (floats)((integers)(g) & ~negative_) * (u);                                              \
  } while (0)

// g times the normal distribution function at g; erfc by Abramowitz and Stegun 7.1.26, within 1.5e-7.
#define GELU_PRODUCT(result, g, u)                                                                      \
  do {                                                                                                  \
    const floats z_ = (floats)((integers)(g) & 0x7FFFFFFF) * 0.70710678f;                               \
    const floats t_ = 1.0f / (z_ * 0.3275911f + 1.0f);                                                  \
    floats polynomial_ = t_ * 1.061405429f - 1.453152027f;                                              \
    polynomial_ = polynomial_ * t_ + 1.421413741f;                                                      \
    polynomial_ = polynomial_ * t_ - 0.284496736f;                                                      \
    polynomial_ = polynomial_ * t_ + 0.254829592f;                                                      \
    floats bell_;                                                                                       \
    EXP(bell_, -(z_ * z_));                                                                             \
    const floats tail_ = polynomial_ * t_ * bell_ * 0.5f;                                               \
    const integers negative_ = (g) < 0.0f;                                                              \
    const floats share_ = (floats)(((integers)tail_ & negative_) | ((integers)(1.0f - tail_) & ~negative_)); \
    (result) = (g) * share_ * (u);                                                                      \
  } while (0)

#define ACTIVATE_ROWS(PRODUCT)                                                                          \
  for (size_t row = 0; row < rows; row++) {                                                             \
    const float *g_row = gate + row * width, *u_row = up ? up + row * width : NULL;                     \
    size_t i = 0;                                                                                       \
    for (; i + LANES <= width; i += LANES) {                                                            \
      const floats g = LOAD(g_row + i);                                                                 \
      const floats u = u_row ? LOAD(u_row + i) : ALL(1.0f);                                             \
      floats product;                                                                                   \
      PRODUCT(product, g, u);                                                                           \
      if (out) STORE(out + row * out_stride + i, product);                                              \
      else ROUND(*(halves *)(rounded + row * out_stride + i), product);                                 \
    }                                                                                                   \
    if (i < width) {                                                                                    \
      floats g = {0}, u = ALL(1.0f), product;                                                           \
      memcpy(&g, g_row + i, (width - i) * sizeof(float));                                               \
      if (u_row) memcpy(&u, u_row + i, (width - i) * sizeof(float));                                    \
      PRODUCT(product, g, u);                                                                           \
      halves narrow;                                                                                    \
      ROUND(narrow, product);                                                                           \
      if (out) memcpy(out + row * out_stride + i, &product, (width - i) * sizeof(float));               \
      else memcpy(rounded + row * out_stride + i, &narrow, (width - i) * sizeof(uint16_t));             \
    }                                                                                                   \
  }

CLONES void braid_lm_activate(braid_lm_activation activation, const float *gate, const float *up, size_t rows,
                              size_t width, float *out, uint16_t *rounded, size_t out_stride) {
  switch (activation) {
    case BRAID_LM_SILU: ACTIVATE_ROWS(SILU_PRODUCT); break;
    case BRAID_LM_GELU: ACTIVATE_ROWS(GELU_PRODUCT); break;
    case BRAID_LM_GELU_TANH: ACTIVATE_ROWS(GELU_TANH_PRODUCT); break;
    case BRAID_LM_QUICK_GELU: ACTIVATE_ROWS(QUICK_GELU_PRODUCT); break;
    case BRAID_LM_RELU: ACTIVATE_ROWS(RELU_PRODUCT); break;
  }
}

CLONES void braid_lm_soft_cap(float *x, size_t count, float cap) {
  const float scale = 1.0f / cap;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t some = count - i < LANES ? count - i : LANES;
    floats value = {0};
    memcpy(&value, x + i, some * sizeof(float));
    // tanh(|y|) = (1 - e) / (1 + e) with e = exp(-2 |y|), and then the sign of y.
    const integers sign = (integers)((naturals)value & 0x80000000u);
    const floats size = (floats)((integers)value & 0x7FFFFFFF);
    floats e;
    EXP(e, size * scale * -2.0f);
    const floats result = (floats)((integers)((1.0f - e) / (1.0f + e) * cap) | sign);
    memcpy(x + i, &result, some * sizeof(float));
  }
}

CLONES void braid_lm_add_scaled(float *x, const float *y, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += y[i] * scale;
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

// The part of a memory that some query of a block sees. Columns of scores begin at a multiple of 16 of the positions,
// so that the lane in which a key is summed depends on its position only.
typedef struct {
  const float *panels, *values;
  size_t base, first, end;  // first <= position < end is visible; columns begin at base
  size_t columns;
} visible_part;

static visible_part part_of(const braid_lm_attention *block, const braid_lm_memory *memory, size_t low, size_t high) {
  visible_part part = {0};
  part.first = memory->first > low ? memory->first : low;
  part.end = memory->end < high ? memory->end : high;
  if (part.first >= part.end) return part;
  const size_t origin = memory->first / LANES * LANES;
  part.base = part.first / LANES * LANES;
  part.columns = (part.end - part.base + LANES - 1) / LANES * LANES;
  part.panels = memory->panels + (part.base - origin) * block->width;
  part.values = memory->values + (part.first - origin) * block->value_stride;
  return part;
}

// The positions that any query of a block sees.
static void visible_range(const braid_lm_attention *block, size_t *low, size_t *high) {
  *low = block->from[0];
  *high = block->until[0];
  for (size_t r = 1; r < block->rows; r++) {
    if (block->from[r] < *low) *low = block->from[r];
    if (block->until[r] > *high) *high = block->until[r];
  }
}

size_t braid_lm_score_columns(const braid_lm_attention *block) {
  size_t low, high, columns = 0;
  visible_range(block, &low, &high);
  for (size_t m = 0; m < block->memory_count; m++) columns += part_of(block, &block->memories[m], low, high).columns;
  return columns;
}

CLONES void braid_lm_attend(const braid_lm_attention *block) {
  const size_t stride = braid_lm_score_columns(block);
  size_t low, high, column = 0;
  visible_range(block, &low, &high);
  const float masked = -INFINITY;
  for (size_t m = 0; m < block->memory_count; m++) {
    const visible_part part = part_of(block, &block->memories[m], low, high);
    if (!part.columns) continue;
    score_block(block->queries, block->rows, block->width, part.panels, part.end - part.base, block->scores + column,
                stride);
    for (size_t r = 0; r < block->rows; r++) {
      float *row = block->scores + r * stride + column;
      if (block->soft_cap > 0) braid_lm_soft_cap(row, part.columns, block->soft_cap);
      size_t from = block->from[r] > part.first ? block->from[r] : part.first;
      const size_t until = block->until[r] < part.end ? block->until[r] : part.end;
      if (from > until) from = until;
      if (until <= part.first) {
        for (size_t i = 0; i < part.columns; i++) row[i] = masked;
      } else {
        for (size_t i = 0; i < from - part.base; i++) row[i] = masked;
        for (size_t i = until - part.base; i < part.columns; i++) row[i] = masked;
      }
    }
    column += part.columns;
  }
  for (size_t r = 0; r < block->rows; r++) {
    float *row = block->scores + r * stride;
    const float scale = 1.0f / exponentials(row, stride);
    for (size_t i = 0; i < stride; i++) row[i] *= scale;
  }
  column = 0;
  for (size_t m = 0; m < block->memory_count; m++) {
    const visible_part part = part_of(block, &block->memories[m], low, high);
    if (!part.columns) continue;
    value_block(block->scores + column + (part.first - part.base), block->rows, stride, part.values,
                part.end - part.first, block->value_stride, column != 0, block->out);
    column += part.columns;
  }
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
