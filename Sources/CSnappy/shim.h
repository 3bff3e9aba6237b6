// Snappy: inflating the pages of Parquet files.
#include <snappy-c.h>
