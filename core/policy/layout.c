#include "policy/layout.h"

#include "policy/text.h"

#include <string.h>

void layout_pretty(struct layout *layout) {
  *layout = (struct layout){.lines = true, .newline = "\n", .comma = ", "};
  buf_adds(&layout->inner, "  ");
  buf_adds(&layout->unit, "  ");
  buf_adds(&layout->colon, ": ");
}

void layout_minimal(struct layout *layout) {
  *layout = (struct layout){.newline = "\n", .comma = ","};
  buf_adds(&layout->colon, ":");
}

void layout_free(struct layout *layout) {
  buf_free(&layout->outer);
  buf_free(&layout->inner);
  buf_free(&layout->unit);
  buf_free(&layout->colon);
  for (size_t level = 0; level < LAYOUT_LEVELS; level++)
    for (size_t kind = 0; kind < LAYOUT_KINDS; kind++) {
      buf_free(&layout->gaps[level][kind].open);
      buf_free(&layout->gaps[level][kind].next);
      buf_free(&layout->gaps[level][kind].close);
    }
}

static void add_buf(struct buf *out, const struct buf *bytes) {
  buf_add(out, bytes->data, bytes->length);
  out->failed |= bytes->failed;
}

/* Adds a new line and the indentation for the members of a value `depth` levels down, or, for -1,
 * for the closing bracket of the outermost value. */
static void add_line(const struct layout *layout, int depth, struct buf *out) {
  buf_adds(out, layout->newline);
  add_buf(out, depth < 0 ? &layout->outer : &layout->inner);
  for (int i = 0; i < depth; i++)
    add_buf(out, &layout->unit);
}

static const struct layout_gaps *learnt(const struct layout *layout, int depth,
                                        const struct json_value *value) {
  static const struct layout_gaps nothing;
  if (depth >= LAYOUT_LEVELS)
    return &nothing;
  return &layout->gaps[depth][value->type == JSON_OBJECT ? LAYOUT_OBJECT : LAYOUT_ARRAY];
}

static bool is_inline(const struct layout *layout, const struct json_value *value) {
  return layout->inline_arrays && value->type == JSON_ARRAY;
}

static void add_open(const struct layout *layout, int depth, const struct json_value *value,
                     struct buf *out) {
  const struct layout_gaps *gaps = learnt(layout, depth, value);
  buf_addc(out, value->type == JSON_OBJECT ? '{' : '[');
  if (gaps->open_known)
    add_buf(out, &gaps->open);
  else if (is_inline(layout, value))
    buf_addc(out, ' ');
  else if (layout->lines)
    add_line(layout, depth, out);
}

static void add_next(const struct layout *layout, int depth, const struct json_value *value,
                     struct buf *out) {
  const struct layout_gaps *gaps = learnt(layout, depth, value);
  if (gaps->next_known) {
    add_buf(out, &gaps->next);
  } else if (layout->lines && !gaps->open_known && !is_inline(layout, value)) {
    buf_addc(out, ',');
    add_line(layout, depth, out);
  } else {
    buf_adds(out, layout->comma);
  }
}

static void add_close(const struct layout *layout, int depth, const struct json_value *value,
                      struct buf *out) {
  const struct layout_gaps *gaps = learnt(layout, depth, value);
  if (gaps->open_known)
    add_buf(out, &gaps->close);
  else if (is_inline(layout, value))
    buf_addc(out, ' ');
  else if (layout->lines)
    add_line(layout, depth - 1, out);
  buf_addc(out, value->type == JSON_OBJECT ? '}' : ']');
}

static bool has_members(const struct json_value *value) {
  return (value->type == JSON_OBJECT || value->type == JSON_ARRAY) && value->first;
}

void layout_write(const struct layout *layout, const char *text, const struct json_value *value,
                  struct buf *out) {
  const struct json_value *open[JSON_MAX_DEPTH + 1]; /* the containers around `value` */
  int depth = 0;
  out->failed |= layout->colon.failed;
  while (value) {
    if (depth > 0 && value->key) {
      buf_add(out, text + value->key->start, value->key->end - value->key->start);
      add_buf(out, &layout->colon);
    }
    if (has_members(value)) {
      add_open(layout, depth, value, out);
      open[depth++] = value;
      value = value->first;
      continue;
    }
    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY)
      buf_adds(out, value->type == JSON_OBJECT ? "{}" : "[]");
    else
      buf_add(out, text + value->start, value->end - value->start);
    while (depth > 0 && !value->next) {
      value = open[--depth];
      add_close(layout, depth, value, out);
    }
    if (depth == 0)
      return;
    add_next(layout, depth - 1, open[depth - 1], out);
    value = value->next;
  }
}

bool layout_spans_lines(const char *text, const struct json_value *value) {
  size_t length = value->end - value->start;
  return memchr(text + value->start, '\n', length) || memchr(text + value->start, '\r', length);
}

void layout_separator(const struct layout *layout, const char *text,
                      const struct json_value *container, struct buf *out) {
  const struct json_value *before = container->first;
  while (before->next && before->next->next)
    before = before->next;
  if (before->next) {
    buf_add(out, text + before->end, json_member_start(before->next) - before->end);
  } else if (json_member_start(before) > container->start + 1) {
    buf_addc(out, ',');
    buf_add(out, text + container->start + 1, json_member_start(before) - container->start - 1);
  } else {
    buf_adds(out, layout_spans_lines(text, before) ? ", " : layout->comma);
  }
}
