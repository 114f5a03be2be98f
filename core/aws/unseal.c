#include "aws/unseal.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "json/json.h"

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

struct element {
  const char *name;
  size_t length;
};

struct xml {
  struct unsealer *unsealer;
  const char *at, *end;
  struct element open[UNSEAL_XML_DEPTH];
  size_t depth;
  size_t hidden;       /* the depth of the element whose content is secret; 0: none */
  size_t index;        /* of its name */
  const char *content; /* the start of that content */
  bool parent;         /* it contains elements */
  bool rooted;         /* the root element has begun */
};

static bool begins(const struct xml *xml, const char *mark) {
  return bytes_begin(xml->at, (size_t)(xml->end - xml->at), mark);
}

/* Moves past the next `mark`. Returns false if there is none. */
static bool skip_past(struct xml *xml, const char *mark) {
  char *found = memmem(xml->at, (size_t)(xml->end - xml->at), mark, strlen(mark));
  if (found)
    xml->at = found + strlen(mark);
  return found;
}

/* Appends the character of a reference, which begins with "&". Returns what follows the reference,
 * or NULL if it is invalid. */
static const char *add_reference(struct buf *into, const char *at, const char *end) {
  static const struct {
    const char *reference;
    char meaning;
  } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (bytes_begin(at, (size_t)(end - at), known[i].reference)) {
      buf_addc(into, known[i].meaning);
      return at + strlen(known[i].reference);
    }
  }
  const char *stop = memchr(at, ';', (size_t)(end - at));
  if (!stop || stop - at < 3 || at[1] != '#')
    return NULL;
  bool hex = at[2] == 'x';
  const char *digits = at + (hex ? 3 : 2);
  if (digits == stop || stop - digits > 8 ||
      strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != (size_t)(stop - digits))
    return NULL;
  unsigned long code = strtoul(digits, NULL, hex ? 16 : 10);
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    return NULL;
  utf8_add(into, (uint32_t)code);
  return stop + 1;
}

/* Appends the characters of an element without child elements. Returns false if a reference is
 * invalid. */
static bool add_characters(struct buf *into, const char *at, const char *end) {
  while (at < end) {
    struct xml rest = {.at = at, .end = end};
    if (begins(&rest, "<![CDATA[")) {
      skip_past(&rest, "]]>");
      buf_add(into, at + 9, (size_t)(rest.at - at) - 12);
      at = rest.at;
    } else if (*at == '<') { /* a comment or an instruction, whose end has been checked */
      skip_past(&rest, at[1] == '?' ? "?>" : "-->");
      at = rest.at;
    } else if (*at == '&') {
      at = add_reference(into, at, end);
      if (!at)
        return false;
    } else {
      buf_addc(into, *at++);
    }
  }
  return true;
}

/* Handles the end of an element with secret content; `stop` is where the content ends. */
static bool hide_content(struct xml *xml, const char *stop) {
  struct unsealer *unsealer = xml->unsealer;
  struct buf plain = {.secret = true};
  bool fine = true;
  if (xml->parent)
    buf_add(&plain, xml->content, (size_t)(stop - xml->content));
  else
    fine = add_characters(&plain, xml->content, stop);
  if (fine && plain.length > 0)
    keep(unsealer, xml->index, plain.data, plain.length);
  unsealer->no_memory = unsealer->no_memory || plain.failed;
  if (fine && stop > xml->content)
    hide(unsealer, (size_t)(xml->content - unsealer->text), (size_t)(stop - unsealer->text), "***");
  buf_free(&plain);
  xml->hidden = 0;
  return fine;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t name_length(const char *at, const char *end) {
  const char *from = at;
  while (at < end && !is_space(*at) && *at != '/' && *at != '>' && *at != '<')
    at++;
  return (size_t)(at - from);
}

static bool end_tag(struct xml *xml) {
  const char *start = xml->at, *name = start + 2;
  size_t length = name_length(name, xml->end);
  const char *at = name + length;
  while (at < xml->end && is_space(*at))
    at++;
  if (at == xml->end || *at != '>' || xml->depth == 0)
    return false;
  const struct element *element = &xml->open[xml->depth - 1];
  if (!bytes_equal(element->name, element->length, name, length))
    return false;
  if (xml->hidden == xml->depth && !hide_content(xml, start))
    return false;
  xml->depth--;
  xml->at = at + 1;
  return true;
}

static bool start_tag(struct xml *xml) {
  const char *name = xml->at + 1;
  size_t length = name_length(name, xml->end);
  const char *stop = name + length;
  while (stop < xml->end && *stop != '>' && *stop != '<')
    stop++;
  if (length == 0 || stop == xml->end || *stop != '>' || xml->depth == UNSEAL_XML_DEPTH ||
      (xml->depth == 0 && xml->rooted))
    return false;
  xml->rooted = true;
  xml->parent = true;
  xml->at = stop + 1;
  if (stop[-1] == '/')
    return true;
  xml->open[xml->depth++] = (struct element){name, length};
  const char *colon = memchr(name, ':', length);
  const char *local = colon ? colon + 1 : name;
  size_t index = index_of(xml->unsealer, local, length - (size_t)(local - name));
  if (xml->hidden == 0 && index < xml->unsealer->count) {
    xml->hidden = xml->depth;
    xml->index = index;
    xml->content = xml->at;
    xml->parent = false;
  }
  return true;
}

static bool characters(struct xml *xml) {
  for (; xml->at < xml->end && *xml->at != '<'; xml->at++)
    if (xml->depth == 0 && !is_space(*xml->at))
      return false;
  return true;
}

static bool unseal_xml(struct unsealer *unsealer) {
  struct xml xml = {
      .unsealer = unsealer, .at = unsealer->text, .end = unsealer->text + unsealer->length};
  bool fine = true;
  while (fine && xml.at < xml.end) {
    if (*xml.at != '<')
      fine = characters(&xml);
    else if (begins(&xml, "<!--"))
      fine = skip_past(&xml, "-->");
    else if (begins(&xml, "<?"))
      fine = skip_past(&xml, "?>");
    else if (begins(&xml, "<![CDATA["))
      fine = xml.depth > 0 && skip_past(&xml, "]]>");
    else if (begins(&xml, "</"))
      fine = end_tag(&xml);
    else
      fine = xml.end - xml.at > 1 && xml.at[1] != '!' && start_tag(&xml);
  }
  unsealer->out->error_offset = (size_t)(xml.at - unsealer->text);
  return fine && xml.rooted && xml.depth == 0;
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
