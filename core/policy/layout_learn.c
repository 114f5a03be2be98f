#include "policy/layout.h"

#include "base/bytes.h"

#include <string.h>

/* Learns a layout from a document. */

struct gap {
  const char *bytes;
  size_t length;
};

static bool has_newline(struct gap gap) {
  return memchr(gap.bytes, '\n', gap.length) || memchr(gap.bytes, '\r', gap.length);
}

static struct gap between(const char *text, size_t start, size_t end) {
  return (struct gap){text + start, end - start};
}

static struct gap open_gap(const char *text, const struct json_value *container) {
  return between(text, container->start + 1, json_member_start(container->first));
}

static struct gap close_gap(const char *text, const struct json_value *container) {
  return between(text, json_last_member(container)->end, container->end - 1);
}

static struct gap next_gap(const char *text, const struct json_value *container) {
  const struct json_value *second = container->first->next;
  return between(text, container->first->end, json_member_start(second));
}

/* Returns the part of a gap after its last line break. */
static struct gap indentation(struct gap gap) {
  size_t start = gap.length;
  while (start > 0 && gap.bytes[start - 1] != '\n' && gap.bytes[start - 1] != '\r')
    start--;
  return (struct gap){gap.bytes + start, gap.length - start};
}

static void set(struct buf *buf, struct gap gap) {
  buf_reset(buf);
  buf_add(buf, gap.bytes, gap.length);
}

const char *layout_newline(const char *text, size_t length) {
  const char *lf = memchr(text, '\n', length);
  const char *cr = memchr(text, '\r', length);
  if (cr && lf == cr + 1)
    return "\r\n";
  return cr && (!lf || cr < lf) ? "\r" : "\n";
}

/* Sets inner and unit from the indentation of the members and of the closing bracket. */
static void set_indentation(struct layout *layout, struct gap inner, struct gap outer) {
  if (inner.length > outer.length &&
      bytes_equal(inner.bytes, outer.length, outer.bytes, outer.length))
    set(&layout->unit, between(inner.bytes, outer.length, inner.length));
  set(&layout->outer, outer);
  set(&layout->inner, inner);
}

/* Learns from a container what is still unknown. The gap between members is only learned from a
 * container that opens in the same way, on one line or on several. */
static void learn_gaps(struct layout_gaps *gaps, const char *text,
                       const struct json_value *container) {
  struct gap open = open_gap(text, container);
  if (!gaps->open_known) {
    set(&gaps->open, open);
    set(&gaps->close, close_gap(text, container));
    gaps->open_known = true;
    gaps->open_lines = has_newline(open);
  }
  if (!gaps->next_known && container->first->next && gaps->open_lines == has_newline(open)) {
    set(&gaps->next, next_gap(text, container));
    gaps->next_known = true;
  }
}

/* If each container has one member and shows no separator, a newline follows a comma where a
 * newline follows the bracket. */
static void complete_gaps(struct layout_gaps *gaps) {
  if (!gaps->open_known || gaps->next_known || !gaps->open_lines)
    return;
  buf_addc(&gaps->next, ',');
  buf_add(&gaps->next, gaps->open.data, gaps->open.length);
  gaps->next_known = true;
}

static bool is_principal(const struct json_value *part) {
  return strcmp(part->key->string, "Principal") == 0 ||
         strcmp(part->key->string, "NotPrincipal") == 0;
}

/* Learns the layout of nested values, from the last statement to the first. A Principal object is
 * preferred to a Condition, and a list of several strings to a list of one, which is often on one
 * line where a longer list is not. */
static void learn_parts(struct layout *layout, const struct policy *doc, const char *text) {
  for (int choice = 0; choice < 2; choice++)
    for (size_t i = policy_count(doc); i > 0; i--) {
      const struct json_value *part = policy_statement(doc, i - 1)->json->first;
      for (; part; part = part->next) {
        if (part->type == JSON_OBJECT && part->first && (choice > 0 || is_principal(part)))
          learn_gaps(&layout->gaps[1][LAYOUT_OBJECT], text, part);
        if (part->type == JSON_ARRAY && part->first && (choice > 0 || part->count > 1))
          learn_gaps(&layout->gaps[1][LAYOUT_ARRAY], text, part);
      }
    }
}

