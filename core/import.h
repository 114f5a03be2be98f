#ifndef LANYARD_IMPORT_H
#define LANYARD_IMPORT_H

#include <stdatomic.h>
#include <stddef.h>

/* Functions of a library that is loaded when one of them is first called. Loading libcurl, with the 33 libraries that
 * it needs, costs more than a command that makes no call.
 *
 * import_curl.c and import_crypto.c define every function that the packages use, with the name and the type that the
 * library's header gives it. A definition passes its arguments to the function in the library. The packages do not know
 * whether the program is linked with these definitions or with the library: the tests and the static binary are linked
 * with the library. A function that is missing here is an error of the linker. */

#define IMPORT_PAGE 4096

/* The addresses of the functions; NULL until the library is loaded. They have a page of their own, so that it can be
 * read-only afterwards. */
struct import_table {
  _Alignas(IMPORT_PAGE) void *_Atomic functions[IMPORT_PAGE / sizeof(void *)];
};

struct import {
  const char *file;    /* of the library, as the dynamic loader finds it */
  const char *package; /* of Debian that contains it */
  const char *const *names;
  size_t count;
  struct import_table *table;
};

extern const struct import import_crypto, import_curl;

/* import_missing loads the library, and returns the function at an index. If the library cannot be loaded, it prints an
 * error and ends the process. */
__attribute__((cold)) void *import_missing(const struct import *import, size_t index);

/* import_function returns the function at an index, and loads the library if needed. */
static inline void *import_function(const struct import *import, struct import_table *table,
                                    size_t index) {
  void *function = atomic_load_explicit(&table->functions[index], memory_order_acquire);
  return function ? function : import_missing(import, index);
}

#endif
