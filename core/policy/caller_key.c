#include "policy/caller.h"

#include "base/bytes.h"
#include "base/match.h"
#include "base/platform.h"
#include "policy/caller_rule.h"

#include <string.h>

/* ---------------------------------------------------------------------------------------------
 * Facts */

static void add_part(struct buf *buf, struct arn_part part) {
  buf_add(buf, part.text, part.length);
}

static struct buf *add_pattern(struct caller_fact *fact) {
  return &fact->patterns[fact->count++];
}

static void add_text(struct caller_fact *fact, const char *text) {
  buf_adds(add_pattern(fact), text);
}

static bool has_prefix(const struct caller *caller, const char *prefix) {
  return bytes_begin(caller->text.bytes, caller->text.length, prefix);
}

/* Reports whether a unique ID is a role's, not a user's. */
static bool is_role_id(const struct caller *caller) {
  return has_prefix(caller, "AROA");
}

/* aws:PrincipalArn */
static void set_arn(struct caller_fact *fact, const struct caller *caller) {
  struct buf *buf;
  switch (caller->kind) {
  case CALLER_ANONYMOUS:
  case CALLER_SERVICE:
  case CALLER_PROVIDER:
    fact->rule = CALLER_KEY_ABSENT;
    return;
  case CALLER_SESSION:
    for (size_t i = 0; i < 2; i++) {
      buf = add_pattern(fact);
      buf_adds(buf, "arn:");
      add_part(buf, caller->partition);
      buf_adds(buf, ":iam::");
      add_part(buf, caller->account);
      buf_adds(buf, i == 0 ? ":role/" : ":role/*/");
      add_part(buf, caller->name);
    }
    return;
  case CALLER_ROOT:
    if (caller->partition.length > 0)
      break;
    buf = add_pattern(fact);
    buf_adds(buf, "arn:*:iam::");
    add_part(buf, caller->account);
    buf_adds(buf, ":root");
    return;
  case CALLER_UNIQUE_ID:
    add_text(fact, is_role_id(caller) ? "arn:*:iam::*:role/*" : "arn:*:iam::*:user/*");
    return;
  case CALLER_CANONICAL_USER:
    add_text(fact, "arn:*:iam::*:root");
    return;
  case CALLER_OTHER:
    if (caller->partition.length == 0)
      return;
    break;
  case CALLER_USER:
  case CALLER_ROLE:
  case CALLER_FEDERATED_USER:
    break;
  }
  buf_add(add_pattern(fact), caller->text.bytes, caller->text.length);
}

/* aws:PrincipalAccount */
static void set_account(struct caller_fact *fact, const struct caller *caller) {
  if (caller->kind == CALLER_ANONYMOUS)
    add_text(fact, "anonymous");
  else if (!caller_has_account(caller))
    fact->rule = CALLER_KEY_ABSENT;
  else if (caller->account.length > 0)
    add_part(add_pattern(fact), caller->account);
}

/* Services and identity providers: any value but these, which other principals have. */
static void set_undocumented(struct caller_fact *fact, const char *const others[CALLER_PATTERNS]) {
  fact->except = true;
  for (size_t i = 0; i < CALLER_PATTERNS; i++)
    add_text(fact, others[i]);
}

/* aws:PrincipalType */
static void set_type(struct caller_fact *fact, const struct caller *caller) {
  static const char *const all[CALLER_PATTERNS] = {"Account", "User", "AssumedRole",
                                                   "FederatedUser", "Anonymous"};
  switch (caller->kind) {
  case CALLER_ANONYMOUS:
    add_text(fact, "Anonymous");
    break;
  case CALLER_ROOT:
  case CALLER_CANONICAL_USER:
    add_text(fact, "Account");
    break;
  case CALLER_USER:
    add_text(fact, "User");
    break;
  case CALLER_ROLE:
  case CALLER_SESSION:
    add_text(fact, "AssumedRole");
    break;
  case CALLER_FEDERATED_USER:
    add_text(fact, "FederatedUser");
    break;
  case CALLER_UNIQUE_ID:
    add_text(fact, is_role_id(caller) ? "AssumedRole" : "User");
    break;
  case CALLER_SERVICE:
  case CALLER_PROVIDER:
    set_undocumented(fact, all);
    break;
  case CALLER_OTHER:
    break;
  }
}

