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
