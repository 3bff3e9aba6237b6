// Weighted sums of inputs. Part of kernels_body.h.

static inline __attribute__((always_inline)) void store_group(float32x16 group, float *out, size_t count) {
  if (count == LANES)
    *(float32x16 *)out = group;
  else
    for (size_t k = 0; k < count; k++) out[k] = group[k];
}

// The sum of coefficients times inputs, or of differences to a base if there is one, which is then added. `models` is a
// constant where they are few.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(combine_lanes)(const void *base,
                                                                             const void *const *inputs,
                                                                             const float *coefficients,
                                                                             const size_t models, float lambda,
                                                                             float *out, size_t count, const int half) {
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = base ? group_at(base, i, length, half) : (float32x16){0};
    float32x16 sum = {0};
    for (size_t j = 0; j < models; j++) {
      const float32x16 x = group_at(inputs[j], i, length, half);
      const float32x16 term = coefficients[j] * (base ? x - start : x);
      sum = j ? sum + term : term;
    }
    store_group(base ? start + lambda * sum : sum, out + i, length);
  }
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(combine_any)(const void *base,
                                                                           const void *const *inputs,
                                                                           const float *coefficients, size_t models,
                                                                           float lambda, float *out, size_t count,
                                                                           const int half) {
  switch (models) {
    case 1: return BRAID_SUFFIX(combine_lanes)(base, inputs, coefficients, 1, lambda, out, count, half);
    case 2: return BRAID_SUFFIX(combine_lanes)(base, inputs, coefficients, 2, lambda, out, count, half);
    case 3: return BRAID_SUFFIX(combine_lanes)(base, inputs, coefficients, 3, lambda, out, count, half);
    default: return BRAID_SUFFIX(combine_lanes)(base, inputs, coefficients, models, lambda, out, count, half);
  }
}

static void BRAID_SUFFIX(linear_combination)(const void *const *inputs, const float *coefficients,
                                             size_t inputs_count, int half, float *out, size_t count) {
  if (half) return BRAID_SUFFIX(combine_any)(NULL, inputs, coefficients, inputs_count, 1, out, count, 1);
  BRAID_SUFFIX(combine_any)(NULL, inputs, coefficients, inputs_count, 1, out, count, 0);
}

static void BRAID_SUFFIX(delta_combination)(const void *base, const void *const *inputs, const float *coefficients,
                                            size_t inputs_count, float lambda, int half, float *out, size_t count) {
  if (half) return BRAID_SUFFIX(combine_any)(base, inputs, coefficients, inputs_count, lambda, out, count, 1);
  BRAID_SUFFIX(combine_any)(base, inputs, coefficients, inputs_count, lambda, out, count, 0);
}

static void BRAID_SUFFIX(elementwise_combination)(const float *const *inputs, const float *const *coefficients,
                                                  size_t inputs_count, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t j = 0; j < inputs_count; j++) {
    const float *x = inputs[j], *c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c[i] * x[i];
  }
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(move_lanes)(const void *base, const void *x, float limit,
                                                                          float *out, size_t count, const int half) {
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = group_at(base, i, length, half), end = group_at(x, i, length, half);
    const float32x16 distance = lanes_magnitude(end - start), least = (float32x16){0} + 1e-6f;
    const float32x16 one = (float32x16){0} + 1.0f;
    const float32x16 share = limit / lanes_choose(distance > least, distance, least);
    const float32x16 weight = lanes_choose(share > one, one, lanes_where(share >= 0.0f, share));
    store_group(weight * end + (1.0f - weight) * start, out + i, length);
  }
}

static void BRAID_SUFFIX(bounded_move)(const void *base, const void *x, float limit, int half, float *out,
                                       size_t count) {
  if (half) return BRAID_SUFFIX(move_lanes)(base, x, limit, out, count, 1);
  BRAID_SUFFIX(move_lanes)(base, x, limit, out, count, 0);
}
