// From float32 to the K formats that can be written, Q4_K and Q6_K. Part of kernels_body.h.
//
// Every part of a block tries several spacings of its levels, fits a line to each assignment of elements to levels by
// least squares, and keeps the one that leaves the smallest squared error. All elements weigh the same. On random
// normal numbers Q4_K leaves 0.0704 of their deviation and Q6_K 0.0169, against 0.0713 and 0.0177 with ggml's search.

// How far apart the levels of a part are and how far below zero the lowest is: an element is scale * q - minimum.
typedef struct {
  float scale, minimum;
} k_line;

// ---- Q4_K

// Spacings tried: 12.5 to 16 steps between the extremes, in quarters, with the lowest level at the minimum or the
// highest at the maximum. There are 15 steps: with more than that, elements beyond the last level are cut to it.
#define Q4_K_FEWEST_QUARTERS 50
#define Q4_K_MOST_QUARTERS 64

INLINED k_line q4_k_fit(const float *in) {
  const float32x16 a = floats_at(in), b = floats_at(in + 16);
  // Zero is always within reach: minima have no sign.
  float low = minimum_of(in, 32);
  low = low < 0 ? low : 0;
  const float range = maximum_of(in, 32) - low;
  k_line best = {range > 0 ? range / 15 : 0, -low};
  if (!(range > 0)) return best;
  const float sum = sum_of_lanes(a + b);
  float most = -1;
  for (int quarters = Q4_K_FEWEST_QUARTERS; quarters <= Q4_K_MOST_QUARTERS; quarters++) {
    const float steps = (float)quarters / 4, inverse = steps / range;
    for (int aligned = 0; aligned < 2; aligned++) {
      const float shift = aligned ? 15.5f - steps : 0.5f;
      const uint8x16 qa = levels_of((a - low) * inverse + shift, 15), qb = levels_of((b - low) * inverse + shift, 15);
      const float32x16 fa = floats_of(qa), fb = floats_of(qb);
      const float q = sum_of_lanes(fa + fb), qq = sum_of_lanes(fa * fa + fb * fb), qx = sum_of_lanes(a * fa + b * fb);
      const float determinant = 32 * qq - q * q;
      if (!(determinant > 0)) continue;
      k_line line = {(32 * qx - q * sum) / determinant, (q * qx - qq * sum) / determinant};
      // What the fit explains of the sum of squares: the rest is the error.
      float explained = line.scale * qx - line.minimum * sum;
      if (line.minimum < 0) {
        line = (k_line){qx / qq, 0};
        explained = line.scale * qx;
      }
      if (line.scale > 0 && explained > most) {
        most = explained;
        best = line;
      }
    }
  }
  return best;
}

// The pattern of a float16 that times `last` is about `top`, never so far below that `last` would not be enough.
INLINED uint16_t half_reaching(float top, float last) {
  const float wanted = top / last;
  uint16_t pattern;
  BRAID_SUFFIX(float16_from_float32)(&wanted, &pattern, 1);
  float rounded;
  BRAID_SUFFIX(float32_from_float16)(&pattern, &rounded, 1);
  // Coarse steps are found among the subnormal numbers. The next pattern is the next number.
  return rounded * (last + 0.5f) < top ? pattern + 1 : pattern;
}

INLINED int nearest_level(float x, float last) {
  x = x > 0 ? x : 0;
  return (int)((x < last ? x : last) + 0.5f);
}

