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
  const uint32x16 bits = __builtin_convertvector(BRAID_SUFFIX(random_bits)(draw->key, element) >> 32, uint32x16);
  // Below a certainty, 32 bits hold the threshold; a lower one is a certainty too.
  if (draw->levels_count == 0)
    return draw->threshold >> 32 ? (int32x16){0} - 1 : (int32x16)(bits < (uint32_t)draw->threshold);
  // How many levels are below an element plus how many are not above it: for each of them one more than the sign of
  // the difference, in which the patterns of magnitudes are like the magnitudes.
  const int32x16 pattern = (int32x16)magnitude;
  int32x16 rank = (int32x16){0} + (int32_t)draw->levels_count;
  for (size_t j = 0; j < draw->levels_count; j++) {
    const int32x16 difference = pattern - (int32_t)as_bits(draw->levels[j]);
    rank += __builtin_elementwise_max(__builtin_elementwise_min(difference, (int32x16){0} + 1), (int32x16){0} - 1);
  }
  const uint32x16 threshold = (uint32x16)((uint32x16)rank * (uint32_t)draw->step + (uint32_t)draw->threshold);
  return (int32x16)(bits < threshold);
}
