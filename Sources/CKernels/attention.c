#include "lanes.h"

// ---- Attention

CLONES void braid_lm_rotate(float *x, size_t heads, size_t width, const float *cosines, const float *sines,
                            size_t half) {
  for (size_t head = 0; head < heads; head++) {
    float *first = x + head * width, *second = first + half;
    for (size_t i = 0; i < half; i++) {
      const float a = first[i], b = second[i];
      first[i] = a * cosines[i] - b * sines[i];
      second[i] = b * cosines[i] + a * sines[i];
    }
  }
}

void braid_lm_store_key(const float *key, size_t width, float *lane) {
  for (size_t j = 0; j < width; j++) lane[j * LANES] = key[j];
}

// Scores of four queries, or one, against two panels, or one.
#define SCORE_TILE(ROWS, PANELS)                                                                        \
  do {                                                                                                  \
    floats sums[ROWS][PANELS];                                                                          \
    memset(sums, 0, sizeof sums);                                                                       \
    for (size_t j = 0; j < width; j++)                                                                  \
      for (size_t p = 0; p < PANELS; p++) {                                                             \
        const floats keys = LOAD(panel + p * width * LANES + j * LANES);                                \
        for (size_t r = 0; r < ROWS; r++) sums[r][p] += keys * query[r * width + j];                    \
      }                                                                                                 \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PANELS; p++) STORE(scores + r * stride + p * LANES, sums[r][p]);           \
  } while (0)

CLONES static void score_block(const float *queries, size_t rows, size_t width, const float *panels, size_t count,
                               float *block, size_t stride) {
  const size_t whole = (count + LANES - 1) / LANES;
  for (size_t p0 = 0; p0 < whole; p0 += 2) {
    const float *panel = panels + p0 * width * LANES;
    const int pair = p0 + 1 < whole;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const float *query = queries + row * width;
      float *scores = block + row * stride + p0 * LANES;
      if (pair) SCORE_TILE(4, 2);
      else SCORE_TILE(4, 1);
    }
    for (; row < rows; row++) {
      const float *query = queries + row * width;
      float *scores = block + row * stride + p0 * LANES;
      if (pair) SCORE_TILE(1, 2);
      else SCORE_TILE(1, 1);
    }
  }
}

// Weighted sums of values for four queries, or one, over 32 elements, or 16.
#define VALUE_TILE(ROWS, PARTS)                                                                         \
  do {                                                                                                  \
    floats sums[ROWS][PARTS];                                                                           \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PARTS; p++)                                                                \
        sums[r][p] = adding ? LOAD(to + r * value_stride + p * LANES) : (floats){0};                    \
    for (size_t k = 0; k < count; k++)                                                                  \
      for (size_t p = 0; p < PARTS; p++) {                                                              \
        const floats value = LOAD(values + k * value_stride + element + p * LANES);                     \
        for (size_t r = 0; r < ROWS; r++) sums[r][p] += value * weights[r * stride + k];                \
      }                                                                                                 \
    for (size_t r = 0; r < ROWS; r++)                                                                   \
      for (size_t p = 0; p < PARTS; p++) STORE(to + r * value_stride + p * LANES, sums[r][p]);          \
  } while (0)

CLONES static void value_block(const float *block, size_t rows, size_t stride, const float *values, size_t count,
                               size_t value_stride, int adding, float *out) {
  for (size_t element = 0; element < value_stride; element += 2 * LANES) {
    const int pair = element + LANES < value_stride;
    size_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const float *weights = block + row * stride;
      float *to = out + row * value_stride + element;
      if (pair) VALUE_TILE(4, 2);
      else VALUE_TILE(4, 1);
    }
    for (; row < rows; row++) {
      const float *weights = block + row * stride;
      float *to = out + row * value_stride + element;
      if (pair) VALUE_TILE(1, 2);
      else VALUE_TILE(1, 1);
    }
  }
}

