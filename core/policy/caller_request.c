#include "policy/caller.h"

#include "base/bytes.h"
#include "policy/caller_rule.h"
#include "policy/condition_value.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------------------------------------
 * Keys that follow from a request */

/* Copies a text into the structure. Returns false if there is no room. */
static bool keep_text(struct caller_derived *derived, const char *bytes, size_t length,
                      struct context_value *value) {
  if (length >= sizeof derived->text - derived->used)
    return false;
  char *copy = derived->text + derived->used;
  memcpy(copy, bytes, length);
  copy[length] = '\0';
  derived->used += length + 1;
  *value = (struct context_value){copy, length};
  return true;
}

/* Stores the value of a key. An account id does not contain the partition of the root user's ARN: it
 * is the partition of the resource, else "aws". `is_arn` is set for aws:PrincipalArn. */
static bool keep_value(struct caller_derived *derived, const struct caller *caller,
                       const struct caller_request *request, const struct caller_fact *fact,
                       bool is_arn, struct context_value *value) {
  const struct buf *pattern = &fact->patterns[0];
  if (bytes_equal(pattern->data, pattern->length, caller->text.bytes, caller->text.length)) {
    *value = (struct context_value){caller->text.bytes, caller->text.length};
    return true;
  }
  static const char any[] = "arn:*:iam::";
  if (!is_arn || caller->kind != CALLER_ROOT || !bytes_begin(pattern->data, pattern->length, any))
    return !memchr(pattern->data, '*', pattern->length) &&
           keep_text(derived, pattern->data, pattern->length, value);
  struct arn arn;
  struct buf root = {0};
  bool known =
      request->resource.bytes && arn_parse(request->resource.bytes, request->resource.length, &arn);
  buf_adds(&root, "arn:");
  buf_add(&root, known ? arn.partition.text : "aws", known ? arn.partition.length : 3);
  buf_adds(&root, pattern->data + strlen("arn:*"));
  derived->failed = derived->failed || root.failed;
  bool kept = !root.failed && keep_text(derived, root.data, root.length, value);
  buf_free(&root);
  return kept;
}

static void derive_key(struct caller_derived *derived, const struct caller *caller,
                       const struct caller_request *request, const char *name) {
  size_t length = strlen(name);
  if (request->context && context_find(request->context, name, length))
    return;
  struct caller_fact fact = caller_fact_of(caller, request, name, length);
  derived->failed = derived->failed || caller_fact_failed(&fact);
  if (fact.rule != CALLER_KEY_FREE && !caller_fact_failed(&fact)) {
    struct context_value *value = &derived->values[derived->count];
    struct context_entry *entry = &derived->entries[derived->count++];
    *entry = (struct context_entry){.key = name, .key_length = length, .values = value};
    if (fact.rule != CALLER_KEY_ABSENT) {
      bool is_arn = strcmp(name, "aws:PrincipalArn") == 0;
      bool known = fact.count == 1 && !fact.except &&
                   keep_value(derived, caller, request, &fact, is_arn, value);
      entry->count = known ? 1 : 0;
      entry->unknown = !known;
    }
  }
  caller_fact_free(&fact);
}

void caller_derive(const struct caller_request *request, const struct policy *doc,
                   struct caller_derived *derived) {
  static const char *const names[] = {
      "aws:PrincipalArn",
      "aws:PrincipalAccount",
      "aws:PrincipalType",
      "aws:userid",
      "aws:username",
      "aws:PrincipalIsAWSService",
      "aws:PrincipalServiceName",
      "aws:PrincipalServiceNamesList",
      "aws:PrincipalOrgID",
      "aws:PrincipalOrgPaths",
      "aws:ResourceAccount",
  };
  derived->count = derived->used = 0;
  derived->failed = false;
  if (doc && !policy_asks(doc))
    return;
  struct caller caller = caller_read(request->principal.bytes, request->principal.length);
  bool partial = !request->context || request->context->partial;
  if (caller.kind == CALLER_ANONYMOUS && partial)
    return;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!doc || policy_asks_for(doc, names[i], strlen(names[i])))
      derive_key(derived, &caller, request, names[i]);
}

/* ---------------------------------------------------------------------------------------------
 * Requests that cannot exist */

/* The state of a check. The first contradiction is described in `why`. */
struct check {
  struct caller caller;
  const struct caller_request *request;
  struct buf *why;
};

/* Appends a quoted text, shortened and without control characters. */
static void add_quoted(struct buf *out, const char *text, size_t length) {
  enum { LONGEST = 160 };
  bool cut = length > LONGEST;
  if (cut)
    for (length = LONGEST; length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80;)
      length--;
  buf_addc(out, '\'');
  for (size_t i = 0; i < length; i++)
    buf_addc(out, (unsigned char)text[i] < ' ' || text[i] == 0x7F ? '?' : text[i]);
  buf_adds(out, cut ? "...'" : "'");
}

