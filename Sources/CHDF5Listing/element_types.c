#include "element_types.h"

#include <stdio.h>
#include <string.h>

static enum braid_hdf5_type integer_type(hid_t type, size_t size) {
  // Numbers with padding bits inside are nobody's weights.
  if (H5Tget_precision(type) != size * 8 || H5Tget_offset(type) != 0) return BRAID_HDF5_NO_TYPE;
  int is_signed = H5Tget_sign(type) == H5T_SGN_2;
  switch (size) {
    case 1: return is_signed ? BRAID_HDF5_INT8 : BRAID_HDF5_UINT8;
    case 2: return is_signed ? BRAID_HDF5_INT16 : BRAID_HDF5_UINT16;
    case 4: return is_signed ? BRAID_HDF5_INT32 : BRAID_HDF5_UINT32;
    case 8: return is_signed ? BRAID_HDF5_INT64 : BRAID_HDF5_UINT64;
    default: return BRAID_HDF5_NO_TYPE;
  }
}

// The layouts of bits that are known: sign, exponent, mantissa from the top down.
static const struct {
  size_t size, exponent, mantissa, bias;
  enum braid_hdf5_type type;
} floats[] = {
    {1, 4, 3, 7, BRAID_HDF5_FLOAT8_E4M3},    {1, 5, 2, 15, BRAID_HDF5_FLOAT8_E5M2},
    {2, 5, 10, 15, BRAID_HDF5_FLOAT16},      {2, 8, 7, 127, BRAID_HDF5_BFLOAT16},
    {4, 8, 23, 127, BRAID_HDF5_FLOAT32},     {8, 11, 52, 1023, BRAID_HDF5_FLOAT64},
};

static enum braid_hdf5_type float_type(hid_t type, size_t size) {
  size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0) return BRAID_HDF5_NO_TYPE;
  if (H5Tget_precision(type) != size * 8 || H5Tget_offset(type) != 0) return BRAID_HDF5_NO_TYPE;
  if (H5Tget_norm(type) != H5T_NORM_IMPLIED) return BRAID_HDF5_NO_TYPE;
  for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
    if (floats[i].size == size && sign == size * 8 - 1 && exponent == floats[i].mantissa &&
        exponent_bits == floats[i].exponent && mantissa == 0 && mantissa_bits == floats[i].mantissa &&
        H5Tget_ebias(type) == floats[i].bias)
      return floats[i].type;
  }
  return BRAID_HDF5_NO_TYPE;
}

// h5py stores truth values as an enumeration of bytes with two members: FALSE = 0 and TRUE = 1.
static enum braid_hdf5_type enumeration_type(hid_t type, size_t size) {
  if (size != 1 || H5Tget_nmembers(type) != 2) return BRAID_HDF5_NO_TYPE;
  signed char no = -1, yes = -1;
  if (H5Tenum_valueof(type, "FALSE", &no) < 0 || H5Tenum_valueof(type, "TRUE", &yes) < 0) return BRAID_HDF5_NO_TYPE;
  return no == 0 && yes == 1 ? BRAID_HDF5_BOOL : BRAID_HDF5_NO_TYPE;
}

// Keras stores types that NumPy lacks as opaque bytes and names the type in an attribute of the dataset.
static enum braid_hdf5_type opaque_type(hid_t dataset, size_t size) {
  static const struct {
    const char *name;
    size_t size;
    enum braid_hdf5_type type;
  } names[] = {
      {"bfloat16", 2, BRAID_HDF5_BFLOAT16},
      {"float8_e4m3fn", 1, BRAID_HDF5_FLOAT8_E4M3},
      {"float8_e5m2", 1, BRAID_HDF5_FLOAT8_E5M2},
  };
  enum braid_hdf5_type found = BRAID_HDF5_NO_TYPE;
  if (H5Aexists(dataset, "dtype") <= 0) return found;
  hid_t attribute = H5Aopen(dataset, "dtype", H5P_DEFAULT);
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  char text[32] = {0};
  if (H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1) {
    if (H5Tis_variable_str(type) > 0) {
      char *pointer = 0;
      if (H5Aread(attribute, type, &pointer) >= 0 && pointer) snprintf(text, sizeof text, "%s", pointer);
    } else if (H5Tget_size(type) < sizeof text) {
      if (H5Aread(attribute, type, text) < 0) text[0] = 0;
    }
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i].size == size && strcmp(names[i].name, text) == 0) found = names[i].type;
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return found;
}

enum braid_hdf5_type braid_element_type(hid_t dataset, hid_t type, int *big_endian, char *words, size_t room) {
  size_t size = H5Tget_size(type);
  enum braid_hdf5_type found = BRAID_HDF5_NO_TYPE;
  const char *what = "elements of an unknown class";
  *big_endian = 0;
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      found = integer_type(type, size);
      what = "integers of an unusual form";
      break;
    case H5T_FLOAT:
      found = float_type(type, size);
      what = "floating-point numbers of an unusual form";
      break;
    case H5T_ENUM:
      found = enumeration_type(type, size);
      what = "an enumeration";
      break;
    case H5T_OPAQUE:
      found = opaque_type(dataset, size);
      what = "opaque bytes";
      snprintf(words, room, "opaque elements of %zu bytes, without an attribute dtype that says what they are", size);
      return found;
    case H5T_STRING: what = "text"; break;
    case H5T_COMPOUND: what = "compound elements"; break;
    case H5T_REFERENCE: what = "references"; break;
    case H5T_VLEN: what = "elements of variable length"; break;
    case H5T_ARRAY: what = "arrays as elements"; break;
    case H5T_BITFIELD: what = "bit fields"; break;
    case H5T_TIME: what = "times"; break;
    default: break;
  }
  snprintf(words, room, "%s", what);
  if (found && size > 1) {
    H5T_order_t order = H5Tget_order(type);
    if (order == H5T_ORDER_BE) *big_endian = 1;
    else if (order != H5T_ORDER_LE) found = BRAID_HDF5_NO_TYPE;
  }
  return found;
}
