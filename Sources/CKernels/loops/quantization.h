// From float32 to blocks of 32 elements. Part of kernels_body.h.
//
// The levels are chosen as ggml's reference does: by the largest magnitude, or by minimum and maximum.

INLINED float32x16 floats_at(const float *in) { return *(const float32x16 *)in; }

INLINED float32x16 choose(uint32x16 mask, float32x16 a, float32x16 b) {
  return (float32x16)((mask & (uint32x16)a) | (~mask & (uint32x16)b));
}

// Numbers cut off to integers from 0 to `last`; NaN becomes 0.
INLINED uint8x16 levels_of(float32x16 x, float last) {
  const float32x16 zero = {0};
  x = choose((uint32x16)(x > zero), x, zero);
  x = choose((uint32x16)(x < last), x, zero + last);
  return __builtin_convertvector(__builtin_convertvector(x, int32x16), uint8x16);
}

// The lanes pairwise: the order is part of the result.
INLINED float sum_of_lanes(float32x16 x) {
  float lanes[16];
  store16(lanes, x);
  for (int width = 8; width > 0; width /= 2)
    for (int k = 0; k < width; k++) lanes[k] += lanes[k + width];
  return lanes[0];
}

// The largest magnitude as a pattern: of NaN and infinity it is at least 0x7f800000.
INLINED uint32_t largest_magnitude(const float *in, size_t count) {
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    const uint32_t magnitude = as_bits(in[i]) & 0x7fffffffu;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

INLINED float minimum_of(const float *in, size_t count) {
  float minimum = in[0];
  for (size_t i = 1; i < count; i++) minimum = in[i] < minimum ? in[i] : minimum;
  return minimum;
}

INLINED float maximum_of(const float *in, size_t count) {
  float maximum = in[0];
  for (size_t i = 1; i < count; i++) maximum = in[i] > maximum ? in[i] : maximum;
  return maximum;
}

// The first of the elements that have this magnitude, which one of them has.
INLINED float first_of_magnitude(const float *in, size_t count, uint32_t magnitude) {
  size_t i = 0;
  while (i + 1 < count && (as_bits(in[i]) & 0x7fffffffu) != magnitude) i++;
  return in[i];
}

INLINED float inverse_of(float x) { return x == 0 ? 0 : 1 / x; }

INLINED void store_half_bits(uint8_t *out, uint16_t pattern) {
  out[0] = (uint8_t)pattern;
  out[1] = (uint8_t)(pattern >> 8);
}

INLINED void store_half(uint8_t *out, float value) {
  uint16_t pattern;
  BRAID_SUFFIX(float16_from_float32)(&value, &pattern, 1);
  store_half_bits(out, pattern);
}

// What a block becomes that has an infinity or a NaN in it: all zero but a scale that is NaN, so that no element of it
// passes for a number.
INLINED void store_not_a_number(uint8_t *out, size_t bytes, size_t scale_offset) {
  for (size_t k = 0; k < bytes; k++) out[k] = 0;
  store_half_bits(out + scale_offset, 0x7e00u);
}

INLINED void store_bytes(uint8_t *out, uint8x16 bytes) { *(uint8x16 *)out = bytes; }

INLINED void store_fifth_bits(uint8_t *out, uint8x16 first, uint8x16 second) {
  const uint32_t bits = lane_bits(__builtin_convertvector(first > 15, uint32x16)) |
                        lane_bits(__builtin_convertvector(second > 15, uint32x16)) << 16;
  for (int k = 0; k < 4; k++) out[k] = (uint8_t)(bits >> 8 * k);
}

// Q4_0 and Q5_0: the element of the largest magnitude, whatever its sign, becomes the lowest of the levels.
INLINED void symmetric_block(const float *in, uint8_t *out, const int levels) {
  const int five = levels == 32;
  const uint32_t magnitude = largest_magnitude(in, 32);
  if (magnitude >= 0x7f800000u) {
    store_not_a_number(out, five ? 22 : 18, 0);
    return;
  }
  const float d = first_of_magnitude(in, 32, magnitude) / (float)(-levels / 2);
  const float inverse = inverse_of(d), middle = (float)(levels / 2) + 0.5f, last = (float)(levels - 1);
  const uint8x16 first = levels_of(floats_at(in) * inverse + middle, last);
  const uint8x16 second = levels_of(floats_at(in + 16) * inverse + middle, last);
  store_half(out, d);
  if (five) store_fifth_bits(out + 2, first, second);
  store_bytes(out + (five ? 6 : 2), (first & 15) | second << 4);
}

// Q4_1 and Q5_1: the levels reach from the minimum to the maximum.
INLINED void spanning_block(const float *in, uint8_t *out, const int levels) {
  const int five = levels == 32;
  if (largest_magnitude(in, 32) >= 0x7f800000u) {
    store_not_a_number(out, five ? 24 : 20, 0);
    return;
  }
  const float minimum = minimum_of(in, 32), last = (float)(levels - 1);
  const float d = (maximum_of(in, 32) - minimum) / last, inverse = inverse_of(d);
  const uint8x16 first = levels_of((floats_at(in) - minimum) * inverse + 0.5f, last);
  const uint8x16 second = levels_of((floats_at(in + 16) - minimum) * inverse + 0.5f, last);
  store_half(out, d);
  store_half(out + 2, minimum);
  if (five) store_fifth_bits(out + 4, first, second);
  store_bytes(out + (five ? 8 : 4), (first & 15) | second << 4);
}

static void BRAID_SUFFIX(q4_0_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 32, out += 18) symmetric_block(in, out, 16);
}

static void BRAID_SUFFIX(q5_0_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 32, out += 22) symmetric_block(in, out, 32);
}

static void BRAID_SUFFIX(q4_1_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 32, out += 20) spanning_block(in, out, 16);
}

static void BRAID_SUFFIX(q5_1_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 32, out += 24) spanning_block(in, out, 32);
}

// Rounded to the nearest integer, halves away from zero.
static void BRAID_SUFFIX(q8_0_from_float32)(const float *in, uint8_t *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 32, out += 34) {
    const uint32_t magnitude = largest_magnitude(in, 32);
    if (magnitude >= 0x7f800000u) {
      store_not_a_number(out, 34, 0);
      continue;
    }
    const float d = as_float(magnitude) / 127, inverse = inverse_of(d);
    store_half(out, d);
    for (int k = 0; k < 32; k += 16) {
      const float32x16 x = floats_at(in + k) * inverse;
      const float32x16 size = (float32x16)((uint32x16)x & 0x7fffffffu);
      const uint8x16 whole = levels_of(size, 127);
      const uint8x16 up = (uint8x16)__builtin_convertvector(size - floats_of(whole) >= 0.5f, int8x16);
      const uint8x16 rounded = whole - (up & (uint8x16)(whole < 127));
      const uint8x16 negative = (uint8x16)__builtin_convertvector((int32x16)x < 0, int8x16);
      store_bytes(out + 2 + k, (rounded ^ negative) - negative);
    }
  }
}
