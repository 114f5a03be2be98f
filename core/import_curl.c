#include "import.h"

#include <curl/curl.h>
#include <stdarg.h>

/* Macros of the header that check the types of arguments. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt
#undef curl_share_setopt

/* clang-format off */
#define FIXED(F) \
  F(void, curl_easy_cleanup, (CURL *easy), (easy)) \
  F(CURL *, curl_easy_init, (void), ()) \
  F(void, curl_easy_reset, (CURL *easy), (easy)) \
  F(const char *, curl_easy_strerror, (CURLcode code), (code)) \
  F(void, curl_global_cleanup, (void), ()) \
  F(CURLcode, curl_global_init, (long flags), (flags)) \
  F(CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *easy), (multi, easy)) \
  F(CURLMcode, curl_multi_assign, (CURLM *multi, curl_socket_t fd, void *data), (multi, fd, data)) \
  F(CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi)) \
  F(CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left)) \
  F(CURLM *, curl_multi_init, (void), ()) \
  F(CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *easy), (multi, easy)) \
  F(CURLMcode, curl_multi_socket_action, \
    (CURLM *multi, curl_socket_t fd, int events, int *running), (multi, fd, events, running)) \
  F(CURLSHcode, curl_share_cleanup, (CURLSH *share), (share)) \
  F(CURLSH *, curl_share_init, (void), ()) \
  F(curl_version_info_data *, curl_version_info, (CURLversion age), (age))
/* clang-format on */

/* Functions with one argument of a variable type, as (type, name, handle, option, type of the argument). A pointer also
 * passes on a long, a curl_off_t and a pointer to a function. The only option of a share that is set takes an int. */
#define VARIABLE(F)                                                                                \
  F(CURLcode, curl_easy_getinfo, CURL, CURLINFO, void *)                                           \
  F(CURLcode, curl_easy_setopt, CURL, CURLoption, void *)                                          \
  F(CURLMcode, curl_multi_setopt, CURLM, CURLMoption, void *)                                      \
  F(CURLSHcode, curl_share_setopt, CURLSH, CURLSHoption, int)

_Static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *),
               "an option is not passed on as a pointer");

#define INDEX(type, name, ...) INDEX_##name,
#define NAME(type, name, ...) #name,
enum { FIXED(INDEX) VARIABLE(INDEX) COUNT };
static const char *const names[] = {FIXED(NAME) VARIABLE(NAME)};
static struct import_table table;

const struct import import_curl = {"libcurl.so.4", "libcurl4", names, COUNT, &table};

#define FUNCTION(name) ((__typeof__(&name))import_function(&import_curl, &table, INDEX_##name))

#define DEFINE_FIXED(type, name, parameters, arguments)                                            \
  type name parameters {                                                                           \
    return FUNCTION(name) arguments;                                                               \
  }
FIXED(DEFINE_FIXED)

#define DEFINE_VARIABLE(type, name, handle_type, option_type, argument_type)                       \
  type name(handle_type *handle, option_type option, ...) {                                        \
    va_list list;                                                                                  \
    va_start(list, option);                                                                        \
    argument_type argument = va_arg(list, argument_type);                                          \
    va_end(list);                                                                                  \
    return FUNCTION(name)(handle, option, argument);                                               \
  }
VARIABLE(DEFINE_VARIABLE)
