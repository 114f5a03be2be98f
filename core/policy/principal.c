#include "policy/principal.h"

#include "base/bytes.h"
#include "base/match.h"
#include "policy/arn.h"

#include <string.h>

static bool is_account_id(const char *bytes, size_t length) {
  if (length != ACCOUNT_DIGITS)
    return false;
  for (size_t i = 0; i < length; i++)
    if (bytes[i] < '0' || bytes[i] > '9')
      return false;
  return true;
}

const char *principal_account(const char *principal, size_t length) {
  if (is_account_id(principal, length))
    return principal;
  struct arn arn;
  if (!arn_parse(principal, length, &arn))
    return NULL;
  bool root = bytes_are(arn.service.text, arn.service.length, "iam") &&
              bytes_are(arn.resource.text, arn.resource.length, "root");
  return root && is_account_id(arn.account.text, arn.account.length) ? arn.account.text : NULL;
}

static bool is_anyone(const struct policy_value *named) {
  if (!bytes_are(named->string, named->length, "*"))
    return false;
  return strcmp(named->type, "*") == 0 || strcmp(named->type, "AWS") == 0;
}

bool principal_equal(const struct policy_value *named, const char *principal, size_t length) {
  if (bytes_are(principal, length, "*"))
    return is_anyone(named);
  if (strcmp(named->type, "AWS") != 0)
    return false;
  if (bytes_equal(named->string, named->length, principal, length))
    return true;
  const char *account = principal_account(named->string, named->length);
  const char *other = principal_account(principal, length);
  return account && other && memcmp(account, other, ACCOUNT_DIGITS) == 0;
}

/* Reports whether the caller is a session (arn:P:sts::A:assumed-role/NAME/SESSION) of a role
 * (arn:P:iam::A:role/PATH/NAME). The ARN of a session does not contain the path of the role. */
static bool is_session_of(const struct arn *caller, const struct arn *role) {
  static const char session[] = "assumed-role/";
  size_t session_length = sizeof session - 1;
  if (!bytes_are(caller->service.text, caller->service.length, "sts") ||
      !bytes_are(role->service.text, role->service.length, "iam") ||
      !bytes_equal(caller->partition.text, caller->partition.length, role->partition.text,
                   role->partition.length) ||
      !bytes_equal(caller->account.text, caller->account.length, role->account.text,
                   role->account.length) ||
      !bytes_begin(caller->resource.text, caller->resource.length, session) ||
      !bytes_begin(role->resource.text, role->resource.length, "role/"))
    return false;
  const char *name = caller->resource.text + session_length;
  const char *slash = memchr(name, '/', caller->resource.length - session_length);
  if (!slash)
    return false;
  size_t length = (size_t)(slash - name);
  if (length == 0 || role->resource.length <= length)
    return false;
  const char *tail = role->resource.text + role->resource.length - length;
  return tail[-1] == '/' && memcmp(tail, name, length) == 0;
}

static bool is_provider_arn(const struct arn *arn) {
  static const char *const providers[] = {"saml-provider/", "oidc-provider/"};
  for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
    if (bytes_begin(arn->resource.text, arn->resource.length, providers[i]))
      return true;
  return false;
}

static bool ends_with(const char *text, size_t length, const char *end) {
  size_t size = strlen(end);
  return length >= size && memcmp(text + length - size, end, size) == 0;
}

bool principal_is_provider(const char *principal, size_t length) {
  static const char *const services[] = {".amazonaws.com", ".amazonaws.com.cn", ".aws.internal",
                                         ".ic.gov", ".sgov.gov"};
  struct arn arn;
  if (arn_parse(principal, length, &arn))
    return is_provider_arn(&arn);
  for (size_t i = 0; i < sizeof services / sizeof *services; i++)
    if (ends_with(principal, length, services[i]))
      return bytes_are(principal, length, "cognito-identity.amazonaws.com");
  return memchr(principal, '.', length) && !memchr(principal, ':', length);
}

