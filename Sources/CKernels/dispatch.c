#include "ckernels.h"

extern const braid_kernels braid_kernels_baseline;
#if defined(__x86_64__)
extern const braid_kernels braid_kernels_avx2, braid_kernels_avx512;
#endif

const braid_kernels *braid_kernels_for(int level) {
  if (level == 0) return &braid_kernels_baseline;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c")) return &braid_kernels_avx2;
  if (level == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("f16c"))
    return &braid_kernels_avx512;
#endif
  return 0;
}

const braid_kernels *braid_kernels_best(void) {
  static const braid_kernels *best;  // Written more than once at worst, always with the same value.
  const braid_kernels *found = __atomic_load_n(&best, __ATOMIC_RELAXED);
  if (found) return found;
  for (int level = 2; !found; level--) found = braid_kernels_for(level);
  __atomic_store_n(&best, found, __ATOMIC_RELAXED);
  return found;
}
