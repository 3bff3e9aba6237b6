// From blocks of 32 elements to float32, and what all block formats share. Part of kernels_body.h.
//
// A block holds small integers `q` and what they are multiplied with; an element is d * q or d * q + m, each operation
// rounded once to float32. Blocks begin at any byte.

typedef uint8_t uint8x16 __attribute__((vector_size(16), aligned(1)));
typedef int8_t int8x16 __attribute__((vector_size(16), aligned(1)));

#define INLINED static inline __attribute__((always_inline))

INLINED uint16_t half_bits_at(const uint8_t *in) { return (uint16_t)(in[0] | in[1] << 8); }

INLINED float half_at(const uint8_t *in) {
  const uint16_t pattern = half_bits_at(in);
  float value;
  BRAID_SUFFIX(float32_from_float16)(&pattern, &value, 1);
  return value;
}

INLINED uint8x16 bytes_at(const uint8_t *in) { return *(const uint8x16 *)in; }

INLINED float32x16 floats_of(uint8x16 bytes) {
  return __builtin_convertvector(__builtin_convertvector(bytes, int32x16), float32x16);
}

INLINED float32x16 signed_floats_of(uint8x16 bytes) {
  return __builtin_convertvector(__builtin_convertvector((int8x16)bytes, int32x16), float32x16);
}

INLINED void store16(float *out, float32x16 values) { *(float32x16 *)out = values; }

// Sixteen bits as sixteen bytes, which are 0 or `value`.
INLINED uint8x16 spread_bits(const uint8_t *in, uint8_t value) {
  const uint8x16 places = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint64_t ones = 0x0101010101010101u;
  typedef uint64_t uint64x2 __attribute__((vector_size(16)));
  const uint8x16 copies = (uint8x16)(uint64x2){in[0] * ones, in[1] * ones};
  return (uint8x16)((copies & places) != 0) & value;
}

// The fifth bits of a block's elements are four bytes of their own, the others two to a byte: the first sixteen in the
// lower halves.
INLINED uint8x16 five_bits(const uint8_t *high, const uint8_t *low, const int upper) {
  const uint8x16 four = upper ? bytes_at(low) >> 4 : bytes_at(low) & 15;
  return four | spread_bits(high + 2 * upper, 16);
}

static void BRAID_SUFFIX(float32_from_q4_0)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 18, out += 32) {
    const float d = half_at(in);
    const uint8x16 q = bytes_at(in + 2);
    store16(out, signed_floats_of((q & 15) - 8) * d);
    store16(out + 16, signed_floats_of((q >> 4) - 8) * d);
  }
}

static void BRAID_SUFFIX(float32_from_q4_1)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 20, out += 32) {
    const float d = half_at(in), m = half_at(in + 2);
    const uint8x16 q = bytes_at(in + 4);
    store16(out, floats_of(q & 15) * d + m);
    store16(out + 16, floats_of(q >> 4) * d + m);
  }
}

static void BRAID_SUFFIX(float32_from_q5_0)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 22, out += 32) {
    const float d = half_at(in);
    store16(out, signed_floats_of(five_bits(in + 2, in + 6, 0) - 16) * d);
    store16(out + 16, signed_floats_of(five_bits(in + 2, in + 6, 1) - 16) * d);
  }
}

static void BRAID_SUFFIX(float32_from_q5_1)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 24, out += 32) {
    const float d = half_at(in), m = half_at(in + 2);
    store16(out, floats_of(five_bits(in + 4, in + 8, 0)) * d + m);
    store16(out + 16, floats_of(five_bits(in + 4, in + 8, 1)) * d + m);
  }
}

static void BRAID_SUFFIX(float32_from_q8_0)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 34, out += 32) {
    const float d = half_at(in);
    store16(out, signed_floats_of(bytes_at(in + 2)) * d);
    store16(out + 16, signed_floats_of(bytes_at(in + 18)) * d);
  }
}

// The sixteen levels of the IQ4 formats, spaced for values that are normally distributed.
#define IQ4_LEVELS {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// Thirty-two elements that are numbers of levels: there are fewer products than elements, so those are looked up.
INLINED void iq4_elements(const uint8_t *in, float d, float *out) {
  const float32x16 levels = IQ4_LEVELS;
  float products[16];
  store16(products, levels * d);
  for (size_t k = 0; k < 16; k++) {
    out[k] = products[in[k] & 15];
    out[k + 16] = products[in[k] >> 4];
  }
}

static void BRAID_SUFFIX(float32_from_iq4_nl)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 18, out += 32) iq4_elements(in + 2, half_at(in), out);
}

// Eight times 32 elements, each with a scale of six bits: four in a byte for two, two in a half for all.
static void BRAID_SUFFIX(float32_from_iq4_xs)(const uint8_t *in, float *out, size_t blocks) {
  for (; blocks > 0; blocks--, in += 136, out += 256) {
    const float d = half_at(in);
    const int upper = half_bits_at(in + 2);
    for (int j = 0; j < 8; j++) {
      const int scale = ((in[4 + j / 2] >> 4 * (j % 2)) & 15) | ((upper >> 2 * j) & 3) << 4;
      iq4_elements(in + 8 + 16 * j, d * (float)(scale - 32), out + 32 * j);
    }
  }
}
