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

// Compiles a pattern of Python's dialect: ^ and $ stand at the ends of the text, and only \n ends a line.
static inline braid_regex *braid_regex_compile_python(const uint8_t *pattern, size_t length, int *error,
                                                      size_t *offset) {
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  if (context) pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  braid_regex *regex = pcre2_compile(pattern, length, PCRE2_UTF | PCRE2_UCP, error, offset, context);
  pcre2_compile_context_free(context);
  if (regex) (void)pcre2_jit_compile(regex, PCRE2_JIT_COMPLETE);
  return regex;
}

// How many groups an expression has.
static inline uint32_t braid_regex_group_count(const braid_regex *regex) {
  uint32_t count = 0;
  (void)pcre2_pattern_info(regex, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

// Room for the places of a match and its groups.
static inline braid_regex_match *braid_regex_match_create_for(const braid_regex *regex) {
  return pcre2_match_data_create_from_pattern(regex, NULL);
}

// Searches valid UTF-8 from an offset on; a match there may be forbidden to be empty. Writes the places of the match
// and of its groups, two for each, with SIZE_MAX for groups that took no part; 1, 0 or a negative error.
static inline int braid_regex_search_groups(const braid_regex *regex, const uint8_t *text, size_t length, size_t start,
                                            int nonempty, braid_regex_match *match, size_t *places, size_t count) {
  uint32_t options = PCRE2_NO_UTF_CHECK | (nonempty ? PCRE2_NOTEMPTY_ATSTART : 0);
  int found = pcre2_match(regex, text, length, start, options, match, NULL);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT)
    found = pcre2_match(regex, text, length, start, options | PCRE2_NO_JIT, match, NULL);
  if (found == PCRE2_ERROR_NOMATCH) return 0;
  if (found < 0) return found;
  const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(match);
  for (size_t index = 0; index < count; index++) {
    places[2 * index] = index < (size_t)found ? ovector[2 * index] : SIZE_MAX;
    places[2 * index + 1] = index < (size_t)found ? ovector[2 * index + 1] : SIZE_MAX;
  }
  return 1;
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
