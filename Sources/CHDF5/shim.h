// HDF5's C interface. Only CHDF5Listing calls it, in a process of its own.
#include <hdf5.h>
#if H5_VERSION_GE(1, 10, 5) == 0
#error "Braid needs HDF5 1.10.5 or newer"
#endif
