// Keeping differences to the base at random. Part of kernels_body.h.

// The mixing function of SplitMix64 (Steele, Lea & Flood 2014). Element i of a stream is mix(key + (i + 1) * constant),
// which needs no state: integers only, so the same on every CPU, in any order.
static inline uint64_t random_bits(uint64_t key, uint64_t element) {
  uint64_t z = key + (element + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void BRAID_SUFFIX(thin_out)(const float *base, const float *x, const braid_draw *draw, uint64_t first,
                                   float *restrict out, size_t count) {
  uint32_t ranks[CHUNK], kept[CHUNK];
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    for (size_t i = 0; i < length; i++) ranks[i] = 0;
    for (size_t j = 0; j < draw->levels_count; j++) {
      const float level = draw->levels[j];
      for (size_t i = 0; i < length; i++) {
        const float magnitude = as_float(as_bits(x[start + i] - base[start + i]) & 0x7fffffffu);
        ranks[i] += (magnitude > level) + (magnitude >= level);
      }
    }
    for (size_t i = 0; i < length; i++)
      kept[i] = (random_bits(draw->key, first + start + i) >> 32) < draw->thresholds[ranks[i]];
    for (size_t i = 0; i < length; i++) out[start + i] = kept[i] ? x[start + i] : base[start + i];
  }
}