/* aws:userid. The ids of users begin with AIDA, the ids of roles with AROA:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
static void set_userid(struct caller_fact *fact, const struct caller *caller) {
  static const char *const all[CALLER_PATTERNS] = {"anonymous", "AIDA*", "AROA*", "????????????",
                                                   "????????????:*"};
  struct buf *buf;
  switch (caller->kind) {
  case CALLER_ANONYMOUS:
    add_text(fact, "anonymous");
    break;
  case CALLER_ROOT:
    add_part(add_pattern(fact), caller->account);
    break;
  case CALLER_USER:
    add_text(fact, "AIDA*");
    break;
  case CALLER_ROLE:
    add_text(fact, "AROA*:*");
    break;
  case CALLER_SESSION:
    buf = add_pattern(fact);
    buf_adds(buf, "AROA*:");
    add_part(buf, caller->session);
    break;
  case CALLER_FEDERATED_USER:
    buf = add_pattern(fact);
    add_part(buf, caller->account);
    buf_addc(buf, ':');
    add_part(buf, caller->name);
    break;
  case CALLER_UNIQUE_ID:
    buf = add_pattern(fact);
    buf_add(buf, caller->text.bytes, caller->text.length);
    if (is_role_id(caller))
      buf_adds(buf, ":*");
    break;
  case CALLER_CANONICAL_USER:
    add_text(fact, "????????????");
    break;
  case CALLER_SERVICE:
  case CALLER_PROVIDER:
    set_undocumented(fact, all);
    break;
  case CALLER_OTHER:
    break;
  }
}

/* aws:username */
static void set_username(struct caller_fact *fact, const struct caller *caller) {
  switch (caller->kind) {
  case CALLER_USER:
    add_part(add_pattern(fact), caller->name);
    break;
  case CALLER_UNIQUE_ID:
    fact->rule = is_role_id(caller) ? CALLER_KEY_ABSENT : CALLER_KEY_PRESENT;
    break;
  case CALLER_OTHER:
    fact->rule = CALLER_KEY_FREE;
    break;
  default:
    fact->rule = CALLER_KEY_ABSENT;
  }
}

/* aws:PrincipalIsAWSService */
static void set_is_service(struct caller_fact *fact, const struct caller *caller) {
  fact->ignore_case = true;
  if (caller->kind == CALLER_ANONYMOUS || caller->kind == CALLER_PROVIDER)
    fact->rule = CALLER_KEY_ABSENT;
  else
    add_text(fact, caller->kind == CALLER_SERVICE ? "true" : "false");
}

/* Reports whether a label of a host name is a Region: us-east-1. */
static bool is_region(const char *text, size_t length) {
  return length > 2 && memchr(text, '-', length) && text[length - 1] >= '0' &&
         text[length - 1] <= '9';
}

/* Splits NAME.REGION.amazonaws.com, where the Region may be missing, into NAME and .amazonaws.com. */
static bool split_service(const struct caller *caller, struct arn_part *name,
                          struct arn_part *end) {
  const char *text = caller->text.bytes;
  const char *domain = memmem(text, caller->text.length, ".amazonaws.", strlen(".amazonaws."));
  if (!domain || domain == text)
    return false;
  *end = (struct arn_part){domain, caller->text.length - (size_t)(domain - text)};
  *name = (struct arn_part){text, (size_t)(domain - text)};
  const char *dot = memrchr(text, '.', name->length);
  if (dot && is_region(dot + 1, (size_t)(domain - dot - 1)))
    name->length = (size_t)(dot - text);
  return true;
}

/* aws:PrincipalServiceName and aws:PrincipalServiceNamesList. A service has one name, and may have one
 * for each Region: NAME.REGION.amazonaws.com. */
static void set_service(struct caller_fact *fact, const struct caller *caller, bool list) {
  if (caller->kind != CALLER_SERVICE) {
    fact->rule = CALLER_KEY_ABSENT;
    return;
  }
  buf_add(add_pattern(fact), caller->text.bytes, caller->text.length);
  struct arn_part name, end;
  if (!list || !split_service(caller, &name, &end))
    return;
  bool regional = name.length + end.length < caller->text.length;
  for (size_t i = regional ? 0 : 1; i < 2; i++) {
    struct buf *buf = add_pattern(fact);
    add_part(buf, name);
    buf_adds(buf, i == 0 ? "" : ".*");
    add_part(buf, end);
  }
}

struct policy_string caller_owner(const struct caller_request *request) {
  struct arn arn;
  if (request->owner.bytes)
    return request->owner;
  if (!request->resource.bytes ||
      !arn_parse(request->resource.bytes, request->resource.length, &arn) ||
      arn.account.length == 0)
    return (struct policy_string){0};
  return (struct policy_string){arn.account.text, arn.account.length};
}

/* aws:ResourceAccount, which some actions lack */
static void set_resource_account(struct caller_fact *fact, const struct caller_request *request) {
  struct policy_string owner = caller_owner(request);
  fact->rule = CALLER_KEY_FREE;
  if (!owner.bytes)
    return;
  fact->rule = CALLER_KEY_OPTIONAL;
  buf_add(add_pattern(fact), owner.bytes, owner.length);
}

