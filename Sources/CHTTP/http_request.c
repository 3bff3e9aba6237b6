#include "http_request.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct braid_http_line {
  CURL *handle;
};

__attribute__((constructor)) static void begin(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

braid_http_line *braid_http_open(void) {
  braid_http_line *line = calloc(1, sizeof *line);
  if (line) line->handle = curl_easy_init();
  if (line && line->handle) return line;
  free(line);
  return NULL;
}

void braid_http_close(braid_http_line *line) {
  curl_easy_cleanup(line->handle);
  free(line);
}

// ---- What libcurl asks for meanwhile

typedef struct {
  const braid_http_request *request;
  braid_http_answer *answer;
  size_t capacity;
  int is_too_large;
} collection;

static size_t collect(char *bytes, size_t one, size_t count, void *context) {
  collection *own = context;
  braid_http_answer *answer = own->answer;
  count *= one;
  if (count > own->request->limit - answer->size) {
    own->is_too_large = 1;
    return 0;
  }
  if (answer->size + count > own->capacity) {
    const size_t doubled = 2 * own->capacity, needed = answer->size + count;
    const size_t capacity = doubled > needed ? doubled : needed;
    unsigned char *larger = realloc(answer->body, capacity);
    if (!larger) return 0;
    answer->body = larger;
    own->capacity = capacity;
  }
  memcpy(answer->body + answer->size, bytes, count);
  answer->size += count;
  return count;
}

static int look_up(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  (void)total, (void)now, (void)up_total, (void)up_now;
  const collection *own = context;
  return __atomic_load_n(own->request->is_cancelled, __ATOMIC_RELAXED);
}

// ---- Sending

void braid_http_cancel(int *is_cancelled) { __atomic_store_n(is_cancelled, 1, __ATOMIC_RELAXED); }

static braid_http_outcome outcome_of(CURLcode code, const collection *own) {
  switch (code) {
    case CURLE_OK: return BRAID_HTTP_ANSWERED;
    case CURLE_WRITE_ERROR: return own->is_too_large ? BRAID_HTTP_TOO_LARGE : BRAID_HTTP_BROKEN;
    case CURLE_FILESIZE_EXCEEDED: return BRAID_HTTP_TOO_LARGE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return BRAID_HTTP_NO_HOST;
    case CURLE_COULDNT_CONNECT: return BRAID_HTTP_NO_SERVER;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return BRAID_HTTP_NOT_SECURE;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: return own->answer->size > 0 ? BRAID_HTTP_CUT_OFF : BRAID_HTTP_CLOSED;
    case CURLE_PARTIAL_FILE: return BRAID_HTTP_CUT_OFF;
    case CURLE_OPERATION_TIMEDOUT: return BRAID_HTTP_LATE;
    case CURLE_ABORTED_BY_CALLBACK: return BRAID_HTTP_CANCELLED;
    default: return BRAID_HTTP_BROKEN;
  }
}

static struct curl_slist *headers_of(const braid_http_request *request) {
  struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
  if (request->authorization) headers = curl_slist_append(headers, request->authorization);
  if (!request->body) return headers;
  headers = curl_slist_append(headers, "Content-Type: application/json");
  // Servers that do not know the question would be waited for.
  return curl_slist_append(headers, "Expect:");
}

static void set_up(CURL *handle, const braid_http_request *request, collection *own) {
  // Forgets the last request, keeps the connections.
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "braid");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(request->patience * 1000));
  curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->limit);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, own->answer->message);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, own);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_up);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, own);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  if (request->body) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body);
  }
}

void braid_http_send(braid_http_line *line, const braid_http_request *request, braid_http_answer *answer) {
  memset(answer, 0, sizeof *answer);
  answer->retry_after = -1;
  collection own = {request, answer, 0, 0};
  struct curl_slist *headers = headers_of(request);
  set_up(line->handle, request, &own);
  curl_easy_setopt(line->handle, CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl_easy_perform(line->handle);
  answer->outcome = outcome_of(code, &own);
  if (code != CURLE_OK && !answer->message[0])
    snprintf(answer->message, sizeof answer->message, "%s", curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(line->handle, CURLINFO_RESPONSE_CODE, &status);
  answer->status = (int)status;
  curl_off_t wait = 0;
  if (curl_easy_getinfo(line->handle, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
    answer->retry_after = (double)wait;
  const char *location = NULL;
  if (curl_easy_getinfo(line->handle, CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location)
    answer->location = strdup(location);
  curl_slist_free_all(headers);
}

void braid_http_release(braid_http_answer *answer) {
  free(answer->body);
  free(answer->location);
}
