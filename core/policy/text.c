#include "policy/text.h"

#include <stdlib.h>
#include <string.h>

void policy_no_memory(struct json_error *error) {
  *error = (struct json_error){
      .line = 1, .column = 1, .no_memory = true, .message = "not enough memory"};
}

static bool sid_taken(const struct policy *doc, const struct buf *sid) {
  for (size_t i = 0; i < policy_count(doc); i++)
    if (policy_has_sid(policy_statement(doc, i), sid->data, sid->length))
      return true;
  return false;
}

void policy_choose_sid(const struct policy *doc, const struct policy_string *wanted,
                       struct buf *sid) {
  buf_add(sid, wanted->bytes, wanted->length);
  for (size_t number = 2; !sid->failed && sid_taken(doc, sid); number++) {
    buf_reset(sid);
    buf_add(sid, wanted->bytes, wanted->length);
    buf_addf(sid, "-%zu", number);
  }
}

bool *policy_cuts_new(const struct policy *doc) {
  size_t length;
  policy_text(doc, &length);
  return calloc(length + 1, sizeof(bool));
}

void policy_cut(bool *cuts, size_t start, size_t end) {
  memset(cuts + start, true, end - start);
}

void policy_cut_members(bool *cuts, const struct json_value *container, const bool *marks) {
  const struct json_value *before = NULL;
  bool kept = false;
  size_t i = 0;
  for (const struct json_value *member = container->first; member; member = member->next, i++) {
    if (marks[i] && kept)
      policy_cut(cuts, before->end, member->end);
    if (!marks[i] && !kept) {
      policy_cut(cuts, json_member_start(container->first), json_member_start(member));
      kept = true;
    }
    before = member;
  }
  if (before && !kept)
    policy_cut(cuts, container->start + 1, before->end);
}

bool policy_apply_cuts(struct policy *doc, const bool *cuts, struct json_error *error) {
  size_t length;
  const char *text = policy_text(doc, &length);
  char *left = malloc(length + 1);
  if (!left) {
    policy_no_memory(error);
    return false;
  }
  size_t left_length = 0;
  for (size_t i = 0; i < length; i++)
    if (!cuts[i])
      left[left_length++] = text[i];
  bool done = policy_replace_text(doc, left, left_length, error);
  free(left);
  return done;
}
