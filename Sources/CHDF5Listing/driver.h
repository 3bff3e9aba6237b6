// What the drivers in this folder share: one file each, whose end of addresses the library sets.
#pragma once
#include "memory_file.h"
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
// Numbers up to 511 are reserved for the library's own drivers.
#define BRAID_DRIVER_NUMBER(number) .version = H5FD_CLASS_VERSION, .value = (number),
#else
#define BRAID_DRIVER_NUMBER(number)
#endif

// What every file of a driver begins with.
typedef struct {
  H5FD_t base;  // The library's part comes first.
  haddr_t end_of_addresses;
} driver_file;

static inline herr_t close_file(H5FD_t *file) {
  (void)file;
  return 0;
}

static inline haddr_t get_end_of_addresses(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const driver_file *)file)->end_of_addresses;
}

static inline herr_t set_end_of_addresses(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((driver_file *)file)->end_of_addresses = address;
  return 0;
}

// The members of a driver's table that are the same in all; the functions go by the same names.
#define BRAID_DRIVER_TABLE(number)                                                                             \
  BRAID_DRIVER_NUMBER(number)                                                                                  \
  .maxaddr = (haddr_t)INT64_MAX, .open = open_file, .close = close_file, .query = query,                       \
  .get_eoa = get_end_of_addresses, .set_eoa = set_end_of_addresses, .get_eof = get_end_of_file,                \
  .read = read_file, .write = write_file, .fl_map = H5FD_FLMAP_DICHOTOMY

// Properties for opening a file with a driver; negative if the library refuses it.
static inline hid_t driver_properties(const H5FD_class_t *driver) {
  hid_t number = H5FDregister(driver);
  hid_t properties = H5Pcreate(H5P_FILE_ACCESS);
  return number < 0 || properties < 0 || H5Pset_driver(properties, number, 0) < 0 ? -1 : properties;
}
