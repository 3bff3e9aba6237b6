#include "lanes.h"

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

CLONES void braid_lm_place_rows(const float *x, size_t rows, size_t width, float *out, size_t stride,
                                int accumulates) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * width;
    float *to = out + row * stride;
    if (accumulates)
      for (size_t i = 0; i < width; i++) to[i] += from[i];
    else
      memcpy(to, from, width * sizeof(float));
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
