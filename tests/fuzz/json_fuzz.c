/* The JSON reader: no input crashes it, every value is at its position, every error has a
 * position. */

#include "json/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks the positions of all children, without recursion. */
static void check_children(const struct json_value *root, size_t size) {
  const struct json_value *stack[JSON_MAX_DEPTH + 1] = {root};
  size_t depth = 1;
  while (depth > 0) {
    const struct json_value *value = stack[--depth];
    for (; value; value = value->next) {
      if (value->start >= value->end || value->end > size)
        abort();
      if (value->first) {
        if (value->first->start <= value->start || value->first->end >= value->end)
          abort();
        if (value->next)
          stack[depth++] = value->next;
        stack[depth++] = value->first;
        break;
      }
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct json_error error;
  struct json_doc *any = json_parse_with((const char *)data, size, JSON_DEEP | JSON_NUL, &error);
  struct json_doc *doc = json_parse((const char *)data, size, &error);
  if (doc && !any)
    abort();
  json_free(any);
  if (!doc) {
    if (error.line < 1 || error.column < 1 || error.offset > size || !error.message[0])
      abort();
    return 0;
  }
  check_children(json_root(doc), size);
  size_t line, column;
  json_position(doc, size, &line, &column);
  json_free(doc);
  return 0;
}
