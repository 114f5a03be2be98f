#include "arn.h"
#include "condition.h"
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

/* What a policy is asked, and whether memory ended meanwhile. */
struct asking {
  const struct policy_request *request;
  bool variables, failed;
};

static bool has_variable(const struct policy_value *pattern) {
  return strstr(pattern->string, "${") != NULL;
}

/* A resource with policy variables, for which the context has the values. */
static enum applies match_expanded(struct asking *asking, const struct policy_value *pattern) {
  const struct policy_string *resource = &asking->request->resource;
  if (!asking->request->context)
    return APPLIES_MAYBE;
  struct buf expanded = {0};
  bool known =
      context_expand(asking->request->context, pattern->string, pattern->length, true, &expanded);
  bool matches = known && expanded.data &&
                 arn_fits(expanded.data, expanded.length, resource->bytes, resource->length,
                          context_wildcards);
  asking->failed = asking->failed || expanded.failed;
  buf_free(&expanded);
  if (!known && asking->request->context->partial)
    return APPLIES_MAYBE;
  return matches ? APPLIES : APPLIES_NOT;
}

static enum applies match_one_resource(struct asking *asking, const struct policy_value *pattern) {
  const struct policy_string *resource = &asking->request->resource;
  if (strcmp(pattern->string, "*") == 0)
    return APPLIES;
  if (!resource->bytes)
    return APPLIES_MAYBE;
  if (asking->variables && has_variable(pattern))
    return match_expanded(asking, pattern);
  const struct match_wildcards wildcards = {'*', '?'};
  bool fits =
      arn_fits(pattern->string, pattern->length, resource->bytes, resource->length, wildcards);
  return fits ? APPLIES : APPLIES_NOT;
}

static enum applies match_resource(struct asking *asking,
                                   const struct policy_statement *statement) {
  const struct policy_list *patterns = &statement->resources;
  if (!patterns->json)
    return APPLIES;
  enum applies applies = APPLIES_NOT;
  for (size_t i = 0; i < patterns->count && applies != APPLIES; i++) {
    enum applies one = match_one_resource(asking, &patterns->items[i]);
    applies = one == APPLIES_NOT ? applies : one;
  }
  return statement->not_resource ? opposite(applies) : applies;
}

/* Whether the conditions of a statement hold. */
static enum applies match_conditions(struct asking *asking,
                                     const struct policy_statement *statement) {
  if (statement->conditions.count == 0)
    return APPLIES;
  bool failed;
  enum condition_truth holds = condition_holds(statement->conditions.json, asking->request->context,
                                               asking->variables, &failed);
  asking->failed = asking->failed || failed;
  return holds == CONDITION_TRUE ? APPLIES : holds == CONDITION_FALSE ? APPLIES_NOT : APPLIES_MAYBE;
}

/* Whether a statement is about a request. A statement without Principal is about nobody: in a
 * resource policy it matches no request. */
static enum applies match_statement(struct asking *asking,
                                    const struct policy_statement *statement) {
  const struct policy_request *request = asking->request;
  if (statement->flaw)
    return statement->effect == POLICY_ALLOW ? APPLIES_NOT : APPLIES_MAYBE;
  if (!request->identity) {
    bool named = name_caller(statement, &request->principal) != POLICY_NAMES_NOT;
    if (!statement->principals.json || named == statement->not_principal)
      return APPLIES_NOT;
  }
  bool acts =
      policy_covers_action(&statement->actions, request->action.bytes, request->action.length);
  if (acts == statement->not_action)
    return APPLIES_NOT;
  enum applies resource = match_resource(asking, statement);
  enum applies conditions =
      resource == APPLIES_NOT ? resource : match_conditions(asking, statement);
  return conditions == APPLIES ? resource : conditions;
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
  if (request->identity)
    return;
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
  case POLICY_NAMES_ROLE:
  case POLICY_NAMES_NOT:
    break;
  }
}

/* The statements found while going through a policy; NULL where there is none. */
struct findings {
  const struct policy_statement *deny, *allow, *maybe_deny, *maybe_allow;
  unsigned namings, maybe_namings;
};

/* Every way in which a statement that applies names the caller. */
static unsigned namings_of(const struct policy_statement *statement,
                           const struct policy_string *caller) {
  if (statement->not_principal)
    return 1u << POLICY_NAMES_ANYONE;
  unsigned namings = 0;
  for (size_t i = 0; i < statement->principals.count; i++)
    namings |= 1u << policy_names_caller(&statement->principals.items[i], caller);
  return namings & ~(1u << POLICY_NAMES_NOT);
}

static void note(const struct policy_statement **place, const struct policy_statement *statement) {
  if (!*place)
    *place = statement;
}

static struct findings find_statements(const struct policy *doc, struct asking *asking) {
  struct findings found = {0};
  for (size_t i = 0; i < policy_count(doc) && !found.deny; i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    bool allow = statement->effect == POLICY_ALLOW;
    switch (match_statement(asking, statement)) {
    case APPLIES:
      note(allow ? &found.allow : &found.deny, statement);
      if (allow)
        found.namings |= namings_of(statement, &asking->request->principal);
      break;
    case APPLIES_MAYBE:
      note(allow ? &found.maybe_allow : &found.maybe_deny, statement);
      if (allow)
        found.maybe_namings |= namings_of(statement, &asking->request->principal);
      break;
    case APPLIES_NOT:
      break;
    }
  }
  return found;
}

struct policy_decision policy_can(const struct policy *doc, const struct policy_request *request,
                                  struct buf *reason) {
  struct asking asking = {.request = request, .variables = policy_has_variables(doc)};
  struct findings found = find_statements(doc, &asking);
  reason->failed = reason->failed || asking.failed;
  if (found.deny) {
    add_statement_name(found.deny, reason);
    buf_adds(reason, " denies it");
    add_naming(found.deny, request, reason);
    return (struct policy_decision){POLICY_ANSWER_DENY, found.deny, 0, 0};
  }
  if (!found.allow && !found.maybe_allow) {
    buf_adds(reason, "no statement allows it");
    return (struct policy_decision){POLICY_ANSWER_IMPLICIT_DENY, NULL, 0, 0};
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
    return (struct policy_decision){POLICY_ANSWER_ALLOW, found.allow, found.namings,
                                    found.maybe_namings};
  return (struct policy_decision){POLICY_ANSWER_DEPENDS,
                                  found.maybe_deny && found.allow ? found.maybe_deny : allow,
                                  found.namings, found.maybe_namings};
}