static bool is_role(const struct caller *caller) {
  return caller->kind == CALLER_ROLE || caller->kind == CALLER_SESSION ||
         (caller->kind == CALLER_UNIQUE_ID && is_role_id(caller));
}

static bool is_root(const struct caller *caller) {
  return caller->kind == CALLER_ROOT || caller->kind == CALLER_CANONICAL_USER;
}

/* The keys of sessions. "These condition keys are only available when a request is made by a principal
 * with role session or federated user principal credentials", and some for users with temporary ones. */
static void set_session(struct caller_fact *fact, const struct caller *caller,
                        enum caller_key_rule rule) {
  bool federated = caller->kind == CALLER_FEDERATED_USER;
  bool has = caller->kind == CALLER_OTHER;
  switch (rule) {
  case RULE_ISSUED:
    if (is_role(caller) || federated)
      return;
    has = caller_has_account(caller);
    break;
  case RULE_MFA:
    has = caller_has_account(caller) && !federated;
    break;
  case RULE_ROLE:
    has = has || is_role(caller);
    break;
  case RULE_WEB:
    has = has || is_role(caller) || caller->kind == CALLER_PROVIDER;
    break;
  case RULE_ROOT:
    has = has || is_root(caller);
    break;
  default:
    has = caller_has_account(caller);
  }
  fact->rule = has ? CALLER_KEY_FREE : CALLER_KEY_ABSENT;
}

/* aws:ViaAWSService is true if a service uses the credentials of an IAM principal. */
static void set_via(struct caller_fact *fact, const struct caller *caller) {
  fact->rule = CALLER_KEY_FREE;
  if (caller_has_account(caller))
    return;
  fact->rule = CALLER_KEY_PRESENT;
  fact->ignore_case = true;
  add_text(fact, "false");
}

struct caller_fact caller_fact_of(const struct caller *caller, const struct caller_request *request,
                                  const char *key, size_t length) {
  struct caller_fact fact = {.rule = CALLER_KEY_PRESENT};
  const struct caller_key *found = caller_find_key(key, length);
  switch (found ? (enum caller_key_rule)found->rule : RULE_FREE) {
  case RULE_FREE:
    fact.rule = CALLER_KEY_FREE;
    break;
  case RULE_ARN:
    set_arn(&fact, caller);
    break;
  case RULE_ACCOUNT:
    set_account(&fact, caller);
    break;
  case RULE_TYPE:
    set_type(&fact, caller);
    break;
  case RULE_USERID:
    set_userid(&fact, caller);
    break;
  case RULE_USERNAME:
    set_username(&fact, caller);
    break;
  case RULE_IS_SERVICE:
    set_is_service(&fact, caller);
    break;
  case RULE_SERVICE_NAME:
  case RULE_SERVICE_NAMES:
    set_service(&fact, caller, found->many);
    break;
  case RULE_RESOURCE_ACCOUNT:
    set_resource_account(&fact, request);
    break;
  case RULE_VIA:
    set_via(&fact, caller);
    break;
  case RULE_MEMBER:
  case RULE_CREDENTIALS:
  case RULE_ISSUED:
  case RULE_MFA:
  case RULE_ROLE:
  case RULE_WEB:
  case RULE_ROOT:
  case RULE_FORWARDED:
    set_session(&fact, caller, (enum caller_key_rule)found->rule);
    break;
  }
  for (size_t i = 0; i < fact.count; i++)
    buf_adds(&fact.patterns[i], ""); /* an empty pattern has bytes, too */
  return fact;
}

bool caller_fact_failed(const struct caller_fact *fact) {
  bool failed = false;
  for (size_t i = 0; i < CALLER_PATTERNS; i++)
    failed = failed || fact->patterns[i].failed;
  return failed;
}

void caller_fact_free(struct caller_fact *fact) {
  for (size_t i = 0; i < CALLER_PATTERNS; i++)
    buf_free(&fact->patterns[i]);
  fact->count = 0;
}

/* A pattern also allows itself: in bytes that are not UTF-8, a `?` may be a part of a character. */
static bool allows(const struct caller_fact *fact, const struct buf *pattern, const char *value,
                   size_t length) {
  return bytes_equal(pattern->data, pattern->length, value, length) ||
         match_glob(pattern->data, pattern->length, value, length, fact->ignore_case);
}

bool caller_fact_allows(const struct caller_fact *fact, const char *value, size_t length) {
  if (fact->rule == CALLER_KEY_ABSENT)
    return false;
  for (size_t i = 0; i < fact->count; i++)
    if (allows(fact, &fact->patterns[i], value, length))
      return !fact->except;
  return fact->count == 0 || fact->except;
}
