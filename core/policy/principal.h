#ifndef LANYARD_POLICY_PRINCIPAL_H
#define LANYARD_POLICY_PRINCIPAL_H

#include "policy/arn.h"
#include "policy/document.h"

/* The principals of a policy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */

#define ACCOUNT_DIGITS 12

/* principal_account returns the 12 digits of an account principal (an account id or a root ARN),
 * inside `principal`, or NULL for other principals. An id and a root ARN of any partition refer to
 * the same account. */
const char *principal_account(const char *principal, size_t length);

/* principal_is_provider reports whether a principal is an identity provider: the ARN of a SAML or OIDC
 * provider, or a domain that is not one of AWS's services (accounts.google.com). Amazon Cognito's
 * cognito-identity.amazonaws.com is a provider.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
 */
bool principal_is_provider(const char *principal, size_t length);

/* principal_equal reports whether an entry of a Principal element is an AWS principal: the same
 * string, the same account in its other spelling, or "*" for "*" and {"AWS": "*"}. */
bool principal_equal(const struct policy_value *named, const char *principal, size_t length);

/* How an entry of a Principal element matches the caller. */
enum principal_match {
  PRINCIPAL_NONE,
  PRINCIPAL_SELF,    /* the caller itself; {"Federated": "*"}: any identity provider */
  PRINCIPAL_ROLE,    /* the role of the caller's session */
  PRINCIPAL_ACCOUNT, /* the caller's account */
  PRINCIPAL_ANYONE,
};

#define PRINCIPAL_MATCHES (PRINCIPAL_ANYONE + 1)

/* principal_match matches an entry of a Principal element with the caller: an ARN, an account id, a
 * unique id, a service (ecs.amazonaws.com), or "*" for anyone. */
enum principal_match principal_match(const struct policy_value *named,
                                     const struct policy_string *caller);

/* A caller that is compared with many entries. principal_read describes it once; the text must outlive the
 * result. */
struct principal_caller {
  struct policy_string text;
  struct arn arn;
  bool has_arn;
  bool aws;       /* an account, user, role, session or unique id */
  bool session;   /* of a role */
  bool federated; /* a federated user session */
};

struct principal_caller principal_read(const struct policy_string *caller);

/* principal_match_read and principal_may_federate_read are principal_match and principal_may_federate for
 * such a caller. */
enum principal_match principal_match_read(const struct policy_value *named,
                                          const struct principal_caller *caller);
bool principal_may_federate_read(const struct policy_value *named,
                                 const struct principal_caller *caller);

/* principal_may_federate reports whether an entry of a Principal element names an IAM user that can have
 * federated the caller's session (sts:GetFederationToken): a user of the account of a federated user
 * session, or the unique id of a user. The session's ARN does not contain the user. A statement about the
 * user applies to the session, too.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
bool principal_may_federate(const struct policy_value *named, const struct policy_string *caller);

enum principal_exclusion { PRINCIPAL_INCLUDED, PRINCIPAL_EXCLUDED, PRINCIPAL_MAYBE_EXCLUDED };

/* principal_excluded reports whether a NotPrincipal list excludes the caller. In a Deny, a caller
 * is excluded only if the list names the account too, and for a session the role too: AWS may check
 * these first. An account alone does not exclude its principals.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html */
enum principal_exclusion principal_excluded(const struct policy_list *named,
                                            enum policy_effect effect,
                                            const struct policy_string *caller);

/* policy_matches_action reports whether one of the patterns matches an action, or subsumes a
 * pattern of actions. Case does not matter. */
bool policy_matches_action(const struct policy_list *patterns, const char *action, size_t length);

#endif
