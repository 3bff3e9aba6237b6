// Sixteen lanes of float32 as vector extensions of the compiler: what the loops of language models are written in.
#pragma once

#include "language_model.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define CLONES
#endif

#define LANES BRAID_LM_LANES

// Sixteen floats in one or several registers, loaded from and stored to any address.
typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef int32_t integers __attribute__((vector_size(64), aligned(4)));
typedef uint32_t naturals __attribute__((vector_size(64), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2)));
typedef double doubles __attribute__((vector_size(64), aligned(8)));

#define LOAD(address) (*(const floats *)(address))
#define STORE(address, value) (*(floats *)(address) = (value))
#define ALL(value) ((floats){0} + (value))

// Vectors are never passed between functions, whose calling convention would depend on the instruction set; hence
// macros.

// The pattern of x rounded to bfloat16; NaN stays NaN.
#define ROUND(result, x)                                                                   \
  do {                                                                                     \
    const floats x_ = (x);                                                                 \
    const naturals bits_ = (naturals)x_;                                                   \
    const naturals rounded_ = (bits_ + 0x7FFF + ((bits_ >> 16) & 1)) >> 16;                \
    const naturals nan_ = (naturals)(x_ != x_);                                            \
    (result) = __builtin_convertvector((rounded_ & ~nan_) | (((bits_ >> 16) | 64) & nan_), halves); \
  } while (0)

// exp(x) for x at most 88.3 within two units of the last place; 0 below -87.3; NaN stays NaN.
// x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for exp(r), and n added to the exponent.
#define EXP(result, x)                                                                  \
  do {                                                                                  \
    const floats argument_ = (x);                                                       \
    const floats shifted_ = argument_ * 1.44269504f + 12582912.0f;                      \
    const floats n_ = shifted_ - 12582912.0f;                                           \
    const floats r_ = (argument_ - n_ * 0.693359375f) - n_ * -2.12194440e-4f;           \
    floats p_ = r_ * 1.9875691500e-4f + 1.3981999507e-3f;                               \
    p_ = p_ * r_ + 8.3334519073e-3f;                                                    \
    p_ = p_ * r_ + 4.1665795894e-2f;                                                    \
    p_ = p_ * r_ + 1.6666665459e-1f;                                                    \
    p_ = p_ * r_ + 5.0000001201e-1f;                                                    \
    p_ = p_ * (r_ * r_) + r_ + 1.0f;                                                    \
    const integers power_ = ((integers)shifted_ - 0x4B400000) << 23;                    \
    const integers small_ = argument_ < -87.3f;                                         \
    const integers nan_ = argument_ != argument_;                                       \
    (result) = (floats)((((integers)p_ + power_) & ~small_) | nan_);                    \
  } while (0)

static inline float add_lanes(const float lane[LANES]) {
  float sum[LANES];
  memcpy(sum, lane, sizeof sum);
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t i = 0; i < width; i++) sum[i] += sum[i + width];
  return sum[0];
}
