#include "base/library.h"

#include <stddef.h>

/* For programs that are linked with the libraries. The definition in import.c replaces it. */
__attribute__((weak)) const char *library_load(enum library library) {
  (void)library;
  return NULL;
}
