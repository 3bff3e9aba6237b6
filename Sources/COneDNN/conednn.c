#define _GNU_SOURCE
#include "conednn.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t description;
#define REFERENCE(description) (description)
#else
// In version 2 descriptions are plain structures, from 3 on they are handles.
typedef dnnl_memory_desc_t description;
#define REFERENCE(description) (&(description))
#endif

struct braid_product {
  dnnl_primitive_t primitive;
  dnnl_primitive_desc_t details;
  description a, b, c;
  size_t scratch_size;
};

#define TRY(call)                                      \
  do {                                                 \
    const dnnl_status_t status_ = (call);              \
    if (status_ != dnnl_success) return (int)status_; \
  } while (0)

// ---- One engine for the process, one stream for each thread

static dnnl_engine_t shared_engine;
static dnnl_status_t engine_status = dnnl_runtime_error;

__attribute__((constructor)) static void make_engine(void) {
  engine_status = dnnl_engine_create(&shared_engine, dnnl_cpu, 0);
}

// The stream of the calling thread, or NULL. Its first use on a thread also keeps OpenMP, if oneDNN uses it, from
// starting threads of its own there: the setting is one of the thread.
static dnnl_stream_t thread_stream(void) {
  static _Thread_local dnnl_stream_t stream;
  if (stream) return stream;
  void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set_threads) set_threads(1);
  if (dnnl_stream_create(&stream, shared_engine, dnnl_stream_default_flags) != dnnl_success) stream = NULL;
  return stream;
}

// ---- Descriptions

static dnnl_status_t describe(description *result, int64_t rows, int64_t columns, int64_t row_stride,
                              int64_t column_stride, dnnl_data_type_t type) {
  const dnnl_dims_t extents = {rows, columns};
  const dnnl_dims_t strides = {row_stride, column_stride};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(result, 2, extents, type, strides);
#else
  return dnnl_memory_desc_init_by_strides(result, 2, extents, type, strides);
#endif
}

static dnnl_status_t make_details(braid_product *product, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_matmul_primitive_desc_create(&product->details, shared_engine, product->a, product->b, NULL, product->c,
                                           attributes);
#else
  dnnl_matmul_desc_t operation;
  const dnnl_status_t status = dnnl_matmul_desc_init(&operation, &product->a, &product->b, NULL, &product->c);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(&product->details, &operation, attributes, shared_engine, NULL);
#endif
}

// ---- Products

static dnnl_status_t make_primitive(braid_product *product, const braid_product_shape *shape,
                                    dnnl_primitive_attr_t attributes) {
  const dnnl_data_type_t type = shape->bfloat16 ? dnnl_bf16 : dnnl_f32;
  TRY(describe(&product->a, shape->rows, shape->depth, shape->depth, 1, type));
  // oneDNN multiplies with [depth, columns]: the same memory, read down the columns.
  TRY(describe(&product->b, shape->depth, shape->columns, 1, shape->depth, type));
  TRY(describe(&product->c, shape->rows, shape->columns, shape->columns, 1, dnnl_f32));
  // Scratch memory of the caller's, so that threads can run one product at the same time.
  TRY(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user));
  TRY(make_details(product, attributes));
  TRY(dnnl_primitive_create(&product->primitive, product->details));
  product->scratch_size =
      dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(product->details, dnnl_query_scratchpad_md, 0));
  return dnnl_success;
}

int braid_product_create(const braid_product_shape *shape, braid_product **result) {
  if (engine_status != dnnl_success) return (int)engine_status;
  if (!thread_stream()) return (int)dnnl_runtime_error;
  braid_product *product = calloc(1, sizeof *product);
  if (!product) return (int)dnnl_out_of_memory;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
  if (status == dnnl_success) status = make_primitive(product, shape, attributes);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (status != dnnl_success) {
    braid_product_destroy(product);
    return (int)status;
  }
  *result = product;
  return 0;
}

void braid_product_destroy(braid_product *product) {
  if (!product) return;
  if (product->primitive) dnnl_primitive_destroy(product->primitive);
  if (product->details) dnnl_primitive_desc_destroy(product->details);
#if DNNL_VERSION_MAJOR >= 3
  if (product->a) dnnl_memory_desc_destroy(product->a);
  if (product->b) dnnl_memory_desc_destroy(product->b);
  if (product->c) dnnl_memory_desc_destroy(product->c);
#endif
  free(product);
}

size_t braid_product_scratch_size(const braid_product *product) { return product->scratch_size; }

int braid_product_run(const braid_product *product, const void *a, const void *b, float *c, void *scratch) {
  const dnnl_stream_t stream = thread_stream();
  if (!stream) return (int)dnnl_runtime_error;
  dnnl_exec_arg_t arguments[4] = {
      {DNNL_ARG_SRC, NULL}, {DNNL_ARG_WEIGHTS, NULL}, {DNNL_ARG_DST, NULL}, {DNNL_ARG_SCRATCHPAD, NULL}};
  dnnl_status_t status = dnnl_memory_create(&arguments[0].memory, REFERENCE(product->a), shared_engine, (void *)a);
  if (status == dnnl_success)
    status = dnnl_memory_create(&arguments[1].memory, REFERENCE(product->b), shared_engine, (void *)b);
  if (status == dnnl_success)
    status = dnnl_memory_create(&arguments[2].memory, REFERENCE(product->c), shared_engine, c);
  if (status == dnnl_success)
    status = dnnl_memory_create(&arguments[3].memory,
                                dnnl_primitive_desc_query_md(product->details, dnnl_query_scratchpad_md, 0),
                                shared_engine, scratch);
  if (status == dnnl_success) status = dnnl_primitive_execute(product->primitive, stream, 4, arguments);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  for (int i = 0; i < 4; i++)
    if (arguments[i].memory) dnnl_memory_destroy(arguments[i].memory);
  return (int)status;
}

const char *braid_product_implementation(const braid_product *product) {
  const char *name = NULL;
  if (dnnl_primitive_desc_query(product->details, dnnl_query_impl_info_str, 0, &name) != dnnl_success) return "";
  return name ? name : "";
}

// ---- The machine

int braid_has_fast_bfloat16(void) {
#if defined(__x86_64__)
  // Masks: every instruction set contains the bits of those it extends.
  const int isa = (int)dnnl_get_effective_cpu_isa();
  return (isa & (int)dnnl_cpu_isa_avx512_core_bf16) == (int)dnnl_cpu_isa_avx512_core_bf16;
#else
  return 0;
#endif
}

int braid_onednn_version(void) {
  const dnnl_version_t *version = dnnl_version();
  return version->major * 10000 + version->minor * 100 + version->patch;
}
