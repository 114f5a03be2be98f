#ifndef LANYARD_CERTIFICATES_H
#define LANYARD_CERTIFICATES_H

/* Returns the file of CA certificates of this system: libcurl's own if it exists, else the first that exists of the
 * places that systems use, else libcurl's own, which the error then names. `own` may be NULL. The result is `own` or a
 * constant. */
const char *certificates_file(const char *own);

#endif
