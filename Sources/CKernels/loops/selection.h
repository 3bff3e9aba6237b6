// Counting differences to the base by their magnitudes, to find ranks without sorting. Part of kernels_body.h.

// Adds one to each of the counters that have a slot. Slots are made a chunk at a time: what has just been stored as a
// vector would be slow to load one by one.
static inline void BRAID_SUFFIX(count_slots)(const uint32_t *slots, size_t count, uint32_t *counters) {
  for (size_t k = 0; k < count; k++) counters[slots[k]]++;
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(histogram_lanes)(const void *base, const void *x,
                                                                               size_t count, uint32_t *bins,
                                                                               const int half) {
  const uint32x16 copy = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t end = count - start < CHUNK ? count : start + CHUNK;
    uint32_t slots[CHUNK];
    for (size_t i = start; i < end; i += LANES) {
      const size_t length = end - i < LANES ? end - i : LANES;
      const uint32x16 magnitude =
          (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
      *(uint32x16u *)(slots + i - start) = (magnitude >> 16) * BRAID_HISTOGRAM_COPIES + copy;
    }
    BRAID_SUFFIX(count_slots)(slots, end - start, bins);
  }
}

static void BRAID_SUFFIX(magnitude_histogram)(const void *base, const void *x, int half, size_t count,
                                              uint32_t *bins) {
  if (half) return BRAID_SUFFIX(histogram_lanes)(base, x, count, bins, 1);
  BRAID_SUFFIX(histogram_lanes)(base, x, count, bins, 0);
}

// Only patterns with something in their lower half are counted one by one: differences of bfloat16 weights have few
// significant bits, so nearly all that share the upper half are equal to it, and those are counted sixteen at a time.
static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(refinement_lanes)(const void *base, const void *x,
                                                                                  size_t count, uint32_t prefix,
                                                                                  uint32_t *bins, const int half) {
  uint32x16 equal = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const uint32x16 magnitude =
        (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
    const uint32x16 rest = magnitude - (prefix << 16), counted = (uint32x16)first_lanes(length);
    // Comparisons give all ones, which is minus one.
    equal -= (uint32x16)(rest == 0) & counted;
    for (uint32_t left = lane_bits((uint32x16)(rest - 1 < 0xffffu) & counted); left; left &= left - 1)
      bins[rest[__builtin_ctz(left)]]++;
  }
  size_t even = 0;
  for (size_t k = 0; k < LANES; k++) even += equal[k];
  bins[0] += (uint32_t)even;
  return even;
}

static size_t BRAID_SUFFIX(magnitude_refinement)(const void *base, const void *x, int half, size_t count,
                                                 uint32_t prefix, uint32_t *bins) {
  if (half) return BRAID_SUFFIX(refinement_lanes)(base, x, count, prefix, bins, 1);
  return BRAID_SUFFIX(refinement_lanes)(base, x, count, prefix, bins, 0);
}

// Appends the lanes of a mask to a list with room for sixteen more.
static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(append_lanes)(uint32x16 x, uint32_t mask,
                                                                              uint32_t *list, size_t found) {
#ifdef BRAID_PERMUTES
  *(uint32x16u *)(list + found) = (uint32x16)_mm512_maskz_compress_epi32((__mmask16)mask, (__m512i)x);
  return found + (size_t)__builtin_popcount(mask);
#else
  for (; mask; mask &= mask - 1) list[found++] = x[__builtin_ctz(mask)];
  return found;
#endif
}

// `windows_count` and `half` are constants; without a base the elements themselves are the magnitudes.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(window_lanes)(const void *base, const void *x,
                                                                            size_t count, const braid_window *windows,
                                                                            const size_t windows_count,
                                                                            braid_window_count *counts,
                                                                            const int half) {
  uint32_t above[BRAID_WINDOWS] = {0}, equal[BRAID_WINDOWS][BRAID_SPIKES] = {{0}};
  size_t found[BRAID_WINDOWS];
  for (size_t w = 0; w < windows_count; w++) found[w] = counts[w].others_count;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const uint32_t counted = (1u << length) - 1;
    const uint32x16 magnitude =
        (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
    for (size_t w = 0; w < windows_count; w++) {
      const uint32_t over = lane_bits((uint32x16)(magnitude >= windows[w].end)) & counted;
      uint32_t inside = lane_bits((uint32x16)(magnitude >= windows[w].begin)) & ~over & counted;
      above[w] += (uint32_t)__builtin_popcount(over);
      for (size_t s = 0; s < windows[w].spikes_count; s++) {
        const uint32_t is = lane_bits((uint32x16)(magnitude == windows[w].spikes[s])) & counted;
        equal[w][s] += (uint32_t)__builtin_popcount(is);
        inside &= ~is;
      }
      if (inside) found[w] = BRAID_SUFFIX(append_lanes)(magnitude, inside, counts[w].others, found[w]);
    }
  }
  for (size_t w = 0; w < windows_count; w++) {
    counts[w].above += above[w];
    counts[w].others_count = found[w];
    for (size_t s = 0; s < BRAID_SPIKES; s++) counts[w].equal[s] += equal[w][s];
  }
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(windows_any)(const void *base, const void *x,
                                                                           size_t count, const braid_window *windows,
                                                                           size_t windows_count,
                                                                           braid_window_count *counts,
                                                                           const int half) {
  switch (windows_count) {
    case 1: return BRAID_SUFFIX(window_lanes)(base, x, count, windows, 1, counts, half);
    case 2: return BRAID_SUFFIX(window_lanes)(base, x, count, windows, 2, counts, half);
    case 3: return BRAID_SUFFIX(window_lanes)(base, x, count, windows, 3, counts, half);
  }
}

static void BRAID_SUFFIX(magnitude_windows)(const void *base, const void *x, int half, size_t count,
                                            const braid_window *windows, size_t windows_count,
                                            braid_window_count *counts) {
  if (half && base) return BRAID_SUFFIX(windows_any)(base, x, count, windows, windows_count, counts, 1);
  if (base) return BRAID_SUFFIX(windows_any)(base, x, count, windows, windows_count, counts, 0);
  BRAID_SUFFIX(windows_any)(NULL, x, count, windows, windows_count, counts, 0);
}

// Bits for the elements above a pattern, and for the first few that have it; zeros are never among them.
static void BRAID_SUFFIX(select_largest)(const float *x, size_t count, int32_t above, size_t equal, uint16_t *bits) {
  size_t seen = 0;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const int32x16 pattern = (int32x16)group_at(x, i, length, 0) & 0x7fffffff;
    uint32_t selected = lane_bits((uint32x16)(pattern > above));
    if (equal)
      for (uint32_t rest = lane_bits((uint32x16)(pattern == above)); rest && seen < equal; rest &= rest - 1, seen++)
        selected |= rest & (0 - rest);
    bits[i / LANES] = (uint16_t)(selected & lane_bits((uint32x16)(pattern != 0)));
  }
}

