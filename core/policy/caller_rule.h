#ifndef LANYARD_POLICY_CALLER_RULE_H
#define LANYARD_POLICY_CALLER_RULE_H

/* Private to the files of policy/caller. */

/* How a request determines a key. */
enum caller_key_rule {
  RULE_FREE, /* it does not */
  RULE_ARN,  /* aws:PrincipalArn, and so on: see caller_fact_of */
  RULE_ACCOUNT,
  RULE_TYPE,
  RULE_USERID,
  RULE_USERNAME,
  RULE_IS_SERVICE,
  RULE_SERVICE_NAME,
  RULE_SERVICE_NAMES,
  RULE_RESOURCE_ACCOUNT,
  RULE_MEMBER,      /* absent for callers without an account */
  RULE_CREDENTIALS, /* a property of temporary credentials: absent for callers without an account */
  RULE_ISSUED,      /* the same, and sessions, which have no other credentials, always have it */
  RULE_MFA,         /* the same, and "not present for federated identities" */
  RULE_ROLE,        /* a property of a role's session */
  RULE_WEB,         /* the same, or of an identity provider that begins one */
  RULE_ROOT,        /* a property of a root user's session */
  RULE_FORWARDED,   /* only services that act for callers with an account set it */
  RULE_VIA,         /* not true for callers without an account */
};

#endif
