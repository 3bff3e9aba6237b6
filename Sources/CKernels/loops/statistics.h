// What blocks are like and how they differ, in float64 and in a fixed order. Part of kernels_body.h.

// Sixteen partial sums become one, pairwise.
static inline double BRAID_SUFFIX(lane_sum)(const double *lanes) { return lanes_sum(*(const float64x16 *)lanes); }

static inline uint64_t BRAID_SUFFIX(lane_count)(const uint32_t *lanes) {
  uint64_t count = 0;
  for (size_t k = 0; k < LANES; k++) count += lanes[k];
  return count;
}

// All ones where the element is neither infinite nor NaN.
#define FINITE_MASK(pattern) (0u - (uint32_t)(((pattern) & 0x7fffffffu) < 0x7f800000u))

// Loops over whole groups of lanes and then over a last group that is filled up with what adds nothing.
#define FOR_LANES(BODY)                                                  \
  size_t i = 0;                                                          \
  for (; i + LANES <= count; i += LANES) {                               \
    for (size_t k = 0; k < LANES; k++) BODY                              \
  }                                                                      \
  for (size_t k = 0; i + k < count; k++) BODY

static void BRAID_SUFFIX(value_sums)(const float *x, size_t count, braid_value_sums *sums) {
  double sum[LANES] = {0}, squares[LANES] = {0};
  float least[LANES], greatest[LANES];
  uint32_t zeros[LANES] = {0}, finites[LANES] = {0}, infinities[LANES] = {0};
  for (size_t k = 0; k < LANES; k++) {
    least[k] = as_float(0x7f800000u);
    greatest[k] = as_float(0xff800000u);
  }
  FOR_LANES({
    const uint32_t pattern = as_bits(x[i + k]);
    const uint32_t finite = FINITE_MASK(pattern);
    const double value = as_float(pattern & finite);
    sum[k] += value;
    squares[k] += value * value;
    const float low = as_float((pattern & finite) | (0x7f800000u & ~finite));
    const float high = as_float((pattern & finite) | (0xff800000u & ~finite));
    least[k] = low < least[k] ? low : least[k];
    greatest[k] = high > greatest[k] ? high : greatest[k];
    zeros[k] += (pattern & 0x7fffffffu) == 0;
    finites[k] += finite & 1;
    infinities[k] += (pattern & 0x7fffffffu) == 0x7f800000u;
  })
  sums->sum = BRAID_SUFFIX(lane_sum)(sum);
  sums->squares = BRAID_SUFFIX(lane_sum)(squares);
  sums->least = least[0];
  sums->greatest = greatest[0];
  for (size_t k = 1; k < LANES; k++) {
    sums->least = least[k] < sums->least ? least[k] : sums->least;
    sums->greatest = greatest[k] > sums->greatest ? greatest[k] : sums->greatest;
  }
  sums->zeros = BRAID_SUFFIX(lane_count)(zeros);
  sums->infinities = BRAID_SUFFIX(lane_count)(infinities);
  sums->nans = count - BRAID_SUFFIX(lane_count)(finites) - sums->infinities;
}

// The inner products of two vectors, lane by lane.
typedef struct {
  double squares_a[LANES], squares_b[LANES], product[LANES];
  uint32_t counted[LANES];
} BRAID_SUFFIX(pair_lanes);

static inline __attribute__((always_inline)) void BRAID_SUFFIX(add_pair)(BRAID_SUFFIX(pair_lanes) * lanes, size_t k,
                                                                        double x, double y, uint32_t finite) {
  lanes->squares_a[k] += x * x;
  lanes->squares_b[k] += y * y;
  lanes->product[k] += x * y;
  lanes->counted[k] += finite & 1;
}

