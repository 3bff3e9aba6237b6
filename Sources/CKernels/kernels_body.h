// The loops themselves; included once per instruction set with BRAID_SUFFIX set. No include guard on purpose.

#include <string.h>

#include "ckernels.h"

// Constants instead of <math.h>, which baseline builds would turn into library calls.
#define LANES 16
#define CHUNK 256

typedef union {
  float f;
  uint32_t u;
} bits32;

static inline float as_float(uint32_t u) { return (bits32){.u = u}.f; }
static inline uint32_t as_bits(float f) { return (bits32){.f = f}.u; }

// ---- to float32

// Blocks of several inputs are read in turn, so the hardware sees each stream stop and start again and stays a step
// behind. Asking for bytes ahead made conversion of mapped files a tenth faster (0.184 to 0.164 ns an element).
#define PREFETCH_BYTES 8192

static void BRAID_SUFFIX(float32_from_bfloat16)(const uint16_t *in, float *out, size_t count) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __builtin_prefetch((const char *)(in + i) + PREFETCH_BYTES, 0, 2);
    for (size_t k = 0; k < 32; k++) out[i + k] = as_float((uint32_t)in[i + k] << 16);
  }
  for (; i < count; i++) out[i] = as_float((uint32_t)in[i] << 16);
}

// A small float with `exponent` and `mantissa` bits below the sign: shift it into place, move the exponent's bias,
// and let one exact subtraction normalise what has no leading one.
#define SMALL_TO_FLOAT(pattern, exponent, mantissa, special)                                         \
  const uint32_t magnitude = (uint32_t)(pattern) & ((1u << (exponent + mantissa)) - 1);              \
  const uint32_t sign = ((uint32_t)(pattern) >> (exponent + mantissa)) << 31;                        \
  const uint32_t moved = (magnitude << (23 - mantissa)) + ((127u - ((1u << (exponent - 1)) - 1)) << 23); \
  const uint32_t tiny = as_bits(as_float(moved + (1u << 23)) -                                       \
                                as_float((127u - ((1u << (exponent - 1)) - 1) + 1) << 23));          \
  const uint32_t finite = (magnitude >> mantissa) == 0 ? tiny : moved;                               \
  const uint32_t result = (special) ? 0x7f800000u | (magnitude << (23 - mantissa)) : finite;         \
  out[i] = as_float(result | sign);

static void BRAID_SUFFIX(float32_from_float16)(const uint16_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_TO_FLOAT(in[i], 5, 10, magnitude >= 0x7c00) }
}

static void BRAID_SUFFIX(float32_from_float8e4m3)(const uint8_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_TO_FLOAT(in[i], 4, 3, magnitude == 0x7f) }
}

static void BRAID_SUFFIX(float32_from_float8e5m2)(const uint8_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_TO_FLOAT(in[i], 5, 2, magnitude >= 0x7c) }
}

#define PLAIN_TO_FLOAT(name, type)                                                         \
  static void BRAID_SUFFIX(float32_from_##name)(const type *in, float *out, size_t count) { \
    for (size_t i = 0; i < count; i++) out[i] = (float)in[i];                              \
  }
PLAIN_TO_FLOAT(float64, double)
PLAIN_TO_FLOAT(int8, int8_t)
PLAIN_TO_FLOAT(uint8, uint8_t)
PLAIN_TO_FLOAT(int16, int16_t)
PLAIN_TO_FLOAT(uint16, uint16_t)
PLAIN_TO_FLOAT(int32, int32_t)
PLAIN_TO_FLOAT(uint32, uint32_t)
PLAIN_TO_FLOAT(int64, int64_t)
PLAIN_TO_FLOAT(uint64, uint64_t)

// ---- from float32

static void BRAID_SUFFIX(bfloat16_from_float32)(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t u = as_bits(in[i]);
    const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1)) >> 16;
    out[i] = (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? (u >> 16) | 0x40u : rounded);
  }
}

// The reverse of SMALL_TO_FLOAT. `overflow` is the first magnitude pattern that has no finite neighbour to round to,
// `infinite` what it becomes, `quiet` what a NaN becomes. Adding the right power of two rounds subnormals, to even.
#define SMALL_FROM_FLOAT(type, exponent, mantissa, overflow, infinite, quiet)                                 \
  const uint32_t u = as_bits(in[i]);                                                                          \
  const uint32_t magnitude = u & 0x7fffffffu;                                                                 \
  const uint32_t bias = (1u << (exponent - 1)) - 1;                                                           \
  const uint32_t magic = (127u - bias + (23 - mantissa) + 1) << 23;                                           \
  const uint32_t tiny = as_bits(as_float(magnitude) + as_float(magic)) - magic;                               \
  const uint32_t odd = (magnitude >> (23 - mantissa)) & 1;                                                    \
  const uint32_t normal =                                                                                     \
      (magnitude - ((127u - bias) << 23) + ((1u << (22 - mantissa)) - 1) + odd) >> (23 - mantissa);           \
  const uint32_t finite = magnitude < ((127u - bias + 1) << 23) ? tiny : normal;                              \
  const uint32_t result = magnitude > 0x7f800000u ? (quiet) : magnitude >= (overflow) ? (infinite) : finite;  \
  out[i] = (type)(result | ((u >> 31) << (exponent + mantissa)));

