// Thinned-out differences to the base, and what several models agree on. Part of kernels_body.h.

// Moves lanes of a group whose magnitude is exactly a threshold across it, in order, as long as `seen` is below `limit`.
static inline int32x16 BRAID_SUFFIX(split_ties)(int32x16 mask, int32x16 magnitude, int32_t threshold, size_t limit,
                                               size_t *seen, int32_t value) {
  if (limit == 0 || limit == BRAID_ALL_EQUAL || *seen >= limit) return mask;
  for (uint32_t rest = lane_bits((uint32x16)(magnitude == threshold)); rest && *seen < limit; rest &= rest - 1) {
    mask[__builtin_ctz(rest)] = value;
    ++*seen;
  }
  return mask;
}

// What the differences of one model are after its cut, before they are weighted.
static inline __attribute__((always_inline)) float32x16 BRAID_SUFFIX(kept_difference)(
    float32x16 x, float32x16 start, const braid_cut *cut, size_t *kept, size_t *dropped, size_t i) {
  const float32x16 difference = x - start;
  const int32x16 magnitude = (int32x16)difference & 0x7fffffff;
  const int32_t keep = cut->keep_equal == BRAID_ALL_EQUAL ? cut->keep_above - 1 : cut->keep_above;
  const int32_t drop = cut->drop_equal == BRAID_ALL_EQUAL ? cut->drop_above - 1 : cut->drop_above;
  int32x16 above = magnitude > keep, below = magnitude <= drop;
  above = BRAID_SUFFIX(split_ties)(above, magnitude, cut->keep_above, cut->keep_equal, kept, -1);
  below = BRAID_SUFFIX(split_ties)(below, magnitude, cut->drop_above, cut->drop_equal, dropped, 0);
  int32x16 mask = above & below;
  if (cut->where) mask &= lanes_of_bits(cut->where[i / LANES]);
  return lanes_where(mask, difference * cut->scale);
}

// Which lanes a vote elects as positive.
static inline __attribute__((always_inline)) int32x16 BRAID_SUFFIX(elected_positive)(
    const float32x16 *part, const braid_cut *cuts, const size_t models, const braid_election *election) {
  float32x16 total = {0};
  for (size_t j = 0; j < models; j++) {
    const float32x16 vote = election->unweighted ? part[j] : part[j] * cuts[j].weight;
    if (election->vote == BRAID_VOTE_COUNT)
      total += (float32x16)(((int32x16)((float32x16){0} + 1.0f) & (vote > 0.0f)) |
                            ((int32x16)((float32x16){0} - 1.0f) & (vote < 0.0f)));
    else
      total += vote;
  }
  return election->zero_is_negative ? total > 0.0f : total >= 0.0f;
}

