#include "checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

// The remainder of x^k modulo the polynomial of CRC-32 decides how far a 64-bit half moves: 64 bytes ahead in the loop
// below, 16 bytes ahead when four lanes become one. Gopal et al., "Fast CRC computation for generic polynomials using
// PCLMULQDQ instruction" (Intel, 2009), bit-reflected; each constant is (x^k mod P) reflected and shifted by one.
static const uint64_t by_64[2] = {0x0154442bd4, 0x01c6e41596};  // x^(4*128+32), x^(4*128-32)
static const uint64_t by_16[2] = {0x01751997d0, 0x00ccaa009e};  // x^(128+32), x^(128-32)
static const uint64_t by_8[2] = {0x0163cd6124, 0};              // x^64
static const uint64_t barrett[2] = {0x01db710641, 0x01f7011641};

FOLDING static inline __m128i fold(__m128i lane, __m128i distance, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, distance, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, distance, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

FOLDING static inline __m128i load(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

FOLDING static uint32_t folded(uint32_t crc, const uint8_t *bytes, size_t count) {
  __m128i a = load(bytes), b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  a = _mm_xor_si128(a, _mm_cvtsi32_si128((int)~crc));
  __m128i distance = load((const uint8_t *)by_64);
  for (size_t i = 64; i < count; i += 64) {
    a = fold(a, distance, load(bytes + i));
    b = fold(b, distance, load(bytes + i + 16));
    c = fold(c, distance, load(bytes + i + 32));
    d = fold(d, distance, load(bytes + i + 48));
  }
  distance = load((const uint8_t *)by_16);
  a = fold(a, distance, b);
  a = fold(a, distance, c);
  a = fold(a, distance, d);
  // 128 bits to 96, to 64, and those to 32 by Barrett's reduction.
  const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);
  a = _mm_xor_si128(_mm_clmulepi64_si128(a, distance, 0x10), _mm_srli_si128(a, 8));
  const __m128i to_64 = _mm_loadl_epi64((const __m128i *)by_8);
  a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low32), to_64, 0x00), _mm_srli_si128(a, 4));
  const __m128i reduction = load((const uint8_t *)barrett);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low32), reduction, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low32), reduction, 0x00);
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