static void BRAID_SUFFIX(float16_from_float32)(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_FROM_FLOAT(uint16_t, 5, 10, 0x47800000u, 0x7c00u, 0x7e00u) }
}

// e4m3fn has no infinity: from 464 on everything is NaN, as in PyTorch.
static void BRAID_SUFFIX(float8e4m3_from_float32)(const float *in, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_FROM_FLOAT(uint8_t, 4, 3, 0x43f00000u, 0x7fu, 0x7fu) }
}

static void BRAID_SUFFIX(float8e5m2_from_float32)(const float *in, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) { SMALL_FROM_FLOAT(uint8_t, 5, 2, 0x47800000u, 0x7cu, 0x7fu) }
}

static void BRAID_SUFFIX(float64_from_float32)(const float *in, double *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (double)in[i];
}

// ---- combinations

static void BRAID_SUFFIX(linear_combination)(const float *const *inputs, const float *coefficients,
                                             size_t inputs_count, float *restrict out, size_t count) {
  // Two and three inputs are nearly all merges: one pass over the output instead of one per input.
  if (inputs_count == 2) {
    const float *a = inputs[0], *b = inputs[1];
    const float ca = coefficients[0], cb = coefficients[1];
    for (size_t i = 0; i < count; i++) out[i] = ca * a[i] + cb * b[i];
    return;
  }
  if (inputs_count == 3) {
    const float *a = inputs[0], *b = inputs[1], *c = inputs[2];
    const float ca = coefficients[0], cb = coefficients[1], cc = coefficients[2];
    for (size_t i = 0; i < count; i++) out[i] = (ca * a[i] + cb * b[i]) + cc * c[i];
    return;
  }
  for (size_t i = 0; i < count; i++) out[i] = coefficients[0] * inputs[0][i];
  for (size_t j = 1; j < inputs_count; j++) {
    const float *x = inputs[j];
    const float c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c * x[i];
  }
}

static void BRAID_SUFFIX(delta_combination)(const float *base, const float *const *inputs, const float *coefficients,
                                            size_t inputs_count, float lambda, float *restrict out, size_t count) {
  if (inputs_count == 2) {
    const float *a = inputs[0], *b = inputs[1];
    const float ca = coefficients[0], cb = coefficients[1];
    for (size_t i = 0; i < count; i++)
      out[i] = base[i] + lambda * (ca * (a[i] - base[i]) + cb * (b[i] - base[i]));
    return;
  }
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t j = 0; j < inputs_count; j++) {
    const float *x = inputs[j];
    const float c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c * (x[i] - base[i]);
  }
  for (size_t i = 0; i < count; i++) out[i] = base[i] + lambda * out[i];
}

static void BRAID_SUFFIX(elementwise_combination)(const float *const *inputs, const float *const *coefficients,
                                                  size_t inputs_count, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t j = 0; j < inputs_count; j++) {
    const float *x = inputs[j], *c = coefficients[j];
    for (size_t i = 0; i < count; i++) out[i] += c[i] * x[i];
  }
}

// ---- reductions

static double BRAID_SUFFIX(dot)(const float *a, const float *b, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t k = 0; k < LANES; k++) lanes[k] += (double)a[i + k] * (double)b[i + k];
  for (size_t k = 0; i + k < count; k++) lanes[k] += (double)a[i + k] * (double)b[i + k];
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t k = 0; k < width; k++) lanes[k] += lanes[k + width];
  return lanes[0];
}

static void BRAID_SUFFIX(accumulate_products)(const float *a, const float *b, double *restrict sums, size_t count) {
  for (size_t i = 0; i < count; i++) sums[i] += (double)a[i] * (double)b[i];
}

// ---- rank selection

static inline uint32_t magnitude_of(float x, float base) { return as_bits(x - base) & 0x7fffffffu; }

// Sixteen lanes, whatever the registers: loops that have to leave the vectors now and then are spelled out in these.
// They never cross a call, so it does not matter how they would be passed in one.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float float32x16 __attribute__((vector_size(64), aligned(4)));
typedef uint32_t uint32x16 __attribute__((vector_size(64)));
typedef int32_t int32x16 __attribute__((vector_size(64)));

typedef uint16_t uint16x16 __attribute__((vector_size(32), aligned(2)));

