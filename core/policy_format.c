#include "policy.h"
#include "policy_layout.h"

void policy_format(const struct policy *doc, struct buf *out) {
  struct layout layout;
  layout_pretty(&layout);
  size_t length;
  const char *text = policy_text(doc, &length);
  layout_write(&layout, text, json_root(policy_json(doc)), out);
  layout_free(&layout);
}
