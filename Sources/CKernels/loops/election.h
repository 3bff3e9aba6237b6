// Thinned-out differences to the base, and what several models agree on. Part of kernels_body.h.

// The weighted differences that one model's cut keeps; ties at a threshold are settled in order, one by one, in the
// single block where they are split.
static void BRAID_SUFFIX(cut_differences)(const float *base, const float *x, const braid_cut *cut, size_t *equal_kept,
                                          size_t *equal_dropped, float *restrict out, size_t count) {
  const int32_t keep = cut->keep_equal == BRAID_ALL_EQUAL ? cut->keep_above - 1 : cut->keep_above;
  const int32_t drop = cut->drop_equal == BRAID_ALL_EQUAL ? cut->drop_above - 1 : cut->drop_above;
  const float weight = cut->weight, scale = cut->scale;
  for (size_t i = 0; i < count; i++) {
    const float difference = x[i] - base[i];
    const int32_t magnitude = (int32_t)(as_bits(difference) & 0x7fffffffu);
    const float product = difference * scale * weight;
    out[i] = ((magnitude > keep) & (magnitude <= drop)) ? product : 0.0f;
  }
  const int splits_kept = cut->keep_equal != BRAID_ALL_EQUAL && *equal_kept < cut->keep_equal;
  const int splits_dropped = cut->drop_equal != BRAID_ALL_EQUAL && *equal_dropped < cut->drop_equal;
  if (!splits_kept && !splits_dropped) return;
  for (size_t i = 0; i < count; i++) {
    const float difference = x[i] - base[i];
    const int32_t magnitude = (int32_t)(as_bits(difference) & 0x7fffffffu);
    const int below_drop = magnitude <= drop;
    if (splits_kept && magnitude == cut->keep_above && *equal_kept < cut->keep_equal) {
      ++*equal_kept;
      if (below_drop) out[i] = difference * scale * weight;
    }
    if (splits_dropped && magnitude == cut->drop_above && *equal_dropped < cut->drop_equal) {
      ++*equal_dropped;
      out[i] = 0.0f;
    }
  }
}

static double BRAID_SUFFIX(sum_of_magnitudes)(const float *x, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t k = 0; k < LANES; k++) lanes[k] += (double)as_float(as_bits(x[i + k]) & 0x7fffffffu);
  for (size_t k = 0; i + k < count; k++) lanes[k] += (double)as_float(as_bits(x[i + k]) & 0x7fffffffu);
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t k = 0; k < width; k++) lanes[k] += lanes[k + width];
  return lanes[0];
}

static void BRAID_SUFFIX(magnitude_sums)(const float *base, const float *x, const braid_cut *cut, size_t count,
                                         double *sums) {
  braid_cut all = {.weight = 1, .scale = 1, .keep_above = -1, .drop_above = INT32_MAX}, kept_cut = *cut;
  kept_cut.weight = kept_cut.scale = 1;
  float part[CHUNK];
  size_t kept = 0, dropped = 0, none = 0;
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    BRAID_SUFFIX(cut_differences)(base + start, x + start, &all, &none, &none, part, length);
    sums[0] += BRAID_SUFFIX(sum_of_magnitudes)(part, length);
    BRAID_SUFFIX(cut_differences)(base + start, x + start, &kept_cut, &kept, &dropped, part, length);
    sums[1] += BRAID_SUFFIX(sum_of_magnitudes)(part, length);
  }
}

