// From the K formats, blocks of 256 elements whose parts have scales of their own, to float32. Part of kernels_body.h.

// The crumbs (two bits each) of Q2_K and Q3_K: 128 elements to 32 bytes, first the lowest crumbs of all bytes. `part`
// counts sixteen elements.
INLINED uint8x16 crumbs(const uint8_t *in, const int part) {
  return bytes_at(in + 32 * (part / 8) + 16 * (part % 2)) >> (uint8_t)(2 * (part % 8 / 2)) & 3;
}

static void BRAID_SUFFIX(float32_from_q2_k)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 84, out += 256) {
    const float d = half_at(in + 80), m = half_at(in + 82);
    for (int part = 0; part < 16; part++) {
      const float scale = d * (float)(in[part] & 15), minimum = m * (float)(in[part] >> 4);
      store16(out + 16 * part, floats_of(crumbs(in + 16, part)) * scale - minimum);
    }
  }
}

static void BRAID_SUFFIX(float32_from_q3_k)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 110, out += 256) {
    const uint8_t *scales = in + 96;
    const float d = half_at(in + 108);
    for (int part = 0; part < 16; part++) {
      // Six bits: the lower four are halves of the first eight bytes, the upper two crumbs of the last four.
      const int lower = (part < 8 ? scales[part] : scales[part - 8] >> 4) & 15;
      const int upper = (scales[8 + part % 4] >> 2 * (part / 4)) & 3;
      const float scale = d * (float)((lower | upper << 4) - 32);
      // A third bit that is set means that nothing is taken off.
      const uint8x16 third = bytes_at(in + 16 * (part % 2)) >> (uint8_t)(part / 2) & 1;
      store16(out + 16 * part, signed_floats_of(crumbs(in + 32, part) + (third << 2) - 4) * scale);
    }
  }
}

// The scales and minima of Q4_K and Q5_K, eight of six bits each: of the last four the upper two bits lie in the bytes
// of the first four.
INLINED int k_scale(const uint8_t *in, const int j) {
  return j < 4 ? in[j] & 63 : (in[j + 4] & 15) | (in[j - 4] >> 6) << 4;
}
INLINED int k_minimum(const uint8_t *in, const int j) {
  return j < 4 ? in[j + 4] & 63 : in[j + 4] >> 4 | (in[j] >> 6) << 4;
}

static void BRAID_SUFFIX(float32_from_q4_k)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 144, out += 256) {
    const float d = half_at(in), m = half_at(in + 2);
    for (int j = 0; j < 8; j++) {
      const float scale = d * (float)k_scale(in + 4, j), minimum = m * (float)k_minimum(in + 4, j);
      for (int part = 0; part < 2; part++) {
        const uint8x16 q = bytes_at(in + 16 + 32 * (j / 2) + 16 * part) >> (uint8_t)(4 * (j % 2)) & 15;
        store16(out + 32 * j + 16 * part, floats_of(q) * scale - minimum);
      }
    }
  }
}

static void BRAID_SUFFIX(float32_from_q5_k)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 176, out += 256) {
    const float d = half_at(in), m = half_at(in + 2);
    for (int j = 0; j < 8; j++) {
      const float scale = d * (float)k_scale(in + 4, j), minimum = m * (float)k_minimum(in + 4, j);
      for (int part = 0; part < 2; part++) {
        const uint8x16 low = bytes_at(in + 48 + 32 * (j / 2) + 16 * part) >> (uint8_t)(4 * (j % 2)) & 15;
        const uint8x16 fifth = bytes_at(in + 16 + 16 * part) >> (uint8_t)j & 1;
        store16(out + 32 * j + 16 * part, floats_of(low | fifth << 4) * scale - minimum);
      }
    }
  }
}

static void BRAID_SUFFIX(float32_from_q6_k)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 210, out += 256) {
    const float d = half_at(in + 208);
    for (int part = 0; part < 16; part++) {
      const float scale = d * (float)(int8_t)in[192 + part];
      const int j = part / 2 % 4, half = part / 8;
      const uint8x16 low = bytes_at(in + 64 * half + 16 * (part % 4)) >> (uint8_t)(4 * (j / 2)) & 15;
      const uint8x16 high = bytes_at(in + 128 + 32 * half + 16 * (part % 2)) >> (uint8_t)(2 * j) & 3;
      store16(out + 16 * part, signed_floats_of((low | high << 4) - 32) * scale);
    }
  }
}