/* Reports whether a principal is an AWS principal (an account, user, role, session or unique id),
 * not a service (ecs.amazonaws.com) or an identity provider. */
static bool is_aws_principal(const char *text, size_t length, const struct arn *arn) {
  return arn ? !is_provider_arn(arn) : !memchr(text, '.', length);
}

/* Reports whether an entry of a Principal element is {"Federated": "*"}. */
static bool is_any_provider(const struct policy_value *named) {
  return strcmp(named->type, "Federated") == 0 && bytes_are(named->string, named->length, "*");
}

static bool same_partition(const struct arn *a, const struct arn *b) {
  return !a || !b ||
         bytes_equal(a->partition.text, a->partition.length, b->partition.text,
                     b->partition.length);
}

struct principal_caller principal_read(const struct policy_string *caller) {
  struct principal_caller read = {.text = *caller};
  read.has_arn = arn_parse(caller->bytes, caller->length, &read.arn);
  read.aws = is_aws_principal(caller->bytes, caller->length, read.has_arn ? &read.arn : NULL);
  bool sts = read.has_arn && bytes_are(read.arn.service.text, read.arn.service.length, "sts");
  const struct arn_part *resource = &read.arn.resource;
  read.federated = sts && bytes_begin(resource->text, resource->length, "federated-user/");
  read.session = sts && bytes_begin(resource->text, resource->length, "assumed-role/");
  return read;
}

/* Matches the caller with an account principal, whose digits are at `account`. */
static enum principal_match match_account(const char *account,
                                          const struct principal_caller *caller) {
  const char *itself = principal_account(caller->text.bytes, caller->text.length);
  if (itself && memcmp(account, itself, ACCOUNT_DIGITS) == 0)
    return PRINCIPAL_SELF;
  if (caller->has_arn &&
      bytes_equal(account, ACCOUNT_DIGITS, caller->arn.account.text, caller->arn.account.length))
    return PRINCIPAL_ACCOUNT;
  return PRINCIPAL_NONE;
}

/* Reports whether an entry can be the account of a caller with an ARN, or the role of a session: an account
 * id, or such an ARN in the caller's partition and account. Most entries of a policy are neither, and this
 * takes less time than arn_parse. */
static bool may_include(const struct policy_value *named, const struct principal_caller *caller) {
  static const char prefix[] = "arn:", service[] = ":iam:";
  enum { PREFIX = sizeof prefix - 1, SERVICE = sizeof service - 1 };
  if (named->length == ACCOUNT_DIGITS)
    return true;
  const struct arn_part *partition = &caller->arn.partition, *account = &caller->arn.account;
  const char *text = named->string, *end = text + named->length;
  if (named->length < PREFIX + partition->length + SERVICE || memcmp(text, prefix, PREFIX) != 0)
    return false;
  text += PREFIX;
  if (memcmp(text, partition->text, partition->length) != 0 ||
      memcmp(text + partition->length, service, SERVICE) != 0)
    return false;
  text += partition->length + SERVICE;
  text = memchr(text, ':', (size_t)(end - text));
  if (!text || (size_t)(end - ++text) <= account->length ||
      memcmp(text, account->text, account->length) != 0)
    return false;
  text += account->length;
  size_t left = (size_t)(end - text);
  return bytes_are(text, left, ":root") || (caller->session && bytes_begin(text, left, ":role/"));
}