// What the differences of a group become together. `models` is a constant where they are few.
static inline __attribute__((always_inline)) float32x16 BRAID_SUFFIX(elected)(
    const float32x16 *part, const braid_cut *cuts, const size_t models, const braid_election *election) {
  const float32x16 one = (float32x16){0} + 1.0f;
  float32x16 mix = {0}, divisor = {0};
  if (election->vote == BRAID_VOTE_SUM || election->vote == BRAID_VOTE_COUNT) {
    const int32x16 positive = BRAID_SUFFIX(elected_positive)(part, cuts, models, election);
    for (size_t j = 0; j < models; j++) {
      const float32x16 weighted = part[j] * cuts[j].weight;
      const float32x16 vote = election->unweighted ? part[j] : weighted;
      const int32x16 agrees = (positive & (vote > 0.0f)) | (~positive & (vote < 0.0f));
      const float32x16 share = lanes_where(agrees, weighted);
      if (election->largest)
        mix = lanes_choose(lanes_magnitude(share) > lanes_magnitude(mix), share, mix);
      else
        mix += share;
      divisor += lanes_where(agrees, election->divisor == BRAID_DIVIDE_BY_WEIGHTS ? one * cuts[j].weight : one);
    }
  } else if (election->vote == BRAID_VOTE_USEFUL) {
    float32x16 total = {0}, useful = {0};
    for (size_t j = 0; j < models; j++) total += part[j] * cuts[j].weight;
    for (size_t j = 0; j < models; j++) {
      const float32x16 weighted = part[j] * cuts[j].weight;
      const int32x16 is = lanes_magnitude(weighted) > cuts[j].alone * lanes_magnitude(total - weighted);
      useful += lanes_where(is, one);
    }
    return lanes_where(useful >= (float)election->quorum, total);
  } else {
    float32x16 alone = {0}, present = {0};
    const int any = election->vote == BRAID_VOTE_NONE;
    for (size_t j = 0; j < models; j++) {
      const int32x16 takes_part = any ? (int32x16){0} - 1 : part[j] != 0.0f;
      mix += part[j] * cuts[j].weight;
      alone += lanes_where(takes_part, one * cuts[j].alone);
      present += lanes_where(takes_part, one);
      divisor += lanes_where(takes_part, election->divisor == BRAID_DIVIDE_BY_WEIGHTS ? one * cuts[j].weight : one);
    }
    if (!any) mix = lanes_choose(present == 1.0f, mix * alone, mix);
    // Weights of all that cancel but for rounding divide by one, too.
    if (any) divisor = lanes_choose(lanes_magnitude(divisor) < 1e-8f, one, divisor);
  }
  if (election->divisor == BRAID_DIVIDE_BY_NOTHING) return mix;
  return mix / lanes_choose(divisor == 0.0f, one, divisor);
}

// Cuts without split ties need two comparisons.
static inline __attribute__((always_inline)) int BRAID_SUFFIX(are_plain)(const braid_cut *cuts, size_t models) {
  for (size_t j = 0; j < models; j++) {
    if (cuts[j].keep_equal != 0 && cuts[j].keep_equal != BRAID_ALL_EQUAL) return 0;
    if (cuts[j].drop_equal != 0 && cuts[j].drop_equal != BRAID_ALL_EQUAL) return 0;
  }
  return 1;
}

static inline __attribute__((always_inline)) float32x16 BRAID_SUFFIX(plain_difference)(float32x16 x, float32x16 start,
                                                                                      const braid_cut *cut, size_t i) {
  const float32x16 difference = x - start;
  const int32x16 magnitude = (int32x16)difference & 0x7fffffff;
  const int32_t keep = cut->keep_equal == BRAID_ALL_EQUAL ? cut->keep_above - 1 : cut->keep_above;
  const int32_t drop = cut->drop_equal == BRAID_ALL_EQUAL ? cut->drop_above - 1 : cut->drop_above;
  int32x16 mask = (magnitude > keep) & (magnitude <= drop);
  if (cut->where) mask &= lanes_of_bits(cut->where[i / LANES]);
  return lanes_where(mask, difference * cut->scale);
}

// `models`, `half`, `plain` and, for the usual rules, most of `election` are constants wherever this is inlined.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(elect_lanes)(
    const void *base, const void *const *inputs, const braid_cut *cuts, const size_t models,
    const braid_election election, float *out, size_t count, const int half, const int plain) {
  size_t kept[BRAID_MODELS], dropped[BRAID_MODELS];
  float32x16 few[4], many[BRAID_MODELS], *part = models <= 4 ? few : many;
  // Copies, which `out` cannot alias, stay in registers.
  braid_cut few_cuts[4];
  const void *few_inputs[4];
  if (models <= 4) {
    for (size_t j = 0; j < models; j++) {
      few_cuts[j] = cuts[j];
      few_inputs[j] = inputs[j];
    }
    cuts = few_cuts;
    inputs = few_inputs;
  }
  if (!plain)
    for (size_t j = 0; j < models; j++) kept[j] = dropped[j] = 0;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = group_at(base, i, length, half);
    for (size_t j = 0; j < models; j++) {
      const float32x16 x = group_at(inputs[j], i, length, half);
      part[j] = plain ? BRAID_SUFFIX(plain_difference)(x, start, &cuts[j], i)
                      : BRAID_SUFFIX(kept_difference)(x, start, &cuts[j], &kept[j], &dropped[j], i);
    }
    const float32x16 mix = BRAID_SUFFIX(elected)(part, cuts, models, &election);
    store_group(start + (election.lambda != 1.0f ? mix * election.lambda : mix), out + i, length);
  }
}

