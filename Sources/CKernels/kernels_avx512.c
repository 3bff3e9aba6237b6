#if defined(__x86_64__)
#include <immintrin.h>
#define BRAID_HALVES    // float16 is converted by instructions of its own.
#define BRAID_PERMUTES  // Lanes are looked up in a register, and those of a mask moved together.
// Clang prefers 256-bit registers even here unless it is told that wide ones cost nothing.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c"), min_vector_width(512))), apply_to = function)
#define BRAID_SUFFIX(name) name##_avx512
#include "kernels_body.h"
#pragma clang attribute pop
#endif
