#include "policy/evaluate.h"

#include "policy/action_table.h"
#include "policy/arn.h"
#include "policy/condition.h"
#include "policy/principal.h"

#include <string.h>

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */

enum applies { APPLIES_NOT, APPLIES, APPLIES_MAYBE };

static enum applies opposite(enum applies applies) {
  if (applies == APPLIES_MAYBE)
    return applies;
  return applies == APPLIES ? APPLIES_NOT : APPLIES;
}

static enum applies both(enum applies a, enum applies b) {
  if (a == APPLIES_NOT || b == APPLIES_NOT)
    return APPLIES_NOT;
  return a == APPLIES ? b : a;
}

static enum condition_truth truth_of(enum applies applies) {
  return applies == APPLIES       ? CONDITION_TRUE
         : applies == APPLIES_NOT ? CONDITION_FALSE
                                  : CONDITION_UNKNOWN;
}

static enum principal_match match_named(const struct policy_statement *statement,
                                        const struct principal_caller *caller) {
  enum principal_match match = PRINCIPAL_NONE;
  for (size_t i = 0; i < statement->principals.count; i++) {
    enum principal_match one = principal_match_read(&statement->principals.items[i], caller);
    if (match == PRINCIPAL_NONE || (one != PRINCIPAL_NONE && one < match))
      match = one;
  }
  return match;
}

enum principal_match policy_match_principal(const struct policy_statement *statement,
                                            const struct policy_string *caller) {
  struct principal_caller read = principal_read(caller);
  return match_named(statement, &read);
}

/* The state of an evaluation. */
struct evaluation {
  const struct policy_request *request;
  struct principal_caller caller; /* of the request, unless the policy names no principal */
  bool variables, failed;
};

static struct evaluation new_evaluation(const struct policy *doc,
                                        const struct policy_request *request) {
  struct evaluation evaluation = {.request = request, .variables = policy_has_variables(doc)};
  if (!request->identity)
    evaluation.caller = principal_read(&request->principal);
  return evaluation;
}

static bool has_variable(const struct policy_value *pattern) {
  return strstr(pattern->string, "${") != NULL;
}

static enum applies applies_to_resource(const struct policy_string *resource, const char *pattern,
                                        size_t length, struct match_wildcards wildcards) {
  switch (arn_match(pattern, length, resource->bytes, resource->length, wildcards)) {
  case ARN_MATCHES:
    return APPLIES;
  case ARN_MATCHES_CROSSING:
    return APPLIES_MAYBE;
  case ARN_MATCHES_NOT:
    break;
  }
  return APPLIES_NOT;
}

/* Matches a resource with policy variables. */
static enum applies match_expanded(struct evaluation *evaluation,
                                   const struct policy_value *pattern) {
  const struct policy_string *resource = &evaluation->request->resource;
  if (!evaluation->request->context)
    return APPLIES_MAYBE;
  struct buf expanded = {0};
  enum context_expansion expansion = context_expand(evaluation->request->context, pattern->string,
                                                    pattern->length, true, &expanded);
  enum applies applies = APPLIES_NOT;
  if (expansion == CONTEXT_EXPANDED && expanded.data)
    applies = applies_to_resource(resource, expanded.data, expanded.length, context_wildcards);
  evaluation->failed = evaluation->failed || expanded.failed;
  buf_free(&expanded);
  return expansion == CONTEXT_UNKNOWN ? APPLIES_MAYBE : applies;
}

static enum applies match_one_resource(struct evaluation *evaluation,
                                       const struct policy_value *pattern) {
  const struct policy_string *resource = &evaluation->request->resource;
  if (strcmp(pattern->string, "*") == 0)
    return APPLIES;
  if (!resource->bytes)
    return APPLIES_MAYBE;
  if (evaluation->variables && has_variable(pattern))
    return match_expanded(evaluation, pattern);
  const struct match_wildcards wildcards = {'*', '?'};
  return applies_to_resource(resource, pattern->string, pattern->length, wildcards);
}

