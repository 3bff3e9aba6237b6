// Loops over blocks of elements: conversion, combination, reduction, rank selection.
//
// Every loop is compiled several times, once for each instruction set below, from one text (kernels_body.h), and all
// of them give the same bits: nothing is contracted into fused operations, and reductions add into a fixed number of
// lanes in a fixed order. `braid_kernels_for` hands out one of them, so that tests can hold them against each other.
#pragma once

#include <stddef.h>
#include <stdint.h>

// How many interleaved copies a magnitude histogram has, so that neighbours never wait for each other's counter.
#define BRAID_HISTOGRAM_COPIES 4
// Bins of the first level: the upper 15 bits of a magnitude's float32 pattern.
#define BRAID_HISTOGRAM_BINS 32768
// Bins of the second level: the lower 16 bits.
#define BRAID_REFINED_BINS 65536

// For `keep_equal` and `drop_equal`: all of them.
#define BRAID_ALL_EQUAL ((size_t)INT64_MAX)

// Which differences to the base of one model are kept at random.
typedef struct {
  // Selects the stream of random bits.
  uint64_t key;
  // Magnitudes in ascending order. An element above a of them and not below b has the rank a + b.
  const float *levels;
  size_t levels_count;
  // 2^32 times the probability of being kept: of rank 0, and how much more it is with each rank.
  uint64_t threshold, step;
} braid_draw;

// Which differences to the base a block keeps, for one model. Magnitudes are compared as bit patterns.
typedef struct {
  float weight;
  // Factor of the difference before it is weighted; the weight alone counts in the divisor.
  float scale;
  // A difference is kept if its magnitude pattern is above `keep_above`, or equal to it and among the first
  // `keep_equal` equal ones of the block.
  int32_t keep_above;
  size_t keep_equal;
  // ... and is then dropped again if it is above `drop_above`, or equal to it and among the first `drop_equal`.
  int32_t drop_above;
  size_t drop_equal;
  // BRAID_VOTE_PARTICIPANTS: factor of what this model contributes where no other does. BRAID_VOTE_USEFUL: how many
  // times the rest of the sum this model has to exceed to count as one to whom the sum is of use.
  float alone;
  // A bit for each element of the block, sixteen to a word from the lowest on, of those that count at all, or NULL.
  const uint16_t *where;
} braid_cut;

// At most so many models.
#define BRAID_MODELS 64

enum {
  // All differences count.
  BRAID_VOTE_NONE = 0,
  // Those with the sign of the sum.
  BRAID_VOTE_SUM = 1,
  // Those with the sign that most have.
  BRAID_VOTE_COUNT = 2,
  // Those that are not zero.
  BRAID_VOTE_PARTICIPANTS = 3,
  // All, but only where the sum is of use to enough models.
  BRAID_VOTE_USEFUL = 4,
};

enum { BRAID_DIVIDE_BY_NOTHING = 0, BRAID_DIVIDE_BY_WEIGHTS = 1, BRAID_DIVIDE_BY_NUMBER = 2 };

// How the kept differences of several models become one.
typedef struct {
  int vote;
  // Whether differences vote for a sign before they are weighted.
  int unweighted;
  // Whether a sum of zero elects minus; else plus.
  int zero_is_negative;
  // Whether the largest of those that count is taken; else their sum.
  int largest;
  // What to divide by, of those that count; zero counts as one.
  int divisor;
  // BRAID_VOTE_USEFUL: how many models are enough.
  int quorum;
  float lambda;
} braid_election;

// What turns a row and its base's into distributions: e^(x - reference) * factor; the two differ by a factor of
// e^(x - base - offset), and what they add up to by one of 1 + rise where both references are zero.
typedef struct {
  float base_reference, base_factor, reference, factor, offset, rise;
} braid_softmax;

#define BRAID_SPIKES 4

