#ifndef LANYARD_POLICY_EVALUATE_H
#define LANYARD_POLICY_EVALUATE_H

#include "base/buf.h"
#include "policy/context.h"
#include "policy/document.h"
#include "policy/principal.h"

struct policy_request {
  struct policy_string principal; /* an ARN, an account id, a unique id, a service, "*": anyone */
  struct policy_string action;
  struct policy_string resource; /* bytes NULL: not known */
  const struct context *context; /* NULL: not known */
  bool identity;                 /* the policy belongs to the principal: it names none */
  bool bounded;                  /* the principal has a permissions boundary */
};

/* The first statements that apply to a request, or may, for all that is known; NULL where there is
 * none. Allow statements by each way in which they name the principal: PRINCIPAL_SELF for a policy of
 * its own. */
struct policy_matches {
  const struct policy_statement *deny, *maybe_deny;
  const struct policy_statement *allow[PRINCIPAL_MATCHES], *maybe_allow[PRINCIPAL_MATCHES];
  bool failed; /* without memory */
};

/* Whether a statement may apply that cannot be told to: one with a condition on what is not known, on
 * a resource that is not known, or a Deny that breaks the grammar. A NotPrincipal of a Deny excepts
 * nobody who has a permissions boundary. */
struct policy_matches policy_match(const struct policy *doc, const struct policy_request *request);

/* Adds why a statement applies to a request, or may: "statement 2 (web) allows it to anyone". */
void policy_explain(const struct policy *doc, const struct policy_statement *statement,
                    const struct policy_request *request, bool certain, struct buf *reason);

enum policy_answer {
  POLICY_ANSWER_ALLOW,
  POLICY_ANSWER_DENY,
  POLICY_ANSWER_IMPLICIT_DENY,
  POLICY_ANSWER_DEPENDS,
};

struct policy_decision {
  enum policy_answer answer;
  const struct policy_statement *statement; /* the one that decides; NULL for an implicit deny */
};

/* What this policy alone says to a request. An explicit Deny wins; a statement that may apply makes
 * the answer `depends` unless another decides outright. Adds the reason to `reason`, which fails
 * without memory. */
struct policy_decision policy_evaluate(const struct policy *doc,
                                       const struct policy_request *request, struct buf *reason);

#endif
