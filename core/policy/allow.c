#include "policy/edit.h"

#include "json/write.h"
#include "policy/canonical.h"
#include "policy/layout.h"
#include "policy/principal.h"
#include "policy/text.h"

#include <stdio.h>
#include <string.h>

/* Adds the text of the statements element with one more statement in it. A lone statement object
 * becomes the first of an array. The space inside an empty array stays behind the statement, so that
 * it is there again when the statement goes. */
static void add_statements(const struct layout *layout, const char *text,
                           const struct json_value *statements, const char *value_text,
                           const struct json_value *value, struct buf *out) {
  const struct json_value *last = json_last_member(statements);
  const char *start = text + statements->start;
  size_t length = statements->end - statements->start;
  if (statements->type == JSON_OBJECT) {
    buf_addc(out, '[');
    buf_add(out, start, length);
    buf_adds(out, layout_spans_lines(text, statements) ? ", " : layout->comma);
    layout_write(layout, value_text, value, out);
    buf_addc(out, ']');
  } else if (last) {
    buf_add(out, start, last->end - statements->start);
    layout_separator(layout, text, statements, out);
    layout_write(layout, value_text, value, out);
    buf_add(out, text + last->end, statements->end - last->end);
  } else {
    buf_addc(out, '[');
    if (layout_spans_lines(text, statements)) {
      buf_adds(out, layout->newline);
      buf_add(out, layout->outer.data, layout->outer.length);
    } else {
      buf_add(out, start + 1, length - 2);
    }
    layout_write(layout, value_text, value, out);
    buf_add(out, start + 1, length - 1);
  }
}

/* Puts a value behind the last statement. */
static enum policy_edit append_value(struct policy *doc, const char *value_text,
                                     const struct json_value *value, struct json_error *error) {
  size_t length;
  const char *text = policy_text(doc, &length);
  const struct json_value *statements = policy_statements_json(doc);
  struct layout layout;
  layout_learn(&layout, doc);
  struct buf out = {0};
  buf_add(&out, text, statements->start);
  add_statements(&layout, text, statements, value_text, value, &out);
  buf_add(&out, text + statements->end, length - statements->end);
  layout_free(&layout);

  enum policy_edit edit = POLICY_FAILED;
  if (out.failed)
    policy_no_memory(error);
  else if (policy_replace_text(doc, out.data, out.length, error))
    edit = POLICY_CHANGED;
  buf_free(&out);
  return edit;
}

enum policy_edit policy_append_statement(struct policy *doc, const struct policy *from,
                                         size_t index, struct json_error *error) {
  size_t length;
  const char *text = policy_text(from, &length);
  return append_value(doc, text, policy_statement(from, index)->json, error);
}

/* Whether an unconditional Allow names the principal for every resource. */
static bool allows_principal(const struct policy_statement *statement,
                             const struct policy_string *principal) {
  if (!policy_revocable(statement, false) || statement->not_action || statement->conditions.json)
    return false;
  bool everywhere = !statement->resources.json;
  for (size_t i = 0; i < statement->resources.count && !statement->not_resource; i++)
    everywhere |= strcmp(statement->resources.items[i].string, "*") == 0;
  if (!everywhere)
    return false;
  for (size_t i = 0; i < statement->principals.count; i++) {
    const struct policy_value *named = &statement->principals.items[i];
    if (principal_equal(named, principal->bytes, principal->length))
      return true;
  }
  return false;
}

/* A statement that lets the principal do the action, or NULL. */
static const struct policy_statement *allowing(const struct policy *doc,
                                               const struct policy_string *principal,
                                               const struct policy_string *action) {
  for (size_t i = 0; i < policy_count(doc); i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    if (allows_principal(statement, principal) &&
        policy_matches_action(&statement->actions, action->bytes, action->length))
      return statement;
  }
  return NULL;
}

