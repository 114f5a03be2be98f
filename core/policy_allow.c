#include "policy.h"
#include "policy_layout.h"
#include "policy_principal.h"
#include "policy_text.h"

#include <stdio.h>
#include <string.h>

static void no_memory(struct json_error *error) {
  *error = (struct json_error){.line = 1, .column = 1};
  snprintf(error->message, sizeof error->message, "not enough memory");
}

static bool spans_lines(const char *text, const struct json_value *value) {
  size_t length = value->end - value->start;
  return memchr(text + value->start, '\n', length) || memchr(text + value->start, '\r', length);
}

/* What goes between the last statement and a new one: what stands between the last two, or, with
 * one statement, a comma and the space in front of that one. */
static void add_separator(const struct layout *layout, const char *text,
                          const struct json_value *array, struct buf *out) {
  const struct json_value *before = array->first;
  while (before->next && before->next->next)
    before = before->next;
  if (before->next) {
    buf_add(out, text + before->end, before->next->start - before->end);
  } else if (before->start > array->start + 1) {
    buf_addc(out, ',');
    buf_add(out, text + array->start + 1, before->start - array->start - 1);
  } else {
    buf_adds(out, spans_lines(text, before) ? ", " : layout->comma);
  }
}

/* Adds the text of the statements element with one more statement in it. A lone statement object
 * becomes the first of an array. The space inside an empty array stays behind the statement, so that it is there
 * again when the statement goes. */
static void add_statements(const struct layout *layout, const char *text,
                           const struct json_value *statements, const char *value_text,
                           const struct json_value *value, struct buf *out) {
  const struct json_value *last = policy_last_member(statements);
  const char *start = text + statements->start;
  size_t length = statements->end - statements->start;
  if (statements->type == JSON_OBJECT) {
    buf_addc(out, '[');
    buf_add(out, start, length);
    buf_adds(out, spans_lines(text, statements) ? ", " : layout->comma);
    layout_write(layout, value_text, value, out);
    buf_addc(out, ']');
  } else if (last) {
    buf_add(out, start, last->end - statements->start);
    add_separator(layout, text, statements, out);
    layout_write(layout, value_text, value, out);
    buf_add(out, text + last->end, statements->end - last->end);
  } else {
    buf_addc(out, '[');
    if (spans_lines(text, statements)) {
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
    no_memory(error);
  else if (policy_replace_text(doc, out.data, out.length, error))
    edit = POLICY_CHANGED;
  buf_free(&out);
  return edit;
}

enum policy_edit policy_append(struct policy *doc, const struct policy *from, size_t index,
                               struct json_error *error) {
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
    if (policy_names_principal(named, principal->bytes, principal->length))
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
        policy_covers_action(&statement->actions, action->bytes, action->length))
      return statement;
  }
  return NULL;
}

static bool sid_taken(const struct policy *doc, const struct buf *sid) {
  for (size_t i = 0; i < policy_count(doc); i++)
    if (policy_has_sid(policy_statement(doc, i), sid->data, sid->length))
      return true;
  return false;
}

/* The Sid asked for, or, where another statement has it, the first free one of Sid-2, Sid-3... */
static void choose_sid(const struct policy *doc, const struct policy_string *wanted,
                       struct buf *sid) {
  buf_add(sid, wanted->bytes, wanted->length);
  for (size_t number = 2; !sid->failed && sid_taken(doc, sid); number++) {
    buf_reset(sid);
    buf_add(sid, wanted->bytes, wanted->length);
    buf_addf(sid, "-%zu", number);
  }
}

static void add_json_string(struct buf *out, const char *bytes, size_t length) {
  buf_addc(out, '"');
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c == '"' || c == '\\')
      buf_addc(out, '\\');
    if (c < 0x20)
      buf_addf(out, "\\u%04x", c);
    else
      buf_addc(out, (char)c);
  }
  buf_addc(out, '"');
}

static void add_statement(const struct policy *doc, const struct policy_grant *grant,
                          struct buf *out) {
  buf_addc(out, '{');
  if (grant->sid.bytes) {
    struct buf sid = {0};
    choose_sid(doc, &grant->sid, &sid);
    buf_adds(out, "\"Sid\":");
    add_json_string(out, sid.data, sid.length);
    buf_addc(out, ',');
    out->failed |= sid.failed;
    buf_free(&sid);
  }
  buf_adds(out, "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":");
  add_json_string(out, grant->principal.bytes, grant->principal.length);
  buf_adds(out, "},\"Action\":[");
  for (size_t i = 0; i < grant->action_count; i++) {
    if (i > 0)
      buf_addc(out, ',');
    add_json_string(out, grant->actions[i].bytes, grant->actions[i].length);
  }
  buf_adds(out, "]}");
}

enum policy_edit policy_allow(struct policy *doc, const struct policy_grant *grant,
                              size_t *statement, struct json_error *error) {
  const struct policy_statement *found = NULL;
  for (size_t i = 0; i < grant->action_count; i++) {
    found = allowing(doc, &grant->principal, &grant->actions[i]);
    if (!found)
      break;
  }
  if (found) {
    *statement = found->index;
    return POLICY_UNCHANGED;
  }

  enum policy_edit edit = POLICY_FAILED;
  struct json_doc *json = NULL;
  struct buf text = {0};
  add_statement(doc, grant, &text);
  if (text.failed) {
    no_memory(error);
    goto done;
  }
  json = json_parse(text.data, text.length, error);
  if (!json)
    goto done;
  edit = append_value(doc, text.data, json_root(json), error);
  *statement = policy_count(doc) - 1;

done:
  json_free(json);
  buf_free(&text);
  return edit;
}
