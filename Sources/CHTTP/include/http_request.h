// One HTTP request, made by libcurl on the calling thread: bounded in time and in the bytes of its answer, and never
// following a server elsewhere.
#pragma once

#include <stddef.h>

// A line to servers: connections are kept open from one request to the next. Used by one thread at a time.
typedef struct braid_http_line braid_http_line;

// NULL if there is no memory.
braid_http_line *braid_http_open(void);
void braid_http_close(braid_http_line *line);

typedef struct {
  const char *url;            // of http or https
  const char *authorization;  // a whole header line, or NULL
  const char *body;           // JSON, or NULL for a request that only reads
  size_t body_size;
  size_t limit;                // the most bytes of an answer
  double patience;             // the most seconds until it is complete
  const int *is_cancelled;     // looked at about once a second; see braid_http_cancel
} braid_http_request;

typedef enum {
  BRAID_HTTP_ANSWERED,
  BRAID_HTTP_TOO_LARGE,
  BRAID_HTTP_NO_HOST,
  BRAID_HTTP_NO_SERVER,
  BRAID_HTTP_NOT_SECURE,
  BRAID_HTTP_CLOSED,   // before any answer
  BRAID_HTTP_CUT_OFF,  // within the answer
  BRAID_HTTP_BROKEN,
  BRAID_HTTP_LATE,
  BRAID_HTTP_CANCELLED,
} braid_http_outcome;

typedef struct {
  braid_http_outcome outcome;
  int status;
  unsigned char *body;
  size_t size;
  char *location;      // where the server wants to be asked instead, or NULL
  double retry_after;  // seconds, or a negative number
  char message[256];   // libcurl's words for what went wrong
} braid_http_answer;

// Gives a request up, from any thread.
void braid_http_cancel(int *is_cancelled);

// Sends a request and waits for the answer, which is released by the caller whatever became of it.
void braid_http_send(braid_http_line *line, const braid_http_request *request, braid_http_answer *answer);
void braid_http_release(braid_http_answer *answer);
