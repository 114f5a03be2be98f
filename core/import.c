#include "import.h"

#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char failure[512];

/* Returns what dlerror says, without the name of the file, which the caller says. */
static const char *reason(const char *file) {
  const char *text = dlerror();
  size_t length = strlen(file);
  if (!text)
    return "unknown error";
  return strncmp(text, file, length) == 0 && strncmp(text + length, ": ", 2) == 0
             ? text + length + 2
             : text;
}

static bool fail(const struct import *import) {
  snprintf(failure, sizeof failure, "cannot load %s: %s (Debian package: %s)", import->file,
           reason(import->file), import->package);
  return false;
}

/* Called with the lock. All functions are found before one of them can be called, so that a library that is too old is
 * reported at its first use. It is never unloaded. */
static bool fill(const struct import *import) {
  void *functions[sizeof import->table->functions / sizeof(void *)];
  void *library = dlopen(import->file, RTLD_LAZY | RTLD_LOCAL);
  if (!library)
    return fail(import);
  for (size_t i = 0; i < import->count; i++) {
    functions[i] = dlsym(library, import->names[i]);
    if (!functions[i])
      return fail(import);
  }
  for (size_t i = 0; i < import->count; i++)
    atomic_store_explicit(&import->table->functions[i], functions[i], memory_order_release);
  /* Like the dynamic loader does with its own table. Where pages are larger, other data would become read-only, too. */
  if (sysconf(_SC_PAGESIZE) == IMPORT_PAGE)
    mprotect(import->table, sizeof *import->table, PROT_READ);
  return true;
}

static bool is_loaded(const struct import *import) {
  return atomic_load(&import->table->functions[0]);
}

static bool load(const struct import *import) {
  if (is_loaded(import))
    return true;
  pthread_mutex_lock(&lock);
  bool loaded = is_loaded(import) || fill(import);
  pthread_mutex_unlock(&lock);
  return loaded;
}

/* libcurl needs libcrypto. The loader searches each symbol of a library in all libraries that one call has loaded, so
 * that two calls search less. */
const char *library_load(enum library library) {
  bool loaded = load(&import_crypto) && (library == LIBRARY_CRYPTO || load(&import_curl));
  return loaded ? NULL : failure;
}

void *import_missing(const struct import *import, size_t index) {
  if (!load(import)) {
    fprintf(stderr, "lanyard: %s\n", failure);
    exit(EXIT_FAILURE);
  }
  return atomic_load(&import->table->functions[index]);
}
