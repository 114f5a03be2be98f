#include "aws/unseal.h"

#include "base/bytes.h"
#include "json/json.h"
#include "xml/xml.h"

#include <stdlib.h>
#include <string.h>

struct unsealer {
  const char *text;
  size_t length;
  const char *const *names;
  size_t count;
  struct unsealed *out;
  size_t kept;       /* the start of the bytes that are not in the unsealed text yet */
  size_t next_range; /* of out->ranges */
  bool no_memory, shows_sealed;
};

/* Returns the index of a name, or `count` if it was not asked for. */
static size_t index_of(const struct unsealer *unsealer, const char *name, size_t length) {
  size_t i = 0;
  while (i < unsealer->count && !bytes_are(name, length, unsealer->names[i]))
    i++;
  return i;
}

/* Appends the bytes up to `end` to the unsealed text. */
static void show(struct unsealer *unsealer, size_t end) {
  struct unsealed *out = unsealer->out;
  size_t *next = &unsealer->next_range;
  while (*next < out->range_count && out->ranges[*next].end <= unsealer->kept)
    ++*next;
  while (*next < out->range_count && out->ranges[*next].start < end) {
    if (out->ranges[*next].start < out->ranges[*next].end)
      unsealer->shows_sealed = true;
    ++*next;
  }
  buf_add(&out->text, unsealer->text + unsealer->kept, end - unsealer->kept);
}

/* Replaces the bytes [start, end) by a mark. */
static void hide(struct unsealer *unsealer, size_t start, size_t end, const char *mark) {
  show(unsealer, start);
  buf_adds(&unsealer->out->text, mark);
  unsealer->kept = end;
}

static void keep(struct unsealer *unsealer, size_t index, const char *bytes, size_t length) {
  struct secret *secret = &unsealer->out->secrets[index];
  if (length > 0 && !secret->bytes && !secret_set(secret, bytes, length))
    unsealer->no_memory = true;
}

/* ---- JSON ---- */

static void hide_member(struct unsealer *unsealer, size_t index, const struct json_value *value) {
  if (value->type == JSON_NULL)
    return;
  if (value->type == JSON_STRING)
    keep(unsealer, index, value->string, value->length);
  else
    keep(unsealer, index, unsealer->text + value->start, value->end - value->start);
  hide(unsealer, value->start, value->end, "\"***\"");
}

static bool unseal_json(struct unsealer *unsealer) {
  struct json_error error;
  struct json_doc *doc = json_parse_secret(unsealer->text, unsealer->length, &error);
  if (!doc) {
    unsealer->out->error_offset = error.offset;
    unsealer->no_memory = error.no_memory;
    return false;
  }
  const struct json_value *next[JSON_MAX_DEPTH + 1]; /* of each open container */
  size_t depth = 1;
  next[0] = json_root(doc);
  while (depth > 0) {
    const struct json_value *value = next[depth - 1];
    if (!value) {
      depth--;
      continue;
    }
    next[depth - 1] = value->next;
    size_t index =
        value->key ? index_of(unsealer, value->key->string, value->key->length) : unsealer->count;
    if (index < unsealer->count)
      hide_member(unsealer, index, value);
    else if (value->first)
      next[depth++] = value->first;
  }
  json_free(doc);
  return true;
}

/* ---- XML ---- */

/* An element whose content is secret. */
struct hidden {
  size_t depth;    /* of the element; 0: none */
  size_t index;    /* of its name */
  size_t start;    /* the offset of its content */
  bool is_parent;  /* it contains elements */
  struct buf text; /* its characters */
};

/* Handles the end of a hidden element; `stop` is where its content ends. */
static void hide_content(struct unsealer *unsealer, struct hidden *hidden, size_t stop) {
  if (hidden->is_parent)
    keep(unsealer, hidden->index, unsealer->text + hidden->start, stop - hidden->start);
  else if (hidden->text.length > 0)
    keep(unsealer, hidden->index, hidden->text.data, hidden->text.length);
  unsealer->no_memory = unsealer->no_memory || hidden->text.failed;
  if (stop > hidden->start)
    hide(unsealer, hidden->start, stop, "***");
  buf_reset(&hidden->text);
  hidden->depth = 0;
}

/* Hides the content of an element with one of the names, unless it is inside a hidden one. */
static void open_element(struct unsealer *unsealer, struct hidden *hidden,
                         const struct xml_reader *reader) {
  hidden->is_parent = true;
  size_t index = index_of(unsealer, reader->name.bytes, reader->name.length);
  if (hidden->depth > 0 || index == unsealer->count || reader->empty)
    return;
  hidden->depth = reader->depth;
  hidden->index = index;
  hidden->start = reader->at;
  hidden->is_parent = false;
}

static bool unseal_xml(struct unsealer *unsealer) {
  struct xml_reader reader;
  struct hidden hidden = {.text = {.secret = true}};
  enum xml_token token;
  xml_begin(&reader, unsealer->text, unsealer->length);
  while ((token = xml_next(&reader)) > XML_END) {
    if (token == XML_OPEN)
      open_element(unsealer, &hidden, &reader);
    else if (token == XML_TEXT && hidden.depth > 0)
      xml_decode(&hidden.text, reader.content, reader.verbatim, false);
    else if (token == XML_CLOSE && hidden.depth > reader.depth)
      hide_content(unsealer, &hidden, reader.start);
  }
  buf_free(&hidden.text);
  unsealer->out->error_offset = reader.at;
  return token == XML_END;
}

enum unseal_outcome unseal(const struct secret *sealed, enum unseal_form form,
                           const char *const names[], size_t count, struct unsealed *unsealed) {
  struct unsealer unsealer = {.text = sealed->bytes ? sealed->bytes : "",
                              .length = sealed->length,
                              .names = names,
                              .count = count,
                              .out = unsealed};
  unsealed->text.secret = true; /* a malformed text may contain a secret anywhere */
  unsealed->secrets = calloc(count + 1, sizeof *unsealed->secrets);
  if (!unsealed->secrets)
    return UNSEAL_NO_MEMORY;
  if (!(form == UNSEAL_JSON ? unseal_json(&unsealer) : unseal_xml(&unsealer)))
    return unsealer.no_memory ? UNSEAL_NO_MEMORY : UNSEAL_MALFORMED;
  show(&unsealer, unsealer.length);
  if (unsealer.shows_sealed)
    return UNSEAL_SHOWS_SEALED;
  return unsealer.no_memory || unsealed->text.failed ? UNSEAL_NO_MEMORY : UNSEALED;
}

void unsealed_free(struct unsealed *unsealed, size_t count) {
  for (size_t i = 0; unsealed->secrets && i < count; i++)
    secret_wipe(&unsealed->secrets[i]);
  free(unsealed->secrets);
  buf_free(&unsealed->text);
  *unsealed = (struct unsealed){0};
}