/* Appends "KEY: expected ", and returns the buffer. */
static struct buf *expect(const struct check *check, const char *key, size_t length) {
  buf_add(check->why, key, length);
  buf_adds(check->why, ": expected ");
  return check->why;
}

static void add_found(struct buf *why, const struct context_value *value) {
  buf_adds(why, ", found ");
  add_quoted(why, value->bytes, value->length);
}

/* Appends what a fact expects: "'x' or 'y' for a role". */
static void add_fact(const struct check *check, const struct caller_key *key,
                     const struct caller_fact *fact) {
  if (fact->rule == CALLER_KEY_ABSENT)
    buf_adds(check->why, "no value");
  else if (fact->count == 0)
    buf_adds(check->why, "an account");
  for (size_t i = 0; i < fact->count; i++) {
    buf_adds(check->why, i == 0 ? fact->except ? "no " : "" : " or ");
    add_quoted(check->why, fact->patterns[i].data, fact->patterns[i].length);
  }
  if (strcmp(key->name, "aws:ResourceAccount") == 0)
    buf_adds(check->why, ", the owner of the resource");
  else
    buf_addf(check->why, " for %s", caller_kind_name(check->caller.kind));
}

/* Reports whether a value has the form that its key needs: an account has 12 digits, and a path no
 * empty parts. */
static bool is_formed(const struct caller *caller, const struct caller_key *key,
                      const struct context_value *value) {
  bool named = caller_has_account(caller) && caller->kind != CALLER_OTHER;
  if (named && caller->account.length == 0 && strcmp(key->name, "aws:PrincipalAccount") == 0)
    return caller_is_account(value->bytes, value->length);
  bool arn = named && caller->kind != CALLER_FEDERATED_USER;
  return !arn || strcmp(key->name, "aws:PrincipalArn") != 0 ||
         caller_read(value->bytes, value->length).kind != CALLER_OTHER;
}

/* Compares the values of an entry with what the principal and the resource say about its key. */
static bool check_fact(const struct check *check, const struct caller_key *key,
                       const struct context_entry *entry) {
  struct caller_fact fact =
      caller_fact_of(&check->caller, check->request, entry->key, entry->key_length);
  check->why->failed = check->why->failed || caller_fact_failed(&fact);
  bool possible = true;
  for (size_t i = 0; i < entry->count && possible && !check->why->failed; i++) {
    const struct context_value *value = &entry->values[i];
    possible = caller_fact_allows(&fact, value->bytes, value->length) &&
               is_formed(&check->caller, key, value);
    if (!possible) {
      expect(check, entry->key, entry->key_length);
      add_fact(check, key, &fact);
      add_found(check->why, value);
    }
  }
  bool required = fact.rule == CALLER_KEY_PRESENT || (fact.rule == CALLER_KEY_FREE && key->always);
  if (entry->count == 0 && !entry->unknown && required) {
    possible = false;
    buf_adds(expect(check, entry->key, entry->key_length), "a value");
    buf_adds(check->why, fact.rule == CALLER_KEY_PRESENT ? " for " : " in every request");
    if (fact.rule == CALLER_KEY_PRESENT)
      buf_adds(check->why, caller_kind_name(check->caller.kind));
    buf_adds(check->why, ", found none");
  }
  caller_fact_free(&fact);
  return possible;
}

/* A network is not an address. A key with an empty value counts as absent. */
static bool check_addresses(const struct check *check, const struct context_entry *entry) {
  for (size_t i = 0; i < entry->count; i++) {
    const struct context_value *value = &entry->values[i];
    if (value->length == 0 ||
        (strlen(value->bytes) == value->length && !strchr(value->bytes, '/') &&
         condition_in_network(value->bytes, value->bytes) >= 0))
      continue;
    buf_adds(expect(check, entry->key, entry->key_length), "an IP address");
    add_found(check->why, value);
    return false;
  }
  return true;
}

static bool check_entry(const struct check *check, const struct context_entry *entry) {
  const struct caller_key *key = caller_find_key(entry->key, entry->key_length);
  if (!key)
    return true;
  if (!check_fact(check, key, entry))
    return false;
  if (key->many || entry->count < 2)
    return key->type != OPERAND_ADDRESS || check_addresses(check, entry);
  expect(check, entry->key, entry->key_length);
  buf_addf(check->why, "one value, found %zu", entry->count);
  return false;
}

/* Returns the only value of a key, or NULL. */
static const struct context_value *only_value(const struct context *context, const char *key) {
  const struct context_entry *entry = context_find(context, key, strlen(key));
  return entry && entry->count == 1 ? &entry->values[0] : NULL;
}