static enum applies match_resource(struct evaluation *evaluation,
                                   const struct policy_statement *statement) {
  const struct policy_list *patterns = &statement->resources;
  if (!patterns->json)
    return APPLIES;
  enum applies applies = APPLIES_NOT;
  for (size_t i = 0; i < patterns->count && applies != APPLIES; i++) {
    enum applies one = match_one_resource(evaluation, &patterns->items[i]);
    applies = one == APPLIES_NOT ? applies : one;
  }
  return statement->not_resource ? opposite(applies) : applies;
}

/* Reports whether a statement applies to the action. A pattern without a colon matches an action only
 * if its `*` matches the colon: AWS rejects such patterns, except "*". */
static enum applies match_action(const struct policy_request *request,
                                 const struct policy_statement *statement) {
  const struct policy_string *action = &request->action;
  enum applies applies = APPLIES_NOT;
  for (size_t i = 0; i < statement->actions.count && applies != APPLIES; i++) {
    const struct policy_list one = {.items = &statement->actions.items[i], .count = 1};
    const char *pattern = one.items->string;
    if (!policy_matches_action(&one, action->bytes, action->length))
      continue;
    bool crossing = !memchr(pattern, ':', one.items->length) &&
                    strspn(pattern, "*") < one.items->length &&
                    memchr(action->bytes, ':', action->length);
    applies = crossing ? APPLIES_MAYBE : APPLIES;
  }
  return statement->not_action ? opposite(applies) : applies;
}

/* Reports whether the conditions of a statement hold. */
static enum applies match_conditions(struct evaluation *evaluation,
                                     const struct policy_statement *statement) {
  if (statement->conditions.count == 0)
    return APPLIES;
  bool failed;
  enum condition_truth holds = condition_holds(
      statement->conditions.json, evaluation->request->context, evaluation->variables, &failed);
  evaluation->failed = evaluation->failed || failed;
  return holds == CONDITION_TRUE ? APPLIES : holds == CONDITION_FALSE ? APPLIES_NOT : APPLIES_MAYBE;
}

/* Reports whether an entry names the user that federated the principal. */
static enum applies names_issuer(const struct policy_string *issuer,
                                 const struct principal_caller *caller,
                                 const struct policy_value *named) {
  if (!principal_may_federate_read(named, caller))
    return APPLIES_NOT;
  if (!issuer->bytes)
    return APPLIES_MAYBE;
  return principal_match(named, issuer) == PRINCIPAL_SELF ? APPLIES : APPLIES_NOT;
}

static enum applies match_issuer(const struct policy_string *issuer,
                                 const struct principal_caller *caller,
                                 const struct policy_statement *statement,
                                 const struct policy_value **named) {
  enum applies applies = APPLIES_NOT;
  for (size_t i = 0; caller->federated && i < statement->principals.count && applies != APPLIES;
       i++) {
    enum applies one = names_issuer(issuer, caller, &statement->principals.items[i]);
    if (one != APPLIES_NOT) {
      applies = one;
      *named = &statement->principals.items[i];
    }
  }
  return applies;
}

/* Reports whether a NotPrincipal element applies to the principal. */
static enum applies match_excluded(const struct evaluation *evaluation,
                                   const struct policy_statement *statement) {
  const struct policy_request *request = evaluation->request;
  const struct policy_value *named;
  switch (principal_excluded(&statement->principals, statement->effect, &request->principal)) {
  case PRINCIPAL_EXCLUDED:
    return APPLIES_NOT;
  case PRINCIPAL_MAYBE_EXCLUDED:
    return APPLIES_MAYBE;
  case PRINCIPAL_INCLUDED:
    break;
  }
  enum applies issuer = match_issuer(&request->issuer, &evaluation->caller, statement, &named);
  /* A Deny that excludes the user may include the session. */
  return issuer == APPLIES && statement->effect == POLICY_DENY ? APPLIES_MAYBE : opposite(issuer);
}

/* Reports whether a statement applies to the principal. A statement without Principal applies to
 * nobody. */
