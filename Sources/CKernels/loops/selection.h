// Counting differences to the base by their magnitudes, to find ranks without sorting. Part of kernels_body.h.

static inline uint32_t magnitude_of(float x, float base) { return as_bits(x - base) & 0x7fffffffu; }

static inline __attribute__((always_inline)) void BRAID_SUFFIX(histogram_lanes)(const void *base, const void *x,
                                                                               size_t count, uint32_t *bins,
                                                                               const int half) {
  const uint32x16 copy = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const uint32x16 magnitude =
        (uint32x16)(group_at(x, i, length, half) - group_at(base, i, length, half)) & 0x7fffffffu;
    uint32_t slots[LANES];
    *(uint32x16u *)slots = (magnitude >> 16) * BRAID_HISTOGRAM_COPIES + copy;
    for (size_t k = 0; k < length; k++) bins[slots[k]]++;
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
        (uint32x16)(group_at(x, i, length, half) - group_at(base, i, length, half)) & 0x7fffffffu;
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

static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(window_lanes)(const void *base, const void *x,
                                                                               size_t count, const braid_window *window,
                                                                               uint32_t *above, uint32_t *equal,
                                                                               uint32_t *others, const int half) {
  const uint32_t begin = window->begin, end = window->end, width = end - begin;
  uint32x16 larger = {0}, seen[BRAID_SPIKES] = {{0}};
  size_t found = 0, i = 0;
  for (; i + LANES <= count; i += LANES) {
    const uint32x16 magnitude = (uint32x16)(lanes_at(x, i, half) - lanes_at(base, i, half)) & 0x7fffffffu;
    uint32x16 spike = {0};
    // Comparisons give all ones, which is minus one.
    larger -= (uint32x16)(magnitude >= end);
    for (int s = 0; s < BRAID_SPIKES; s++) {
      const uint32x16 is = (uint32x16)(magnitude == window->spikes[s]);
      seen[s] -= is;
      spike |= is;
    }
    for (uint32_t rest = lane_bits((uint32x16)(magnitude - begin < width) & ~spike); rest; rest &= rest - 1)
      others[found++] = magnitude[__builtin_ctz(rest)];
  }
  for (size_t k = 0; k < LANES; k++) *above += larger[k];
  for (int s = 0; s < BRAID_SPIKES; s++)
    for (size_t k = 0; k < LANES; k++) equal[s] += seen[s][k];
  for (; i < count; i++) {
    const uint32_t magnitude = magnitude_of(element_at(x, i, half), element_at(base, i, half));
    *above += magnitude >= end;
    int spike = 0;
    for (int s = 0; s < BRAID_SPIKES; s++) {
      equal[s] += magnitude == window->spikes[s];
      spike |= magnitude == window->spikes[s];
    }
    if (magnitude - begin < width && !spike) others[found++] = magnitude;
  }
  return found;
}

static size_t BRAID_SUFFIX(magnitude_window)(const void *base, const void *x, int half, size_t count,
                                             const braid_window *window, uint32_t *above, uint32_t *equal,
                                             uint32_t *others) {
  if (half) return BRAID_SUFFIX(window_lanes)(base, x, count, window, above, equal, others, 1);
  return BRAID_SUFFIX(window_lanes)(base, x, count, window, above, equal, others, 0);
}

static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(equal_lanes)(const void *base, const void *x,
                                                                             size_t count, uint32_t pattern,
                                                                             const int half) {
  uint32x16 equal = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const uint32x16 magnitude =
        (uint32x16)(group_at(x, i, length, half) - group_at(base, i, length, half)) & 0x7fffffffu;
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

// Magnitudes near evenly spaced ranks of a row, in ascending order: of each range of 1/128 of its size that holds such a
// rank, the mean pattern. Ranges begin 16 octaves below the largest magnitude; what is smaller counts as zero.
static void BRAID_SUFFIX(row_levels)(const float *magnitudes, size_t count, float *levels, size_t levels_count) {
  enum { RANGES = 16 << 7 };
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) largest = as_bits(magnitudes[i]) > largest ? as_bits(magnitudes[i]) : largest;
  const uint32_t top = largest >> 16, bottom = top < RANGES ? 0 : top - (RANGES - 1);
  // How many there are in the upper 24 bits, and the sum of their patterns' lower halves below.
  uint64_t ranges[RANGES] = {0};
  for (size_t i = 0; i < count; i++) {
    const uint32_t pattern = as_bits(magnitudes[i]), range = pattern >> 16;
    ranges[range > bottom ? range - bottom : 0] += (uint64_t)1 << 40 | (pattern & 0xffffu);
  }
  size_t below = 0, range = 0;
  for (size_t level = 0; level < levels_count; level++) {
    const size_t rank = (2 * level + 1) * count / (2 * levels_count);
    while (below + (ranges[range] >> 40) <= rank) below += ranges[range++] >> 40;
    const uint64_t number = ranges[range] >> 40, lower = ranges[range] & (((uint64_t)1 << 40) - 1);
    levels[level] = range == 0 ? 0.0f : as_float((uint32_t)(range + bottom) << 16 | (uint32_t)(lower / number));
  }
}
