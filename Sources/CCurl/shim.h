// libcurl: asking servers over HTTP.
#include <curl/curl.h>
