#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

// Exit statuses of the child: whatever else comes out of it is a crash.
enum { FINISHED = 0, NO_ROOM = 71 };

// In front of the output, in the shared memory.
typedef struct {
  _Atomic uint64_t count;
} header;

void braid_put(braid_output *output, const void *bytes, size_t count) {
  if (count > output->capacity - output->count) _exit(NO_ROOM);
  if (count) memcpy(output->bytes + output->count, bytes, count);
  output->count += count;
}

// The bytes of private writable memory that the process has, which is what RLIMIT_DATA counts; 0 if unknown.
static size_t private_memory(void) {
#if defined(__linux__)
  char text[256];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  unsigned long data = 0;
  if (sscanf(text, "%*u %*u %*u %*u %*u %lu", &data) != 1) return 0;
  return (size_t)data * (size_t)sysconf(_SC_PAGESIZE);
#else
  return 0;
#endif
}

static void limit(int resource, rlim_t value) {
  struct rlimit now;
  if (getrlimit(resource, &now) != 0) return;
  if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max) value = now.rlim_max;
  struct rlimit wanted = {value, value};
  setrlimit(resource, &wanted);
}

static struct timeval interval(double seconds) {
  return (struct timeval){(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
}

// Only calls that are allowed after a fork of a process with threads: none of them takes a lock of this process.
static void settle(braid_hdf5_limits limits) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  // What the C library says about a broken heap is for nobody.
  int nowhere = open("/dev/null", O_RDWR);
  if (nowhere >= 0) {
    for (int stream = 0; stream <= 2; stream++) dup2(nowhere, stream);
  }
  limit(RLIMIT_CORE, 0);
  size_t memory = private_memory();
  if (memory) limit(RLIMIT_DATA, memory + limits.memory);
  limit(RLIMIT_CPU, (rlim_t)limits.seconds + 1);
  struct itimerval processor = {{0, 0}, interval(limits.seconds)};
  struct itimerval wall = {{0, 0}, interval(limits.seconds * 3 + 1)};
  setitimer(ITIMER_PROF, &processor, 0);
  setitimer(ITIMER_REAL, &wall, 0);
}

braid_hdf5_result braid_run_apart(
    void (*work)(const void *task, braid_output *output), const void *task, braid_hdf5_limits limits) {
  braid_hdf5_result result = {BRAID_HDF5_NOT_STARTED, 0, 0, 0, 0};
  size_t capacity = limits.output + sizeof(header);
  void *memory = mmap(0, capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return result;
  header *shared = memory;
  result.bytes = (uint8_t *)memory + sizeof(header);
  result.capacity = capacity;

  pid_t child = fork();
  if (child < 0) return result;
  if (child == 0) {
    settle(limits);
    braid_output output = {result.bytes, limits.output, 0};
    work(task, &output);
    atomic_store(&shared->count, output.count);
    // Without the library's own tidying up, which would run over what a damaged file left in its memory.
    _exit(FINISHED);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return result;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == FINISHED) {
    size_t count = (size_t)atomic_load(&shared->count);
    result.end = BRAID_HDF5_DONE;
    result.count = count <= limits.output ? count : limits.output;
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == NO_ROOM) {
    result.end = BRAID_HDF5_OUT_OF_ROOM;
  } else {
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int late = result.signal == SIGPROF || result.signal == SIGALRM || result.signal == SIGXCPU ||
               result.signal == SIGKILL;
    result.end = late ? BRAID_HDF5_OUT_OF_TIME : BRAID_HDF5_CRASHED;
  }
  return result;
}

void braid_hdf5_give_back(braid_hdf5_result result) {
  if (result.bytes) munmap(result.bytes - sizeof(header), result.capacity);
}
