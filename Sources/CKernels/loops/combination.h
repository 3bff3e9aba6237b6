// Weighted sums of inputs. Part of kernels_body.h.

static void BRAID_SUFFIX(linear_combination)(const float *const *inputs, const float *coefficients,
                                             size_t inputs_count, float *restrict out, size_t count) {
  // Two and three inputs are nearly all merges: one pass over the output instead of one per input.
  if (inputs_count == 2) {
    const float *a = inputs[0], *b = inputs[1];
    const float ca = coefficients[0], cb = coefficients[1];
    for (size_t i = 0; i < count; i++) out[i] = ca * a[i] + cb * b[i];
    return;
  }
  if (inputs_count == 3) {
    const float *a = inputs[0], *b = inputs[1], *c = inputs[2];
    const float ca = coefficients[0], cb = coefficients[1], cc = coefficients[2];
    for (size_t i = 0; i < count; i++) out[i] = (ca * a[i] + cb * b[i]) + cc * c[i];
    return;
  }
  for (size_t i = 0; i < count; i++) out[i] = coefficients[0] * inputs[0][i];
  for (size_t j = 1; j < inputs_count; j++) {
    const float *x = inputs[j];
    const float c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c * x[i];
  }
}

static void BRAID_SUFFIX(delta_combination)(const float *base, const float *const *inputs, const float *coefficients,
                                            size_t inputs_count, float lambda, float *restrict out, size_t count) {
  if (inputs_count == 2) {
    const float *a = inputs[0], *b = inputs[1];
    const float ca = coefficients[0], cb = coefficients[1];
    for (size_t i = 0; i < count; i++)
      out[i] = base[i] + lambda * (ca * (a[i] - base[i]) + cb * (b[i] - base[i]));
    return;
  }
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t j = 0; j < inputs_count; j++) {
    const float *x = inputs[j];
    const float c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c * (x[i] - base[i]);
  }
  for (size_t i = 0; i < count; i++) out[i] = base[i] + lambda * out[i];
}

static void BRAID_SUFFIX(elementwise_combination)(const float *const *inputs, const float *const *coefficients,
                                                  size_t inputs_count, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t j = 0; j < inputs_count; j++) {
    const float *x = inputs[j], *c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c[i] * x[i];
  }
}

static void BRAID_SUFFIX(bounded_move)(const float *base, const float *x, float limit, float *restrict out,
                                       size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float distance = as_float(as_bits(x[i] - base[i]) & 0x7fffffffu);
    const float share = limit / (distance > 1e-6f ? distance : 1e-6f);
    const float weight = share > 1.0f ? 1.0f : share < 0.0f ? 0.0f : share;
    out[i] = weight * x[i] + (1.0f - weight) * base[i];
  }
}

static void BRAID_SUFFIX(choose)(const float *mask, const float *a, const float *b, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = mask[i] != 0 ? a[i] : b[i];
}
