#ifndef LANYARD_AWS_INI_H
#define LANYARD_AWS_INI_H

#include <stddef.h>

/* The shared config and credentials files of AWS's tools, by the grammar that the SDKs share.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 *
 * Sections with a name or type that is not known are passed over, as are properties whose name has
 * other characters than letters, digits, '-', '_' and '.', and whatever is not ASCII. A name in the
 * config file may stand in quotes, and has spaces then. Sections of the same name are one; of
 * properties of the same name the last one counts. [profile default] hides [default]. */

enum ini_kind { INI_CONFIG, INI_CREDENTIALS };
enum ini_type { INI_PROFILE, INI_SSO_SESSION, INI_SERVICES };

struct ini_property {
  struct ini_property *next;
  char *name; /* in lower case */
  /* Lines that continue it are joined by LF. One that begins with LF has sub-properties:
   * "\nname = value\nname2 = value2". */
  char *value;
};

struct ini_section {
  struct ini_section *next;
  enum ini_type type;
  char *name;
  struct ini_property *first;
};

struct ini_error {
  size_t line; /* from 1 */
  const char *message;
};

struct ini {
  struct ini_section *first;
};

/* Parses `length` bytes. NULL on error, `error` set (line 0: out of memory). */
struct ini *ini_parse(const char *text, size_t length, enum ini_kind kind, struct ini_error *error);

/* Wipes every value, since some are secret, and frees all. */
void ini_free(struct ini *ini);

#endif
