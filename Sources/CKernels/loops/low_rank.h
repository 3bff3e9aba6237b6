// Products of two thin matrices, added to a large one. Part of kernels_body.h.

// Columns whose sums are in registers together, for two rows at a time.
#define PRODUCT_LANES 32

static inline __attribute__((always_inline)) void BRAID_SUFFIX(product_tile)(const float *left, const float *right,
                                                                             size_t depth, size_t columns, float scale,
                                                                             float *out, size_t stride,
                                                                             const int rows) {
  float sums[2][PRODUCT_LANES] = {{0}};
  for (size_t k = 0; k < depth; k++) {
    const float *row = right + k * columns;
    for (int i = 0; i < rows; i++) {
      const float factor = left[i * depth + k];
      for (int j = 0; j < PRODUCT_LANES; j++) sums[i][j] += factor * row[j];
    }
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < PRODUCT_LANES; j++) out[i * stride + j] += scale * sums[i][j];
}

static void BRAID_SUFFIX(add_product)(const float *left, const float *right, size_t rows, size_t depth, size_t columns,
                                      float scale, float *restrict out, size_t stride) {
  const size_t whole = columns - columns % PRODUCT_LANES;
  for (size_t j = 0; j < whole; j += PRODUCT_LANES) {
    size_t i = 0;
    for (; i + 2 <= rows; i += 2)
      BRAID_SUFFIX(product_tile)(left + i * depth, right + j, depth, columns, scale, out + i * stride + j, stride, 2);
    if (i < rows)
      BRAID_SUFFIX(product_tile)(left + i * depth, right + j, depth, columns, scale, out + i * stride + j, stride, 1);
  }
  for (size_t i = 0; i < rows; i++)
    for (size_t j = whole; j < columns; j++) {
      float sum = 0;
      for (size_t k = 0; k < depth; k++) sum += left[i * depth + k] * right[k * columns + j];
      out[i * stride + j] += scale * sum;
    }
}
