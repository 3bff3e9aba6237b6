#include "datasets.h"

#include <stdio.h>
#include <stdlib.h>

#include "element_types.h"

// Attributes up to this size are listed; the largest that occurs in practice is a model's configuration.
static const hsize_t largest_attribute = 4 << 20;
// How many filters a dataset may have: the library's own limit (H5Z_MAX_NFILTERS).
enum { most_filters = 32, most_filter_values = 64 };

// MARK: Storage

// What the library says about chunks one after another, as far as it can: before 1.12.3 each question takes a walk
// over all chunks in front.
static int put_chunk(
    braid_output *output, int rank, const hsize_t *corner, unsigned mask, haddr_t offset, hsize_t size) {
  for (int axis = 0; axis < rank; axis++) put64(output, corner[axis]);
  put32(output, mask);
  put64(output, offset);
  put64(output, size);
  return 0;
}

#if H5_VERSION_GE(1, 14, 0)
typedef struct {
  braid_output *output;
  int rank;
  hsize_t count;
} chunk_walk;

static int visit_chunk(const hsize_t *corner, unsigned mask, haddr_t offset, hsize_t size, void *context) {
  chunk_walk *walk = context;
  walk->count++;
  return put_chunk(walk->output, walk->rank, corner, mask, offset, size);
}
#endif

static int put_all_chunks(hid_t dataset, hid_t space, int rank, braid_output *output) {
  hsize_t count = 0;
  if (H5Dget_num_chunks(dataset, space, &count) < 0) return -1;
  put64(output, count);
#if H5_VERSION_GE(1, 14, 0)
  chunk_walk walk = {output, rank, 0};
  if (H5Dchunk_iter(dataset, H5P_DEFAULT, visit_chunk, &walk) < 0 || walk.count != count) return -1;
#else
  for (hsize_t i = 0; i < count; i++) {
    hsize_t corner[H5S_MAX_RANK] = {0}, size = 0;
    unsigned mask = 0;
    haddr_t offset = HADDR_UNDEF;
    if (H5Dget_chunk_info(dataset, space, i, corner, &mask, &offset, &size) < 0) return -1;
    put_chunk(output, rank, corner, mask, offset, size);
  }
#endif
  return 0;
}

static int put_chunked(hid_t dataset, hid_t properties, hid_t space, int rank, braid_output *output) {
  hsize_t extents[H5S_MAX_RANK];
  if (H5Pget_chunk(properties, H5S_MAX_RANK, extents) != rank) return -1;
  for (int axis = 0; axis < rank; axis++) put64(output, extents[axis]);
  int filters = H5Pget_nfilters(properties);
  if (filters < 0 || filters > most_filters) return -1;
  put8(output, (unsigned)filters);
  for (int i = 0; i < filters; i++) {
    unsigned flags, configuration, values[most_filter_values] = {0};
    size_t count = most_filter_values;
    char name[64] = {0};
    H5Z_filter_t number =
        H5Pget_filter2(properties, (unsigned)i, &flags, &count, values, sizeof name - 1, name, &configuration);
    if (number < 0) return -1;
    if (count > most_filter_values) count = most_filter_values;
    put32(output, (uint32_t)number);
    put_text(output, name);
    put8(output, (unsigned)count);
    for (size_t k = 0; k < count; k++) put32(output, values[k]);
  }
  return put_all_chunks(dataset, space, rank, output);
}

static int put_compact(hid_t dataset, hid_t type, hssize_t elements, braid_output *output) {
  size_t size = H5Tget_size(type);
  // Compact data lies in the object header, whose messages are shorter than 64 KiB.
  if (elements < 0 || !size || (size_t)elements > 65536 / size) return -1;
  uint8_t bytes[65536];
  // Without a conversion: the type in memory is the one in the file.
  if (elements && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0) return -1;
  put_bytes(output, bytes, (size_t)elements * size);
  return 0;
}

static int put_storage(hid_t dataset, hid_t type, hid_t space, hid_t properties, int rank, braid_output *output) {
  switch (H5Pget_layout(properties)) {
    case H5D_COMPACT:
      put8(output, BRAID_HDF5_COMPACT);
      return put_compact(dataset, type, H5Sget_simple_extent_npoints(space), output);
    case H5D_CONTIGUOUS: {
      haddr_t offset = H5Dget_offset(dataset);
      if (offset == HADDR_UNDEF) {
        put8(output, BRAID_HDF5_NOWHERE);
      } else {
        put8(output, BRAID_HDF5_CONTIGUOUS);
        put64(output, offset);
        put64(output, H5Dget_storage_size(dataset));
      }
      return 0;
    }
    case H5D_CHUNKED:
      put8(output, BRAID_HDF5_CHUNKED);
      return put_chunked(dataset, properties, space, rank, output);
    default: return -1;
  }
}

// MARK: Datasets