// The election for a few models in one go, everything in registers; for blocks in which no tie is split. `models` is a
// constant wherever this is inlined. Returns how many elements it has done.
static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(elect_lanes)(
    const void *base, const void *const *inputs, const braid_cut *cuts, const size_t models, braid_election election,
    float *out, size_t count, const int half) {
  const int32x16 zero = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const float32x16 start = lanes_at(base, i, half);
    float32x16 part[4], total = {0}, mix = {0}, divisor = {0};
    for (size_t j = 0; j < models; j++) {
      const float32x16 difference = lanes_at(inputs[j], i, half) - start;
      const int32x16 magnitude = (int32x16)difference & 0x7fffffff;
      const int32_t keep = cuts[j].keep_equal == BRAID_ALL_EQUAL ? cuts[j].keep_above - 1 : cuts[j].keep_above;
      const int32_t drop = cuts[j].drop_equal == BRAID_ALL_EQUAL ? cuts[j].drop_above - 1 : cuts[j].drop_above;
      const int32x16 kept = (magnitude > keep) & (magnitude <= drop);
      part[j] = (float32x16)((int32x16)(difference * cuts[j].scale * cuts[j].weight) & kept);
      total += part[j];
    }
    const int32x16 positive = total >= 0.0f;
    for (size_t j = 0; j < models; j++) {
      const int32x16 agrees = (positive & (part[j] > 0.0f)) | (~positive & (part[j] < 0.0f));
      mix += (float32x16)((int32x16)part[j] & agrees);
      divisor += (float32x16)((int32x16)(zero + (int32x16)((float32x16){0} + cuts[j].weight)) & agrees);
    }
    if (election.normalize) {
      const int32x16 none = divisor == 0.0f;
      const int32x16 one = (int32x16)((float32x16){0} + 1.0f);
      mix = mix / (float32x16)(((int32x16)divisor & ~none) | (one & none));
    }
    *(float32x16 *)(out + i) = start + (election.lambda != 1.0f ? mix * election.lambda : mix);
  }
  return i;
}

static int BRAID_SUFFIX(splits_no_tie)(const braid_cut *cuts, size_t models) {
  for (size_t j = 0; j < models; j++) {
    if (cuts[j].keep_equal != 0 && cuts[j].keep_equal != BRAID_ALL_EQUAL) return 0;
    if (cuts[j].drop_equal != 0 && cuts[j].drop_equal != BRAID_ALL_EQUAL) return 0;
  }
  return 1;
}

// As much of a block as a few models without split ties allow; returns how many elements that is.
static inline __attribute__((always_inline)) size_t BRAID_SUFFIX(elect_few)(
    const void *base, const void *const *inputs, const braid_cut *cuts, size_t models, braid_election election,
    float *out, size_t count, const int half) {
  if (election.consensus != 1 || !BRAID_SUFFIX(splits_no_tie)(cuts, models)) return 0;
  switch (models) {
    case 1: return BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, 1, election, out, count, half);
    case 2: return BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, 2, election, out, count, half);
    case 3: return BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, 3, election, out, count, half);
    case 4: return BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, 4, election, out, count, half);
  }
  return 0;
}

static size_t BRAID_SUFFIX(elect_bfloat16)(const uint16_t *base, const uint16_t *const *inputs, const braid_cut *cuts,
                                           size_t inputs_count, braid_election election, float *out, size_t count) {
  return BRAID_SUFFIX(elect_few)(base, (const void *const *)inputs, cuts, inputs_count, election, out, count, 1);
}

