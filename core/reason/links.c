/* Two tests compare one text with PRE${a}POST and with BEGIN${b}END. A request may satisfy both, so the
 * values of `a` and `b` depend on each other: for each value of `a`, the text PRE value POST is taken apart
 * by BEGIN and END, and what is between them is a value of `b`. A second round follows chains of three
 * variables. In ARNs, the part that contains the variable is the text. */

#include "reason/links.h"

#include "base/bytes.h"
#include "reason/shapes.h"

#include <string.h>
#include <strings.h>

enum { ARN_COLONS = 5, ROUNDS = 2 };

/* A text, or a part of an ARN, with one variable. */
struct link {
  size_t variable, dimension, part;
  struct policy_string before, after;
};

struct links {
  struct link *items;
  size_t count, capacity;
};

/* Cuts the part of an ARN that contains the variable. */
static void cut_part(struct link *link) {
  const char *start = link->before.bytes, *end = start + link->before.length;
  for (const char *c = start; c < end && link->part < ARN_COLONS; c++)
    if (*c == ':') {
      link->part++;
      link->before = (struct policy_string){c + 1, (size_t)(end - c - 1)};
    }
  const char *colon = memchr(link->after.bytes, ':', link->after.length);
  if (link->part < ARN_COLONS && colon)
    link->after.length = (size_t)(colon - link->after.bytes);
}

static bool equal_links(const struct link *a, const struct link *b) {
  return a->variable == b->variable && a->dimension == b->dimension && a->part == b->part &&
         bytes_equal(a->before.bytes, a->before.length, b->before.bytes, b->before.length) &&
         bytes_equal(a->after.bytes, a->after.length, b->after.bytes, b->after.length);
}

static void add_link(struct query *query, struct links *links, const struct link *link) {
  if (!query_pay(query, links->count))
    return;
  for (size_t i = 0; i < links->count; i++)
    if (equal_links(&links->items[i], link))
      return;
  if (links->count == links->capacity) {
    void *grown = pool_grow(query->pool, links->items, &links->capacity, sizeof *links->items);
    if (!grown)
      return;
    links->items = grown;
  }
  links->items[links->count++] = *link;
}

/* Notes a text with one variable. What precedes the variable has no wildcards; see frames.c. */
static void note_text(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  const char *name;
  size_t name_length, from = 0;
  if (!context_next_variable(text, length, &from, &name, &name_length))
    return;
  struct link link = {.variable = variables_find(variables, name, name_length),
                      .dimension = test->dimension,
                      .before = {text, (size_t)(name - 2 - text)},
                      .after = {text + from, length - from}};
  if (test->kind == TEST_RESOURCE || test->condition.type == OPERAND_ARN)
    cut_part(&link);
  if (link.variable < variables->count && !has_wildcard(link.before.bytes, link.before.length) &&
      !memmem(link.before.bytes, link.before.length, "${", 2) &&
      !memmem(link.after.bytes, link.after.length, "${", 2))
    add_link(variables->query, state, &link);
}

/* Reports whether some text begins as both links do, so that it can have values of both variables. */
static bool are_linked(const struct link *a, const struct link *b) {
  size_t common = a->before.length < b->before.length ? a->before.length : b->before.length;
  return a->variable != b->variable && a->dimension == b->dimension && a->part == b->part &&
         strncasecmp(a->before.bytes, b->before.bytes, common) == 0;
}

/* Reports whether a variable may have a value. A name is not empty and has no separators; most texts with
 * other variables have some. */
static bool may_be_value(const struct variables *variables, size_t i, const char *value,
                         size_t length) {
  enum shape shape =
      shape_of_key(variables->query->boxes, variables->items[i].name, variables->items[i].length);
  return shape != SHAPE_NAME ||
         (length > 0 && !memchr(value, '/', length) && !memchr(value, ':', length));
}

/* Adds the value of a link's variable in a text. The literal text before the first wildcard ends it. */
static void take_apart(struct variables *variables, const struct link *link, const char *text,
                       size_t length) {
  size_t literal = 0;
  while (literal < link->after.length && !strchr("*?", link->after.bytes[literal]))
    literal++;
  if (length < link->before.length + literal ||
      strncasecmp(text, link->before.bytes, link->before.length) != 0)
    return;
  const char *value = text + link->before.length, *end = text + length - literal;
  if (literal < link->after.length && literal > 0)
    end = memmem(value, (size_t)(text + length - value), link->after.bytes, literal);
  else if (strncasecmp(end, link->after.bytes, literal) != 0)
    return;
  if (end && may_be_value(variables, link->variable, value, (size_t)(end - value)))
    variables_add(variables, link->variable, value, (size_t)(end - value));
}

/* Takes the text apart that a value makes. A wildcard is nothing, or one letter; with `end`, the text
 * ends as the other link does, which a wildcard of the first one may match. */
static void follow_value(struct variables *variables, const struct link *from,
                         const struct link *to, struct policy_string value, bool end) {
  const struct policy_string after = end ? to->after : from->after;
  struct buf text = {0};
  buf_add(&text, from->before.bytes, from->before.length);
  buf_add(&text, value.bytes, value.length);
  for (size_t c = 0; c < after.length; c++)
    if (after.bytes[c] != '*')
      buf_addc(&text, after.bytes[c] == '?' ? 'a' : after.bytes[c]);
  variables->query->pool->failed = variables->query->pool->failed || text.failed;
  if (text.data && !text.failed)
    take_apart(variables, to, text.data, text.length);
  buf_free(&text);
}

static void follow(struct variables *variables, const struct link *from, const struct link *to) {
  size_t count = variables->items[from->variable].values.count;
  for (size_t i = 0; i < count && query_pay(variables->query, 10 + count); i++) {
    const struct policy_string value = variables->items[from->variable].values.items[i];
    follow_value(variables, from, to, value, false);
    if (has_wildcard(from->after.bytes, from->after.length))
      follow_value(variables, from, to, value, true);
  }
}

static void note_links(struct variables *variables, struct links *links) {
  const struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if ((query->roles[i] || query->masks[i]) && test->has_variables)
      variables_each(variables, test, note_text, links);
  }
}

void links_add(struct variables *variables) {
  struct query *query = variables->query;
  struct links links = {0};
  const char *inexact = query->inexact;
  if (variables->count < 2)
    return;
  query->inexact = NULL;
  note_links(variables, &links);
  for (size_t round = 0; round < ROUNDS; round++)
    for (size_t a = 0; a < links.count && query_pay(query, links.count); a++)
      for (size_t b = 0; b < links.count; b++)
        if (are_linked(&links.items[a], &links.items[b]))
          follow(variables, &links.items[a], &links.items[b]);
  if (query->inexact)
    variables->inexact = query->inexact;
  query->inexact = inexact;
}