static void BRAID_SUFFIX(q4_k_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 256, out += 144) {
    if (largest_magnitude(in, 256) >= 0x7f800000u) {
      store_not_a_number(out, 144, 0);
      continue;
    }
    k_line lines[8], top = {0, 0};
    for (int j = 0; j < 8; j++) {
      lines[j] = q4_k_fit(in + 32 * j);
      if (lines[j].scale > top.scale) top.scale = lines[j].scale;
      if (lines[j].minimum > top.minimum) top.minimum = lines[j].minimum;
    }
    store_half_bits(out, half_reaching(top.scale, 63));
    store_half_bits(out + 2, half_reaching(top.minimum, 63));
    const float d = half_at(out), m = half_at(out + 2);
    int scales[8], minima[8];
    for (int j = 0; j < 8; j++) {
      scales[j] = nearest_level(lines[j].scale * inverse_of(d), 63);
      minima[j] = nearest_level(lines[j].minimum * inverse_of(m), 63);
    }
    for (int j = 0; j < 4; j++) {
      out[4 + j] = (uint8_t)(scales[j] | (scales[j + 4] >> 4) << 6);
      out[8 + j] = (uint8_t)(minima[j] | (minima[j + 4] >> 4) << 6);
      out[12 + j] = (uint8_t)((scales[j + 4] & 15) | (minima[j + 4] & 15) << 4);
    }
    for (int j = 0; j < 8; j++) {
      const float inverse = inverse_of(d * (float)scales[j]), minimum = m * (float)minima[j];
      uint8_t *const levels = out + 16 + 32 * (j / 2);
      for (int k = 0; k < 32; k += 16) {
        const uint8x16 q = levels_of((floats_at(in + 32 * j + k) + minimum) * inverse + 0.5f, 15);
        store_bytes(levels + k, j % 2 ? bytes_at(levels + k) | q << 4 : q);
      }
    }
  }
}

// ---- Q6_K

// Spacings tried: this many quarters more or less than 32 steps from zero to the element of the largest magnitude.
#define Q6_K_REACH 9

// The scale of sixteen elements, of either sign, since there is one level more below zero.
INLINED float q6_k_fit(const float *in) {
  const float32x16 x = floats_at(in);
  const float extreme = first_of_magnitude(in, 16, largest_magnitude(in, 16));
  if (extreme == 0) return 0;
  float best = extreme / -32, most = -1;
  for (int more = -Q6_K_REACH; more <= Q6_K_REACH; more++) {
    const float inverse = -(32 + (float)more / 4) / extreme;
    const float32x16 q = floats_of(levels_of(x * inverse + 32.5f, 63)) - 32;
    const float qq = sum_of_lanes(q * q), qx = sum_of_lanes(q * x);
    const float scale = qx / qq;
    if (qq > 0 && scale * qx > most) {
      most = scale * qx;
      best = scale;
    }
  }
  return best;
}

static void BRAID_SUFFIX(q6_k_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 256, out += 210) {
    if (largest_magnitude(in, 256) >= 0x7f800000u) {
      store_not_a_number(out, 210, 208);
      continue;
    }
    float scales[16];
    for (int part = 0; part < 16; part++) scales[part] = q6_k_fit(in + 16 * part);
    const float top = first_of_magnitude(scales, 16, largest_magnitude(scales, 16));
    // The largest scale becomes -128, the number that has no opposite; so the sign of d is the opposite of its sign.
    const uint16_t sign = top > 0 ? 0x8000u : 0;
    store_half_bits(out + 208, half_reaching(top > 0 ? top : -top, 128) | sign);
    const float d = half_at(out + 208);
    uint8_t levels[256];
    for (int part = 0; part < 16; part++) {
      const float wanted = scales[part] * inverse_of(d);
      const int scale = nearest_level(wanted + 128, 255) - 128;
      out[192 + part] = (uint8_t)scale;
      const float inverse = inverse_of(d * (float)scale);
      store_bytes(levels + 16 * part, levels_of(floats_at(in + 16 * part) * inverse + 32.5f, 63));
    }
    for (int half = 0; half < 2; half++) {
      const uint8_t *const q = levels + 128 * half;
      for (int k = 0; k < 64; k += 16)
        store_bytes(out + 64 * half + k, (bytes_at(q + k) & 15) | bytes_at(q + 64 + k) << 4);
      for (int k = 0; k < 32; k += 16)
        store_bytes(out + 128 + 32 * half + k, bytes_at(q + k) >> 4 | bytes_at(q + 32 + k) >> 4 << 2 |
                                                  bytes_at(q + 64 + k) >> 4 << 4 | bytes_at(q + 96 + k) >> 4 << 6);
    }
  }
}
