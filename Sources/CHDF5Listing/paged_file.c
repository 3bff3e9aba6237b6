#include "paged_file.h"

#include <stdlib.h>

#include "driver.h"

enum { page_size = 4096 };

typedef struct {
  uint64_t number;
  uint8_t *bytes;  // 0: an empty place
} page;

// One file per process. The pages are in a table of a power of two with empty places.
static struct {
  driver_file shared;
  haddr_t end_of_file;
  page *pages;
  size_t count, room;
} the_file;

static page *place_of(page *pages, size_t room, uint64_t number) {
  size_t place = (size_t)(number * 0x9E3779B97F4A7C15u >> 20) & (room - 1);
  while (pages[place].bytes && pages[place].number != number) place = (place + 1) & (room - 1);
  return &pages[place];
}

// The page for writing; 0 without memory.
static page *touch(uint64_t number) {
  if (the_file.count * 2 >= the_file.room) {
    size_t room = the_file.room ? the_file.room * 2 : 256;
    page *pages = calloc(room, sizeof *pages);
    if (!pages) return 0;
    for (size_t i = 0; i < the_file.room; i++) {
      if (the_file.pages[i].bytes) *place_of(pages, room, the_file.pages[i].number) = the_file.pages[i];
    }
    free(the_file.pages);
    the_file.pages = pages;
    the_file.room = room;
  }
  page *found = place_of(the_file.pages, the_file.room, number);
  if (!found->bytes) {
    found->bytes = calloc(1, page_size);
    if (!found->bytes) return 0;
    found->number = number;
    the_file.count++;
  }
  return found;
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t properties, haddr_t maximum) {
  (void)name, (void)properties, (void)maximum;
  if (!(flags & H5F_ACC_CREAT)) return 0;
  return &the_file.shared.base;
}

static herr_t query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  if (flags) *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

static haddr_t get_end_of_file(const H5FD_t *file, H5FD_mem_t type) {
  (void)file, (void)type;
  return the_file.end_of_file;
}

static herr_t read_file(H5FD_t *file, H5FD_mem_t type, hid_t properties, haddr_t address, size_t size, void *buffer) {
  (void)file, (void)type, (void)properties;
  uint8_t *target = buffer;
  while (size) {
    size_t start = (size_t)(address % page_size), part = page_size - start < size ? page_size - start : size;
    const page *found = the_file.room ? place_of(the_file.pages, the_file.room, address / page_size) : 0;
    if (found && found->bytes) memcpy(target, found->bytes + start, part);
    else memset(target, 0, part);
    target += part, address += part, size -= part;
  }
  return 0;
}

static herr_t write_file(
    H5FD_t *file, H5FD_mem_t type, hid_t properties, haddr_t address, size_t size, const void *buffer) {
  (void)file, (void)type, (void)properties;
  const uint8_t *source = buffer;
  if (address + size > the_file.end_of_file) the_file.end_of_file = address + size;
  while (size) {
    size_t start = (size_t)(address % page_size), part = page_size - start < size ? page_size - start : size;
    page *found = touch(address / page_size);
    if (!found) return -1;
    memcpy(found->bytes + start, source, part);
    source += part, address += part, size -= part;
  }
  return 0;
}

static herr_t truncate_file(H5FD_t *file, hid_t properties, hbool_t closing) {
  (void)file, (void)properties, (void)closing;
  the_file.end_of_file = the_file.shared.end_of_addresses;
  return 0;
}

static const H5FD_class_t driver = {
    BRAID_DRIVER_TABLE(513),
    .name = "braid-pages",
    .fc_degree = H5F_CLOSE_STRONG,
    .truncate = truncate_file,
};

hid_t braid_create_paged(void) {
  hid_t properties = driver_properties(&driver);
  return properties < 0 ? -1 : H5Fcreate("pages", H5F_ACC_TRUNC, H5P_DEFAULT, properties);
}

static int by_number(const void *a, const void *b) {
  uint64_t first = ((const page *)a)->number, second = ((const page *)b)->number;
  return first < second ? -1 : first > second;
}

void braid_put_pages(braid_output *output) {
  size_t count = 0;
  for (size_t i = 0; i < the_file.room; i++) {
    if (the_file.pages[i].bytes) the_file.pages[count++] = the_file.pages[i];
  }
  if (count) qsort(the_file.pages, count, sizeof *the_file.pages, by_number);
  put64(output, the_file.end_of_file);
  put64(output, count);
  for (size_t i = 0; i < count; i++) {
    uint64_t offset = the_file.pages[i].number * page_size;
    uint64_t rest = offset < the_file.end_of_file ? the_file.end_of_file - offset : 0;
    put64(output, offset);
    put_bytes(output, the_file.pages[i].bytes, rest < page_size ? (size_t)rest : page_size);
  }
}
