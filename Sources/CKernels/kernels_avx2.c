#if defined(__x86_64__)
#include <immintrin.h>
#define BRAID_HALVES  // float16 is converted by instructions of its own.
#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#define BRAID_SUFFIX(name) name##_avx2
#include "kernels_body.h"
#pragma clang attribute pop
#endif
