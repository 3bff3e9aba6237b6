#define BRAID_SUFFIX(name) name##_baseline
#include "kernels_body.h"