static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(equal_lanes)(const void *base, const void *x,
                                                                             size_t count, uint32_t pattern,
                                                                             const int half) {
  uint32x16 equal = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const uint32x16 magnitude =
        (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
    equal -= (uint32x16)(magnitude == pattern) & (uint32x16)first_lanes(length);
  }
  size_t found = 0;
  for (size_t k = 0; k < LANES; k++) found += equal[k];
  return found;
}

static size_t BRAID_SUFFIX(magnitude_count_equal)(const void *base, const void *x, int half, size_t count,
                                                  uint32_t pattern) {
  if (half) return BRAID_SUFFIX(equal_lanes)(base, x, count, pattern, 1);
  return BRAID_SUFFIX(equal_lanes)(base, x, count, pattern, 0);
}

// Adds up the lower halves of those patterns whose upper halves are wanted.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(add_lower_halves)(const void *base, const void *x,
                                                                                size_t count, const uint32_t *wanted,
                                                                                size_t wanted_count, uint64_t *sums,
                                                                                const int half) {
  enum { LONGEST = LANES << 16 };  // So many lower halves add up to no more than each lane holds.
  for (size_t start = 0; start < count; start += LONGEST) {
    const size_t end = count - start < LONGEST ? count : start + LONGEST;
    uint32x16 lanes[BRAID_LEVELS] = {{0}};
    for (size_t i = start; i < end; i += LANES) {
      const size_t length = end - i < LANES ? end - i : LANES;
      const uint32x16 pattern =
          (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
      for (size_t j = 0; j < wanted_count; j++) lanes[j] += (uint32x16)(pattern >> 16 == wanted[j]) & (pattern & 0xffffu);
    }
    for (size_t j = 0; j < wanted_count; j++)
      for (size_t k = 0; k < LANES; k++) sums[j] += lanes[j][k];
  }
}

// Magnitudes near evenly spaced ranks of a row, in ascending order: of each range of 1/128 of its size that holds such a
// rank, the mean pattern. Ranges begin 16 octaves below the largest magnitude; what is smaller counts as zero.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(level_lanes)(const void *base, const void *x,
                                                                           size_t count, float *levels,
                                                                           size_t levels_count, uint32_t *counters,
                                                                           const int half) {
  enum { RANGES = 16 << 7, STEP = 32, FEW = 2 * CHUNK };
  uint32x16 most = {0}, least = ~(uint32x16){0};
  // Differences of bfloat16 weights have few significant bits: few of them have anything in the lower half.
  uint32_t uneven[FEW + LANES];
  size_t uneven_count = 0;
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t end = count - start < CHUNK ? count : start + CHUNK;
    uint32_t slots[CHUNK];
    for (size_t i = start; i < end; i += LANES) {
      const size_t length = end - i < LANES ? end - i : LANES;
      const uint32x16 pattern =
          (uint32x16)(group_at(x, i, length, half) - base_at(base, i, length, half)) & 0x7fffffffu;
      const uint32x16 range = pattern >> 16;
      most = __builtin_elementwise_max(most, range);
      // The smallest range but zero, less one.
      least = __builtin_elementwise_min(least, range - 1);
      *(uint32x16u *)(slots + i - start) = range;
      if (uneven_count <= FEW)
        uneven_count = BRAID_SUFFIX(append_lanes)(pattern, lane_bits((uint32x16)((pattern & 0xffffu) != 0)), uneven,
                                                  uneven_count);
    }
    BRAID_SUFFIX(count_slots)(slots, end - start, counters);
  }
  uint32_t top = 0, lowest = UINT32_MAX;
  for (size_t k = 0; k < LANES; k++) {
    top = most[k] > top ? most[k] : top;
    lowest = least[k] < lowest ? least[k] : lowest;
  }
  const uint32_t bottom = top < RANGES ? 0 : top - (RANGES - 1);
  uint32_t wanted[BRAID_LEVELS], numbers[BRAID_LEVELS];
  // From the top down, a step of many ranges at a time, and then range by range.
  size_t above = 0, first = top + 1;  // How many magnitudes lie in ranges from `first` on.
  for (size_t level = levels_count; level-- > 0;) {
    const size_t larger = count - 1 - (2 * level + 1) * count / (2 * levels_count);
    while (first >= bottom + 1 + STEP) {
      uint32x16 sum = {0};
      for (size_t k = STEP; k > 0; k -= LANES) sum += *(const uint32x16u *)(counters + first - k);
      const size_t number = __builtin_reduce_add(sum);
      if (above + number > larger) break;
      above += number;
      first -= STEP;
    }
    size_t range = first, more = above;
    while (range > bottom + 1 && more <= larger) more += counters[--range];
    const int is_found = more > larger;
    wanted[level] = is_found ? (uint32_t)range : bottom;
    numbers[level] = is_found ? counters[range] : 1;
  }
  counters[0] = 0;
  if (top > 0) memset(counters + lowest + 1, 0, (top - lowest) * sizeof(uint32_t));
  uint64_t sums[BRAID_LEVELS] = {0};
  if (uneven_count > FEW)
    BRAID_SUFFIX(add_lower_halves)(base, x, count, wanted, levels_count, sums, half);
  else
    for (size_t i = 0; i < uneven_count; i++)
      for (size_t level = 0; level < levels_count; level++)
        sums[level] += uneven[i] >> 16 == wanted[level] ? uneven[i] & 0xffffu : 0;
  for (size_t level = 0; level < levels_count; level++)
    levels[level] =
        wanted[level] == bottom ? 0.0f : as_float(wanted[level] << 16 | (uint32_t)(sums[level] / numbers[level]));
}

static void BRAID_SUFFIX(row_levels)(const void *base, const void *x, int half, size_t count, float *levels,
                                     size_t levels_count, uint32_t *counters) {
  if (half) return BRAID_SUFFIX(level_lanes)(base, x, count, levels, levels_count, counters, 1);
  BRAID_SUFFIX(level_lanes)(base, x, count, levels, levels_count, counters, 0);
}
