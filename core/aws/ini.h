#ifndef LANYARD_AWS_INI_H
#define LANYARD_AWS_INI_H

#include <stddef.h>

/* The shared config and credentials files of AWS tools, in the grammar of the SDKs.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 *
 * Skipped are sections of an unknown type or with an invalid name, and properties whose names
 * contain other characters than ASCII letters, digits, '-', '_' and '.'. A name in the config file
 * may be in quotes, and may then contain spaces. Sections of the same name are merged; the last
 * property of a name wins. [profile default] replaces [default].
 *
 * The AWS CLI reads more, with Python's configparser, and so does this parser, where AWS's published
 * cases do not contradict: a section or a property may be indented, if no property that is indented
 * less is above it in its section, and a property may be `name: value`. */

enum ini_kind { INI_CONFIG, INI_CREDENTIALS };
enum ini_type { INI_PROFILE, INI_SSO_SESSION, INI_SERVICES };

struct ini_property {
  struct ini_property *next;
  char *name; /* in lowercase */
  /* Continuation lines are joined by LF. A value that begins with LF consists of sub-properties:
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

/* ini_parse parses `length` bytes. On an error it returns NULL and sets `error`; the line is 0 if
 * there is not enough memory. The caller frees the result with ini_free. */
struct ini *ini_parse(const char *text, size_t length, enum ini_kind kind, struct ini_error *error);

/* ini_free wipes every value, because some are secret, and frees everything. It accepts NULL. */
void ini_free(struct ini *ini);

#endif
