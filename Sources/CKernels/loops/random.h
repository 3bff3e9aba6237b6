// Keeping differences to the base at random. Part of kernels_body.h.

// The mixing function of SplitMix64 (Steele, Lea & Flood 2014). Element i of a stream is mix(key + (i + 1) * constant),
// which needs no state: integers only, so the same on every CPU, in any order.
// The upper halves of sixteen elements' bits, given their multiples of the constant.
static inline __attribute__((always_inline)) uint32x16 BRAID_SUFFIX(random_words)(uint64x16 z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  const uint32x32 halves = (uint32x32)z;
  const uint32x16 upper = __builtin_shufflevector(halves, halves, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27,
                                                  29, 31);
  return upper ^ (upper >> 31);
}

// How many levels are below an element plus how many are not above it. Patterns of magnitudes are like the magnitudes.
static inline __attribute__((always_inline)) int32x16 BRAID_SUFFIX(level_rank)(int32x16 pattern, const float *levels,
                                                                              size_t levels_count) {
  // For each level one more than the sign of the difference.
  int32x16 rank = (int32x16){0} + (int32_t)levels_count;
  for (size_t j = 0; j < levels_count; j++) {
    const int32x16 difference = pattern - (int32_t)as_bits(levels[j]);
    rank += __builtin_elementwise_max(__builtin_elementwise_min(difference, (int32x16){0} + 1), (int32x16){0} - 1);
  }
  return rank;
}

#ifdef BRAID_PERMUTES
// Eight levels are sixteen limits in ascending order, each level and its successor; the rank is how many of them an
// element reaches, which takes five comparisons.
static inline __attribute__((always_inline)) int32x16 BRAID_SUFFIX(level_limits)(const float *levels) {
  int32_t limits[LANES];
  for (size_t low = 0, high = 0; low + high < LANES;) {
    const int32_t level = low < 8 ? (int32_t)as_bits(levels[low]) : INT32_MAX;
    const int32_t next = (int32_t)as_bits(levels[high]) + 1;
    if (low < 8 && level <= next)
      limits[low++ + high] = level;
    else
      limits[low + high++] = next;
  }
  return *(const int32x16 *)(const void *)limits;
}

static inline __attribute__((always_inline)) int32x16 lanes_from(int32x16 table, int32x16 place) {
  return (int32x16)_mm512_permutexvar_epi32((__m512i)place, (__m512i)table);
}

static inline __attribute__((always_inline)) int32x16 BRAID_SUFFIX(limits_reached)(int32x16 pattern, int32x16 limits) {
  const int32x16 by_4 = __builtin_shufflevector(limits, limits, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2);
  const int32x16 by_2 = __builtin_shufflevector(limits, limits, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
  int32x16 reached = (pattern >= limits[7]) & 8;
  reached += (pattern >= lanes_from(by_4, reached)) & 4;
  reached += (pattern >= lanes_from(by_2, reached)) & 2;
  reached += (pattern >= lanes_from(limits, reached)) & 1;
  return reached + ((pattern >= lanes_from(limits, reached)) & 1);
}
#endif

enum { BRAID_SUFFIX(draw_even), BRAID_SUFFIX(draw_by_limits), BRAID_SUFFIX(draw_by_levels) };

// `half` and `kind` are constants.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(draw_lanes)(const void *base, const void *x,
                                                                          const braid_draw *draw, uint64_t first,
                                                                          size_t count, size_t place, uint16_t *bits,
                                                                          const int half, const int kind) {
  const uint64x16 number = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const uint64_t constant = 0x9e3779b97f4a7c15u;
  uint64x16 multiple = (number + first) * constant + draw->key;
  const size_t shift = place % LANES;
  bits += place / LANES;
#ifdef BRAID_PERMUTES
  const int32x16 limits = kind == BRAID_SUFFIX(draw_by_limits) ? BRAID_SUFFIX(level_limits)(draw->levels) : (int32x16){0};
#endif
  for (size_t i = 0; i < count; i += LANES, bits++, multiple += LANES * constant) {
    const size_t length = count - i < LANES ? count - i : LANES;
    uint32x16 threshold = (uint32x16){0} + (uint32_t)draw->threshold;
    if (kind != BRAID_SUFFIX(draw_even)) {
      const int32x16 pattern = (int32x16)lanes_magnitude(group_at(x, i, length, half) - base_at(base, i, length, half));
#ifdef BRAID_PERMUTES
      const int32x16 rank = kind == BRAID_SUFFIX(draw_by_limits)
                                ? BRAID_SUFFIX(limits_reached)(pattern, limits)
                                : BRAID_SUFFIX(level_rank)(pattern, draw->levels, draw->levels_count);
#else
      const int32x16 rank = BRAID_SUFFIX(level_rank)(pattern, draw->levels, draw->levels_count);
#endif
      threshold += (uint32x16)rank * (uint32_t)draw->step;
    }
    const uint32x16 kept = (uint32x16)(BRAID_SUFFIX(random_words)(multiple) < threshold);
    const uint32_t found = (lane_bits(kept) & ((1u << length) - 1)) << shift;
    bits[0] |= (uint16_t)found;
    if (found >> LANES) bits[1] |= (uint16_t)(found >> LANES);
  }
}

// Below a certainty, 32 bits hold the threshold of an even draw; a lower one is a certainty too.
static void BRAID_SUFFIX(draw_certain)(size_t count, size_t place, uint16_t *bits) {
  for (size_t i = place; i < place + count; i++) bits[i / LANES] |= (uint16_t)(1u << i % LANES);
}

static void BRAID_SUFFIX(draw)(const void *base, const void *x, const braid_draw *draw, uint64_t first, int half,
                               size_t count, size_t place, uint16_t *bits) {
  if (draw->levels_count == 0) {
    if (draw->threshold >> 32) return BRAID_SUFFIX(draw_certain)(count, place, bits);
    return BRAID_SUFFIX(draw_lanes)(base, x, draw, first, count, place, bits, 0, BRAID_SUFFIX(draw_even));
  }
#ifdef BRAID_PERMUTES
  // The successor of the greatest pattern is no pattern.
  if (draw->levels_count == 8 && as_bits(draw->levels[7]) < INT32_MAX) {
    if (half)
      return BRAID_SUFFIX(draw_lanes)(base, x, draw, first, count, place, bits, 1, BRAID_SUFFIX(draw_by_limits));
    return BRAID_SUFFIX(draw_lanes)(base, x, draw, first, count, place, bits, 0, BRAID_SUFFIX(draw_by_limits));
  }
#endif
  if (half)
    return BRAID_SUFFIX(draw_lanes)(base, x, draw, first, count, place, bits, 1, BRAID_SUFFIX(draw_by_levels));
  BRAID_SUFFIX(draw_lanes)(base, x, draw, first, count, place, bits, 0, BRAID_SUFFIX(draw_by_levels));
}
