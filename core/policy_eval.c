#include "match.h"
#include "policy.h"
#include "policy_principal.h"

#include <string.h>

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */

enum applies { APPLIES_NOT, APPLIES, APPLIES_MAYBE };

static enum applies opposite(enum applies applies) {
  if (applies == APPLIES_MAYBE)
    return applies;
  return applies == APPLIES ? APPLIES_NOT : APPLIES;
}

static enum policy_naming name_caller(const struct policy_statement *statement,
                                      const struct policy_string *caller) {
  enum policy_naming naming = POLICY_NAMES_NOT;
  for (size_t i = 0; i < statement->principals.count; i++) {
    enum policy_naming one = policy_names_caller(&statement->principals.items[i], caller);
    if (naming == POLICY_NAMES_NOT || (one != POLICY_NAMES_NOT && one < naming))
      naming = one;
  }
  return naming;
}

/* Under Version 2012-10-17 a resource may hold policy variables; what these stand for is in the
 * context of the request. */
static bool has_variable(const struct policy_value *pattern) {
  return strstr(pattern->string, "${") != NULL;
}

static enum applies match_resource(const struct policy_statement *statement,
                                   const struct policy_string *resource) {
  const struct policy_list *patterns = &statement->resources;
  if (!patterns->json)
    return APPLIES;
  enum applies applies = APPLIES_NOT;
  for (size_t i = 0; i < patterns->count && applies != APPLIES; i++) {
    const struct policy_value *pattern = &patterns->items[i];
    if (strcmp(pattern->string, "*") == 0 ||
        (resource->bytes &&
         match_glob(pattern->string, pattern->length, resource->bytes, resource->length, false)))
      applies = APPLIES;
    else if (!resource->bytes || has_variable(pattern))
      applies = APPLIES_MAYBE;
  }
  return statement->not_resource ? opposite(applies) : applies;
}

/* Whether a statement is about a request. A statement without Principal is about nobody: in a
 * resource policy it matches no request. */
static enum applies match_statement(const struct policy_statement *statement,
                                    const struct policy_request *request) {
  if (statement->flaw)
    return statement->effect == POLICY_ALLOW ? APPLIES_NOT : APPLIES_MAYBE;
  if (!statement->principals.json)
    return APPLIES_NOT;
  bool named = name_caller(statement, &request->principal) != POLICY_NAMES_NOT;
  if (named == statement->not_principal)
    return APPLIES_NOT;
  bool acts =
      policy_covers_action(&statement->actions, request->action.bytes, request->action.length);
  if (acts == statement->not_action)
    return APPLIES_NOT;
  enum applies applies = match_resource(statement, &request->resource);
  return applies == APPLIES && statement->conditions.count > 0 ? APPLIES_MAYBE : applies;
}

static void add_statement_name(const struct policy_statement *statement, struct buf *reason) {
  buf_addf(reason, "statement %zu", statement->index + 1);
  if (statement->sid) {
    buf_adds(reason, " (");
    buf_add(reason, statement->sid->string, statement->sid->length);
    buf_addc(reason, ')');
  }
}

/* Why a statement may or may not apply: its flaw, its resources, its condition keys. */
static void add_doubt(const struct policy_statement *statement, struct buf *reason) {
  if (statement->flaw) {
    buf_addf(reason, " but breaks the grammar (%s)", statement->flaw_text);
    return;
  }
  const struct policy_list *keys = &statement->conditions;
  if (keys->count == 0) {
    buf_adds(reason, " for certain resources");
    return;
  }
  buf_adds(reason, " under a condition on ");
  for (size_t i = 0; i < keys->count; i++) {
    if (i > 0)
      buf_adds(reason, ", ");
    buf_add(reason, keys->items[i].string, keys->items[i].length);
  }
}

static void add_naming(const struct policy_statement *statement,
                       const struct policy_request *request, struct buf *reason) {
  if (statement->not_principal) {
    buf_adds(reason, " to all but those it names");
    return;
  }
  switch (name_caller(statement, &request->principal)) {
  case POLICY_NAMES_ACCOUNT:
    buf_adds(reason, statement->effect == POLICY_ALLOW
                         ? " to its account, whose own policies decide which of its principals"
                         : " to its whole account");
    break;
  case POLICY_NAMES_ANYONE:
    buf_adds(reason, " to anyone");
    break;
  case POLICY_NAMES:
  case POLICY_NAMES_NOT:
    break;
  }
}

/* The statements found while going through a policy; NULL where there is none. */
struct findings {
  const struct policy_statement *deny, *allow, *maybe_deny, *maybe_allow;
};

static void note(const struct policy_statement **place, const struct policy_statement *statement) {
  if (!*place)
    *place = statement;
}

static struct findings find_statements(const struct policy *doc,
                                       const struct policy_request *request) {
  struct findings found = {0};
  for (size_t i = 0; i < policy_count(doc) && !found.deny; i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    bool allow = statement->effect == POLICY_ALLOW;
    switch (match_statement(statement, request)) {
    case APPLIES:
      note(allow ? &found.allow : &found.deny, statement);
      break;
    case APPLIES_MAYBE:
      note(allow ? &found.maybe_allow : &found.maybe_deny, statement);
      break;
    case APPLIES_NOT:
      break;
    }
  }
  return found;
}

struct policy_decision policy_can(const struct policy *doc, const struct policy_request *request,
                                  struct buf *reason) {
  struct findings found = find_statements(doc, request);
  if (found.deny) {
    add_statement_name(found.deny, reason);
    buf_adds(reason, " denies it");
    add_naming(found.deny, request, reason);
    return (struct policy_decision){POLICY_ANSWER_DENY, found.deny};
  }
  if (!found.allow && !found.maybe_allow) {
    buf_adds(reason, "no statement allows it");
    return (struct policy_decision){POLICY_ANSWER_IMPLICIT_DENY, NULL};
  }
  const struct policy_statement *allow = found.allow ? found.allow : found.maybe_allow;
  add_statement_name(allow, reason);
  buf_adds(reason, " allows it");
  add_naming(allow, request, reason);
  if (!found.allow)
    add_doubt(allow, reason);
  if (found.maybe_deny) {
    buf_adds(reason, "; ");
    add_statement_name(found.maybe_deny, reason);
    buf_adds(reason, " denies it");
    add_doubt(found.maybe_deny, reason);
  }
  if (found.allow && !found.maybe_deny)
    return (struct policy_decision){POLICY_ANSWER_ALLOW, found.allow};
  return (struct policy_decision){POLICY_ANSWER_DEPENDS,
                                  found.maybe_deny && found.allow ? found.maybe_deny : allow};
}
