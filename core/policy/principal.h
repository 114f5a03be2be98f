#ifndef LANYARD_POLICY_PRINCIPAL_H
#define LANYARD_POLICY_PRINCIPAL_H

#include "policy/policy.h"

/* Who a principal of a policy stands for.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */

#define POLICY_ACCOUNT_DIGITS 12

/* The 12 digits of an account principal (an account id or a root ARN), within `principal`; NULL
 * when it is none. An id and a root ARN of any partition stand for the same account. */
const char *policy_account_of(const char *principal, size_t length);

/* Whether an entry under Principal is this AWS principal: equal, the same account spelled in the
 * other way, or "*" bare and as {"AWS": "*"}. */
bool policy_names_principal(const struct policy_value *named, const char *principal, size_t length);

/* How an entry under Principal stands to who asks: an ARN, an account id, a unique id, the name
 * of a service (ecs.amazonaws.com), or "*" for anyone. */
enum policy_naming policy_names_caller(const struct policy_value *named,
                                       const struct policy_string *caller);

enum policy_exception { POLICY_EXCEPTS_NOT, POLICY_EXCEPTS, POLICY_EXCEPTS_MAYBE };

/* Whether a NotPrincipal excepts who asks. From a Deny it does only whom it names together with his
 * account, and a session together with its role too: AWS may look at these first. An account alone
 * excepts none of its principals.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html */
enum policy_exception policy_excepts(const struct policy_list *named, enum policy_effect effect,
                                     const struct policy_string *caller);

/* Whether one of the patterns covers an action, or all that a pattern of actions does. Case does not
 * count. */
bool policy_covers_action(const struct policy_list *patterns, const char *action, size_t length);

#endif