/* aws:EpochTime is aws:CurrentTime in seconds. Values that are not times are not compared. */
static bool check_times(const struct check *check) {
  static const char key[] = "aws:EpochTime";
  const struct context_value *now = only_value(check->request->context, "aws:CurrentTime");
  const struct context_value *epoch = only_value(check->request->context, key);
  long double seconds, other;
  if (!now || !epoch || !condition_read_date(now->bytes, &seconds) ||
      !condition_read_date(epoch->bytes, &other) || floorl(seconds) == floorl(other))
    return true;
  buf_addf(expect(check, key, strlen(key)), "%.0Lf, which is aws:CurrentTime ", floorl(seconds));
  add_quoted(check->why, now->bytes, now->length);
  add_found(check->why, epoch);
  return false;
}

/* Temporary credentials are issued before they are used. */
static bool check_issued(const struct check *check) {
  static const char key[] = "aws:TokenIssueTime";
  const struct context *context = check->request->context;
  const struct context_value *issued = only_value(context, key);
  const struct context_value *now = only_value(context, "aws:CurrentTime");
  long double seconds, other;
  now = now ? now : only_value(context, "aws:EpochTime");
  if (!issued || !now || !condition_read_date(issued->bytes, &seconds) ||
      !condition_read_date(now->bytes, &other) || seconds <= other)
    return true;
  buf_adds(expect(check, key, strlen(key)), "a time before aws:CurrentTime ");
  add_quoted(check->why, now->bytes, now->length);
  add_found(check->why, issued);
  return false;
}

/* The ARN of a caller whose principal does not contain it, such as a unique ID, says what the ARN of
 * any caller says about the account and the name. */
static bool check_arn(const struct check *check) {
  static const char *const names[] = {"aws:PrincipalAccount", "aws:username", "aws:userid"};
  const struct context *context = check->request->context;
  const struct context_value *arn = only_value(context, "aws:PrincipalArn");
  bool id = check->caller.kind == CALLER_UNIQUE_ID || check->caller.kind == CALLER_CANONICAL_USER;
  if (!id || !arn)
    return true;
  struct check named = *check;
  named.caller = caller_read(arn->bytes, arn->length);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const struct context_entry *entry = context_find(context, names[i], strlen(names[i]));
    const struct caller_key *key = caller_find_key(names[i], strlen(names[i]));
    if (entry && key && !check_fact(&named, key, entry))
      return false;
  }
  return true;
}

/* The names of a service include the one that makes the request. */
static bool check_names(const struct check *check) {
  static const char key[] = "aws:PrincipalServiceNamesList";
  const struct policy_string *service = &check->caller.text;
  const struct context_entry *names = context_find(check->request->context, key, strlen(key));
  if (!names || names->unknown || check->caller.kind != CALLER_SERVICE)
    return true;
  for (size_t i = 0; i < names->count; i++)
    if (bytes_equal(names->values[i].bytes, names->values[i].length, service->bytes,
                    service->length))
      return true;
  buf_adds(expect(check, key, strlen(key)), "a list with ");
  add_quoted(check->why, service->bytes, service->length);
  if (names->count > 0)
    add_found(check->why, &names->values[0]);
  return false;
}

/* The paths of an account begin with the id of its organization, and a request has both keys or
 * none. */
static bool check_paths(const struct check *check, const char *id_key, const char *paths_key) {
  const struct context *context = check->request->context;
  const struct context_entry *id = context_find(context, id_key, strlen(id_key));
  const struct context_entry *paths = context_find(context, paths_key, strlen(paths_key));
  if (!id || !paths || id->unknown || paths->unknown)
    return true;
  if ((id->count > 0) != (paths->count > 0)) {
    buf_addf(expect(check, paths_key, strlen(paths_key)), "%s %s, found %s",
             id->count > 0 ? "a path with" : "no value without", id_key,
             id->count > 0 ? "none" : "");
    if (id->count == 0)
      add_quoted(check->why, paths->values[0].bytes, paths->values[0].length);
    return false;
  }
  for (size_t i = 0; i < paths->count; i++) {
    const struct context_value *path = &paths->values[i], *organization = &id->values[0];
    if (path->length > organization->length && path->bytes[organization->length] == '/' &&
        memcmp(path->bytes, organization->bytes, organization->length) == 0)
      continue;
    buf_addf(expect(check, paths_key, strlen(paths_key)), "a path of the organization in %s, ",
             id_key);
    add_quoted(check->why, organization->bytes, organization->length);
    add_found(check->why, path);
    return false;
  }
  return true;
}

static bool is_present(const struct context_entry *entry) {
  return entry &&
         (entry->unknown || entry->count > 1 || (entry->count == 1 && entry->values[0].length > 0));
}

/* Reports whether a value, if it is known, is true. */
static bool may_be_true(const struct context_entry *entry) {
  return entry->unknown || (entry->count == 1 && entry->values[0].length == 4 &&
                            strncasecmp(entry->values[0].bytes, "true", 4) == 0);
}

