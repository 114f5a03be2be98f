#include "policy/edit.h"

#include "policy/principal.h"
#include "policy/text.h"

#include <stdlib.h>

bool policy_revocable(const struct policy_statement *statement, bool any_effect) {
  if (statement->flaw || !statement->principals.json || statement->not_principal)
    return false;
  return statement->effect == POLICY_ALLOW || any_effect;
}

bool policy_revocation_applies(const struct policy_revocation *what,
                               const struct policy_statement *statement) {
  return policy_revocable(statement, what->any_effect) &&
         (!what->sid.bytes || policy_has_sid(statement, what->sid.bytes, what->sid.length));
}

/* Replaces a single statement object by an empty array. */
static bool remove_single(struct policy *doc, struct json_error *error) {
  const struct json_value *statement = policy_statements_json(doc);
  size_t length;
  const char *text = policy_text(doc, &length);
  struct buf out = {0};
  buf_add(&out, text, statement->start);
  buf_adds(&out, "[]");
  buf_add(&out, text + statement->end, length - statement->end);
  bool done = !out.failed && policy_replace_text(doc, out.data, out.length, error);
  buf_free(&out);
  return done;
}

static size_t count_marks(const bool *marks, size_t count) {
  size_t marked = 0;
  for (size_t i = 0; i < count; i++)
    marked += marks[i];
  return marked;
}

enum policy_edit policy_remove_statements(struct policy *doc, const bool *marks) {
  if (count_marks(marks, policy_count(doc)) == 0)
    return POLICY_UNCHANGED;
  struct json_error error;
  if (policy_statements_json(doc)->type == JSON_OBJECT)
    return remove_single(doc, &error) ? POLICY_CHANGED : POLICY_FAILED;
  enum policy_edit edit = POLICY_FAILED;
  bool *cuts = policy_cuts_new(doc);
  if (!cuts)
    return POLICY_FAILED;
  policy_cut_members(cuts, policy_statements_json(doc), marks);
  if (policy_apply_cuts(doc, cuts, &error))
    edit = POLICY_CHANGED;
  free(cuts);
  return edit;
}

/* Cuts marked principals of a statement that also has others; `marks` begins with its first. A type
 * is removed if all its principals are. Returns false if there is not enough memory. */
static bool cut_principals(bool *cuts, const struct policy_statement *statement,
                           const bool *marks) {
  const struct json_value *types = statement->principals.json;
  bool *gone = calloc(types->count, sizeof *gone);
  if (!gone)
    return false;
  size_t index = 0;
  for (const struct json_value *type = types->first; type; type = type->next, index++) {
    size_t count = type->type == JSON_ARRAY ? type->count : 1;
    size_t marked = count_marks(marks, count);
    gone[index] = marked > 0 && marked == count;
    if (marked > 0 && marked < count)
      policy_cut_members(cuts, type, marks);
    marks += count;
  }
  if (count_marks(gone, types->count) > 0)
    policy_cut_members(cuts, types, gone);
  free(gone);
  return true;
}

enum policy_edit policy_remove_principals(struct policy *doc, const bool *marks, size_t *touched) {
  enum policy_edit edit = POLICY_FAILED;
  struct json_error error;
  bool *cuts = policy_cuts_new(doc);
  bool *gone = calloc(policy_count(doc) + 1, sizeof *gone);
  *touched = 0;
  if (!cuts || !gone)
    goto done;
  for (size_t i = 0; i < policy_count(doc); i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    const struct policy_list *principals = &statement->principals;
    const bool *mine = marks + policy_value_index(doc, principals->items);
    size_t marked = statement->flaw ? 0 : count_marks(mine, principals->count);
    if (marked == 0)
      continue;
    ++*touched;
    gone[i] = marked == principals->count;
    if (!gone[i] && !cut_principals(cuts, statement, mine))
      goto done;
  }
  if (*touched == 0) {
    edit = POLICY_UNCHANGED;
  } else if (gone[0] && policy_statements_json(doc)->type == JSON_OBJECT) {
    edit = remove_single(doc, &error) ? POLICY_CHANGED : POLICY_FAILED;
  } else {
    if (policy_statements_json(doc)->type == JSON_ARRAY)
      policy_cut_members(cuts, policy_statements_json(doc), gone);
    edit = policy_apply_cuts(doc, cuts, &error) ? POLICY_CHANGED : POLICY_FAILED;
  }

done:
  free(gone);
  free(cuts);
  return edit;
}

enum policy_edit policy_revoke(struct policy *doc, const struct policy_revocation *what,
                               size_t *touched) {
  bool *marks = calloc(policy_values_count(doc) + 1, sizeof *marks);
  if (!marks)
    return POLICY_FAILED;
  for (size_t i = 0; i < policy_count(doc); i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    if (!policy_revocation_applies(what, statement))
      continue;
    for (size_t j = 0; j < statement->principals.count; j++) {
      const struct policy_value *named = &statement->principals.items[j];
      marks[policy_value_index(doc, named)] =
          principal_equal(named, what->principal.bytes, what->principal.length);
    }
  }
  enum policy_edit edit = policy_remove_principals(doc, marks, touched);
  free(marks);
  return edit;
}
