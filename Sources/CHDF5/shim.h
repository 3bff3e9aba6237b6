// HDF5's C interface. The readers use H5Dopen2, H5Dread and friends through this module only.
#include <hdf5.h>
#if H5_VERSION_GE(1, 10, 0) == 0
#error "Braid needs HDF5 1.10 or newer"
#endif

// The version that the headers promise; compared at run time with what the library says.
static inline unsigned braid_hdf5_header_version(void) {
  return H5_VERS_MAJOR * 10000u + H5_VERS_MINOR * 100u + H5_VERS_RELEASE;
}

// The version of the library that was loaded, in the same form, or 0 if it does not answer.
static inline unsigned braid_hdf5_library_version(void) {
  unsigned major = 0, minor = 0, release = 0;
  if (H5get_libversion(&major, &minor, &release) < 0) return 0;
  return major * 10000u + minor * 100u + release;
}