static enum applies match_principal(const struct evaluation *evaluation,
                                    const struct policy_statement *statement) {
  const struct policy_request *request = evaluation->request;
  const struct policy_value *named;
  if (request->identity)
    return APPLIES;
  if (!statement->principals.json)
    return APPLIES_NOT;
  if (statement->not_principal)
    return request->bounded && statement->effect == POLICY_DENY
               ? APPLIES
               : match_excluded(evaluation, statement);
  return match_named(statement, &evaluation->caller) != PRINCIPAL_NONE
             ? APPLIES
             : match_issuer(&request->issuer, &evaluation->caller, statement, &named);
}

/* Reports whether a statement applies to the request. */
static enum applies match_statement(struct evaluation *evaluation,
                                    const struct policy_statement *statement) {
  const struct policy_request *request = evaluation->request;
  if (statement->flaw)
    return statement->effect == POLICY_ALLOW ? APPLIES_NOT : APPLIES_MAYBE;
  enum applies applies = match_principal(evaluation, statement);
  if (applies != APPLIES_NOT)
    applies = both(applies, match_action(request, statement));
  if (applies != APPLIES_NOT)
    applies = both(applies, match_resource(evaluation, statement));
  if (applies != APPLIES_NOT)
    applies = both(applies, match_conditions(evaluation, statement));
  return applies;
}

enum condition_truth policy_issuer_holds(const struct policy_statement *statement,
                                         const struct policy_request *request,
                                         const struct policy_value **named) {
  struct principal_caller caller = principal_read(&request->principal);
  return truth_of(match_issuer(&request->issuer, &caller, statement, named));
}

static unsigned matches_of(const struct evaluation *evaluation,
                           const struct policy_statement *statement) {
  if (evaluation->request->identity)
    return 1u << PRINCIPAL_SELF;
  if (statement->not_principal)
    return 1u << PRINCIPAL_ANYONE;
  unsigned matches = 0;
  for (size_t i = 0; i < statement->principals.count; i++)
    matches |= 1u << principal_match_read(&statement->principals.items[i], &evaluation->caller);
  return matches;
}

unsigned policy_matches_of(const struct policy_statement *statement,
                           const struct policy_request *request) {
  struct evaluation evaluation = {.request = request};
  if (!request->identity)
    evaluation.caller = principal_read(&request->principal);
  return matches_of(&evaluation, statement);
}

static void record(const struct policy_statement **slot, const struct policy_statement *statement) {
  if (!*slot)
    *slot = statement;
}

/* Records an Allow statement that applies, or may apply. */
static void record_allow(const struct evaluation *evaluation, struct policy_matches *found,
                         const struct policy_statement *statement, enum applies applies) {
  const struct policy_request *request = evaluation->request;
  const struct policy_statement **slots = applies == APPLIES ? found->allow : found->maybe_allow;
  unsigned matches = matches_of(evaluation, statement);
  for (size_t match = PRINCIPAL_SELF; match < PRINCIPAL_MATCHES; match++)
    if (matches & 1u << match)
      record(&slots[match], statement);
  const struct policy_value *named;
  enum applies issuer =
      request->identity || statement->not_principal
          ? APPLIES_NOT
          : match_issuer(&request->issuer, &evaluation->caller, statement, &named);
  if (issuer == APPLIES)
    record(&slots[PRINCIPAL_ROLE], statement);
  else if (issuer == APPLIES_MAYBE)
    record(&found->maybe_allow[PRINCIPAL_ROLE], statement);
}

struct policy_matches policy_match(const struct policy *doc, const struct policy_request *request) {
  struct evaluation evaluation = new_evaluation(doc, request);
  struct policy_matches found = {0};
  size_t count = policy_count(doc), i;
  struct action_search search = action_search_start(policy_actions(doc), count, &request->action);
  while (!found.deny && (i = action_search_next(&search)) < count) {
    const struct policy_statement *statement = policy_statement(doc, i);
    bool allow = statement->effect == POLICY_ALLOW;
    switch (match_statement(&evaluation, statement)) {
    case APPLIES:
      if (allow)
        record_allow(&evaluation, &found, statement, APPLIES);
      else
        found.deny = statement;
      break;
    case APPLIES_MAYBE:
      if (allow)
        record_allow(&evaluation, &found, statement, APPLIES_MAYBE);
      else
        record(&found.maybe_deny, statement);
      break;
    case APPLIES_NOT:
      break;
    }
  }
  found.failed = evaluation.failed;
  return found;
}