static void BRAID_SUFFIX(elect)(const float *base, const float *const *inputs, const braid_cut *cuts,
                                size_t inputs_count, braid_election election, float *restrict scratch,
                                float *restrict out, size_t count) {
  size_t kept[64] = {0}, dropped[64] = {0};  // The caller never passes more models than this.
  const size_t done = BRAID_SUFFIX(elect_few)(base, (const void *const *)inputs, cuts, inputs_count, election, out, count, 0);
  for (size_t start = done; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    float total[CHUNK], mix[CHUNK], divisor[CHUNK];
    for (size_t i = 0; i < length; i++) total[i] = 0;
    float weights = 0;
    for (size_t j = 0; j < inputs_count; j++) {
      float *part = scratch + j * CHUNK;
      braid_cut cut = cuts[j];
      if (election.consensus == 4) cut.weight = 1;
      BRAID_SUFFIX(cut_differences)
      (base + start, inputs[j] + start, &cut, &kept[j], &dropped[j], part, length);
      weights += cuts[j].weight;
      if (election.consensus == 2)
        for (size_t i = 0; i < length; i++) total[i] += part[i] > 0 ? 1.0f : part[i] < 0 ? -1.0f : 0.0f;
      else
        for (size_t i = 0; i < length; i++) total[i] += part[i];
    }
    if (election.consensus == 3) {
      float alone[CHUNK];
      uint32_t present[CHUNK];
      for (size_t i = 0; i < length; i++) mix[i] = total[i];
      for (size_t i = 0; i < length; i++) divisor[i] = alone[i] = 0;
      for (size_t i = 0; i < length; i++) present[i] = 0;
      for (size_t j = 0; j < inputs_count; j++) {
        const float *part = scratch + j * CHUNK;
        for (size_t i = 0; i < length; i++) {
          const int takes_part = part[i] != 0;
          divisor[i] += takes_part ? cuts[j].weight : 0.0f;
          alone[i] += takes_part ? cuts[j].alone : 0.0f;
          present[i] += takes_part;
        }
      }
      for (size_t i = 0; i < length; i++) mix[i] = present[i] == 1 ? mix[i] * alone[i] : mix[i];
      for (size_t i = 0; i < length; i++) divisor[i] = divisor[i] == 0 ? 1.0f : divisor[i];
    } else if (election.consensus == 0) {
      const float constant = weights < 1e-8f && weights > -1e-8f ? 1.0f : weights;
      for (size_t i = 0; i < length; i++) mix[i] = total[i];
      for (size_t i = 0; i < length; i++) divisor[i] = constant;
    } else {
      for (size_t i = 0; i < length; i++) mix[i] = 0;
      for (size_t i = 0; i < length; i++) divisor[i] = 0;
      for (size_t j = 0; j < inputs_count; j++) {
        const float *part = scratch + j * CHUNK;
        const float weight = cuts[j].weight;
        const float factor = election.consensus == 4 ? weight : 1.0f;
        for (size_t i = 0; i < length; i++) {
          const int agrees = total[i] >= 0 ? part[i] > 0 : part[i] < 0;
          mix[i] += agrees ? part[i] * factor : 0.0f;
          divisor[i] += agrees ? weight : 0.0f;
        }
      }
      for (size_t i = 0; i < length; i++) divisor[i] = divisor[i] == 0 ? 1.0f : divisor[i];
    }
    if (election.normalize)
      for (size_t i = 0; i < length; i++) mix[i] = mix[i] / divisor[i];
    if (election.lambda != 1.0f)
      for (size_t i = 0; i < length; i++) mix[i] = mix[i] * election.lambda;
    for (size_t i = 0; i < length; i++) out[start + i] = base[start + i] + mix[i];
  }
}

static void BRAID_SUFFIX(count_participants)(const float *base, const float *const *inputs, size_t inputs_count,
                                             uint32_t above, size_t count, uint64_t *counts) {
  uint8_t present[CHUNK];
  for (size_t start = 0; start < count; start += CHUNK) {
    const size_t length = count - start < CHUNK ? count - start : CHUNK;
    for (size_t i = 0; i < length; i++) present[i] = 0;
    for (size_t j = 0; j < inputs_count; j++)
      for (size_t i = 0; i < length; i++)
        present[i] += (as_bits(inputs[j][start + i] - base[start + i]) & 0x7fffffffu) > above;
    for (size_t j = 0; j < inputs_count; j++) {
      uint32_t unique = 0, shared = 0;
      for (size_t i = 0; i < length; i++) {
        const int active = (as_bits(inputs[j][start + i] - base[start + i]) & 0x7fffffffu) > above;
        unique += active & (present[i] == 1);
        shared += active & (present[i] > 1);
      }
      counts[2 * j] += unique;
      counts[2 * j + 1] += shared;
    }
  }
}
