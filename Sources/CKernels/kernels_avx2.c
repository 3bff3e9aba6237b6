#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define BRAID_SUFFIX(name) name##_avx2
#include "kernels_body.h"
#pragma clang attribute pop
#endif
