// A new HDF5 file with everything but elements: the groups and attributes of a donor, and datasets that are wanted.
#include <stdio.h>
#include <stdlib.h>

#include "memory_file.h"
#include "paged_file.h"
#include "records.h"
#include "seen_objects.h"

enum { deepest_group = 64, longest_path = 4096 };

typedef struct {
  const uint8_t *donor;
  size_t donor_count;
  const uint8_t *wanted;
  size_t wanted_count;
} skeleton_task;

typedef struct {
  hid_t donor, file;
  const char *path;
  int depth;
  seen_objects seen;
} copy_walk;

// MARK: Attributes

static herr_t copy_attribute(hid_t source, const char *name, const H5A_info_t *info, void *context) {
  (void)info;
  hid_t target = *(const hid_t *)context;
  // What a dataset's opaque elements are is said where the dataset is made.
  if (H5Iget_type(source) == H5I_DATASET && strcmp(name, "dtype") == 0) return 0;
  hid_t attribute = H5Aopen(source, name, H5P_DEFAULT);
  if (attribute < 0) return -1;
  hid_t stored = H5Aget_type(attribute);
  hid_t type = H5Tcopy(stored);
  hid_t space = H5Aget_space(attribute);
  hssize_t elements = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  herr_t status = 0;
  // Addresses of objects would mean other objects in another file.
  if (H5Tdetect_class(type, H5T_REFERENCE) == 0) {
    void *bytes = calloc((size_t)(elements > 0 ? elements : 0) + 1, size);
    hid_t copy = H5Acreate2(target, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (!bytes || copy < 0) status = -1;
    if (!status && elements > 0 && (H5Aread(attribute, type, bytes) < 0 || H5Awrite(copy, type, bytes) < 0))
      status = -1;
    if (copy >= 0) H5Aclose(copy);
    free(bytes);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Tclose(stored);
  H5Aclose(attribute);
  return status;
}

static herr_t copy_attributes(hid_t source, hid_t target) {
  hsize_t place = 0;
  return H5Aiterate2(source, H5_INDEX_NAME, H5_ITER_INC, &place, copy_attribute, &target);
}

// MARK: Groups

static herr_t copy_group(hid_t source, const char *path, copy_walk *walk);

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  copy_walk *walk = context;
  if (info->type != H5L_TYPE_HARD) return 0;
  // Optimizers' state is not part of a model.
  if (!walk->path[0] && (strcmp(name, "optimizer") == 0 || strcmp(name, "optimizer_weights") == 0)) return 0;
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  if (object < 0) return -1;
  herr_t status = 0;
  if (H5Iget_type(object) == H5I_GROUP) {
    char path[longest_path];
    int length = snprintf(path, sizeof path, "%s%s%s", walk->path, walk->path[0] ? "/" : "", name);
    H5O_info_t about;
    int is_new = H5Oget_info2(object, &about, H5O_INFO_BASIC) < 0 ? -1 : see_object(&walk->seen, about.addr);
    // Further names of a group are left out, as the listing leaves them out.
    if (is_new == 0) status = 0;
    else if (is_new < 0 || length < 0 || length >= (int)sizeof path || walk->depth >= deepest_group) status = -1;
    else status = copy_group(object, path, walk);
  }
  H5Oclose(object);
  return status;
}

static herr_t copy_group(hid_t source, const char *path, copy_walk *walk) {
  hid_t target;
  if (path[0]) {
    hid_t properties = H5Gget_create_plist(source);
    if (properties < 0 || H5Pset_obj_track_times(properties, 0) < 0) return -1;
    target = H5Gcreate2(walk->file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Pclose(properties);
  } else {
    target = H5Gopen2(walk->file, "/", H5P_DEFAULT);
  }
  if (target < 0) return -1;
  herr_t status = copy_attributes(source, target);
  H5Gclose(target);
  const char *outer = walk->path;
  walk->path = path;
  walk->depth++;
  hsize_t place = 0;
  if (status >= 0) status = H5Literate(source, H5_INDEX_NAME, H5_ITER_INC, &place, visit_link, walk);
  walk->depth--;
  walk->path = outer;
  return status;
}

// MARK: Datasets

static hid_t half(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}

static hid_t truth(void) {
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  signed char no = 0, yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

static hid_t opaque(size_t size) {
  hid_t type = H5Tcreate(H5T_OPAQUE, size);
  H5Tset_tag(type, "");
  return type;
}

// The datatype of elements, and what Keras calls those that NumPy lacks.
static hid_t datatype(enum braid_hdf5_type type, const char **name) {
  *name = 0;
  switch (type) {
    case BRAID_HDF5_BOOL: return truth();
    case BRAID_HDF5_UINT8: return H5Tcopy(H5T_STD_U8LE);
    case BRAID_HDF5_INT8: return H5Tcopy(H5T_STD_I8LE);
    case BRAID_HDF5_UINT16: return H5Tcopy(H5T_STD_U16LE);
    case BRAID_HDF5_INT16: return H5Tcopy(H5T_STD_I16LE);
    case BRAID_HDF5_UINT32: return H5Tcopy(H5T_STD_U32LE);
    case BRAID_HDF5_INT32: return H5Tcopy(H5T_STD_I32LE);
    case BRAID_HDF5_UINT64: return H5Tcopy(H5T_STD_U64LE);
    case BRAID_HDF5_INT64: return H5Tcopy(H5T_STD_I64LE);
    case BRAID_HDF5_FLOAT8_E4M3: *name = "float8_e4m3fn"; return opaque(1);
    case BRAID_HDF5_FLOAT8_E5M2: *name = "float8_e5m2"; return opaque(1);
    case BRAID_HDF5_FLOAT16: return half();
    case BRAID_HDF5_BFLOAT16: *name = "bfloat16"; return opaque(2);
    case BRAID_HDF5_FLOAT32: return H5Tcopy(H5T_IEEE_F32LE);
    case BRAID_HDF5_FLOAT64: return H5Tcopy(H5T_IEEE_F64LE);
    default: return -1;
  }
}

static int put_name(hid_t dataset, const char *name) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5Acreate2(dataset, "dtype", type, space, H5P_DEFAULT, H5P_DEFAULT);
  int status = attribute < 0 || H5Awrite(attribute, type, &name) < 0 ? -1 : 0;
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  return status;
}

static int make_dataset(
    const copy_walk *walk, const char *path, enum braid_hdf5_type element, int rank, const hsize_t *extents,
    haddr_t *offset) {
  const char *name;
  hid_t type = datatype(element, &name);
  hid_t space = rank ? H5Screate_simple(rank, extents, 0) : H5Screate(H5S_SCALAR);
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_layout(properties, H5D_CONTIGUOUS);
  // The place is taken at once, and nothing is written there.
  H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(properties, 0);
  hid_t dataset = H5Dcreate2(walk->file, path, type, space, links, properties, H5P_DEFAULT);
  int status = dataset < 0 ? -1 : 0;
  if (!status && name) status = put_name(dataset, name);
  if (!status && walk->donor >= 0) {
    hid_t source = H5Dopen2(walk->donor, path, H5P_DEFAULT);
    if (source >= 0) {
      if (copy_attributes(source, dataset) < 0) status = -1;
      H5Dclose(source);
    }
  }
  *offset = status ? HADDR_UNDEF : H5Dget_offset(dataset);
  if (dataset >= 0) H5Dclose(dataset);
  H5Pclose(properties);
  H5Pclose(links);
  H5Sclose(space);
  H5Tclose(type);
  return status;
}

// MARK: The whole

static uint64_t take(const uint8_t **next, size_t size) {
  uint64_t value = 0;
  memcpy(&value, *next, size);
  *next += size;
  return value;
}

static void make_skeleton(const void *context, braid_output *output) {
  const skeleton_task *task = context;
  H5Eset_auto2(H5E_DEFAULT, 0, 0);
  H5PLset_loading_state(0);
  copy_walk walk = {.donor = -1, .file = -1, .path = ""};
  size_t start = output->count;
  put8(output, BRAID_HDF5_DATASET);
  if (task->donor) walk.donor = braid_open_memory(task->donor, task->donor_count);
  walk.file = braid_create_paged();
  if (walk.file < 0 || (task->donor && walk.donor < 0)) goto failed;
  if (walk.donor >= 0) {
    hid_t root = H5Gopen2(walk.donor, "/", H5P_DEFAULT);
    H5O_info_t about;
    if (root >= 0 && H5Oget_info2(root, &about, H5O_INFO_BASIC) >= 0) see_object(&walk.seen, about.addr);
    if (root < 0 || copy_group(root, "", &walk) < 0) goto failed;
    H5Gclose(root);
  }
  const uint8_t *next = task->wanted, *end = task->wanted + task->wanted_count;
  while (next < end) {
    char path[longest_path];
    size_t length = (size_t)take(&next, 4);
    if (length >= sizeof path) goto failed;
    memcpy(path, next, length);
    path[length] = 0;
    next += length;
    enum braid_hdf5_type element = (enum braid_hdf5_type)take(&next, 1);
    int rank = (int)take(&next, 1);
    hsize_t extents[H5S_MAX_RANK];
    if (rank > H5S_MAX_RANK) goto failed;
    for (int axis = 0; axis < rank; axis++) extents[axis] = take(&next, 8);
    haddr_t offset;
    if (make_dataset(&walk, path, element, rank, extents, &offset) < 0) goto failed;
    put64(output, offset);
  }
  // In this order: what is left in the library's buffers comes out when the file is closed.
  if (H5Fclose(walk.file) < 0) goto failed;
  braid_put_pages(output);
  put8(output, BRAID_HDF5_END);
  return;
failed:
  output->count = start;
  put_fault(output, "", "a file that cannot be made");
  put8(output, BRAID_HDF5_END);
}

braid_hdf5_result braid_hdf5_make(
    const void *donor, size_t donor_count, const void *wanted, size_t wanted_count, braid_hdf5_limits limits) {
  skeleton_task task = {donor, donor_count, wanted, wanted_count};
  return braid_run_apart(make_skeleton, &task, limits);
}