// The usual rules are spelled out, so that loops do not ask for them again and again.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(elect_by)(
    const void *base, const void *const *inputs, const braid_cut *cuts, const size_t models,
    const braid_election *election, float *out, size_t count, const int half, const int plain) {
  const int sum = election->vote == BRAID_VOTE_SUM && !election->zero_is_negative && !election->largest;
  const int weights = election->divisor == BRAID_DIVIDE_BY_WEIGHTS;
#define BRAID_ELECT(...)                                                                                        \
  do {                                                                                                          \
    const braid_election known = {.lambda = election->lambda, __VA_ARGS__};                                          \
    return BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, models, known, out, count, half, plain);        \
  } while (0)
  if (sum && !election->unweighted && weights) BRAID_ELECT(.vote = BRAID_VOTE_SUM, .divisor = BRAID_DIVIDE_BY_WEIGHTS);
  if (sum && !election->unweighted && !election->divisor) BRAID_ELECT(.vote = BRAID_VOTE_SUM);
  if (sum && election->unweighted && weights)
    BRAID_ELECT(.vote = BRAID_VOTE_SUM, .unweighted = 1, .divisor = BRAID_DIVIDE_BY_WEIGHTS);
  if (election->vote == BRAID_VOTE_NONE && !election->divisor) BRAID_ELECT(.vote = BRAID_VOTE_NONE);
#undef BRAID_ELECT
  BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, models, *election, out, count, half, plain);
}

// A few models stay in registers; more go through memory.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(elect_any)(
    const void *base, const void *const *inputs, const braid_cut *cuts, size_t models, const braid_election *election,
    float *out, size_t count, const int half, const int plain) {
  switch (models) {
    case 1: return BRAID_SUFFIX(elect_by)(base, inputs, cuts, 1, election, out, count, half, plain);
    case 2: return BRAID_SUFFIX(elect_by)(base, inputs, cuts, 2, election, out, count, half, plain);
    case 3: return BRAID_SUFFIX(elect_by)(base, inputs, cuts, 3, election, out, count, half, plain);
    case 4: return BRAID_SUFFIX(elect_by)(base, inputs, cuts, 4, election, out, count, half, plain);
  }
  BRAID_SUFFIX(elect_lanes)(base, inputs, cuts, models, *election, out, count, half, plain);
}

static void BRAID_SUFFIX(elect)(const void *base, const void *const *inputs, const braid_cut *cuts, size_t models,
                                const braid_election *election, int half, float *out, size_t count) {
  const int plain = BRAID_SUFFIX(are_plain)(cuts, models);
  if (half && plain) return BRAID_SUFFIX(elect_any)(base, inputs, cuts, models, election, out, count, 1, 1);
  if (half) return BRAID_SUFFIX(elect_any)(base, inputs, cuts, models, election, out, count, 1, 0);
  if (plain) return BRAID_SUFFIX(elect_any)(base, inputs, cuts, models, election, out, count, 0, 1);
  BRAID_SUFFIX(elect_any)(base, inputs, cuts, models, election, out, count, 0, 0);
}

// How many positions have a sum of differences above zero, less how many have one below.
static inline __attribute__((always_inline)) int64_t BRAID_SUFFIX(balance_lanes)(
    const void *base, const void *const *inputs, const braid_cut *cuts, size_t models, size_t count, const int half) {
  size_t kept[BRAID_MODELS] = {0}, dropped[BRAID_MODELS] = {0};
  int64_t balance = 0;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = group_at(base, i, length, half);
    float32x16 total = {0};
    for (size_t j = 0; j < models; j++)
      total += BRAID_SUFFIX(kept_difference)(group_at(inputs[j], i, length, half), start, &cuts[j],
                                             &kept[j], &dropped[j], i);
    balance += __builtin_popcount(lane_bits((uint32x16)(total > 0.0f)));
    balance -= __builtin_popcount(lane_bits((uint32x16)(total < 0.0f)));
  }
  return balance;
}

