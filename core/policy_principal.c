#include "policy_principal.h"

#include "arn.h"
#include "match.h"

#include <string.h>

static bool same(const char *a, size_t a_length, const char *b, size_t b_length) {
  return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool is(const char *bytes, size_t length, const char *text) {
  return same(bytes, length, text, strlen(text));
}

static bool is_account_id(const char *bytes, size_t length) {
  if (length != POLICY_ACCOUNT_DIGITS)
    return false;
  for (size_t i = 0; i < length; i++)
    if (bytes[i] < '0' || bytes[i] > '9')
      return false;
  return true;
}

const char *policy_account_of(const char *principal, size_t length) {
  if (is_account_id(principal, length))
    return principal;
  struct arn arn;
  if (!arn_parse(principal, length, &arn))
    return NULL;
  bool root = is(arn.service.text, arn.service.length, "iam") &&
              is(arn.resource.text, arn.resource.length, "root");
  return root && is_account_id(arn.account.text, arn.account.length) ? arn.account.text : NULL;
}

static bool names_anyone(const struct policy_value *named) {
  if (!is(named->string, named->length, "*"))
    return false;
  return strcmp(named->type, "*") == 0 || strcmp(named->type, "AWS") == 0;
}

bool policy_names_principal(const struct policy_value *named, const char *principal,
                            size_t length) {
  if (is(principal, length, "*"))
    return names_anyone(named);
  if (strcmp(named->type, "AWS") != 0)
    return false;
  if (same(named->string, named->length, principal, length))
    return true;
  const char *account = policy_account_of(named->string, named->length);
  const char *other = policy_account_of(principal, length);
  return account && other && memcmp(account, other, POLICY_ACCOUNT_DIGITS) == 0;
}

/* Whether the caller is a session (arn:P:sts::A:assumed-role/NAME/SESSION) of the role that is
 * named (arn:P:iam::A:role/PATH/NAME): the path of a role is not in its sessions' ARNs. */
static bool is_session_of(const struct arn *caller, const struct arn *role) {
  static const char session[] = "assumed-role/";
  static const char prefix[] = "role/";
  size_t session_length = sizeof session - 1, prefix_length = sizeof prefix - 1;
  if (!is(caller->service.text, caller->service.length, "sts") ||
      !is(role->service.text, role->service.length, "iam") ||
      !same(caller->partition.text, caller->partition.length, role->partition.text,
            role->partition.length) ||
      !same(caller->account.text, caller->account.length, role->account.text,
            role->account.length) ||
      caller->resource.length <= session_length || role->resource.length <= prefix_length ||
      memcmp(caller->resource.text, session, session_length) != 0 ||
      memcmp(role->resource.text, prefix, prefix_length) != 0)
    return false;
  const char *name = caller->resource.text + session_length;
  const char *slash = memchr(name, '/', caller->resource.length - session_length);
  if (!slash)
    return false;
  size_t length = (size_t)(slash - name);
  if (role->resource.length <= length)
    return false;
  const char *tail = role->resource.text + role->resource.length - length;
  return tail[-1] == '/' && memcmp(tail, name, length) == 0;
}

enum policy_naming policy_names_caller(const struct policy_value *named,
                                       const struct policy_string *caller) {
  if (names_anyone(named))
    return POLICY_NAMES_ANYONE;
  if (is(caller->bytes, caller->length, "*"))
    return POLICY_NAMES_NOT;
  if (same(named->string, named->length, caller->bytes, caller->length))
    return POLICY_NAMES;
  if (strcmp(named->type, "AWS") != 0)
    return POLICY_NAMES_NOT;
  struct arn caller_arn, named_arn;
  bool caller_has_arn = arn_parse(caller->bytes, caller->length, &caller_arn);
  const char *account = policy_account_of(named->string, named->length);
  if (account) {
    const char *same_account = policy_account_of(caller->bytes, caller->length);
    if (same_account && memcmp(account, same_account, POLICY_ACCOUNT_DIGITS) == 0)
      return POLICY_NAMES;
    if (caller_has_arn &&
        same(account, POLICY_ACCOUNT_DIGITS, caller_arn.account.text, caller_arn.account.length))
      return POLICY_NAMES_ACCOUNT;
    return POLICY_NAMES_NOT;
  }
  if (caller_has_arn && arn_parse(named->string, named->length, &named_arn) &&
      is_session_of(&caller_arn, &named_arn))
    return POLICY_NAMES_ROLE;
  return POLICY_NAMES_NOT;
}

bool policy_covers_action(const struct policy_list *patterns, const char *action, size_t length) {
  for (size_t i = 0; i < patterns->count; i++) {
    const struct policy_value *pattern = &patterns->items[i];
    if (match_covers(pattern->string, pattern->length, action, length, true))
      return true;
  }
  return false;
}
