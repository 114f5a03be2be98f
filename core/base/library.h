#ifndef LANYARD_BASE_LIBRARY_H
#define LANYARD_BASE_LIBRARY_H

/* The libraries that a program may load when it first uses them. */
enum library { LIBRARY_CRYPTO, LIBRARY_CURL };

/* library_load loads a library, unless it has been loaded. It returns NULL, or a text that says why the library cannot
 * be loaded; the text is valid until the next call. The caller calls it before the first function of the library: a
 * function of a library that cannot be loaded ends the process. A program that is linked with the library needs no
 * loading, and gets NULL. */
const char *library_load(enum library library);

#endif
