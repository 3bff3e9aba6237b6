// LZ4: inflating the pages of Parquet files.
#include <lz4.h>