/* Returns the first statement in the order of the text. */
static const struct policy_statement *
first_of(const struct policy_statement *const slots[PRINCIPAL_MATCHES]) {
  const struct policy_statement *first = NULL;
  for (size_t match = PRINCIPAL_SELF; match < PRINCIPAL_MATCHES; match++)
    if (slots[match] && (!first || slots[match]->index < first->index))
      first = slots[match];
  return first;
}

struct policy_decision policy_evaluate(const struct policy *doc,
                                       const struct policy_request *request, struct buf *reason) {
  struct policy_matches found = policy_match(doc, request);
  reason->failed = reason->failed || found.failed;
  if (found.deny) {
    policy_explain(doc, found.deny, request, true, reason);
    return (struct policy_decision){POLICY_ANSWER_DENY, found.deny, false};
  }
  const struct policy_statement *certain = first_of(found.allow);
  const struct policy_statement *allow = certain ? certain : first_of(found.maybe_allow);
  if (!allow) {
    buf_adds(reason, "no statement allows it");
    return (struct policy_decision){POLICY_ANSWER_IMPLICIT_DENY, NULL, false};
  }
  policy_explain(doc, allow, request, certain != NULL, reason);
  if (!found.maybe_deny)
    return (struct policy_decision){certain ? POLICY_ANSWER_ALLOW : POLICY_ANSWER_DEPENDS, allow,
                                    found.allow[PRINCIPAL_ACCOUNT] != NULL};
  buf_adds(reason, "; ");
  policy_explain(doc, found.maybe_deny, request, false, reason);
  return (struct policy_decision){POLICY_ANSWER_DEPENDS, certain ? found.maybe_deny : allow, false};
}

enum condition_truth policy_statement_holds(const struct policy *doc,
                                            const struct policy_statement *statement,
                                            const struct policy_request *request, bool *failed) {
  struct evaluation evaluation = new_evaluation(doc, request);
  enum applies applies = match_statement(&evaluation, statement);
  *failed = evaluation.failed;
  return truth_of(applies);
}

enum condition_truth policy_element_holds(const struct policy *doc,
                                          const struct policy_statement *statement,
                                          enum policy_element element,
                                          const struct policy_request *request, bool *failed) {
  struct evaluation evaluation = new_evaluation(doc, request);
  enum applies applies = element == POLICY_PRINCIPAL ? match_principal(&evaluation, statement)
                         : element == POLICY_ACTION  ? match_action(request, statement)
                                                     : match_resource(&evaluation, statement);
  *failed = evaluation.failed;
  return truth_of(applies);
}

enum condition_truth policy_principal_holds(const struct policy_statement *statement,
                                            const struct policy_string *principal,
                                            const struct policy_string *issuer) {
  const struct policy_request request = {.principal = *principal, .issuer = *issuer};
  const struct evaluation evaluation = {.request = &request, .caller = principal_read(principal)};
  return truth_of(match_principal(&evaluation, statement));
}

enum condition_truth policy_action_holds(const struct policy_statement *statement,
                                         const struct policy_string *action) {
  const struct policy_request request = {.action = *action};
  return truth_of(match_action(&request, statement));
}

enum condition_truth policy_resource_holds(const struct policy_statement *statement,
                                           const struct policy_string *resource,
                                           const struct context *context, bool variables,
                                           bool *failed) {
  const struct policy_request request = {.resource = *resource, .context = context};
  struct evaluation evaluation = {.request = &request, .variables = variables};
  enum applies applies = match_resource(&evaluation, statement);
  *failed = evaluation.failed;
  return truth_of(applies);
}
