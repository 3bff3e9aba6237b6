// Inner products, in float64 and in a fixed order. Part of kernels_body.h.

static double BRAID_SUFFIX(dot)(const float *a, const float *b, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t k = 0; k < LANES; k++) lanes[k] += (double)a[i + k] * (double)b[i + k];
  for (size_t k = 0; i + k < count; k++) lanes[k] += (double)a[i + k] * (double)b[i + k];
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t k = 0; k < width; k++) lanes[k] += lanes[k + width];
  return lanes[0];
}

// The inner products of all pairs (0, 0), (0, 1), …, (1, 1), …; `models` is a constant. Products of float32 are exact
// in float64, so a fused operation, where there is one, rounds as two would.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(gram_lanes)(const void *const *inputs,
                                                                          const size_t models, size_t count,
                                                                          double *products, const int half) {
#pragma STDC FP_CONTRACT ON
  float64x16 sums[10] = {{0}}, x[4];
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    for (size_t j = 0; j < models; j++)
      x[j] = __builtin_convertvector(group_at(inputs[j], i, length, half), float64x16);
    size_t pair = 0;
    for (size_t j = 0; j < models; j++)
      for (size_t k = j; k < models; k++, pair++) sums[pair] += x[j] * x[k];
  }
  for (size_t pair = 0; pair < models * (models + 1) / 2; pair++) products[pair] = lanes_sum(sums[pair]);
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(gram_any)(const void *const *inputs, size_t models,
                                                                        size_t count, double *products,
                                                                        const int half) {
  switch (models) {
    case 1: return BRAID_SUFFIX(gram_lanes)(inputs, 1, count, products, half);
    case 2: return BRAID_SUFFIX(gram_lanes)(inputs, 2, count, products, half);
    case 3: return BRAID_SUFFIX(gram_lanes)(inputs, 3, count, products, half);
    case 4: return BRAID_SUFFIX(gram_lanes)(inputs, 4, count, products, half);
  }
  // More than the registers hold: pair by pair.
  for (size_t j = 0; j < models; j++)
    for (size_t k = j; k < models; k++) {
      const void *pair[2] = {inputs[j], inputs[k]};
      double of_pair[3];
      BRAID_SUFFIX(gram_lanes)(pair, 2, count, of_pair, half);
      *products++ = of_pair[1];
    }
}

static void BRAID_SUFFIX(gram)(const void *const *inputs, size_t models, int half, size_t count, double *products) {
  if (half) return BRAID_SUFFIX(gram_any)(inputs, models, count, products, 1);
  BRAID_SUFFIX(gram_any)(inputs, models, count, products, 0);
}

static void BRAID_SUFFIX(accumulate_products)(const float *a, const float *b, double *restrict sums, size_t count) {
  for (size_t i = 0; i < count; i++) sums[i] += (double)a[i] * (double)b[i];
}

// `models` is a constant where they are few, and `half` always.
static inline __attribute__((always_inline)) double BRAID_SUFFIX(variance_lanes)(const void *base,
                                                                                const void *const *inputs,
                                                                                const size_t models, float least,
                                                                                float *out, size_t count,
                                                                                const int half) {
  // One over a power of two is exact.
  const float number = (float)models, factor = 1.0f / number;
  const int exact = (models & (models - 1)) == 0;
  float32x16 squares = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = group_at(base, i, length, half);
    float32x16 mean = {0}, sum = {0}, square = {0};
    for (size_t j = 0; j < models; j++) {
      const float32x16 difference = group_at(inputs[j], i, length, half) - start;
      mean += difference;
      square += difference * difference;
    }
    mean = exact ? mean * factor : mean / number;
    for (size_t j = 0; j < models; j++) {
      const float32x16 deviation = group_at(inputs[j], i, length, half) - start - mean;
      sum += deviation * deviation;
    }
    const float32x16 variance = exact ? sum * factor : sum / number;
    squares += lanes_where(~(variance < least) & first_lanes(length), square);
    store_group(variance, out + i, length);
  }
  double total = 0;
  for (size_t k = 0; k < LANES; k++) total += squares[k];
  return total;
}

static double BRAID_SUFFIX(difference_variance)(const void *base, const void *const *inputs, size_t models, float least,
                                                int half, float *out, size_t count) {
  if (half && models == 2) return BRAID_SUFFIX(variance_lanes)(base, inputs, 2, least, out, count, 1);
  if (half && models == 3) return BRAID_SUFFIX(variance_lanes)(base, inputs, 3, least, out, count, 1);
  if (half) return BRAID_SUFFIX(variance_lanes)(base, inputs, models, least, out, count, 1);
  return BRAID_SUFFIX(variance_lanes)(base, inputs, models, least, out, count, 0);
}

static int BRAID_SUFFIX(all_finite)(const void *x, int half, size_t count) {
  if (half) {
    const uint16_t *words = x;
    uint16_t odd = 0;
    for (size_t i = 0; i < count; i++) odd |= (words[i] & 0x7f80u) == 0x7f80u;
    return !odd;
  }
  uint32_t odd = 0;
  for (size_t i = 0; i < count; i++) odd |= (as_bits(((const float *)x)[i]) & 0x7f800000u) == 0x7f800000u;
  return !odd;
}