// A range of magnitude patterns in which a threshold is expected, and the patterns in it that many magnitudes share.
typedef struct {
  uint32_t begin, end;
  uint32_t spikes[BRAID_SPIKES];
  size_t spikes_count;
} braid_window;

// At most so many windows are looked through at once.
#define BRAID_WINDOWS 3

// What has been seen of a window: how many magnitudes are at or above its end and how many are equal to each spike; the
// others that lie in it are appended to a list, which has room for sixteen more than that.
typedef struct {
  uint32_t above, equal[BRAID_SPIKES];
  size_t others_count;
  uint32_t *others;
} braid_window_count;

// A row has at most so many levels.
#define BRAID_LEVELS 16

// What a block is like; elements that are not finite are counted and otherwise left out.
typedef struct {
  double sum, squares;
  // Infinite, with the sign that no element beats, where nothing is finite.
  float least, greatest;
  uint64_t zeros, nans, infinities;
} braid_value_sums;

// The inner products of two vectors, of so many elements.
typedef struct {
  double squares_a, squares_b, product;
  uint64_t counted;
} braid_pair_sums;

// How two blocks differ; pairs with an element that is not finite are left out.
typedef struct {
  braid_pair_sums pair;
  double squares_difference, largest;
  uint64_t changed;
} braid_difference_sums;

// How the differences of two blocks to a third one relate; triples with an element that is not finite are left out.
typedef struct {
  braid_pair_sums pair;
  double squares_base, magnitude_a, magnitude_b;
  // The smaller of both magnitudes, added up: everywhere, and where the signs differ.
  double shared, opposed;
  uint64_t large_a, large_b;
} braid_task_vector_sums;

