// zstd: inflating the pages of Parquet files.
#include <zstd.h>