/* Finds what contradicts a relation between two keys. A key that the context lacks is not described. */
static bool check_relation(const struct check *check, const struct caller_relation *relation) {
  const struct context *context = check->request->context;
  const struct context_entry *entry = context_find(context, relation->key, strlen(relation->key));
  const struct context_entry *other =
      context_find(context, relation->other, strlen(relation->other));
  if (!is_present(entry) || !other || other->unknown)
    return true;
  bool present = is_present(other);
  bool holds = relation->kind == CALLER_EXCLUDES   ? !present
               : relation->kind == CALLER_REQUIRES ? present
                                                   : may_be_true(other);
  if (holds)
    return true;
  buf_addf(expect(check, relation->other, strlen(relation->other)), "%s %s",
           relation->kind == CALLER_EXCLUDES   ? "no value with"
           : relation->kind == CALLER_REQUIRES ? "a value with"
                                               : "'true' with",
           relation->key);
  if (present)
    add_found(check->why, &other->values[0]);
  else
    buf_adds(check->why, ", found none");
  return false;
}

static bool check_relations(const struct check *check) {
  size_t count;
  const struct caller_relation *relations = caller_relations(&count);
  for (size_t i = 0; i < count; i++)
    if (!check_relation(check, &relations[i]))
      return false;
  return true;
}

/* aws:CalledViaFirst is the first service of aws:CalledVia, and aws:CalledViaLast the last one. */
static bool check_chain(const struct check *check) {
  static const char *const ends[] = {"aws:CalledViaFirst", "aws:CalledViaLast"};
  const struct context *context = check->request->context;
  const struct context_entry *chain =
      context_find(context, "aws:CalledVia", strlen("aws:CalledVia"));
  if (!is_present(chain) || chain->unknown)
    return true;
  for (size_t i = 0; i < 2; i++) {
    const struct context_value *end = &chain->values[i == 0 ? 0 : chain->count - 1];
    const struct context_value *value = only_value(context, ends[i]);
    if (!value || bytes_equal(end->bytes, end->length, value->bytes, value->length))
      continue;
    expect(check, ends[i], strlen(ends[i]));
    add_quoted(check->why, end->bytes, end->length);
    buf_adds(check->why, i == 0 ? ", the first of aws:CalledVia" : ", the last of aws:CalledVia");
    add_found(check->why, value);
    return false;
  }
  return true;
}

/* The account in the ARN of a resource owns it. Some ARNs have none, or "aws". */
static bool check_owner(const struct check *check) {
  const struct policy_string *owner = &check->request->owner;
  const struct policy_string *resource = &check->request->resource;
  struct arn arn;
  if (!owner->bytes || !resource->bytes || !arn_parse(resource->bytes, resource->length, &arn) ||
      !caller_is_account(arn.account.text, arn.account.length) ||
      bytes_equal(owner->bytes, owner->length, arn.account.text, arn.account.length))
    return true;
  buf_adds(check->why, "the owner of the resource: expected ");
  add_quoted(check->why, arn.account.text, arn.account.length);
  buf_adds(check->why, " as in its ARN, found ");
  add_quoted(check->why, owner->bytes, owner->length);
  return false;
}

/* Finds a key of every request that a complete context lacks. A session's aws:TokenIssueTime is not one. */
static bool check_complete(const struct check *check) {
  size_t count;
  const struct caller_key *keys = caller_keys(&count);
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(keys[i].name);
    if (keys[i].name[length - 1] == '/' || keys[i].rule == RULE_ISSUED ||
        context_find(check->request->context, keys[i].name, length))
      continue;
    struct context_entry entry = {.key = keys[i].name, .key_length = length};
    if (!check_fact(check, &keys[i], &entry))
      return false;
  }
  return true;
}

bool caller_possible(const struct caller_request *request, bool complete, struct buf *why) {
  struct check check = {
      .caller = caller_read(request->principal.bytes, request->principal.length),
      .request = request,
      .why = why,
  };
  if (!check_owner(&check))
    return false;
  const struct context *context = request->context;
  for (size_t i = 0; context && i < context->count; i++)
    if (!check_entry(&check, &context->entries[i]))
      return false;
  if (!context || (context->count == 0 && !complete))
    return true;
  return check_times(&check) && check_issued(&check) && check_arn(&check) && check_names(&check) &&
         check_relations(&check) && check_chain(&check) &&
         check_paths(&check, "aws:PrincipalOrgID", "aws:PrincipalOrgPaths") &&
         check_paths(&check, "aws:ResourceOrgID", "aws:ResourceOrgPaths") &&
         check_paths(&check, "aws:SourceOrgID", "aws:SourceOrgPaths") &&
         check_paths(&check, "aws:VpceOrgID", "aws:VpceOrgPaths") &&
         (!complete || check_complete(&check));
}
