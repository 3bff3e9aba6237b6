// What rounding costs, and how to round only once. Part of kernels_body.h; FINITE_MASK and FOR_LANES are those of
// statistics.h.

static void BRAID_SUFFIX(odd_float32_from_float64)(const double *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double value = in[i];
    const float nearest = (float)value;
    const double back = nearest;
    // The pattern below is the next number towards zero; zero itself is never too far out.
    const uint32_t outside = __builtin_fabs(back) > __builtin_fabs(value);
    const uint32_t inexact = (back < value) | (back > value);
    out[i] = as_float((as_bits(nearest) - outside) | inexact);
  }
}

static size_t BRAID_SUFFIX(rounding_errors)(const float *exact, const float *stored, size_t count, double *largest) {
  float worst[LANES] = {0};
  uint32_t overflows[LANES] = {0};
  FOR_LANES({
    const uint32_t finite = FINITE_MASK(as_bits(exact[i + k]));
    const uint32_t both = finite & FINITE_MASK(as_bits(stored[i + k]));
    const float error = as_float(as_bits(exact[i + k] - stored[i + k]) & both & 0x7fffffffu);
    worst[k] = error > worst[k] ? error : worst[k];
    overflows[k] += (finite & ~both) & 1;
  })
  for (size_t k = 0; k < LANES; k++) *largest = worst[k] > *largest ? worst[k] : *largest;
  return BRAID_SUFFIX(lane_count)(overflows);
}

static size_t BRAID_SUFFIX(rounding_errors_float64)(const double *exact, const float *stored, size_t count,
                                                    double *largest) {
  double worst[LANES] = {0};
  uint32_t overflows[LANES] = {0};
  FOR_LANES({
    const double distance = exact[i + k] - (double)stored[i + k];
    const double error = distance < 0 ? -distance : distance;
    const uint32_t finite = __builtin_fabs(exact[i + k]) < __builtin_inf();
    const uint32_t kept = FINITE_MASK(as_bits(stored[i + k])) & 1;
    // A NaN compares as false; an infinite distance is one of an overflow.
    const double counted = (finite & kept) ? error : 0;
    worst[k] = counted > worst[k] ? counted : worst[k];
    overflows[k] += finite & ~kept & 1;
  })
  for (size_t k = 0; k < LANES; k++) *largest = worst[k] > *largest ? worst[k] : *largest;
  return BRAID_SUFFIX(lane_count)(overflows);
}
