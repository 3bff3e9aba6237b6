// PCRE2 for UTF-8 text. Its functions are macros that paste the code unit width, which Swift cannot see,
// so the ones Braid calls get plain names here.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

typedef pcre2_code braid_regex;
typedef pcre2_match_data braid_regex_match;

// Compiles a pattern over UTF-8 text with Unicode classes, in which ^ and $ stand at the ends of lines as in Ruby's
// dialect; NULL with an error number and the offset of the fault.
static inline braid_regex *braid_regex_compile(const uint8_t *pattern, size_t length, int *error, size_t *offset) {
  braid_regex *regex = pcre2_compile(pattern, length, PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, error, offset, NULL);
  // Without the compiler to machine code matching is slower, and otherwise the same.
  if (regex) (void)pcre2_jit_compile(regex, PCRE2_JIT_COMPLETE);
  return regex;
}

static inline void braid_regex_free(braid_regex *regex) { pcre2_code_free(regex); }

// Room for the place of one match.
static inline braid_regex_match *braid_regex_match_create(void) { return pcre2_match_data_create(1, NULL); }

static inline void braid_regex_match_free(braid_regex_match *match) { pcre2_match_data_free(match); }

// Searches valid UTF-8 from an offset on; 1 with the place of the match, 0 if there is none, or a negative error.
static inline int braid_regex_search(const braid_regex *regex, const uint8_t *text, size_t length, size_t start,
                                     braid_regex_match *match, size_t *from, size_t *to) {
  int found = pcre2_match(regex, text, length, start, PCRE2_NO_UTF_CHECK, match, NULL);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT)
    found = pcre2_match(regex, text, length, start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match, NULL);
  if (found == PCRE2_ERROR_NOMATCH) return 0;
  if (found < 0) return found;
  const PCRE2_SIZE *place = pcre2_get_ovector_pointer(match);
  *from = place[0];
  *to = place[1];
  return 1;
}

// What an error number means, as text.
static inline void braid_regex_message(int error, uint8_t *text, size_t capacity) {
  if (pcre2_get_error_message(error, text, capacity) < 0 && capacity > 0) text[0] = 0;
}
