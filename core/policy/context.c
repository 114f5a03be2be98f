#include "policy/context.h"

#include "base/platform.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANY '\xFF'
#define ONE '\xFE'
#define FEW_KEYS 8

const struct match_wildcards context_wildcards = {ANY, ONE};

/* Keys are equal in any letter case. */
static int compare_key(const struct context_entry *entry, const char *key, size_t length) {
  int order = strncasecmp(entry->key, key, length);
  if (order != 0)
    return order;
  return (entry->key_length > length) - (entry->key_length < length);
}

static int compare_entries(const void *a, const void *b) {
  const struct context_entry *other = b;
  return compare_key(a, other->key, other->key_length);
}

const struct context_entry *context_sort(struct context *context, struct context_entry *entries) {
  qsort(entries, context->count, sizeof *entries, compare_entries);
  context->entries = entries;
  context->sorted = context->count;
  for (size_t i = 1; i < context->count; i++)
    if (compare_entries(&entries[i - 1], &entries[i]) == 0)
      return &entries[i];
  return NULL;
}

const struct context_entry *context_find(const struct context *context, const char *key,
                                         size_t length) {
  /* Of few keys, most differ in length. */
  size_t low = 0, high = context->sorted, rest = high > FEW_KEYS ? high : 0;
  while (rest > 0 && low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_key(&context->entries[middle], key, length);
    if (order == 0)
      return &context->entries[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  for (size_t i = rest; i < context->count; i++) {
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

/* Finds the default in "key, 'default'". Returns false if there is none. */
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

/* Reports whether a value contains a byte that would be a wildcard in a pattern. Such a value is
 * not UTF-8. */
static bool has_wildcard(const struct context_value *value) {
  return memchr(value->bytes, ANY, value->length) || memchr(value->bytes, ONE, value->length);
}

/* Returns the length of the key in "key, 'default'". */
static size_t key_length_of(const char *name, size_t length) {
  const char *comma = memchr(name, ',', length);
  size_t key_length = comma ? (size_t)(comma - name) : length;
  while (key_length > 0 && name[key_length - 1] == ' ')
    key_length--;
  return key_length;
}

static bool is_escape(const char *name, size_t length) {
  return length == 1 && memchr("*?$", name[0], 3);
}

/* Appends the value of "${name}". */
static enum context_expansion expand_variable(const struct context *context, const char *name,
                                              size_t length, struct buf *out) {
  if (is_escape(name, length)) {
    buf_addc(out, name[0]);
    return CONTEXT_EXPANDED;
  }
  size_t key_length = key_length_of(name, length);
  const struct context_entry *entry = context_find(context, name, key_length);
  /* No request has a key without a name. */
  if (key_length > 0 && (entry ? entry->unknown : context->partial))
    return CONTEXT_UNKNOWN;
  size_t start, end;
  bool has_default = find_default(name, length, &start, &end);
  /* A key with an empty value is null: the default applies. */
  if (entry && key_length > 0 && entry->count == 1 && !has_wildcard(&entry->values[0]) &&
      (entry->values[0].length > 0 || !has_default)) {
    buf_add(out, entry->values[0].bytes, entry->values[0].length);
    return CONTEXT_EXPANDED;
  }
  if (!has_default)
    return CONTEXT_NULL;
  buf_add(out, name + start, end - start);
  return CONTEXT_EXPANDED;
}

/* Returns the closing brace of the variable that begins at `i`, or NULL if none begins there. *closes is set to
 * false if a variable begins without one: then no variable follows, and a caller need not search again. */
static const char *variable_end(const char *text, size_t length, size_t i, bool *closes) {
  if (!*closes || text[i] != '$' || i + 1 >= length || text[i + 1] != '{')
    return NULL;
  const char *end = memchr(text + i, '}', length - i);
  *closes = end != NULL;
  return end;
}

enum context_expansion context_expand(const struct context *context, const char *text,
                                      size_t length, bool variables, struct buf *out) {
  enum context_expansion whole = CONTEXT_EXPANDED;
  for (size_t i = 0; i < length; i++) {
    size_t plain = i;
    while (i < length && !is_escape(text + i, 1))
      i++;
    buf_add(out, text + plain, i - plain);
    if (i == length)
      break;
    const char *end = variable_end(text, length, i, &variables);
    if (end) {
      const char *name = text + i + 2;
      enum context_expansion one = expand_variable(context, name, (size_t)(end - name), out);
      if (one == CONTEXT_NULL)
        return CONTEXT_NULL;
      whole = one == CONTEXT_UNKNOWN ? one : whole;
      i = (size_t)(end - text);
    } else {
      buf_addc(out, text[i] == '*' ? ANY : text[i] == '?' ? ONE : text[i]);
    }
  }
  return whole;
}

/* Appends a text with its wildcards and dollar signs escaped. */
static void add_escaped(const char *text, size_t length, struct buf *out) {
  for (size_t i = 0; i < length; i++)
    if (is_escape(text + i, 1))
      buf_addf(out, "${%c}", text[i]);
    else
      buf_addc(out, text[i]);
}

enum context_expansion context_substitute(const struct context *context, const char *text,
                                          size_t length, struct buf *out) {
  bool closes = true;
  for (size_t i = 0; i < length; i++) {
    const char *end = variable_end(text, length, i, &closes);
    if (!end) {
      buf_addc(out, text[i]);
      continue;
    }
    const char *name = text + i + 2;
    struct buf value = {0};
    enum context_expansion one = expand_variable(context, name, (size_t)(end - name), &value);
    if (one == CONTEXT_EXPANDED && !is_escape(name, (size_t)(end - name)))
      add_escaped(value.data, value.length, out);
    else
      buf_add(out, text + i, (size_t)(end + 1 - (text + i)));
    out->failed = out->failed || value.failed;
    buf_free(&value);
    if (one == CONTEXT_NULL)
      return CONTEXT_NULL;
    i = (size_t)(end - text);
  }
  return CONTEXT_EXPANDED;
}

bool context_next_variable(const char *text, size_t length, size_t *from, const char **name,
                           size_t *name_length) {
  bool closes = true;
  for (size_t i = *from; i < length && closes; i++) {
    const char *end = variable_end(text, length, i, &closes);
    if (!end)
      continue;
    i = (size_t)(end - text);
    *name = memrchr(text, '{', i);
    size_t size = (size_t)(end - ++*name);
    if (is_escape(*name, size))
      continue;
    *name_length = key_length_of(*name, size);
    if (*name_length == 0)
      continue; /* it never has a value */
    *from = i + 1;
    return true;
  }
  return false;
}
