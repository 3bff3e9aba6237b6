// Walking over the groups of a file.
#include <stdio.h>
#include <stdlib.h>

#include "datasets.h"
#include "seen_objects.h"

// How deep groups may lie in each other; models come to about ten.
enum { deepest_group = 64 };
// How long the path of an object may be.
enum { longest_path = 4096 };

typedef struct {
  const uint8_t *bytes;
  size_t count;
} file_task;

// A group that is still to be listed.
typedef struct {
  char *path;
  int depth;
} waiting_group;

typedef struct {
  hid_t file;
  braid_output *output;
  // Groups that wait, in a stack; at the end of the walk over one group its own groups are turned round, so that names
  // come in order.
  waiting_group *waiting;
  size_t waiting_count, waiting_room;
  seen_objects seen;
  const char *path;
  int depth;
} file_walk;

// MARK: Errors of the library

static herr_t innermost(unsigned number, const H5E_error2_t *entry, void *context) {
  if (number == 0 && entry->desc) snprintf(context, 200, "%s", entry->desc);
  return 0;
}

void put_fault(braid_output *output, const char *path, const char *what) {
  char said[200] = {0}, text[400];
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, said);
  snprintf(text, sizeof text, said[0] ? "%s; the HDF5 library says: %s" : "%s%s", what, said);
  put_note(output, BRAID_HDF5_FAULT, path, text);
}

// MARK: The walk

static int wait_for(file_walk *walk, const char *path, int depth) {
  if (walk->waiting_count == walk->waiting_room) {
    size_t room = walk->waiting_room ? walk->waiting_room * 2 : 64;
    waiting_group *waiting = realloc(walk->waiting, room * sizeof *waiting);
    if (!waiting) return -1;
    walk->waiting = waiting;
    walk->waiting_room = room;
  }
  char *copy = strdup(path);
  if (!copy) return -1;
  walk->waiting[walk->waiting_count++] = (waiting_group){copy, depth};
  return 0;
}

static herr_t visit_object(hid_t group, const char *name, const char *path, file_walk *walk) {
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  H5O_info_t info;
  if (object < 0 || H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) {
    put_fault(walk->output, path, "an object that cannot be opened");
    return 1;
  }
  int is_new = see_object(&walk->seen, info.addr);
  if (is_new < 0) return -1;
  herr_t answer = 0;
  if (!is_new) {
    put_note(walk->output, BRAID_HDF5_REMARK, path, "another name of an object that is listed already");
  } else if (info.type == H5O_TYPE_GROUP) {
    if (walk->depth >= deepest_group) {
      put_note(walk->output, BRAID_HDF5_FAULT, path, "groups in groups in groups, deeper than models have them");
      answer = 1;
    } else {
      answer = wait_for(walk, path, walk->depth + 1);
    }
  } else if (info.type == H5O_TYPE_DATASET) {
    braid_list_dataset(object, path, walk->output);
  } else if (info.type != H5O_TYPE_NAMED_DATATYPE) {
    put_note(walk->output, BRAID_HDF5_FAULT, path, "an object that is neither a group nor a dataset");
  }
  H5Oclose(object);
  return answer;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  file_walk *walk = context;
  char path[longest_path];
  int length = snprintf(path, sizeof path, "%s%s%s", walk->path, walk->path[0] ? "/" : "", name);
  if (length < 0 || length >= (int)sizeof path) {
    put_note(walk->output, BRAID_HDF5_FAULT, walk->path, "a path of more than 4096 bytes");
    return 1;
  }
  switch (info->type) {
    case H5L_TYPE_HARD: return visit_object(group, name, path, walk);
    case H5L_TYPE_SOFT: {
      char target[longest_path] = {0}, text[longest_path + 20];
      if (info->u.val_size >= sizeof target || H5Lget_val(group, name, target, sizeof target - 1, H5P_DEFAULT) < 0)
        snprintf(target, sizeof target, "something that cannot be read");
      snprintf(text, sizeof text, "a link to %s", target);
      put_note(walk->output, BRAID_HDF5_REMARK, path, text);
      return 0;
    }
    case H5L_TYPE_EXTERNAL:
      put_note(walk->output, BRAID_HDF5_FAULT, path, "a link into another file");
      return 0;
    default: put_note(walk->output, BRAID_HDF5_FAULT, path, "a link of an unknown kind"); return 0;
  }
}

static void list_group(file_walk *walk, waiting_group group) {
  hid_t opened = H5Gopen2(walk->file, group.path[0] ? group.path : "/", H5P_DEFAULT);
  if (opened < 0) return put_fault(walk->output, group.path, "a group that cannot be opened");
  // Other groups' attributes repeat names that the paths have.
  if (!group.path[0] || strcmp(group.path, "model_weights") == 0)
    braid_list_attributes(opened, group.path, walk->output);
  size_t first = walk->waiting_count;
  walk->path = group.path;
  walk->depth = group.depth;
  hsize_t place = 0;
  if (H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, &place, visit_link, walk) < 0)
    put_fault(walk->output, group.path, "a group that cannot be listed");
  for (size_t i = first, k = walk->waiting_count; i + 1 < k; i++, k--) {
    waiting_group other = walk->waiting[i];
    walk->waiting[i] = walk->waiting[k - 1];
    walk->waiting[k - 1] = other;
  }
  H5Gclose(opened);
}

static void list_file(const void *task, braid_output *output) {
  const file_task *file = task;
  H5Eset_auto2(H5E_DEFAULT, 0, 0);
  // No code from elsewhere, whatever filters a file names.
  H5PLset_loading_state(0);
  file_walk walk = {.output = output};
  walk.file = braid_open_memory(file->bytes, file->count);
  if (walk.file < 0) {
    put_fault(output, "", "a file that cannot be opened");
  } else if (wait_for(&walk, "", 0) == 0) {
    H5O_info_t root;
    if (H5Oget_info_by_name2(walk.file, "/", &root, H5O_INFO_BASIC, H5P_DEFAULT) >= 0)
      see_object(&walk.seen, root.addr);
    while (walk.waiting_count) {
      waiting_group next = walk.waiting[--walk.waiting_count];
      list_group(&walk, next);
      free(next.path);
    }
  }
  put8(output, BRAID_HDF5_END);
}

braid_hdf5_result braid_hdf5_list(const void *bytes, size_t count, braid_hdf5_limits limits) {
  file_task task = {bytes, count};
  return braid_run_apart(list_file, &task, limits);
}

// MARK: Versions

static void say_versions(const void *task, braid_output *output) {
  (void)task;
  unsigned major = 0, minor = 0, release = 0;
  char text[80];
  if (H5get_libversion(&major, &minor, &release) < 0) return;
  int length = snprintf(
      text, sizeof text, "%d.%d.%d %u.%u.%u", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE, major, minor, release);
  if (length > 0) braid_put(output, text, (size_t)length);
}

braid_hdf5_result braid_hdf5_versions(braid_hdf5_limits limits) { return braid_run_apart(say_versions, 0, limits); }
