// Datasets and attributes of a listing.
#pragma once
#include "memory_file.h"
#include "records.h"

// Lists an opened dataset.
void braid_list_dataset(hid_t dataset, const char *path, braid_output *output);

// Lists the attributes of an opened group as far as they are texts and numbers.
void braid_list_attributes(hid_t group, const char *path, braid_output *output);
