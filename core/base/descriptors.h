#ifndef LANYARD_BASE_DESCRIPTORS_H
#define LANYARD_BASE_DESCRIPTORS_H

/* What happens when no file descriptor is free. Libraries often report that as another failure, or
 * end the process. */

/* descriptors_probe returns 0 if `count` further descriptors are free, at most 8, or else an
 * errno. */
int descriptors_probe(int count);

/* descriptors_shortage returns an errno if it means that no descriptor is free, or else 0. */
int descriptors_shortage(int number);

/* error_text returns strerror(number), or for a shortage of descriptors what to do about it. */
const char *error_text(int number);

#endif
