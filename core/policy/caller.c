#include "policy/caller.h"

#include "base/bytes.h"
#include "base/platform.h"
#include "policy/principal.h"

#include <string.h>

static bool part_is(struct arn_part part, const char *text) {
  return bytes_are(part.text, part.length, text);
}

/* Removes a prefix from a part. Returns false, and changes nothing, if the part does not begin with
 * it. */
static bool cut_prefix(struct arn_part *part, const char *prefix) {
  size_t length = strlen(prefix);
  if (part->length <= length || !bytes_begin(part->text, part->length, prefix))
    return false;
  *part = (struct arn_part){part->text + length, part->length - length};
  return true;
}

/* Returns the part after the last slash. */
static struct arn_part last_name(struct arn_part path) {
  const char *slash = path.length > 0 ? memrchr(path.text, '/', path.length) : NULL;
  if (!slash)
    return path;
  return (struct arn_part){slash + 1, path.length - (size_t)(slash + 1 - path.text)};
}

/* Reports whether the parts of PATH/NAME are not empty: a path is "/", or begins and ends with a
 * slash, and has no other empty part.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
static bool is_path(struct arn_part path) {
  return path.length > 0 && path.text[0] != '/' && path.text[path.length - 1] != '/' &&
         !memmem(path.text, path.length, "//", 2);
}

static bool all_in(const char *text, size_t length, const char *set) {
  for (size_t i = 0; i < length; i++)
    if (!text[i] || !strchr(set, text[i]))
      return false;
  return length > 0;
}

/* Reports whether a text can be the name of a user, a role or a session: "names of users, groups, roles,
 * [...] must be alphanumeric, including the following common characters". A `*` is none of them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
static bool is_name(struct arn_part name) {
  for (size_t i = 0; i < name.length; i++) {
    char c = name.text[i], letter = (char)(c | 0x20);
    bool common = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9');
    if (!common && (!c || !strchr("+=,.@_-", c)))
      return false;
  }
  return name.length > 0;
}

static enum caller_kind read_iam(struct caller *caller, struct arn_part resource) {
  if (part_is(resource, "root"))
    return CALLER_ROOT;
  struct arn_part path = resource;
  bool user = cut_prefix(&path, "user/");
  if (user || cut_prefix(&path, "role/")) {
    caller->name = last_name(path);
    if (!is_path(path) || !is_name(caller->name))
      return CALLER_OTHER;
    caller->service_linked = !user && bytes_begin(path.text, path.length, "aws-service-role/");
    return user ? CALLER_USER : CALLER_ROLE;
  }
  return cut_prefix(&path, "saml-provider/") || cut_prefix(&path, "oidc-provider/")
             ? CALLER_PROVIDER
             : CALLER_OTHER;
}

static enum caller_kind read_sts(struct caller *caller, struct arn_part resource) {
  if (cut_prefix(&resource, "federated-user/")) {
    caller->name = resource;
    return is_name(resource) ? CALLER_FEDERATED_USER : CALLER_OTHER;
  }
  if (!cut_prefix(&resource, "assumed-role/"))
    return CALLER_OTHER;
  const char *slash = memchr(resource.text, '/', resource.length);
  if (!slash || slash == resource.text)
    return CALLER_OTHER;
  caller->name = (struct arn_part){resource.text, (size_t)(slash - resource.text)};
  caller->session = (struct arn_part){slash + 1, resource.length - caller->name.length - 1};
  caller->service_linked = bytes_begin(resource.text, resource.length, "AWSServiceRoleFor");
  return is_name(caller->name) && is_name(caller->session) ? CALLER_SESSION : CALLER_OTHER;
}

static enum caller_kind read_plain(const char *text, size_t length) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (bytes_are(text, length, "*"))
    return CALLER_ANONYMOUS;
  if (caller_is_account(text, length))
    return CALLER_ROOT;
  if (principal_is_provider(text, length))
    return CALLER_PROVIDER;
  if (length == 64 && all_in(text, length, "0123456789abcdef"))
    return CALLER_CANONICAL_USER;
  if (length >= 16 && all_in(text, length, letters) &&
      (bytes_begin(text, length, "AROA") || bytes_begin(text, length, "AIDA")))
    return CALLER_UNIQUE_ID;
  return memchr(text, '.', length) && !memchr(text, ':', length) ? CALLER_SERVICE : CALLER_OTHER;
}

struct caller caller_read(const char *text, size_t length) {
  struct caller caller = {.text = {text, length}};
  struct arn arn;
  if (!arn_parse(text, length, &arn)) {
    caller.kind = read_plain(text, length);
    if (caller.kind == CALLER_ROOT)
      caller.account = (struct arn_part){text, length};
    return caller;
  }
  caller.partition = arn.partition;
  caller.account = arn.account;
  caller.kind = part_is(arn.service, "iam")   ? read_iam(&caller, arn.resource)
                : part_is(arn.service, "sts") ? read_sts(&caller, arn.resource)
                                              : CALLER_OTHER;
  return caller;
}

const char *caller_kind_name(enum caller_kind kind) {
  static const char *const names[] = {
      [CALLER_ANONYMOUS] = "an anonymous caller",
      [CALLER_ROOT] = "an account's root user",
      [CALLER_USER] = "a user",
      [CALLER_ROLE] = "a role",
      [CALLER_SESSION] = "a role session",
      [CALLER_FEDERATED_USER] = "a federated user",
      [CALLER_SERVICE] = "a service",
      [CALLER_PROVIDER] = "an identity provider",
      [CALLER_UNIQUE_ID] = "a unique ID",
      [CALLER_CANONICAL_USER] = "a canonical user ID",
      [CALLER_OTHER] = "this principal",
  };
  return names[kind];
}

bool caller_is_account(const char *text, size_t length) {
  return length == ACCOUNT_DIGITS && principal_account(text, length) == text;
}

bool caller_has_account(const struct caller *caller) {
  return caller->kind != CALLER_ANONYMOUS && caller->kind != CALLER_SERVICE &&
         caller->kind != CALLER_PROVIDER;
}
