#include "checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ instruction" (Intel, 2009), bit-reflected.
// To move 128 bits ahead by n times 128 bits, the halves are multiplied by x^(128n + 32) and x^(128n - 32) modulo the
// polynomial; each such constant is reflected and shifted by one.
static const uint64_t by_16[2] = {0x011542778a, 0x01322d1430};
static const uint64_t by_4[2] = {0x0154442bd4, 0x01c6e41596};
static const uint64_t by_1[2] = {0x01751997d0, 0x00ccaa009e};
static const uint64_t to_64_bits = 0x0163cd6124;                     // x^64
static const uint64_t reduction[2] = {0x01db710641, 0x01f7011641};  // The polynomial, and Barrett's quotient of it.

#define NARROW __attribute__((target("pclmul,sse4.1")))
#define WIDE __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.1")))

NARROW static inline __m128i load(const void *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

NARROW static inline __m128i fold(__m128i lane, __m128i distance, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, distance, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, distance, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

WIDE static inline __m512i fold_wide(__m512i lanes, __m512i distance, __m512i next) {
  const __m512i low = _mm512_clmulepi64_epi128(lanes, distance, 0x00);
  const __m512i high = _mm512_clmulepi64_epi128(lanes, distance, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);
}

// Folds whole groups of 256 bytes into the 64 bytes that a state is, and returns how many bytes that is.
WIDE static size_t fold_groups(uint8_t state[64], const uint8_t *bytes, size_t count) {
  const size_t whole = count / 256 * 256;
  if (whole < 512) return 0;
  // The state stands in front of the first 64 bytes of the rest.
  __m512i a = _mm512_loadu_si512(state), b = _mm512_loadu_si512(bytes), c = _mm512_loadu_si512(bytes + 64);
  __m512i d = _mm512_loadu_si512(bytes + 128);
  const uint8_t *next = bytes + 192;
  const __m512i far = _mm512_broadcast_i32x4(load(by_16));
  size_t i = 192;
  for (; i + 256 <= whole; i += 256, next += 256) {
    a = fold_wide(a, far, _mm512_loadu_si512(next));
    b = fold_wide(b, far, _mm512_loadu_si512(next + 64));
    c = fold_wide(c, far, _mm512_loadu_si512(next + 128));
    d = fold_wide(d, far, _mm512_loadu_si512(next + 192));
  }
  const __m512i near = _mm512_broadcast_i32x4(load(by_4));
  a = fold_wide(a, near, b);
  a = fold_wide(a, near, c);
  _mm512_storeu_si512(state, fold_wide(a, near, d));
  return i;
}

NARROW static uint32_t folded(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint8_t state[64];
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)~crc));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  size_t i = 64;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq")) {
    _mm_storeu_si128((__m128i *)state, a);
    _mm_storeu_si128((__m128i *)(state + 16), b);
    _mm_storeu_si128((__m128i *)(state + 32), c);
    _mm_storeu_si128((__m128i *)(state + 48), d);
    i += fold_groups(state, bytes + i, count - i);
    a = load(state), b = load(state + 16), c = load(state + 32), d = load(state + 48);
  }
  __m128i distance = load(by_4);
  for (; i < count; i += 64) {
    a = fold(a, distance, load(bytes + i));
    b = fold(b, distance, load(bytes + i + 16));
    c = fold(c, distance, load(bytes + i + 32));
    d = fold(d, distance, load(bytes + i + 48));
  }
  distance = load(by_1);
  a = fold(a, distance, b);
  a = fold(a, distance, c);
  a = fold(a, distance, d);
  // 128 bits to 96, to 64, and those to 32 by Barrett's reduction.
  const __m128i low = _mm_setr_epi32(-1, 0, -1, 0);
  a = _mm_xor_si128(_mm_clmulepi64_si128(a, distance, 0x10), _mm_srli_si128(a, 8));
  const __m128i shorter = _mm_clmulepi64_si128(_mm_and_si128(a, low), _mm_cvtsi64_si128((int64_t)to_64_bits), 0x00);
  a = _mm_xor_si128(shorter, _mm_srli_si128(a, 4));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low), load(reduction), 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low), load(reduction), 0x00);
  return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(a, quotient), 1);
}

size_t braid_crc32_fold(uint32_t *crc, const void *bytes, size_t count) {
  const size_t whole = count / 64 * 64;
  if (whole == 0 || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1")) return 0;
  *crc = folded(*crc, bytes, whole);
  return whole;
}
#else
size_t braid_crc32_fold(uint32_t *crc, const void *bytes, size_t count) {
  (void)crc, (void)bytes, (void)count;
  return 0;
}
#endif