typedef struct {
  const char *name;

  void (*float32_from_bfloat16)(const uint16_t *in, float *out, size_t count);
  void (*float32_from_float16)(const uint16_t *in, float *out, size_t count);
  void (*float32_from_float8e4m3)(const uint8_t *in, float *out, size_t count);
  void (*float32_from_float8e5m2)(const uint8_t *in, float *out, size_t count);
  void (*float32_from_float64)(const double *in, float *out, size_t count);
  void (*float32_from_int8)(const int8_t *in, float *out, size_t count);
  void (*float32_from_uint8)(const uint8_t *in, float *out, size_t count);
  void (*float32_from_int16)(const int16_t *in, float *out, size_t count);
  void (*float32_from_uint16)(const uint16_t *in, float *out, size_t count);
  void (*float32_from_int32)(const int32_t *in, float *out, size_t count);
  void (*float32_from_uint32)(const uint32_t *in, float *out, size_t count);
  void (*float32_from_int64)(const int64_t *in, float *out, size_t count);
  void (*float32_from_uint64)(const uint64_t *in, float *out, size_t count);

  // To nearest, ties to even; NaN stays NaN. Integers: towards zero, clamped, NaN becomes zero.
  void (*bfloat16_from_float32)(const float *in, uint16_t *out, size_t count);
  void (*float16_from_float32)(const float *in, uint16_t *out, size_t count);
  void (*float8e4m3_from_float32)(const float *in, uint8_t *out, size_t count);
  void (*float8e5m2_from_float32)(const float *in, uint8_t *out, size_t count);
  void (*float64_from_float32)(const float *in, double *out, size_t count);
  // Rounded to odd: towards zero, and the last bit set where that lost something. What is rounded to a type of at most
  // 21 significant bits afterwards has been rounded only once.
  void (*odd_float32_from_float64)(const double *in, float *out, size_t count);

  // How far elements are from what was stored for them. Raises *largest to the largest difference
  // of two finite ones, and returns how many finite ones were stored as what is not finite.
  size_t (*rounding_errors)(const float *exact, const float *stored, size_t count, double *largest);
  size_t (*rounding_errors_float64)(const double *exact, const float *stored, size_t count, double *largest);

  // Blocks of elements that share scales, as in GGUF files; at any address.
  void (*float32_from_q4_0)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q4_1)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q5_0)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q5_1)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q8_0)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q2_k)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q3_k)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q4_k)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q5_k)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_q6_k)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_iq4_nl)(const uint8_t *in, float *out, size_t blocks);
  void (*float32_from_iq4_xs)(const uint8_t *in, float *out, size_t blocks);

  // To the nearest of a block's levels. A scale that float16 cannot hold is stored as infinity; that of a block with an
  // infinity or a NaN as NaN.
  void (*q4_0_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q4_1_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q5_0_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q5_1_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q8_0_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q4_k_from_float32)(const float *in, uint8_t *out, size_t blocks);
  void (*q6_k_from_float32)(const float *in, uint8_t *out, size_t blocks);

  // Inputs below that are `const void *` are float32, or bfloat16 as it is stored if `half` is not zero.

  // out = sum of coefficients[j] * inputs[j], added in the order of the inputs.
  void (*linear_combination)(const void *const *inputs, const float *coefficients, size_t inputs_count, int half,
                             float *out, size_t count);
  // out = base + lambda * (sum of coefficients[j] * (inputs[j] - base)), added in the order of the inputs.
  void (*delta_combination)(const void *base, const void *const *inputs, const float *coefficients,
                            size_t inputs_count, float lambda, int half, float *out, size_t count);
  // out = sum of coefficients[j][i] * inputs[j][i], added in the order of the inputs.
  void (*elementwise_combination)(const float *const *inputs, const float *const *coefficients, size_t inputs_count,
                                  float *out, size_t count);
  // out = w * x + (1 - w) * base with w = limit / max(|x - base|, 1e-6), at least 0 and at most 1.
  void (*bounded_move)(const void *base, const void *x, float limit, int half, float *out, size_t count);

  // The variance of the differences to the base over the models, of the models as the whole population;
  // returns the sum of the squares of the differences where it is not below `least`, to within float32 sums over the block.
  double (*difference_variance)(const void *base, const void *const *inputs, size_t inputs_count, float least, int half,
                                float *out, size_t count);

  // Whether no element is infinite or NaN.
  int (*all_finite)(const void *x, int half, size_t count);

  // The dot product of a block in float64: 16 lanes, then the lanes pairwise.
  double (*dot)(const float *a, const float *b, size_t count);
  // The same for all pairs of inputs: (0, 0), (0, 1), ..., (1, 1), ...
  void (*gram)(const void *const *inputs, size_t inputs_count, int half, size_t count, double *products);
  // sums[i] += a[i] * b[i], in float64.
  void (*accumulate_products)(const float *a, const float *b, double *sums, size_t count);

  // The sum of e^(x - reference) over at least one element, in float64 lanes; the reference is zero, or the largest
  // element where that is far from zero.
  void (*exponential_sum)(const void *x, int half, size_t count, float *reference, double *sum);
  // The sums of e^base and of e^x - e^base, and for `divergence` e^base and e^(x - base) - 1 of all elements, in arrays with
  // room for fifteen more. Returns zero if magnitudes are so large that the sums may have overflowed.
  int (*exponential_pair)(const void *base, const void *x, int half, size_t count, float *exponentials, float *growths,
                          double *base_sum, double *rise);
  // This part's share in the Kullback-Leibler divergence of a row from its base's, 1e-8 added to each probability; faster
  // with what `exponential_pair` has left of this part, if both references are zero.
  double (*divergence)(const void *base, const void *x, const float *exponentials, const float *growths,
                       const braid_softmax *softmax, int half, size_t count);
  // out = |x - base| * factor.
  void (*scaled_distance)(const void *base, const void *x, float factor, int half, float *out, size_t count);

  // Magnitudes are those of x - base, or without a base of float32 elements x.

  // Counts magnitudes by their upper 15 bits, into COPIES interleaved histograms.
  void (*magnitude_histogram)(const void *base, const void *x, int half, size_t count, uint32_t *bins);
  // Counts the magnitudes whose upper 15 bits are `prefix` by their lower 16 bits; returns how many of those are zero.
  size_t (*magnitude_refinement)(const void *base, const void *x, int half, size_t count, uint32_t prefix,
                                 uint32_t *bins);
  // Counts magnitudes by up to BRAID_WINDOWS windows.
  void (*magnitude_windows)(const void *base, const void *x, int half, size_t count, const braid_window *windows,
                            size_t windows_count, braid_window_count *counts);
  // How many magnitudes have exactly this pattern.
  size_t (*magnitude_count_equal)(const void *base, const void *x, int half, size_t count, uint32_t pattern);
  // The magnitudes near the ranks (2 * level + 1) / (2 * levels_count), in ascending order, of fewer than 2^24; at most
  // BRAID_LEVELS. There are as many counters as a histogram has bins; they are zero before and after.
  void (*row_levels)(const void *base, const void *x, int half, size_t count, float *levels, size_t levels_count,
                     uint32_t *counters);

  // Sets a bit for each magnitude above a pattern, and for the first `equal` that have it, but for zeros; sixteen to a word.
  void (*select_largest)(const float *x, size_t count, int32_t above, size_t equal, uint16_t *bits);
  // Sets the bits, from the one with number `place` on, of the differences that chance keeps. `first` is the number of
  // the first element, on which chance depends; magnitudes matter where there are levels.
  void (*draw)(const void *base, const void *x, const braid_draw *draw, uint64_t first, int half, size_t count,
               size_t place, uint16_t *bits);

  // Adds in float64 lanes magnitudes: all of them to sums[0], those that the cut keeps to sums[1] and, if asked for, their
  // squares to sums[2].
  void (*magnitude_sums)(const void *base, const void *x, const braid_cut *cut, int squared, int half, size_t count,
                         double *sums);

  // Adds for model j the number of positions where its difference alone has a magnitude pattern above `above` to
  // counts[2 * j], and of those where it has company to counts[2 * j + 1]; at most BRAID_MODELS models.
  void (*count_participants)(const void *base, const void *const *inputs, size_t inputs_count, uint32_t above, int half,
                             size_t count, uint64_t *counts);

  // out = base + lambda * elected differences, for at most BRAID_MODELS models.
  void (*elect)(const void *base, const void *const *inputs, const braid_cut *cuts, size_t inputs_count,
                const braid_election *election, int half, float *out, size_t count);
  // How many positions have a positive sum of kept, unweighted differences, less how many have a negative one.
  int64_t (*sign_balance)(const void *base, const void *const *inputs, const braid_cut *cuts, size_t inputs_count,
                          int half, size_t count);

  // Sums over a block in float64 lanes; `sums` is overwritten.
  void (*value_sums)(const float *x, size_t count, braid_value_sums *sums);
  void (*difference_sums)(const float *a, const float *b, size_t count, braid_difference_sums *sums);
  // Differences above `large` in magnitude are counted.
  void (*task_vector_sums)(const float *base, const float *a, const float *b, float large, size_t count,
                           braid_task_vector_sums *sums);
  // sums[i] += scale * x[i].
  void (*add_scaled)(const float *x, double scale, double *sums, size_t count);

  // out[i][j] += scale * (sum over k of left[i][k] * right[k][j]), the sum in float32 and in the order of k. All three
  // matrices are stored by rows, left and right without gaps, out with `stride` elements from row to row.
  void (*add_product)(const float *left, const float *right, size_t rows, size_t depth, size_t columns, float scale,
                      float *out, size_t stride);
} braid_kernels;

// The kernels of one instruction set: 0 what every CPU of this architecture has, 1 AVX2, 2 AVX-512; NULL where this CPU
// lacks it or there is no such level.
const braid_kernels *braid_kernels_for(int level);

// The best that this CPU has.
const braid_kernels *braid_kernels_best(void);
