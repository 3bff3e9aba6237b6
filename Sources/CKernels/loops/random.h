// Keeping differences to the base at random. Part of kernels_body.h.

// The mixing function of SplitMix64 (Steele, Lea & Flood 2014). Element i of a stream is mix(key + (i + 1) * constant),
// which needs no state: integers only, so the same on every CPU, in any order.
static inline __attribute__((always_inline)) uint64x16 BRAID_SUFFIX(random_bits)(uint64_t key, uint64_t element) {
  uint64x16 z = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  z = (z + element) * 0x9e3779b97f4a7c15u + key;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Which of sixteen elements are kept, the first of which has the number `element`.
static inline __attribute__((always_inline)) int32x16 BRAID_SUFFIX(drawn)(float32x16 magnitude, const braid_draw *draw,
                                                                         uint64_t element) {
  uint32x16 rank = {0};
  for (size_t j = 0; j < draw->levels_count; j++) {
    const float level = draw->levels[j];
    // Comparisons give all ones, which is minus one.
    rank -= (uint32x16)(magnitude > level) + (uint32x16)(magnitude >= level);
  }
  const uint64x16 threshold = __builtin_convertvector(rank, uint64x16) * draw->step + draw->threshold;
  const uint64x16 bits = BRAID_SUFFIX(random_bits)(draw->key, element) >> 32;
  return __builtin_convertvector(bits < threshold, int32x16);
}