static inline braid_pair_sums BRAID_SUFFIX(pair_sums)(const BRAID_SUFFIX(pair_lanes) * lanes) {
  return (braid_pair_sums){
      .squares_a = BRAID_SUFFIX(lane_sum)(lanes->squares_a),
      .squares_b = BRAID_SUFFIX(lane_sum)(lanes->squares_b),
      .product = BRAID_SUFFIX(lane_sum)(lanes->product),
      .counted = BRAID_SUFFIX(lane_count)(lanes->counted),
  };
}

static void BRAID_SUFFIX(difference_sums)(const float *a, const float *b, size_t count, braid_difference_sums *sums) {
  BRAID_SUFFIX(pair_lanes) pair = {0};
  double distance[LANES] = {0}, largest[LANES] = {0};
  uint32_t changed[LANES] = {0};
  FOR_LANES({
    const uint32_t finite = FINITE_MASK(as_bits(a[i + k])) & FINITE_MASK(as_bits(b[i + k]));
    const double x = as_float(as_bits(a[i + k]) & finite);
    const double y = as_float(as_bits(b[i + k]) & finite);
    const double difference = x - y;
    const double magnitude = difference < 0 ? -difference : difference;
    BRAID_SUFFIX(add_pair)(&pair, k, x, y, finite);
    distance[k] += difference * difference;
    largest[k] = magnitude > largest[k] ? magnitude : largest[k];
    changed[k] += x != y;
  })
  sums->pair = BRAID_SUFFIX(pair_sums)(&pair);
  sums->squares_difference = BRAID_SUFFIX(lane_sum)(distance);
  sums->largest = 0;
  for (size_t k = 0; k < LANES; k++) sums->largest = largest[k] > sums->largest ? largest[k] : sums->largest;
  sums->changed = BRAID_SUFFIX(lane_count)(changed);
}

static void BRAID_SUFFIX(task_vector_sums)(const float *base, const float *a, const float *b, float large,
                                           size_t count, braid_task_vector_sums *sums) {
  BRAID_SUFFIX(pair_lanes) pair = {0};
  double squares_base[LANES] = {0}, shared[LANES] = {0}, opposed[LANES] = {0};
  double magnitude_a[LANES] = {0}, magnitude_b[LANES] = {0};
  uint32_t large_a[LANES] = {0}, large_b[LANES] = {0};
  FOR_LANES({
    const uint32_t finite =
        FINITE_MASK(as_bits(base[i + k])) & FINITE_MASK(as_bits(a[i + k])) & FINITE_MASK(as_bits(b[i + k]));
    const double start = as_float(as_bits(base[i + k]) & finite);
    const double x = as_float(as_bits(a[i + k]) & finite) - start;
    const double y = as_float(as_bits(b[i + k]) & finite) - start;
    const double size_x = x < 0 ? -x : x;
    const double size_y = y < 0 ? -y : y;
    const double smaller = size_x < size_y ? size_x : size_y;
    BRAID_SUFFIX(add_pair)(&pair, k, x, y, finite);
    squares_base[k] += start * start;
    magnitude_a[k] += size_x;
    magnitude_b[k] += size_y;
    shared[k] += smaller;
    opposed[k] += (x < 0) != (y < 0) ? smaller : 0;
    large_a[k] += size_x > large;
    large_b[k] += size_y > large;
  })
  sums->pair = BRAID_SUFFIX(pair_sums)(&pair);
  sums->squares_base = BRAID_SUFFIX(lane_sum)(squares_base);
  sums->magnitude_a = BRAID_SUFFIX(lane_sum)(magnitude_a);
  sums->magnitude_b = BRAID_SUFFIX(lane_sum)(magnitude_b);
  sums->shared = BRAID_SUFFIX(lane_sum)(shared);
  sums->opposed = BRAID_SUFFIX(lane_sum)(opposed);
  sums->large_a = BRAID_SUFFIX(lane_count)(large_a);
  sums->large_b = BRAID_SUFFIX(lane_count)(large_b);
}

static void BRAID_SUFFIX(add_scaled)(const float *x, double scale, double *restrict sums, size_t count) {
  for (size_t i = 0; i < count; i++) sums[i] += scale * (double)x[i];
}