// exp(score - maximum) for a row whose masked scores are minus infinity; returns their sum.
CLONES static float exponentials(float *row, size_t count) {
  floats maxima = LOAD(row);
  for (size_t i = LANES; i < count; i += LANES) {
    const floats x = LOAD(row + i);
    const integers larger = x > maxima;
    maxima = (floats)(((integers)x & larger) | ((integers)maxima & ~larger));
  }
  float maximum = maxima[0];
  for (size_t i = 1; i < LANES; i++)
    if (maxima[i] > maximum) maximum = maxima[i];
  floats sums = {0};
  for (size_t i = 0; i < count; i += LANES) {
    floats e;
    EXP(e, LOAD(row + i) - maximum);
    STORE(row + i, e);
    sums += e;
  }
  return add_lanes((const float *)&sums);
}

// The part of a memory that some query of a block sees. Columns of scores begin at a multiple of 16 of the positions,
// so that the lane in which a key is summed depends on its position only.
typedef struct {
  const float *panels, *values;
  size_t base, first, end;  // first <= position < end is visible; columns begin at base
  size_t columns;
} visible_part;

static visible_part part_of(const braid_lm_attention *block, const braid_lm_memory *memory, size_t low, size_t high) {
  visible_part part = {0};
  part.first = memory->first > low ? memory->first : low;
  part.end = memory->end < high ? memory->end : high;
  if (part.first >= part.end) return part;
  const size_t origin = memory->first / LANES * LANES;
  part.base = part.first / LANES * LANES;
  part.columns = (part.end - part.base + LANES - 1) / LANES * LANES;
  part.panels = memory->panels + (part.base - origin) * block->width;
  part.values = memory->values + (part.first - origin) * block->value_stride;
  return part;
}

// The positions that any query of a block sees.
static void visible_range(const braid_lm_attention *block, size_t *low, size_t *high) {
  *low = block->from[0];
  *high = block->until[0];
  for (size_t r = 1; r < block->rows; r++) {
    if (block->from[r] < *low) *low = block->from[r];
    if (block->until[r] > *high) *high = block->until[r];
  }
}

size_t braid_lm_score_columns(const braid_lm_attention *block) {
  size_t low, high, columns = 0;
  visible_range(block, &low, &high);
  for (size_t m = 0; m < block->memory_count; m++) columns += part_of(block, &block->memories[m], low, high).columns;
  return columns;
}

CLONES void braid_lm_attend(const braid_lm_attention *block) {
  const size_t stride = braid_lm_score_columns(block);
  size_t low, high, column = 0;
  visible_range(block, &low, &high);
  const float masked = -INFINITY;
  for (size_t m = 0; m < block->memory_count; m++) {
    const visible_part part = part_of(block, &block->memories[m], low, high);
    if (!part.columns) continue;
    score_block(block->queries, block->rows, block->width, part.panels, part.end - part.base, block->scores + column,
                stride);
    for (size_t r = 0; r < block->rows; r++) {
      float *row = block->scores + r * stride + column;
      if (block->soft_cap > 0) braid_lm_soft_cap(row, part.columns, block->soft_cap);
      size_t from = block->from[r] > part.first ? block->from[r] : part.first;
      const size_t until = block->until[r] < part.end ? block->until[r] : part.end;
      if (from > until) from = until;
      if (until <= part.first) {
        for (size_t i = 0; i < part.columns; i++) row[i] = masked;
      } else {
        for (size_t i = 0; i < from - part.base; i++) row[i] = masked;
        for (size_t i = until - part.base; i < part.columns; i++) row[i] = masked;
      }
    }
    column += part.columns;
  }
  for (size_t r = 0; r < block->rows; r++) {
    float *row = block->scores + r * stride;
    const float scale = 1.0f / exponentials(row, stride);
    for (size_t i = 0; i < stride; i++) row[i] *= scale;
  }
  column = 0;
  for (size_t m = 0; m < block->memory_count; m++) {
    const visible_part part = part_of(block, &block->memories[m], low, high);
    if (!part.columns) continue;
    value_block(block->scores + column + (part.first - part.base), block->rows, stride, part.values,
                part.end - part.first, block->value_stride, column != 0, block->out);
    column += part.columns;
  }
}