static const struct json_value *last_with_members(const struct policy *doc) {
  for (size_t i = policy_count(doc); i > 0; i--)
    if (policy_statement(doc, i - 1)->json->first)
      return policy_statement(doc, i - 1)->json;
  return NULL;
}

/* Aligned colons have gaps of several widths. The narrowest is the plain one. */
static void learn_colon(struct layout *layout, const char *text, const struct json_value *member) {
  struct gap narrowest = between(text, member->key->end, member->start);
  for (; member; member = member->next) {
    struct gap gap = between(text, member->key->end, member->start);
    if (gap.length < narrowest.length)
      narrowest = gap;
  }
  set(&layout->colon, narrowest);
  layout->comma = layout->colon.length > 1 ? ", " : ",";
}

static bool is_blank(struct gap gap) {
  return gap.length == 1 && *gap.bytes == ' ';
}

/* Reports whether arrays are on one line where objects are not, as in the layout of ECR: the
 * Statement array opens with a blank, and a blank precedes each colon. A document can have no
 * other array, because ECR returns an array of one string as the string. */
static bool has_inline_arrays(const struct layout *layout, const struct policy *doc,
                              const char *text) {
  const struct json_value *array = policy_statements_json(doc);
  return layout->lines && array->type == JSON_ARRAY && array->first &&
         is_blank(open_gap(text, array)) && layout->colon.length > 0 && *layout->colon.data == ' ';
}

static void learn_from_statements(struct layout *layout, const struct policy *doc, const char *text,
                                  const struct json_value *model) {
  struct gap open = open_gap(text, model);
  struct gap close = close_gap(text, model);
  layout->lines = has_newline(open);
  if (layout->lines)
    set_indentation(layout, indentation(open),
                    has_newline(close) ? indentation(close) : between("", 0, 0));
  learn_colon(layout, text, model->first);
  struct layout_gaps *members = &layout->gaps[0][LAYOUT_OBJECT];
  struct layout_gaps *parts = &layout->gaps[1][LAYOUT_OBJECT];
  layout->inline_arrays = has_inline_arrays(layout, doc, text);
  learn_gaps(members, text, model);
  for (size_t i = policy_count(doc); i > 0; i--)
    if (policy_statement(doc, i - 1)->json->first)
      learn_gaps(members, text, policy_statement(doc, i - 1)->json);
  learn_parts(layout, doc, text);
  if (!parts->open_known && !layout->lines)
    learn_gaps(parts, text, model);
  for (size_t level = 0; level < LAYOUT_LEVELS; level++)
    for (size_t kind = 0; kind < LAYOUT_KINDS; kind++)
      complete_gaps(&layout->gaps[level][kind]);
}

/* Learns from a document without non-empty statements: from the root's members and the Statement
 * array. In an empty array with a newline, statements are indented one level; in one without, they
 * are adjacent to the brackets. */
static void learn_from_frame(struct layout *layout, const struct policy *doc, const char *text) {
  const struct json_value *root = json_root(policy_json(doc));
  const struct json_value *array = policy_statements_json(doc);
  struct gap open = open_gap(text, root);
  struct gap close = close_gap(text, root);
  const struct json_value *empty = array->type == JSON_ARRAY ? array->first : NULL;
  struct gap inside = between(text, array->start + 1, empty ? empty->start : array->end - 1);
  learn_colon(layout, text, root->first);
  layout->lines = has_newline(open) || has_newline(inside);
  if (!layout->lines)
    return;
  if (has_newline(open))
    set_indentation(layout, indentation(open),
                    has_newline(close) ? indentation(close) : between("", 0, 0));
  set(&layout->outer, has_newline(inside) ? indentation(inside) : indentation(open));
  if (has_newline(inside) && !empty)
    buf_add(&layout->outer, layout->unit.data, layout->unit.length);
  set(&layout->inner, between(layout->outer.data, 0, layout->outer.length));
  buf_add(&layout->inner, layout->unit.data, layout->unit.length);
}

void layout_learn(struct layout *layout, const struct policy *doc) {
  size_t length;
  const char *text = policy_text(doc, &length);
  layout_pretty(layout);
  layout->newline = layout_newline(text, length);
  const struct json_value *model = last_with_members(doc);
  if (model)
    learn_from_statements(layout, doc, text, model);
  else
    learn_from_frame(layout, doc, text);
}
