#ifndef LANYARD_POLICY_EVALUATE_H
#define LANYARD_POLICY_EVALUATE_H

#include "base/buf.h"
#include "policy/condition.h"
#include "policy/context.h"
#include "policy/document.h"
#include "policy/principal.h"

struct policy_request {
  struct policy_string principal; /* an ARN, an account id, a unique id, a service, "*": anyone */
  struct policy_string action;
  struct policy_string resource; /* bytes NULL: unknown */
  const struct context *context; /* NULL: unknown */
  bool identity;                 /* an identity policy, which names no principal */
  bool bounded;                  /* the principal has a permissions boundary */
  struct policy_string issuer;   /* the user that federated the principal, a federated user session;
                                    bytes NULL: unknown */
};

/* The first statements that apply, or may apply, to a request; NULL if there is none. Allow
 * statements are listed by the kind of match; statements of an identity policy count
 * as PRINCIPAL_SELF. */
struct policy_matches {
  const struct policy_statement *deny, *maybe_deny;
  const struct policy_statement *allow[PRINCIPAL_MATCHES], *maybe_allow[PRINCIPAL_MATCHES];
  bool failed; /* not enough memory */
};

/* policy_match finds these statements. A statement may apply if a condition depends on unknown
 * values, if the resource is unknown, if it names a user that can have federated the principal, or if it
 * is a Deny with a flaw. A statement that names the user counts as PRINCIPAL_ROLE: the session's own
 * limits apply, too. NotPrincipal in a Deny does
 * not exclude principals with a permissions boundary. */
struct policy_matches policy_match(const struct policy *doc, const struct policy_request *request);

/* policy_explain appends why a statement applies to a request, or may apply: "statement 2 (web)
 * allows it to anyone". */
void policy_explain(const struct policy *doc, const struct policy_statement *statement,
                    const struct policy_request *request, bool certain, struct buf *reason);

/* The elements of a statement that a request is matched with, besides its Condition. */
enum policy_element { POLICY_PRINCIPAL, POLICY_ACTION, POLICY_RESOURCE };

/* policy_statement_holds reports whether a statement applies to a request, and policy_element_holds
 * whether one of its elements does. *failed is set if there is not enough memory. */
enum condition_truth policy_statement_holds(const struct policy *doc,
                                            const struct policy_statement *statement,
                                            const struct policy_request *request, bool *failed);
enum condition_truth policy_element_holds(const struct policy *doc,
                                          const struct policy_statement *statement,
                                          enum policy_element element,
                                          const struct policy_request *request, bool *failed);

/* policy_match_principal returns how a statement names a principal best, and policy_matches_of a bit for
 * each way in which it names the principal of a request. */
enum principal_match policy_match_principal(const struct policy_statement *statement,
                                            const struct policy_string *principal);
unsigned policy_matches_of(const struct policy_statement *statement,
                           const struct policy_request *request);

/* policy_issuer_holds reports whether a statement names the user that federated the principal of a
 * request. Unless the result is CONDITION_FALSE, *named is the entry. */
enum condition_truth policy_issuer_holds(const struct policy_statement *statement,
                                         const struct policy_request *request,
                                         const struct policy_value **named);

/* policy_principal_holds reports whether a statement's Principal or NotPrincipal element applies to a
 * principal, which `issuer` federated if it is a federated user session, policy_action_holds whether its
 * Action or NotAction element applies to an action, and policy_resource_holds whether its Resource or
 * NotResource element applies to a resource. `context` has the values of policy variables. *failed is
 * set if there is not enough memory. */
enum condition_truth policy_principal_holds(const struct policy_statement *statement,
                                            const struct policy_string *principal,
                                            const struct policy_string *issuer);
enum condition_truth policy_action_holds(const struct policy_statement *statement,
                                         const struct policy_string *action);
enum condition_truth policy_resource_holds(const struct policy_statement *statement,
                                           const struct policy_string *resource,
                                           const struct context *context, bool variables,
                                           bool *failed);

enum policy_answer {
  POLICY_ANSWER_ALLOW,
  POLICY_ANSWER_DENY,
  POLICY_ANSWER_IMPLICIT_DENY,
  POLICY_ANSWER_DEPENDS,
};

struct policy_decision {
  enum policy_answer answer;
  const struct policy_statement *statement; /* the deciding statement; NULL for an implicit deny */
  bool account; /* an Allow statement that applies names the account of the principal */
};

/* policy_evaluate decides a request by this policy alone. An explicit Deny wins. If a statement may
 * apply, the answer is POLICY_ANSWER_DEPENDS, unless another statement decides anyway. The reason
 * is appended to `reason`, whose `failed` is set if there is not enough memory.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
struct policy_decision policy_evaluate(const struct policy *doc,
                                       const struct policy_request *request, struct buf *reason);

#endif
