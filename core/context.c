#include "context.h"

#include <string.h>
#include <strings.h>

#define ANY '\xFF'
#define ONE '\xFE'

const struct match_wildcards context_wildcards = {ANY, ONE};

const struct context_entry *context_find(const struct context *context, const char *key,
                                         size_t length) {
  for (size_t i = 0; i < context->count; i++) {
    const struct context_entry *entry = &context->entries[i];
    if (entry->key_length == length && strncasecmp(entry->key, key, length) == 0)
      return entry;
  }
  return NULL;
}

static size_t skip_spaces(const char *text, size_t from, size_t end) {
  while (from < end && text[from] == ' ')
    from++;
  return from;
}

/* Finds the default in "key, 'default'": false when there is none. */
static bool find_default(const char *text, size_t length, size_t *start, size_t *end) {
  const char *comma = memchr(text, ',', length);
  if (!comma)
    return false;
  size_t first = skip_spaces(text, (size_t)(comma - text) + 1, length);
  while (length > first && text[length - 1] == ' ')
    length--;
  if (length < first + 2 || text[first] != '\'' || text[length - 1] != '\'')
    return false;
  *start = first + 1;
  *end = length - 1;
  return true;
}

/* Whether a value has a byte that would be a wildcard in a pattern: then it is no UTF-8. */
static bool has_wildcard(const struct context_value *value) {
  return memchr(value->bytes, ANY, value->length) || memchr(value->bytes, ONE, value->length);
}

/* Adds what "${name}" stands for. */
static bool expand_variable(const struct context *context, const char *name, size_t length,
                            struct buf *out) {
  if (length == 1 && strchr("*?$", name[0])) {
    buf_addc(out, name[0]);
    return true;
  }
  const char *comma = memchr(name, ',', length);
  size_t key_length = comma ? (size_t)(comma - name) : length;
  while (key_length > 0 && name[key_length - 1] == ' ')
    key_length--;
  const struct context_entry *entry = context_find(context, name, key_length);
  if (entry && entry->count == 1 && !has_wildcard(&entry->values[0])) {
    buf_add(out, entry->values[0].bytes, entry->values[0].length);
    return true;
  }
  size_t start, end;
  if (!find_default(name, length, &start, &end))
    return false;
  buf_add(out, name + start, end - start);
  return true;
}

bool context_expand(const struct context *context, const char *text, size_t length, bool variables,
                    struct buf *out) {
  for (size_t i = 0; i < length; i++) {
    const char *end = NULL;
    if (variables && text[i] == '$' && i + 1 < length && text[i + 1] == '{')
      end = memchr(text + i, '}', length - i);
    if (end) {
      const char *name = text + i + 2;
      if (!expand_variable(context, name, (size_t)(end - name), out))
        return false;
      i = (size_t)(end - text);
    } else {
      buf_addc(out, text[i] == '*' ? ANY : text[i] == '?' ? ONE : text[i]);
    }
  }
  return true;
}
