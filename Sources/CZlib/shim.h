// zlib: inflating entries of archives, chunks of HDF5 files and pages of Parquet files, and checksums.
#include <zlib.h>

// The initialisers are macros, which Swift does not see.
static inline int braid_inflate_init_raw(z_stream *stream) { return inflateInit2(stream, -15); }
static inline int braid_inflate_init_zlib(z_stream *stream) { return inflateInit2(stream, 15); }
static inline int braid_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 32); }