static int put_fill_value(hid_t type, hid_t properties, braid_output *output) {
  H5D_fill_value_t state;
  uint8_t value[16] = {0};
  if (H5Pfill_value_defined(properties, &state) < 0) return -1;
  if (state != H5D_FILL_VALUE_USER_DEFINED) {
    put_bytes(output, 0, 0);
    return 0;
  }
  if (H5Tget_size(type) > sizeof value || H5Pget_fill_value(properties, type, value) < 0) return -1;
  put_bytes(output, value, H5Tget_size(type));
  return 0;
}

static int put_dataset(
    hid_t dataset, hid_t type, hid_t space, hid_t properties, const char *path, braid_output *output) {
  char words[120];
  int big_endian = 0;
  if (H5Pget_layout(properties) == H5D_VIRTUAL) {
    put_note(output, BRAID_HDF5_FAULT, path, "a virtual dataset, whose elements are in other datasets");
    return 0;
  }
  if (H5Pget_external_count(properties) != 0) {
    put_note(output, BRAID_HDF5_FAULT, path, "a dataset whose elements are in another file (external storage)");
    return 0;
  }
  enum braid_hdf5_type element = braid_element_type(dataset, type, &big_endian, words, sizeof words);
  if (!element) {
    put_note(output, BRAID_HDF5_REMARK, path, words);
    return 0;
  }
  if (H5Sget_simple_extent_type(space) == H5S_NULL) {
    put_note(output, BRAID_HDF5_REMARK, path, "no elements and no shape");
    return 0;
  }
  hsize_t extents[H5S_MAX_RANK];
  int rank = H5Sget_simple_extent_dims(space, extents, 0);
  if (rank < 0 || rank > H5S_MAX_RANK) return -1;
  put8(output, BRAID_HDF5_DATASET);
  put_text(output, path);
  put8(output, element);
  put8(output, (unsigned)big_endian);
  put8(output, (unsigned)rank);
  for (int axis = 0; axis < rank; axis++) put64(output, extents[axis]);
  if (put_fill_value(type, properties, output) < 0) return -1;
  return put_storage(dataset, type, space, properties, rank, output);
}

void braid_list_dataset(hid_t dataset, const char *path, braid_output *output) {
  size_t start = output->count;
  hid_t type = H5Dget_type(dataset);
  hid_t space = H5Dget_space(dataset);
  hid_t properties = H5Dget_create_plist(dataset);
  if (type < 0 || space < 0 || properties < 0 || put_dataset(dataset, type, space, properties, path, output) < 0) {
    output->count = start;
    put_fault(output, path, "a dataset that cannot be read");
  }
  if (properties >= 0) H5Pclose(properties);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

// MARK: Attributes

// A record with the value; nothing if it is neither texts nor a number.
static void put_attribute(
    hid_t attribute, hid_t type, hid_t space, const char *path, const char *name, braid_output *output) {
  hssize_t elements = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  hsize_t stored = H5Aget_storage_size(attribute);
  if (elements < 1 || !size || stored > largest_attribute || (hsize_t)elements > largest_attribute / size) return;
  H5T_class_t class = H5Tget_class(type);
  if (class == H5T_INTEGER && elements == 1) {
    long long number;
    char text[32];
    if (H5Aread(attribute, H5T_NATIVE_LLONG, &number) < 0) return;
    snprintf(text, sizeof text, "%lld", number);
    put8(output, BRAID_HDF5_ATTRIBUTE);
    put_text(output, path);
    put_text(output, name);
    put_text(output, text);
    return;
  }
  if (class != H5T_STRING) return;
  int variable = H5Tis_variable_str(type) > 0;
  char *bytes = calloc((size_t)elements + 1, size);
  if (!bytes) return;
  if (H5Aread(attribute, type, bytes) >= 0) {
    put8(output, BRAID_HDF5_ATTRIBUTE);
    put_text(output, path);
    put_text(output, name);
    size_t place = output->count;
    put32(output, 0);
    for (hssize_t i = 0; i < elements; i++) {
      const char *text = variable ? ((char **)(void *)bytes)[i] : bytes + (size_t)i * size;
      if (i) braid_put(output, ", ", 2);
      if (text) braid_put(output, text, variable ? strlen(text) : strnlen(text, size));
    }
    uint32_t length = (uint32_t)(output->count - place - sizeof length);
    memcpy(output->bytes + place, &length, sizeof length);
  }
  // What the library allocated for texts of variable length goes with the process.
  free(bytes);
}

typedef struct {
  const char *path;
  braid_output *output;
} attribute_walk;

static herr_t visit_attribute(hid_t group, const char *name, const H5A_info_t *info, void *context) {
  (void)info;
  attribute_walk *walk = context;
  hid_t attribute = H5Aopen(group, name, H5P_DEFAULT);
  if (attribute < 0) return 0;
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  if (type >= 0 && space >= 0) put_attribute(attribute, type, space, walk->path, name, walk->output);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return 0;
}

void braid_list_attributes(hid_t group, const char *path, braid_output *output) {
  attribute_walk walk = {path, output};
  hsize_t place = 0;
  if (H5Aiterate2(group, H5_INDEX_NAME, H5_ITER_INC, &place, visit_attribute, &walk) < 0)
    put_fault(output, path, "attributes that cannot be read");
}
