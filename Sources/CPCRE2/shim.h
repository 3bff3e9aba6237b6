// PCRE2 for UTF-8 text. Its functions are macros that paste the code unit width, which Swift cannot see,
// so the ones Braid calls get plain names here.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
