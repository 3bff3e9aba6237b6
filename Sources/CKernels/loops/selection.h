// Counting differences to the base by their magnitudes, to find ranks without sorting. Part of kernels_body.h.

static inline uint32_t magnitude_of(float x, float base) { return as_bits(x - base) & 0x7fffffffu; }

static void BRAID_SUFFIX(magnitude_histogram)(const float *base, const float *x, size_t count, uint32_t *bins) {
  uint32_t slots[CHUNK];
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    for (size_t i = 0; i < length; i++)
      slots[i] = (magnitude_of(x[start + i], base[start + i]) >> 16) * BRAID_HISTOGRAM_COPIES + i % BRAID_HISTOGRAM_COPIES;
    for (size_t i = 0; i < length; i++) bins[slots[i]]++;
  }
}

static size_t BRAID_SUFFIX(magnitude_refinement)(const float *base, const float *x, size_t count, uint32_t prefix,
                                                 uint32_t *bins) {
  // Only patterns with something in their lower half are counted one by one: differences of bfloat16 weights have few
  // significant bits, so nearly all that share the upper half are equal to it, and those are counted sixteen at a time.
  const uint32_t even = prefix << 16;
  uint32_t equal = 0;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    uint32_t found = 0;
    for (size_t k = 0; k < LANES; k++) {
      const uint32_t rest = magnitude_of(x[i + k], base[i + k]) - even;
      equal += rest == 0;
      found |= rest - 1 < 0xffffu;
    }
    if (!found) continue;
    for (size_t k = 0; k < LANES; k++) {
      const uint32_t rest = magnitude_of(x[i + k], base[i + k]) - even;
      if (rest - 1 < 0xffffu) bins[rest]++;
    }
  }
  for (; i < count; i++) {
    const uint32_t rest = magnitude_of(x[i], base[i]) - even;
    equal += rest == 0;
    if (rest - 1 < 0xffffu) bins[rest]++;
  }
  bins[0] += equal;
  return equal;
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

static size_t BRAID_SUFFIX(magnitude_window)(const float *base, const float *x, size_t count,
                                             const braid_window *window, uint32_t *above, uint32_t *equal,
                                             uint32_t *others) {
  return BRAID_SUFFIX(window_lanes)(base, x, count, window, above, equal, others, 0);
}

static size_t BRAID_SUFFIX(magnitude_window_bfloat16)(const uint16_t *base, const uint16_t *x, size_t count,
                                                      const braid_window *window, uint32_t *above, uint32_t *equal,
                                                      uint32_t *others) {
  return BRAID_SUFFIX(window_lanes)(base, x, count, window, above, equal, others, 1);
}

static size_t BRAID_SUFFIX(magnitude_count_equal)(const float *base, const float *x, size_t count, uint32_t pattern) {
  uint32_t equal = 0;
  for (size_t i = 0; i < count; i++) equal += magnitude_of(x[i], base[i]) == pattern;
  return equal;
}
