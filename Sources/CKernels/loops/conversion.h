// Between stored types and float32. Part of kernels_body.h.

// ---- to float32

// Blocks of several inputs are read in turn, so the hardware sees each stream stop and start again and stays a step
// behind. Asking for bytes ahead made conversion of mapped files a tenth faster (0.184 to 0.164 ns an element).
#define PREFETCH_BYTES 8192

static void BRAID_SUFFIX(float32_from_bfloat16)(const uint16_t *in, float *out, size_t count) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __builtin_prefetch((const char *)(in + i) + PREFETCH_BYTES, 0, 2);
    for (size_t k = 0; k < 32; k++) out[i + k] = as_float((uint32_t)in[i + k] << 16);
  }
  for (; i < count; i++) out[i] = as_float((uint32_t)in[i] << 16);
}

// A small float with `exponent` and `mantissa` bits below the sign: shift it into place, move the exponent's bias,
// and let one exact subtraction normalise what has no leading one.
#define SMALL_TO_FLOAT(pattern, exponent, mantissa, special)                                         \
  const uint32_t magnitude = (uint32_t)(pattern) & ((1u << (exponent + mantissa)) - 1);              \
  const uint32_t sign = ((uint32_t)(pattern) >> (exponent + mantissa)) << 31;                        \
  const uint32_t moved = (magnitude << (23 - mantissa)) + ((127u - ((1u << (exponent - 1)) - 1)) << 23); \
  const uint32_t tiny = as_bits(as_float(moved + (1u << 23)) -                                       \
                                as_float((127u - ((1u << (exponent - 1)) - 1) + 1) << 23));          \
  const uint32_t finite = (magnitude >> mantissa) == 0 ? tiny : moved;                               \
  const uint32_t result = (special) ? 0x7f800000u | (magnitude << (23 - mantissa)) : finite;         \
  out[i] = as_float(result | sign);

static void BRAID_SUFFIX(float32_from_float16)(const uint16_t *in, float *out, size_t count) {
  size_t i = 0;
#ifdef BRAID_HALVES
  // One instruction instead of fifteen, with the same bits: signalling NaNs become quiet ones.
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))));
#endif
  for (; i < count; i++) {
    SMALL_TO_FLOAT(in[i], 5, 10, magnitude >= 0x7c00)
    out[i] = as_float(as_bits(out[i]) | (magnitude > 0x7c00 ? 0x400000u : 0));
  }
}

static void BRAID_SUFFIX(float32_from_float8e4m3)(const uint8_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_TO_FLOAT(in[i], 4, 3, magnitude == 0x7f) }
}

static void BRAID_SUFFIX(float32_from_float8e5m2)(const uint8_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_TO_FLOAT(in[i], 5, 2, magnitude >= 0x7c) }
}

#define PLAIN_TO_FLOAT(name, type)                                                         \
  static void BRAID_SUFFIX(float32_from_##name)(const type *in, float *out, size_t count) { \
    for (size_t i = 0; i < count; i++) out[i] = (float)in[i];                              \
  }
PLAIN_TO_FLOAT(float64, double)
PLAIN_TO_FLOAT(int8, int8_t)
PLAIN_TO_FLOAT(uint8, uint8_t)
PLAIN_TO_FLOAT(int16, int16_t)
PLAIN_TO_FLOAT(uint16, uint16_t)
PLAIN_TO_FLOAT(int32, int32_t)
PLAIN_TO_FLOAT(uint32, uint32_t)
PLAIN_TO_FLOAT(int64, int64_t)
PLAIN_TO_FLOAT(uint64, uint64_t)

// ---- from float32

static void BRAID_SUFFIX(bfloat16_from_float32)(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t u = as_bits(in[i]);
    const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1)) >> 16;
    out[i] = (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? (u >> 16) | 0x40u : rounded);
  }
}

// The reverse of SMALL_TO_FLOAT. `overflow` is the first magnitude pattern that has no finite neighbour to round to,
// `infinite` what it becomes, `quiet` what a NaN becomes. Adding the right power of two rounds subnormals, to even.
#define SMALL_FROM_FLOAT(type, exponent, mantissa, overflow, infinite, quiet)                                 \
  const uint32_t u = as_bits(in[i]);                                                                          \
  const uint32_t magnitude = u & 0x7fffffffu;                                                                 \
  const uint32_t bias = (1u << (exponent - 1)) - 1;                                                           \
  const uint32_t magic = (127u - bias + (23 - mantissa) + 1) << 23;                                           \
  const uint32_t tiny = as_bits(as_float(magnitude) + as_float(magic)) - magic;                               \
  const uint32_t odd = (magnitude >> (23 - mantissa)) & 1;                                                    \
  const uint32_t normal =                                                                                     \
      (magnitude - ((127u - bias) << 23) + ((1u << (22 - mantissa)) - 1) + odd) >> (23 - mantissa);           \
  const uint32_t finite = magnitude < ((127u - bias + 1) << 23) ? tiny : normal;                              \
  const uint32_t result = magnitude > 0x7f800000u ? (quiet) : magnitude >= (overflow) ? (infinite) : finite;  \
  out[i] = (type)(result | ((u >> 31) << (exponent + mantissa)));

static void BRAID_SUFFIX(float16_from_float32)(const float *in, uint16_t *out, size_t count) {
  size_t i = 0;
#ifdef BRAID_HALVES
  for (; i + 8 <= count; i += 8) {
    const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // A NaN keeps nothing but its sign here, as in the plain loop.
    const __m128i nan = _mm_cmpgt_epi16(_mm_and_si128(half, _mm_set1_epi16(0x7fff)), _mm_set1_epi16(0x7c00));
    const __m128i quiet = _mm_or_si128(_mm_and_si128(half, _mm_set1_epi16((short)0x8000)), _mm_set1_epi16(0x7e00));
    _mm_storeu_si128((__m128i *)(out + i), _mm_blendv_epi8(half, quiet, nan));
  }
#endif
  for (; i < count; i++) { SMALL_FROM_FLOAT(uint16_t, 5, 10, 0x47800000u, 0x7c00u, 0x7e00u) }
}

// e4m3fn has no infinity: from 464 on everything is NaN, as in PyTorch.
static void BRAID_SUFFIX(float8e4m3_from_float32)(const float *in, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_FROM_FLOAT(uint8_t, 4, 3, 0x43f00000u, 0x7fu, 0x7fu) }
}

static void BRAID_SUFFIX(float8e5m2_from_float32)(const float *in, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_FROM_FLOAT(uint8_t, 5, 2, 0x47800000u, 0x7cu, 0x7fu) }
}

static void BRAID_SUFFIX(float64_from_float32)(const float *in, double *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (double)in[i];
}