// Loops over what is read once from memory take float32 or bfloat16 as it is stored: `half` says which, and is a
// constant wherever such a loop is inlined.
static inline __attribute__((always_inline)) float32x16 lanes_at(const void *x, size_t i, const int half) {
  if (half) return (float32x16)(__builtin_convertvector(*(const uint16x16 *)((const uint16_t *)x + i), uint32x16) << 16);
  return *(const float32x16 *)((const float *)x + i);
}

static inline __attribute__((always_inline)) float element_at(const void *x, size_t i, const int half) {
  return half ? as_float((uint32_t)((const uint16_t *)x)[i] << 16) : ((const float *)x)[i];
}

// One bit for each lane that is all ones.
static inline uint32_t lane_bits(uint32x16 mask) {
  typedef _Bool bool16 __attribute__((ext_vector_type(16)));
  return __builtin_bit_cast(uint16_t, __builtin_convertvector(mask, bool16));
}

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

// ---- sign election

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
      BRAID_SUFFIX(cut_differences)
      (base + start, inputs[j] + start, &cuts[j], &kept[j], &dropped[j], part, length);
      weights += cuts[j].weight;
      if (election.consensus == 2)
        for (size_t i = 0; i < length; i++) total[i] += part[i] > 0 ? 1.0f : part[i] < 0 ? -1.0f : 0.0f;
      else
        for (size_t i = 0; i < length; i++) total[i] += part[i];
    }
    if (election.consensus == 0) {
      const float constant = weights < 1e-8f && weights > -1e-8f ? 1.0f : weights;
      for (size_t i = 0; i < length; i++) mix[i] = total[i];
      for (size_t i = 0; i < length; i++) divisor[i] = constant;
    } else {
      for (size_t i = 0; i < length; i++) mix[i] = 0;
      for (size_t i = 0; i < length; i++) divisor[i] = 0;
      for (size_t j = 0; j < inputs_count; j++) {
        const float *part = scratch + j * CHUNK;
        const float weight = cuts[j].weight;
        for (size_t i = 0; i < length; i++) {
          const int agrees = total[i] >= 0 ? part[i] > 0 : part[i] < 0;
          mix[i] += agrees ? part[i] : 0.0f;
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

#define TABLE_NAME BRAID_SUFFIX(braid_kernels)
#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
extern const braid_kernels TABLE_NAME;
const braid_kernels TABLE_NAME = {
    .name = TEXT_OF(BRAID_SUFFIX()),
    .float32_from_bfloat16 = BRAID_SUFFIX(float32_from_bfloat16),
    .float32_from_float16 = BRAID_SUFFIX(float32_from_float16),
    .float32_from_float8e4m3 = BRAID_SUFFIX(float32_from_float8e4m3),
    .float32_from_float8e5m2 = BRAID_SUFFIX(float32_from_float8e5m2),
    .float32_from_float64 = BRAID_SUFFIX(float32_from_float64),
    .float32_from_int8 = BRAID_SUFFIX(float32_from_int8),
    .float32_from_uint8 = BRAID_SUFFIX(float32_from_uint8),
    .float32_from_int16 = BRAID_SUFFIX(float32_from_int16),
    .float32_from_uint16 = BRAID_SUFFIX(float32_from_uint16),
    .float32_from_int32 = BRAID_SUFFIX(float32_from_int32),
    .float32_from_uint32 = BRAID_SUFFIX(float32_from_uint32),
    .float32_from_int64 = BRAID_SUFFIX(float32_from_int64),
    .float32_from_uint64 = BRAID_SUFFIX(float32_from_uint64),
    .bfloat16_from_float32 = BRAID_SUFFIX(bfloat16_from_float32),
    .float16_from_float32 = BRAID_SUFFIX(float16_from_float32),
    .float8e4m3_from_float32 = BRAID_SUFFIX(float8e4m3_from_float32),
    .float8e5m2_from_float32 = BRAID_SUFFIX(float8e5m2_from_float32),
    .float64_from_float32 = BRAID_SUFFIX(float64_from_float32),
    .linear_combination = BRAID_SUFFIX(linear_combination),
    .delta_combination = BRAID_SUFFIX(delta_combination),
    .elementwise_combination = BRAID_SUFFIX(elementwise_combination),
    .accumulate_products = BRAID_SUFFIX(accumulate_products),
    .dot = BRAID_SUFFIX(dot),
    .magnitude_histogram = BRAID_SUFFIX(magnitude_histogram),
    .magnitude_refinement = BRAID_SUFFIX(magnitude_refinement),
    .magnitude_window_bfloat16 = BRAID_SUFFIX(magnitude_window_bfloat16),
    .magnitude_window = BRAID_SUFFIX(magnitude_window),
    .magnitude_count_equal = BRAID_SUFFIX(magnitude_count_equal),
    .magnitude_sums = BRAID_SUFFIX(magnitude_sums),
    .elect_bfloat16 = BRAID_SUFFIX(elect_bfloat16),
    .elect = BRAID_SUFFIX(elect),
};
