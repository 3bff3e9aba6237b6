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

static void BRAID_SUFFIX(accumulate_products)(const float *a, const float *b, double *restrict sums, size_t count) {
  for (size_t i = 0; i < count; i++) sums[i] += (double)a[i] * (double)b[i];
}

static void BRAID_SUFFIX(difference_variance)(const float *base, const float *const *inputs, size_t inputs_count,
                                              float *restrict out, size_t count) {
  const float models = (float)inputs_count;
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    float mean[CHUNK], sum[CHUNK];
    for (size_t i = 0; i < length; i++) mean[i] = sum[i] = 0;
    for (size_t j = 0; j < inputs_count; j++)
      for (size_t i = 0; i < length; i++) mean[i] += inputs[j][start + i] - base[start + i];
    for (size_t i = 0; i < length; i++) mean[i] = mean[i] / models;
    for (size_t j = 0; j < inputs_count; j++)
      for (size_t i = 0; i < length; i++) {
        const float deviation = inputs[j][start + i] - base[start + i] - mean[i];
        sum[i] += deviation * deviation;
      }
    for (size_t i = 0; i < length; i++) out[start + i] = sum[i] / models;
  }
}