/* Adds a policy of one statement, the one that the grant asks for. */
static void add_granting_policy(const struct policy *doc, const struct policy_grant *grant,
                                struct buf *out) {
  buf_adds(out, "{\"Statement\":[{");
  if (grant->sid.bytes) {
    struct buf sid = {0};
    policy_choose_sid(doc, &grant->sid, &sid);
    buf_adds(out, "\"Sid\":");
    json_add_string(out, sid.data, sid.length);
    buf_addc(out, ',');
    out->failed |= sid.failed;
    buf_free(&sid);
  }
  buf_adds(out, "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":");
  json_add_string(out, grant->principal.bytes, grant->principal.length);
  buf_adds(out, "},\"Action\":[");
  for (size_t i = 0; i < grant->action_count; i++) {
    if (i > 0)
      buf_addc(out, ',');
    json_add_string(out, grant->actions[i].bytes, grant->actions[i].length);
  }
  buf_addc(out, ']');
  if (grant->condition.bytes) {
    buf_adds(out, ",\"Condition\":");
    buf_add(out, grant->condition.bytes, grant->condition.length);
  }
  buf_adds(out, "}]}");
}

/* A condition must be a value by itself: a text that closes the statement would begin another. */
static bool check_condition(const struct policy_string *condition, struct json_error *error) {
  struct json_doc *json = json_parse(condition->bytes, condition->length, error);
  json_free(json);
  return json != NULL;
}

/* Makes that policy. NULL on error, `error` set. */
static struct policy *granting_policy(const struct policy *doc, const struct policy_grant *grant,
                                      struct json_error *error) {
  if (grant->condition.bytes && !check_condition(&grant->condition, error))
    return NULL;
  struct policy *granting = NULL;
  struct buf text = {0};
  add_granting_policy(doc, grant, &text);
  if (text.failed)
    policy_no_memory(error);
  else
    granting = policy_parse(text.data, text.length, error);
  buf_free(&text);
  if (granting && policy_statement(granting, 0)->flaw) {
    snprintf(error->message, sizeof error->message, "%s", policy_statement(granting, 0)->flaw_text);
    policy_free(granting);
    granting = NULL;
  }
  return granting;
}

/* The statement that makes the grant needless: one that allows it without a condition (all actions
 * may be spread over several; one of these then), or one that means the same. NULL when there is
 * none; *failed is set without memory. */
static const struct policy_statement *granting_already(const struct policy *doc,
                                                       const struct policy_grant *grant,
                                                       const struct policy *granting,
                                                       bool *failed) {
  const struct policy_statement *found = NULL;
  for (size_t i = 0; i < grant->action_count; i++) {
    found = allowing(doc, &grant->principal, &grant->actions[i]);
    if (!found)
      break;
  }
  if (found || !grant->condition.bytes)
    return found;
  struct buf wanted = {0}, there = {0};
  policy_canonical_statement(granting, 0, CANONICAL_WITHOUT_SID, &wanted);
  for (size_t i = 0; i < policy_count(doc) && !found; i++) {
    buf_reset(&there);
    policy_canonical_statement(doc, i, CANONICAL_WITHOUT_SID, &there);
    if (buf_equal(&there, &wanted))
      found = policy_statement(doc, i);
  }
  *failed = wanted.failed || there.failed;
  buf_free(&wanted);
  buf_free(&there);
  return found;
}

enum policy_edit policy_allow(struct policy *doc, const struct policy_grant *grant,
                              size_t *statement, struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  bool failed = false;
  struct policy *granting = granting_policy(doc, grant, error);
  if (!granting)
    return POLICY_FAILED;
  const struct policy_statement *found = granting_already(doc, grant, granting, &failed);
  if (failed) {
    policy_no_memory(error);
  } else if (found) {
    *statement = found->index;
    edit = POLICY_UNCHANGED;
  } else {
    edit = policy_append_statement(doc, granting, 0, error);
    *statement = policy_count(doc) - 1;
  }
  policy_free(granting);
  return edit;
}