static int64_t BRAID_SUFFIX(sign_balance)(const void *base, const void *const *inputs, const braid_cut *cuts,
                                          size_t models, int half, size_t count) {
  if (half) return BRAID_SUFFIX(balance_lanes)(base, inputs, cuts, models, count, 1);
  return BRAID_SUFFIX(balance_lanes)(base, inputs, cuts, models, count, 0);
}

// `half`, `plain` and `squared` are constants.
static inline __attribute__((always_inline)) void BRAID_SUFFIX(magnitude_lanes)(
    const void *base, const void *x, const braid_cut *cut, size_t count, double *sums, const int half, const int plain,
    const int squared) {
  float64x16 all = {0}, part = {0}, squares = {0};
  braid_cut unscaled = *cut;
  unscaled.scale = 1;
  size_t kept = 0, dropped = 0;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = base_at(base, i, length, half);
    const float32x16 end = group_at(x, i, length, half);
    all += __builtin_convertvector(lanes_magnitude(end - start), float64x16);
    const float32x16 left = plain ? BRAID_SUFFIX(plain_difference)(end, start, &unscaled, i)
                                  : BRAID_SUFFIX(kept_difference)(end, start, &unscaled, &kept, &dropped, i);
    const float64x16 wide = __builtin_convertvector(lanes_magnitude(left), float64x16);
    part += wide;
    if (squared) squares += wide * wide;
  }
  sums[0] += lanes_sum(all);
  sums[1] += lanes_sum(part);
  if (squared) sums[2] += lanes_sum(squares);
}

static void BRAID_SUFFIX(magnitude_sums)(const void *base, const void *x, const braid_cut *cut, int squared, int half,
                                         size_t count, double *sums) {
  if (!BRAID_SUFFIX(are_plain)(cut, 1)) {
    if (half) return BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 1, 0, 1);
    return BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 0, 0, 1);
  }
  if (half && squared) return BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 1, 1, 1);
  if (half) return BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 1, 1, 0);
  if (squared) return BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 0, 1, 1);
  BRAID_SUFFIX(magnitude_lanes)(base, x, cut, count, sums, 0, 1, 0);
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(participant_lanes)(
    const void *base, const void *const *inputs, size_t models, uint32_t above, size_t count, uint64_t *counts,
    const int half) {
  uint32x16 alone[BRAID_MODELS], shared[BRAID_MODELS], active[BRAID_MODELS];
  for (size_t j = 0; j < models; j++) alone[j] = shared[j] = (uint32x16){0};
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 start = group_at(base, i, length, half);
    uint32x16 present = {0};
    for (size_t j = 0; j < models; j++) {
      const float32x16 difference = group_at(inputs[j], i, length, half) - start;
      // Comparisons give all ones, which is minus one.
      active[j] = (uint32x16)(((uint32x16)difference & 0x7fffffffu) > above);
      present -= active[j];
    }
    const uint32x16 one = (uint32x16)(present == 1);
    for (size_t j = 0; j < models; j++) {
      alone[j] -= active[j] & one;
      shared[j] -= active[j] & ~one;
    }
  }
  for (size_t j = 0; j < models; j++)
    for (size_t k = 0; k < LANES; k++) {
      counts[2 * j] += alone[j][k];
      counts[2 * j + 1] += shared[j][k];
    }
}

static void BRAID_SUFFIX(count_participants)(const void *base, const void *const *inputs, size_t models,
                                             uint32_t above, int half, size_t count, uint64_t *counts) {
  if (half) return BRAID_SUFFIX(participant_lanes)(base, inputs, models, above, count, counts, 1);
  BRAID_SUFFIX(participant_lanes)(base, inputs, models, above, count, counts, 0);
}
