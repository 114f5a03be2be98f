#include "policy/format.h"

#include "policy/layout.h"

void policy_format(const struct policy *doc, struct buf *out) {
  struct layout layout;
  size_t length;
  const char *text = policy_text(doc, &length);
  layout_pretty(&layout);
  layout.newline = layout_newline(text, length);
  buf_add(out, text, json_root(policy_json(doc))->start > 0 && *text == '\xEF' ? 3 : 0);
  layout_write(&layout, text, json_root(policy_json(doc)), out);
  layout_free(&layout);
}

void policy_compact(const struct policy *doc, struct buf *out) {
  struct layout layout;
  size_t length;
  layout_minimal(&layout);
  layout_write(&layout, policy_text(doc, &length), json_root(policy_json(doc)), out);
  layout_free(&layout);
}
