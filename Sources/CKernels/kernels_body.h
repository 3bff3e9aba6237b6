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

// Sixteen lanes, whatever the registers: loops that have to leave the vectors now and then are spelled out in these.
// They never cross a call, so it does not matter how they would be passed in one.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float float32x16 __attribute__((vector_size(64), aligned(4)));
typedef uint32_t uint32x16 __attribute__((vector_size(64)));
typedef uint32_t uint32x16u __attribute__((vector_size(64), aligned(4)));
typedef int32_t int32x16 __attribute__((vector_size(64)));
typedef uint64_t uint64x16 __attribute__((vector_size(128)));
typedef double float64x16 __attribute__((vector_size(128), aligned(8)));

typedef uint32_t uint32x32 __attribute__((vector_size(128)));
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

// All ones in the lanes whose bit is set.
static inline __attribute__((always_inline)) int32x16 lanes_of_bits(uint32_t bits) {
  const int32x16 powers = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  return (((int32x16){0} + (int32_t)bits) & powers) != 0;
}

// The first `count` elements of a group, and zeros.
static inline __attribute__((always_inline)) float32x16 group_at(const void *x, size_t i, size_t count, const int half) {
  if (count == LANES) return lanes_at(x, i, half);
  float group[LANES] = {0};
  for (size_t k = 0; k < count; k++) group[k] = element_at(x, i + k, half);
  return *(const float32x16 *)group;
}

// The same of what is subtracted, which is nothing where there is no base.
static inline __attribute__((always_inline)) float32x16 base_at(const void *base, size_t i, size_t count, const int half) {
  return base ? group_at(base, i, count, half) : (float32x16){0};
}

static inline __attribute__((always_inline)) float32x16 lanes_where(int32x16 mask, float32x16 x) {
  return (float32x16)((int32x16)x & mask);
}

static inline __attribute__((always_inline)) float32x16 lanes_choose(int32x16 mask, float32x16 x, float32x16 y) {
  return (float32x16)(((int32x16)x & mask) | ((int32x16)y & ~mask));
}

static inline __attribute__((always_inline)) float32x16 lanes_magnitude(float32x16 x) {
  return (float32x16)((int32x16)x & 0x7fffffff);
}

// The lanes below `count`.
static inline __attribute__((always_inline)) int32x16 first_lanes(size_t count) {
  const int32x16 number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return number < (int32_t)count;
}

// Sixteen partial sums become one, pairwise.
static inline __attribute__((always_inline)) double lanes_sum(float64x16 lanes) {
  double sums[LANES];
  for (size_t k = 0; k < LANES; k++) sums[k] = lanes[k];
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t k = 0; k < width; k++) sums[k] += sums[k + width];
  return sums[0];
}

#include "loops/conversion.h"
#include "loops/dequantization.h"
#include "loops/k_dequantization.h"
#include "loops/quantization.h"
#include "loops/k_quantization.h"
#include "loops/combination.h"
#include "loops/reduction.h"
#include "loops/selection.h"
#include "loops/divergence.h"
#include "loops/random.h"
#include "loops/election.h"
#include "loops/statistics.h"
#include "loops/low_rank.h"
#include "loops/rounding.h"

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
    .odd_float32_from_float64 = BRAID_SUFFIX(odd_float32_from_float64),
    .rounding_errors = BRAID_SUFFIX(rounding_errors),
    .rounding_errors_float64 = BRAID_SUFFIX(rounding_errors_float64),
    .float32_from_q4_0 = BRAID_SUFFIX(float32_from_q4_0),
    .float32_from_q4_1 = BRAID_SUFFIX(float32_from_q4_1),
    .float32_from_q5_0 = BRAID_SUFFIX(float32_from_q5_0),
    .float32_from_q5_1 = BRAID_SUFFIX(float32_from_q5_1),
    .float32_from_q8_0 = BRAID_SUFFIX(float32_from_q8_0),
    .float32_from_q2_k = BRAID_SUFFIX(float32_from_q2_k),
    .float32_from_q3_k = BRAID_SUFFIX(float32_from_q3_k),
    .float32_from_q4_k = BRAID_SUFFIX(float32_from_q4_k),
    .float32_from_q5_k = BRAID_SUFFIX(float32_from_q5_k),
    .float32_from_q6_k = BRAID_SUFFIX(float32_from_q6_k),
    .float32_from_iq4_nl = BRAID_SUFFIX(float32_from_iq4_nl),
    .float32_from_iq4_xs = BRAID_SUFFIX(float32_from_iq4_xs),
    .q4_0_from_float32 = BRAID_SUFFIX(q4_0_from_float32),
    .q4_1_from_float32 = BRAID_SUFFIX(q4_1_from_float32),
    .q5_0_from_float32 = BRAID_SUFFIX(q5_0_from_float32),
    .q5_1_from_float32 = BRAID_SUFFIX(q5_1_from_float32),
    .q8_0_from_float32 = BRAID_SUFFIX(q8_0_from_float32),
    .q4_k_from_float32 = BRAID_SUFFIX(q4_k_from_float32),
    .q6_k_from_float32 = BRAID_SUFFIX(q6_k_from_float32),
    .linear_combination = BRAID_SUFFIX(linear_combination),
    .delta_combination = BRAID_SUFFIX(delta_combination),
    .elementwise_combination = BRAID_SUFFIX(elementwise_combination),
    .bounded_move = BRAID_SUFFIX(bounded_move),
    .accumulate_products = BRAID_SUFFIX(accumulate_products),
    .difference_variance = BRAID_SUFFIX(difference_variance),
    .dot = BRAID_SUFFIX(dot),
    .gram = BRAID_SUFFIX(gram),
    .all_finite = BRAID_SUFFIX(all_finite),
    .exponential_sum = BRAID_SUFFIX(exponential_sum),
    .exponential_pair = BRAID_SUFFIX(exponential_pair),
    .divergence = BRAID_SUFFIX(divergence),
    .scaled_distance = BRAID_SUFFIX(scaled_distance),
    .magnitude_histogram = BRAID_SUFFIX(magnitude_histogram),
    .magnitude_refinement = BRAID_SUFFIX(magnitude_refinement),
    .magnitude_windows = BRAID_SUFFIX(magnitude_windows),
    .magnitude_count_equal = BRAID_SUFFIX(magnitude_count_equal),
    .row_levels = BRAID_SUFFIX(row_levels),
    .select_largest = BRAID_SUFFIX(select_largest),
    .draw = BRAID_SUFFIX(draw),
    .magnitude_sums = BRAID_SUFFIX(magnitude_sums),
    .count_participants = BRAID_SUFFIX(count_participants),
    .elect = BRAID_SUFFIX(elect),
    .sign_balance = BRAID_SUFFIX(sign_balance),
    .value_sums = BRAID_SUFFIX(value_sums),
    .difference_sums = BRAID_SUFFIX(difference_sums),
    .task_vector_sums = BRAID_SUFFIX(task_vector_sums),
    .add_scaled = BRAID_SUFFIX(add_scaled),
    .add_product = BRAID_SUFFIX(add_product),
};
