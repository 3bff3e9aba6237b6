#include "memory_file.h"

#include <string.h>
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

// The name that the one file has; any other name is that of a file that an external link or a dataset's external
// storage asks for.
static const char the_name[] = "the bytes in memory";

// One file per process, and the process is short.
static const uint8_t *the_bytes;
static size_t the_count;

typedef struct {
  H5FD_t base;  // The library's part comes first.
  haddr_t end_of_addresses;
} memory_file;

static memory_file the_file;

static H5FD_t *open_file(const char *name, unsigned flags, hid_t properties, haddr_t maximum) {
  (void)properties, (void)maximum;
  if (strcmp(name, the_name) != 0 || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC))) return 0;
  memset(&the_file, 0, sizeof the_file);
  return &the_file.base;
}

static herr_t close_file(H5FD_t *file) {
  (void)file;
  return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b) {
  (void)a, (void)b;
  return 0;
}

static herr_t query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  if (flags) *flags = 0;
  return 0;
}

static haddr_t get_end_of_addresses(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const memory_file *)file)->end_of_addresses;
}

static herr_t set_end_of_addresses(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((memory_file *)file)->end_of_addresses = address;
  return 0;
}

static haddr_t get_end_of_file(const H5FD_t *file, H5FD_mem_t type) {
  (void)file, (void)type;
  return the_count;
}

static herr_t read_file(H5FD_t *file, H5FD_mem_t type, hid_t properties, haddr_t address, size_t size, void *buffer) {
  (void)file, (void)type, (void)properties;
  if (address > the_count || size > the_count - address) return -1;
  memcpy(buffer, the_bytes + address, size);
  return 0;
}

static herr_t write_file(
    H5FD_t *file, H5FD_mem_t type, hid_t properties, haddr_t address, size_t size, const void *buffer) {
  (void)file, (void)type, (void)properties, (void)address, (void)size, (void)buffer;
  return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = 512,  // The first number that is not reserved for the library's own drivers.
#endif
    .name = "braid-memory",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_end_of_addresses,
    .set_eoa = set_end_of_addresses,
    .get_eof = get_end_of_file,
    .read = read_file,
    .write = write_file,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t braid_open_memory(const uint8_t *bytes, size_t count) {
  the_bytes = bytes;
  the_count = count;
  hid_t number = H5FDregister(&driver);
  hid_t properties = H5Pcreate(H5P_FILE_ACCESS);
  if (number < 0 || properties < 0 || H5Pset_driver(properties, number, 0) < 0) return -1;
  return H5Fopen(the_name, H5F_ACC_RDONLY, properties);
}
