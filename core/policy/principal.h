#ifndef LANYARD_POLICY_PRINCIPAL_H
#define LANYARD_POLICY_PRINCIPAL_H

#include "policy/document.h"

/* Who a principal of a policy stands for.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */

#define ACCOUNT_DIGITS 12

/* The 12 digits of an account principal (an account id or a root ARN), within `principal`; NULL
 * when it is none. An id and a root ARN of any partition stand for the same account. */
const char *principal_account(const char *principal, size_t length);

/* Whether an entry under Principal is this AWS principal: equal, the same account spelled in the
 * other way, or "*" bare and as {"AWS": "*"}. */
bool principal_equal(const struct policy_value *named, const char *principal, size_t length);

/* How a principal of a policy stands to the one who asks. */
enum principal_match {
  PRINCIPAL_NONE,
  PRINCIPAL_SELF,    /* itself */
  PRINCIPAL_ROLE,    /* the role of the session that it is */
  PRINCIPAL_ACCOUNT, /* its account */
  PRINCIPAL_ANYONE,
};

#define PRINCIPAL_MATCHES (PRINCIPAL_ANYONE + 1)

/* How an entry under Principal stands to who asks: an ARN, an account id, a unique id, the name
 * of a service (ecs.amazonaws.com), or "*" for anyone. */
enum principal_match principal_match(const struct policy_value *named,
                                     const struct policy_string *caller);

enum principal_exclusion { PRINCIPAL_INCLUDED, PRINCIPAL_EXCLUDED, PRINCIPAL_MAYBE_EXCLUDED };

/* Whether a NotPrincipal excepts who asks. From a Deny it does only whom it names together with his
 * account, and a session together with its role too: AWS may look at these first. An account alone
 * excepts none of its principals.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html */
enum principal_exclusion principal_excluded(const struct policy_list *named,
                                            enum policy_effect effect,
                                            const struct policy_string *caller);

/* Whether one of the patterns covers an action, or all that a pattern of actions does. Case does not
 * count. */
bool policy_matches_action(const struct policy_list *patterns, const char *action, size_t length);

#endif
