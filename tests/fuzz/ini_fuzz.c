/* The config file reader: no input crashes it, every error has a line, every name is valid, and its
 * output, written as a file, is read back unchanged. */

#include "aws/ini.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ini *ini) {
  for (const struct ini_section *section = ini->first; section; section = section->next) {
    if (!section->name[0] || strpbrk(section->name, "\r\n\t[];#="))
      abort();
    for (const struct ini_property *property = section->first; property;
         property = property->next) {
      if (!property->name[0] || strpbrk(property->name, " \r\n\t[];#="))
        abort();
      for (const struct ini_property *other = property->next; other; other = other->next) {
        if (strcmp(property->name, other->name) == 0)
          abort();
      }
      /* A binding splits sub-properties without further checks. */
      for (const char *line = property->value; *line == '\n'; line += 1 + strcspn(line + 1, "\n")) {
        const char *equals_sign = strchr(line + 1, '=');
        if (!equals_sign || equals_sign > line + 1 + strcspn(line + 1, "\n"))
          abort();
      }
    }
  }
}

/* Writes a config file. Continuation lines are indented. */
static void write_text(struct buf *text, const struct ini *ini) {
  static const char *const words[] = {
      [INI_PROFILE] = "profile", [INI_SSO_SESSION] = "sso-session", [INI_SERVICES] = "services"};
  for (const struct ini_section *section = ini->first; section; section = section->next) {
    buf_adds(text, "[");
    buf_adds(text, words[section->type]);
    buf_adds(text, " \"");
    buf_adds(text, section->name);
    buf_adds(text, "\"]\n");
    for (const struct ini_property *property = section->first; property;
         property = property->next) {
      buf_adds(text, property->name);
      buf_adds(text, "=");
      for (const char *c = property->value; *c; c++) {
        buf_addc(text, *c);
        if (*c == '\n')
          buf_addc(text, ' ');
      }
      buf_adds(text, "\n");
    }
  }
}

static void check_same(const struct ini *a, const struct ini *b) {
  const struct ini_section *one = a->first, *two = b->first;
  for (; one && two; one = one->next, two = two->next) {
    if (one->type != two->type || strcmp(one->name, two->name) != 0)
      abort();
    const struct ini_property *p = one->first, *q = two->first;
    for (; p && q; p = p->next, q = q->next) {
      if (strcmp(p->name, q->name) != 0 || strcmp(p->value, q->value) != 0)
        abort();
    }
    if (p || q)
      abort();
  }
  if (one || two)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  enum ini_kind kind = data[0] & 1 ? INI_CONFIG : INI_CREDENTIALS;
  struct ini_error error;
  struct ini *ini = ini_parse((const char *)data + 1, size - 1, kind, &error);
  if (!ini) {
    if (error.line < 1 || error.line > size || !error.message[0])
      abort();
    return 0;
  }
  check(ini);
  struct buf text = {0};
  write_text(&text, ini);
  if (!text.failed && text.data) {
    struct ini *again = ini_parse(text.data, text.length, INI_CONFIG, &error);
    if (!again)
      abort();
    check_same(ini, again);
    ini_free(again);
  }
  buf_free(&text);
  ini_free(ini);
  return 0;
}