enum principal_match principal_match_read(const struct policy_value *named,
                                          const struct principal_caller *caller) {
  const char *text = caller->text.bytes;
  size_t length = caller->text.length;
  if (is_anyone(named))
    return PRINCIPAL_ANYONE;
  if (bytes_are(text, length, "*"))
    return PRINCIPAL_NONE;
  if ((strcmp(named->type, "AWS") == 0) != caller->aws && strcmp(named->type, "CanonicalUser") != 0)
    return PRINCIPAL_NONE;
  if (bytes_equal(named->string, named->length, text, length))
    return PRINCIPAL_SELF;
  if (!caller->aws)
    return is_any_provider(named) && principal_is_provider(text, length) ? PRINCIPAL_SELF
                                                                         : PRINCIPAL_NONE;
  if (caller->has_arn && !may_include(named, caller))
    return PRINCIPAL_NONE;
  const struct arn *caller_arn = caller->has_arn ? &caller->arn : NULL;
  struct arn parts;
  const struct arn *named_arn = arn_parse(named->string, named->length, &parts) ? &parts : NULL;
  if (!same_partition(caller_arn, named_arn))
    return PRINCIPAL_NONE;
  const char *account = principal_account(named->string, named->length);
  if (account)
    return match_account(account, caller);
  return caller_arn && named_arn && is_session_of(caller_arn, named_arn) ? PRINCIPAL_ROLE
                                                                         : PRINCIPAL_NONE;
}

enum principal_match principal_match(const struct policy_value *named,
                                     const struct policy_string *caller) {
  struct principal_caller read = principal_read(caller);
  return principal_match_read(named, &read);
}

bool principal_may_federate_read(const struct policy_value *named,
                                 const struct principal_caller *caller) {
  struct arn user;
  if (!caller->federated || strcmp(named->type, "AWS") != 0)
    return false;
  if (!arn_parse(named->string, named->length, &user))
    return bytes_begin(named->string, named->length, "AIDA");
  return bytes_are(user.service.text, user.service.length, "iam") &&
         bytes_begin(user.resource.text, user.resource.length, "user/") &&
         same_partition(&caller->arn, &user) &&
         bytes_equal(caller->arn.account.text, caller->arn.account.length, user.account.text,
                     user.account.length);
}

bool principal_may_federate(const struct policy_value *named, const struct policy_string *caller) {
  struct principal_caller read = principal_read(caller);
  return principal_may_federate_read(named, &read);
}

static bool is_session(const struct policy_string *caller) {
  struct arn arn;
  return arn_parse(caller->bytes, caller->length, &arn) &&
         bytes_are(arn.service.text, arn.service.length, "sts") &&
         bytes_begin(arn.resource.text, arn.resource.length, "assumed-role/");
}

enum principal_exclusion principal_excluded(const struct policy_list *named,
                                            enum policy_effect effect,
                                            const struct policy_string *caller) {
  unsigned matches = 0;
  for (size_t i = 0; i < named->count; i++)
    matches |= 1u << principal_match(&named->items[i], caller);
  bool itself = matches & 1u << PRINCIPAL_SELF, role = matches & 1u << PRINCIPAL_ROLE;
  bool account = matches & 1u << PRINCIPAL_ACCOUNT;
  if (matches & 1u << PRINCIPAL_ANYONE)
    return PRINCIPAL_EXCLUDED;
  if (effect == POLICY_ALLOW)
    return itself || role ? PRINCIPAL_EXCLUDED
           : account      ? PRINCIPAL_MAYBE_EXCLUDED
                          : PRINCIPAL_INCLUDED;
  if (!itself && !role)
    return PRINCIPAL_INCLUDED;
  struct arn arn;
  bool has_account = arn_parse(caller->bytes, caller->length, &arn) &&
                     !principal_account(caller->bytes, caller->length) &&
                     is_aws_principal(caller->bytes, caller->length, &arn);
  bool whole = itself && (account || !has_account) && (role || !is_session(caller));
  return whole ? PRINCIPAL_EXCLUDED : PRINCIPAL_MAYBE_EXCLUDED;
}

bool policy_matches_action(const struct policy_list *patterns, const char *action, size_t length) {
  for (size_t i = 0; i < patterns->count; i++) {
    const struct policy_value *pattern = &patterns->items[i];
    if (bytes_equal(pattern->string, pattern->length, action, length) ||
        match_subsumes(pattern->string, pattern->length, action, length, true))
      return true;
  }
  return false;
}
