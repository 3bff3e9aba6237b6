// How far the distributions that rows stand for are apart. Part of kernels_body.h.

// e^x in float32, for x from -87 to 87, within two units in the last place; below that zero.
static inline __attribute__((always_inline)) float32x16 exponential(float32x16 x) {
  const float32x16 shift = (float32x16){0} + 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number.
  const int32x16 tiny = x < -87.0f;
  x = lanes_choose(tiny, (float32x16){0} - 87.0f, x);
  const float32x16 sum = x * 1.44269504f + shift;
  const float32x16 whole = sum - shift;
  const float32x16 rest = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
  float32x16 series = (float32x16){0} + 1.0f / 5040;
  series = series * rest + 1.0f / 720;
  series = series * rest + 1.0f / 120;
  series = series * rest + 1.0f / 24;
  series = series * rest + 1.0f / 6;
  series = series * rest + 0.5f;
  series = series * rest + 1.0f;
  series = series * rest + 1.0f;
  const int32x16 power = ((int32x16)sum - 0x4b400000 + 127) << 23;
  return lanes_where(~tiny, series * (float32x16)power);
}

// The natural logarithm in float32 of a positive number that is not subnormal.
static inline __attribute__((always_inline)) float32x16 logarithm(float32x16 x) {
  // x = 2^exponent * (1 + f) with 1 + f from the root of one half to the root of two.
  const int32x16 offset = (int32x16)x - 0x3f3504f3;
  const int32x16 exponent = offset >> 23;
  const float32x16 f = (float32x16)((offset & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const float32x16 s = f / (f + 2.0f), square = s * s;
  float32x16 series = (float32x16){0} + 1.0f / 11;
  series = series * square + 1.0f / 9;
  series = series * square + 1.0f / 7;
  series = series * square + 1.0f / 5;
  series = series * square + 1.0f / 3;
  series = series * square + 1.0f;
  const float32x16 number = __builtin_convertvector(exponent, float32x16);
  return number * 0.693359375f + (number * -2.12194440e-4f + 2.0f * s * series);
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(exponential_lanes)(const void *x, size_t count,
                                                                                 float *reference, double *sum,
                                                                                 const int half) {
  float32x16 most = (float32x16){0} + element_at(x, 0, half);
  float64x16 sums = {0};
  // Weights are of the order of one: terms do not overflow, and those that vanish would not have counted.
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    const float32x16 group = group_at(x, i, length, half);
    const int32x16 counts = first_lanes(length);
    most = lanes_choose((group > most) & counts, group, most);
    sums += __builtin_convertvector(lanes_where(counts, exponential(group)), float64x16);
  }
  float largest = most[0];
  for (size_t k = 1; k < LANES; k++) largest = most[k] > largest ? most[k] : largest;
  *reference = 0;
  if (!(largest < 60.0f && largest > -60.0f)) {
    // Where they are not, every term is taken relative to the largest.
    sums = (float64x16){0};
    for (size_t i = 0; i < count; i += LANES) {
      const size_t length = count - i < LANES ? count - i : LANES;
      const float32x16 term = exponential(group_at(x, i, length, half) - largest);
      sums += __builtin_convertvector(lanes_where(first_lanes(length), term), float64x16);
    }
    *reference = largest;
  }
  *sum = lanes_sum(sums);
}

static void BRAID_SUFFIX(exponential_sum)(const void *x, int half, size_t count, float *reference, double *sum) {
  if (half) return BRAID_SUFFIX(exponential_lanes)(x, count, reference, sum, 1);
  BRAID_SUFFIX(exponential_lanes)(x, count, reference, sum, 0);
}

// e^x for magnitudes below a quarter.
static inline __attribute__((always_inline)) float32x16 small_exponential(float32x16 x) {
  float32x16 series = (float32x16){0} + 1.0f / 720;
  series = series * x + 1.0f / 120;
  series = series * x + 1.0f / 24;
  series = series * x + 1.0f / 6;
  series = series * x + 0.5f;
  series = series * x + 1.0f;
  return series * x + 1.0f;
}

// e^x - 1 for magnitudes below a sixteenth.
static inline __attribute__((always_inline)) float32x16 small_growth(float32x16 x) {
  float32x16 series = (float32x16){0} + 1.0f / 120;
  series = series * x + 1.0f / 24;
  series = series * x + 1.0f / 6;
  series = series * x + 0.5f;
  return (series * x + 1.0f) * x;
}

// So many groups are added up in float32 before they are in float64.
#define GROUPS 4

// Nearly all groups of a fine-tune and its base are of small numbers, for which a few terms of a series are exact.
static inline __attribute__((always_inline)) int BRAID_SUFFIX(exponential_pair_lanes)(const void *base, const void *x, size_t count,
                                                                         float *exponentials, float *growths,
                                                                         double *base_sum, double *rise,
                                                                         const int half) {
  float64x16 base_sums = {0}, rises = {0};
  int32x16 large = {0};
  for (size_t start = 0; start < count; start += GROUPS * LANES) {
    const size_t end = count - start < GROUPS * LANES ? count : start + GROUPS * LANES;
    float32x16 base_part = {0}, rise_part = {0};
    for (size_t i = start; i < end; i += LANES) {
      const size_t length = end - i < LANES ? end - i : LANES;
      const float32x16 b = group_at(base, i, length, half), a = group_at(x, i, length, half), u = a - b;
      const int32x16 is_near = lanes_magnitude(u) < 0.0625f;
      float32x16 exponential_b, risen;
      if (lane_bits((uint32x16)~((lanes_magnitude(b) < 0.25f) & is_near))) {
        exponential_b = exponential(b);
        risen = lanes_choose(is_near, exponential_b * small_growth(u), exponential(a) - exponential_b);
        large |= ~((lanes_magnitude(b) < 60.0f) & (lanes_magnitude(a) < 60.0f));
        store_group((float32x16){0} - 1.0f, exponentials + i, LANES);
      } else {
        exponential_b = small_exponential(b);
        const float32x16 growth = small_growth(u);
        risen = exponential_b * growth;
        store_group(exponential_b, exponentials + i, LANES);
        store_group(growth, growths + i, LANES);
      }
      const int32x16 counted = first_lanes(length);
      base_part += lanes_where(counted, exponential_b);
      rise_part += lanes_where(counted, risen);
    }
    base_sums += __builtin_convertvector(base_part, float64x16);
    rises += __builtin_convertvector(rise_part, float64x16);
  }
  *base_sum = lanes_sum(base_sums);
  *rise = lanes_sum(rises);
  return lane_bits((uint32x16)large) == 0;
}

static int BRAID_SUFFIX(exponential_pair)(const void *base, const void *x, int half, size_t count, float *exponentials,
                                          float *growths, double *base_sum, double *rise) {
  if (half) return BRAID_SUFFIX(exponential_pair_lanes)(base, x, count, exponentials, growths, base_sum, rise, 1);
  return BRAID_SUFFIX(exponential_pair_lanes)(base, x, count, exponentials, growths, base_sum, rise, 0);
}

// With q = softmax(base), p = softmax(x), both plus epsilon, and w = p / q - 1 the divergence sum p * ln(p / q) is
// sum q * ((1 + w) * ln(1 + w) - w), because p and q add up to the same. Each of these terms is positive, so that nothing
// cancels when the two rows are next to equal, which rows of a fine-tune and its base are.
static inline __attribute__((always_inline)) float32x16 BRAID_SUFFIX(divergence_terms)(float32x16 b, float32x16 a,
                                                                                      const braid_softmax *softmax,
                                                                                      float epsilon) {
  const float32x16 q = exponential(b - softmax->base_reference) * softmax->base_factor;
  const float32x16 u = a - b - softmax->offset;
  // e^u - 1 for small u.
  float32x16 growth = (float32x16){0} + 1.0f / 40320;
  growth = growth * u + 1.0f / 5040;
  growth = growth * u + 1.0f / 720;
  growth = growth * u + 1.0f / 120;
  growth = growth * u + 1.0f / 24;
  growth = growth * u + 1.0f / 6;
  growth = growth * u + 0.5f;
  growth = growth * u * u + u;
  const float32x16 below = q + epsilon;
  float32x16 w = growth * q / below;
  const int32x16 far = ~((lanes_magnitude(u) < 0.5f) & (lanes_magnitude(w) < 0.25f));
  float32x16 series = (float32x16){0} + 1.0f / 132;
  series = 1.0f / 110 - series * w;
  series = 1.0f / 90 - series * w;
  series = 1.0f / 72 - series * w;
  series = 1.0f / 56 - series * w;
  series = 1.0f / 42 - series * w;
  series = 1.0f / 30 - series * w;
  series = 1.0f / 20 - series * w;
  series = 1.0f / 12 - series * w;
  series = 1.0f / 6 - series * w;
  series = 0.5f - series * w;
  float32x16 term = series * w * w;
  // Rows of a fine-tune rarely have any; the others' terms are the same with and without them.
  if (lane_bits((uint32x16)far)) {
    const float32x16 p = exponential(a - softmax->reference) * softmax->factor;
    const float32x16 ratio = (p + epsilon) / below;
    term = lanes_choose(far, ratio * logarithm(ratio) - (p - q) / below, term);
  }
  return term * below;
}

// The same where e^b and e^(a - b) - 1 are known, the latter and that of the whole row are below a fifteenth.
static inline __attribute__((always_inline)) float32x16 BRAID_SUFFIX(small_terms)(float32x16 exponential_b,
                                                                                 float32x16 growth,
                                                                                 const braid_softmax *softmax,
                                                                                 float scale, float epsilon) {
  const float32x16 below = exponential_b * softmax->base_factor + epsilon;
  const float32x16 w = (growth - softmax->rise) * (exponential_b * scale) / below;
  float32x16 series = (float32x16){0} + 1.0f / 56;
  series = 1.0f / 42 - series * w;
  series = 1.0f / 30 - series * w;
  series = 1.0f / 20 - series * w;
  series = 1.0f / 12 - series * w;
  series = 1.0f / 6 - series * w;
  series = 0.5f - series * w;
  return series * w * w * below;
}

static inline __attribute__((always_inline)) double BRAID_SUFFIX(divergence_lanes)(
    const void *base, const void *x, const float *exponentials, const float *growths, const braid_softmax *softmax,
    size_t count, const int half) {
  const float epsilon = 1e-8f;
  const int is_small = exponentials && softmax->rise < 0.0625f && softmax->rise > -0.0625f;
  const float scale = softmax->base_factor / (1.0f + softmax->rise);
  float64x16 sums = {0};
  for (size_t start = 0; start < count; start += GROUPS * LANES) {
    const size_t end = count - start < GROUPS * LANES ? count : start + GROUPS * LANES;
    float32x16 part = {0};
    for (size_t i = start; i < end; i += LANES) {
      const size_t length = end - i < LANES ? end - i : LANES;
      float32x16 terms;
      if (is_small && exponentials[i] > 0)
        terms = BRAID_SUFFIX(small_terms)(lanes_at(exponentials, i, 0), lanes_at(growths, i, 0), softmax, scale, epsilon);
      else
        terms = BRAID_SUFFIX(divergence_terms)(group_at(base, i, length, half), group_at(x, i, length, half), softmax,
                                               epsilon);
      part += lanes_where(first_lanes(length), terms);
    }
    sums += __builtin_convertvector(part, float64x16);
  }
  return lanes_sum(sums);
}

static double BRAID_SUFFIX(divergence)(const void *base, const void *x, const float *exponentials, const float *growths,
                                       const braid_softmax *softmax, int half, size_t count) {
  if (half) return BRAID_SUFFIX(divergence_lanes)(base, x, exponentials, growths, softmax, count, 1);
  return BRAID_SUFFIX(divergence_lanes)(base, x, exponentials, growths, softmax, count, 0);
}

static inline __attribute__((always_inline)) void BRAID_SUFFIX(distance_lanes)(const void *base, const void *x,
                                                                              float factor, float *out, size_t count,
                                                                              const int half) {
  for (size_t i = 0; i < count; i += LANES) {
    const size_t length = count - i < LANES ? count - i : LANES;
    store_group(lanes_magnitude(group_at(x, i, length, half) - group_at(base, i, length, half)) * factor, out + i,
                length);
  }
}

static void BRAID_SUFFIX(scaled_distance)(const void *base, const void *x, float factor, int half, float *out,
                                          size_t count) {
  if (half) return BRAID_SUFFIX(distance_lanes)(base, x, factor, out, count, 1);
  BRAID_SUFFIX(distance_lanes)(base, x, factor, out, count, 0);
}
