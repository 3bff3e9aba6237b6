#include "memory_file.h"

#include <string.h>

#include "driver.h"

// The name that the one file has; any other name is that of a file that an external link or a dataset's external
// storage asks for.
static const char the_name[] = "the bytes in memory";

// One file per process, and the process is short.
static const uint8_t *the_bytes;
static size_t the_count;

static driver_file the_file;

static H5FD_t *open_file(const char *name, unsigned flags, hid_t properties, haddr_t maximum) {
  (void)properties, (void)maximum;
  if (strcmp(name, the_name) != 0 || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC))) return 0;
  memset(&the_file, 0, sizeof the_file);
  return &the_file.base;
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
    BRAID_DRIVER_TABLE(512),
    .name = "braid-memory",
    .fc_degree = H5F_CLOSE_WEAK,
    .cmp = compare,
};

hid_t braid_open_memory(const uint8_t *bytes, size_t count) {
  the_bytes = bytes;
  the_count = count;
  hid_t properties = driver_properties(&driver);
  return properties < 0 ? -1 : H5Fopen(the_name, H5F_ACC_RDONLY, properties);
}
