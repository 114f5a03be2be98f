#include "policy/evaluate.h"

#include <string.h>

/* buf_addf takes several times as long, and every decision has a reason. */
static void add_number(struct buf *reason, size_t number) {
  char digits[20];
  size_t first = sizeof digits;
  do
    digits[--first] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  buf_add(reason, digits + first, sizeof digits - first);
}

static void add_statement_name(const struct policy_statement *statement, struct buf *reason) {
  buf_adds(reason, "statement ");
  add_number(reason, statement->index + 1);
  if (statement->sid) {
    buf_adds(reason, " (");
    buf_add(reason, statement->sid->string, statement->sid->length);
    buf_addc(reason, ')');
  }
}

/* Lists the policy variables in the resources of a statement whose values are unknown. */
static void list_resource_keys(const struct policy_statement *statement,
                               const struct policy_request *request, struct condition_keys *keys) {
  for (size_t i = 0; i < statement->resources.count; i++) {
    const struct policy_value *pattern = &statement->resources.items[i];
    const char *name;
    size_t length, from = 0;
    while (context_next_variable(pattern->string, pattern->length, &from, &name, &length)) {
      const struct context_entry *entry =
          request->context ? context_find(request->context, name, length) : NULL;
      if (entry ? entry->unknown : !request->context || request->context->partial)
        condition_keys_add(keys, name, length);
    }
  }
}

/* Returns the name of the element whose `*` must match a colon for the statement to apply, or NULL. */
static const char *crossing_element(const struct policy *doc,
                                    const struct policy_statement *statement,
                                    const struct policy_request *request) {
  bool failed;
  if (policy_element_holds(doc, statement, POLICY_ACTION, request, &failed) == CONDITION_UNKNOWN)
    return statement->not_action ? "NotAction" : "Action";
  if (!request->resource.bytes ||
      policy_element_holds(doc, statement, POLICY_RESOURCE, request, &failed) != CONDITION_UNKNOWN)
    return NULL;
  return statement->not_resource ? "NotResource" : "Resource";
}

/* Explains why it is unknown whether a statement applies to the principal. */
static void explain_principal(const struct policy_statement *statement,
                              const struct policy_request *request, struct buf *reason) {
  const struct policy_value *named = NULL;
  if (policy_issuer_holds(statement, request, &named) == CONDITION_UNKNOWN) {
    buf_adds(reason, statement->not_principal ? " unless " : " if ");
    buf_add(reason, named->string, named->length);
    buf_adds(reason, " federated the session");
  } else {
    buf_adds(reason, statement->effect == POLICY_DENY
                         ? ", and it does not name all of this one (account, role and session)"
                         : ", and it names the account of this one");
  }
}

static bool is_principal_open(const struct policy *doc, const struct policy_statement *statement,
                              const struct policy_request *request) {
  const struct policy_value *named;
  bool failed;
  return policy_element_holds(doc, statement, POLICY_PRINCIPAL, request, &failed) ==
             CONDITION_UNKNOWN ||
         policy_issuer_holds(statement, request, &named) == CONDITION_UNKNOWN;
}

/* Explains why it is unknown whether a statement applies: a flaw, the principals that it excludes,
 * condition keys, or a `*` that must match a colon. */
static void explain_uncertainty(const struct policy *doc, const struct policy_statement *statement,
                                const struct policy_request *request, struct buf *reason) {
  if (statement->flaw) {
    buf_addf(reason, " but violates the grammar (%s)", statement->flaw_text);
    return;
  }
  struct condition_keys keys = {0};
  bool variables = policy_has_variables(doc);
  if (statement->conditions.count > 0)
    condition_unknown_keys(statement->conditions.json, request->context, variables, &keys);
  if (variables)
    list_resource_keys(statement, request, &keys);
  const char *crossing = crossing_element(doc, statement, request);
  if (keys.count > 0) {
    buf_adds(reason, " under a condition on ");
  } else if (is_principal_open(doc, statement, request)) {
    explain_principal(statement, request, reason);
  } else if (crossing) {
    buf_addf(reason, "%s a * in its %s matches a colon, which AWS leaves open",
             strncmp(crossing, "Not", 3) == 0 ? " unless" : " if", crossing);
  } else {
    buf_adds(reason, " for certain resources");
  }
  condition_keys_write(&keys, reason);
}

static void add_match(const struct policy_statement *statement,
                      const struct policy_request *request, struct buf *reason) {
  if (request->identity)
    return;
  if (statement->not_principal) {
    buf_adds(reason, " to all principals except those it names");
    return;
  }
  switch (policy_match_principal(statement, &request->principal)) {
  case PRINCIPAL_ACCOUNT:
    buf_adds(reason, statement->effect == POLICY_ALLOW
                         ? " to its account, whose own policies decide for its principals"
                         : " to its whole account");
    break;
  case PRINCIPAL_ANYONE:
    buf_adds(reason, " to anyone");
    break;
  case PRINCIPAL_NONE:
    if (request->issuer.bytes)
      buf_adds(reason, " to the user that federated the session");
    break;
  case PRINCIPAL_SELF:
  case PRINCIPAL_ROLE:
    break;
  }
}

void policy_explain(const struct policy *doc, const struct policy_statement *statement,
                    const struct policy_request *request, bool certain, struct buf *reason) {
  add_statement_name(statement, reason);
  buf_adds(reason, statement->effect == POLICY_DENY ? " denies it" : " allows it");
  add_match(statement, request, reason);
  if (!certain)
    explain_uncertainty(doc, statement, request, reason);
}
