#include "policy/edit.h"

#include "json/write.h"
#include "policy/canonical.h"
#include "policy/layout.h"
#include "policy/principal.h"
#include "policy/text.h"

#include <stdio.h>
#include <string.h>

/* Appends the text of the Statement element with one more statement. A single statement object
 * becomes the first element of an array. The white space of an empty array stays after the
 * statement, so that it remains when the statement is removed again. */
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

/* Appends a value after the last statement. */
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

static bool has_object(const struct policy *doc, size_t index) {
  const struct json_value *part = policy_statement(doc, index)->json->first;
  while (part && (part->type != JSON_OBJECT || !part->first))
    part = part->next;
  return part != NULL;
}

static bool shows_objects(const struct policy *doc) {
  for (size_t i = 0; i < policy_count(doc); i++)
    if (has_object(doc, i))
      return true;
  return false;
}

/* Appends the statements from *next on to an array that has statements with members, in one parse,
 * as long as a layout that is learned after a statement equals the one before. The first object
 * that a statement has can show what was unknown. Sets *next to the first that is left. */
static enum policy_edit append_several(struct policy *doc, const struct policy *from, size_t *next,
                                       struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  size_t length, from_length;
  const char *text = policy_text(doc, &length), *from_text = policy_text(from, &from_length);
  const struct json_value *statements = policy_statements_json(doc);
  const struct json_value *last = json_last_member(statements);
  struct layout layout;
  struct buf out = {0}, separator = {0};
  bool is_known = shows_objects(doc), learns = false;
  layout_learn(&layout, doc);
  layout_separator(&layout, text, statements, &separator);
  buf_add(&out, text, last->end);
  for (; *next < policy_count(from) && !learns; ++*next) {
    buf_add(&out, separator.data, separator.length);
    layout_write(&layout, from_text, policy_statement(from, *next)->json, &out);
    learns = !is_known && has_object(from, *next);
  }
  buf_add(&out, text + last->end, length - last->end);
  if (out.failed || separator.failed)
    policy_no_memory(error);
  else if (policy_replace_text(doc, out.data, out.length, error))
    edit = POLICY_CHANGED;
  layout_free(&layout);
  buf_free(&separator);
  buf_free(&out);
  return edit;
}

/* Reports whether the document has an array of statements, and one of them has members. */
static bool shows_layout(const struct policy *doc) {
  for (size_t i = 0; i < policy_count(doc); i++)
    if (policy_statement(doc, i)->json->first)
      return policy_statements_json(doc)->type == JSON_ARRAY;
  return false;
}

enum policy_edit policy_append(struct policy *doc, const struct policy *from,
                               struct json_error *error) {
  struct policy *edited = policy_copy(doc);
  if (!edited) {
    policy_no_memory(error);
    return POLICY_FAILED;
  }
  enum policy_edit edit = POLICY_UNCHANGED;
  for (size_t i = 0; i < policy_count(from) && edit != POLICY_FAILED;)
    edit = shows_layout(edited) ? append_several(edited, from, &i, error)
                                : policy_append_statement(edited, from, i++, error);
  if (edit == POLICY_CHANGED)
    policy_swap(doc, edited);
  policy_free(edited);
  return edit;
}

/* Reports whether an unconditional Allow names the principal for every resource. */
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

/* Returns a statement that allows the action to the principal, or NULL. */
static const struct policy_statement *find_allowing(const struct policy *doc,
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

/* Appends a policy with one statement: the grant. */
static void add_grant_policy(const struct policy *doc, const struct policy_grant *grant,
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

/* A condition must be one complete value: a text that closes the statement could begin another
 * one. */
static bool check_condition(const struct policy_string *condition, struct json_error *error) {
  struct json_doc *json = json_parse(condition->bytes, condition->length, error);
  json_free(json);
  return json != NULL;
}

/* Returns the policy of a grant, or NULL with `error` set. */
static struct policy *parse_grant_policy(const struct policy *doc, const struct policy_grant *grant,
                                         struct json_error *error) {
  if (grant->condition.bytes && !check_condition(&grant->condition, error))
    return NULL;
  struct policy *granting = NULL;
  struct buf text = {0};
  add_grant_policy(doc, grant, &text);
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

/* Returns a statement that makes the grant unnecessary, or NULL: one that allows the actions
 * without a condition (one of several, if the actions are spread over them), or one with the same
 * meaning. Sets *failed if there is not enough memory. */
static const struct policy_statement *find_granting(const struct policy *doc,
                                                    const struct policy_grant *grant,
                                                    const struct policy *granting, bool *failed) {
  const struct policy_statement *found = NULL;
  for (size_t i = 0; i < grant->action_count; i++) {
    found = find_allowing(doc, &grant->principal, &grant->actions[i]);
    if (!found)
      break;
  }
  if (found || !grant->condition.bytes)
    return found;
  struct buf wanted = {0}, existing = {0};
  policy_canonical_statement(granting, 0, CANONICAL_WITHOUT_SID, &wanted);
  for (size_t i = 0; i < policy_count(doc) && !found; i++) {
    buf_reset(&existing);
    policy_canonical_statement(doc, i, CANONICAL_WITHOUT_SID, &existing);
    if (buf_equal(&existing, &wanted))
      found = policy_statement(doc, i);
  }
  *failed = wanted.failed || existing.failed;
  buf_free(&wanted);
  buf_free(&existing);
  return found;
}

enum policy_edit policy_allow(struct policy *doc, const struct policy_grant *grant,
                              size_t *statement, struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  bool failed = false;
  struct policy *granting = parse_grant_policy(doc, grant, error);
  if (!granting)
    return POLICY_FAILED;
  const struct policy_statement *found = find_granting(doc, grant, granting, &failed);
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
