#include "reason/callers.h"

#include "base/bytes.h"
#include "base/platform.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/service_names.h"

#include <stdio.h>
#include <string.h>

#define SEPARATOR '\1'

/* --- Keys that follow from a name ------------------------------------------------------------- */

static bool is_named(enum caller_kind kind) {
  return kind == CALLER_USER || kind == CALLER_ROLE || kind == CALLER_SESSION ||
         kind == CALLER_ROOT || kind == CALLER_FEDERATED_USER;
}

static bool key_is(const struct box_dimension *dimension, const char *key) {
  return dimension->key_length == strlen(key) &&
         strncasecmp(dimension->key, key, dimension->key_length) == 0;
}

static bool follows(const struct box_dimension *dimension, enum caller_kind kind) {
  if (dimension->kind != DIMENSION_KEY)
    return false;
  if (key_is(dimension, "aws:username"))
    return kind == CALLER_USER;
  if (key_is(dimension, "aws:PrincipalServiceName") ||
      key_is(dimension, "aws:PrincipalServiceNamesList"))
    return kind == CALLER_SERVICE;
  return is_named(kind) &&
         (key_is(dimension, "aws:PrincipalArn") || key_is(dimension, "aws:PrincipalAccount") ||
          key_is(dimension, "aws:userid"));
}

void callers_join(struct query *query, const struct caller_class *class) {
  for (size_t i = BOX_KEYS; i < query->boxes->dimension_count; i++)
    query->joined[i] = follows(&query->boxes->dimensions[i], class->kind);
}

bool callers_bound(const struct query *query, const struct caller_class *class) {
  for (size_t i = 0; query->bound && i < query->bound->count; i++) {
    const struct context_entry *bound = &query->bound->entries[i];
    struct box_dimension dimension = {
        .kind = DIMENSION_KEY, .key = bound->key, .key_length = bound->key_length};
    if (bound->count == 1 && follows(&dimension, class->kind))
      return true;
  }
  return false;
}

/* --- From a text to a caller ------------------------------------------------------------------ */

enum { ENTRIES = 5 };

/* A caller that is being offered. */
struct offered {
  struct context_entry entries[ENTRIES];
  struct context_value values[ENTRIES];
  size_t count;
};

static void add_key(struct offered *offered, const char *key, const char *bytes, size_t length) {
  size_t i = offered->count++;
  offered->values[i] = (struct context_value){bytes, length};
  offered->entries[i] = (struct context_entry){
      .key = key, .key_length = strlen(key), .values = &offered->values[i], .count = 1};
}

/* Writes the ARN of a session of a role. */
static void write_session(struct buf *out, const struct arn *role, const char *session,
                          size_t length) {
  const char *slash = memrchr(role->resource.text, '/', role->resource.length);
  const char *name = slash ? slash + 1 : role->resource.text;
  buf_adds(out, "arn:");
  buf_add(out, role->partition.text, role->partition.length);
  buf_adds(out, ":sts::");
  buf_add(out, role->account.text, role->account.length);
  buf_adds(out, ":assumed-role/");
  buf_add(out, name, (size_t)(role->resource.text + role->resource.length - name));
  buf_addc(out, '/');
  buf_add(out, session, length);
}

/* The parts of a caller's text. The buffers own what is not inside the text. */
struct parts {
  struct buf name, account, id, principal, issuer;
  struct arn arn;
};

static bool split_text(const struct caller_class *class, const char *text, size_t length,
                       struct parts *parts) {
  const char *separator = memchr(text, SEPARATOR, length);
  size_t size = separator ? (size_t)(separator - text) : length;
  buf_add(&parts->name, text, size);
  buf_adds(&parts->id, "");
  if (separator)
    buf_add(&parts->id, separator + 1, length - size - 1);
  if (parts->name.failed || parts->id.failed)
    return false;
  if (!is_named(class->kind)) {
    buf_add(&parts->principal, text, size);
    return true;
  }
  if (!arn_parse(parts->name.data, parts->name.length, &parts->arn))
    return false;
  buf_add(&parts->account, parts->arn.account.text, parts->arn.account.length);
  if (class->id) {
    buf_adds(&parts->principal, class->id);
  } else if (class->kind == CALLER_SESSION) {
    const char *session = memchr(parts->id.data, ':', parts->id.length);
    if (!session)
      return false;
    session++;
    write_session(&parts->principal, &parts->arn, session,
                  (size_t)(parts->id.data + parts->id.length - session));
  } else {
    buf_add(&parts->principal, text, size);
  }
  if (class->kind == CALLER_ROOT)
    buf_add(&parts->id, parts->arn.account.text, parts->arn.account.length);
  if (class->kind == CALLER_FEDERATED_USER) {
    const char *slash = memchr(parts->arn.resource.text, '/', parts->arn.resource.length);
    buf_add(&parts->issuer, parts->id.data, parts->id.length);
    buf_reset(&parts->id);
    buf_addf(&parts->id, "%s:", parts->account.data ? parts->account.data : "");
    if (slash)
      buf_adds(&parts->id, slash + 1);
  }
  return true;
}

static void add_keys(const struct caller_class *class, const struct parts *parts,
                     struct offered *offered) {
  if (class->kind == CALLER_SERVICE)
    add_key(offered, "aws:PrincipalServiceName", parts->name.data, parts->name.length);
  if (!is_named(class->kind))
    return;
  add_key(offered, "aws:PrincipalArn", parts->name.data, parts->name.length);
  add_key(offered, "aws:PrincipalAccount", parts->account.data, parts->account.length);
  add_key(offered, "aws:userid", parts->id.data, parts->id.length);
  const char *slash = memrchr(parts->name.data, '/', parts->name.length);
  if (class->kind == CALLER_USER && slash)
    add_key(offered, "aws:username", slash + 1,
            (size_t)(parts->name.data + parts->name.length - slash - 1));
}

static bool same_part(struct arn_part a, struct arn_part b) {
  return bytes_equal(a.text, a.length, b.text, b.length);
}

/* Reports whether the principal is one of the class. */
static bool is_of_class(const struct caller_class *class, const struct parts *parts) {
  struct caller caller = caller_read(parts->principal.data, parts->principal.length);
  struct caller named = caller_read(parts->name.data, parts->name.length);
  if (class->id)
    return named.kind == class->kind;
  return caller.kind == class->kind && (!is_named(class->kind) || named.kind != CALLER_OTHER);
}

bool callers_each_role(const struct query *query, const struct caller *role,
                       bool (*each)(void *state, const struct policy_value *entry), void *state) {
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
      const struct policy_value *entry = &test->statement->principals.items[e];
      if (entry->length < role->name.length ||
          memcmp(entry->string + entry->length - role->name.length, role->name.text,
                 role->name.length) != 0)
        continue;
      struct caller named = caller_read(entry->string, entry->length);
      if (named.kind == CALLER_ROLE && same_part(named.name, role->name) &&
          same_part(named.account, role->account) && same_part(named.partition, role->partition) &&
          !each(state, entry))
        return false;
    }
  }
  return true;
}

void callers_each_issuer(struct query *query, const struct policy_string *session,
                         void (*each)(void *state, const struct policy_value *user), void *state) {
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (test->kind != TEST_PRINCIPAL || (!query->roles[i] && !query->masks[i]))
      continue;
    for (size_t e = 0; e < test->statement->principals.count; e++) {
      const struct policy_value *entry = &test->statement->principals.items[e];
      if (!principal_may_federate(entry, session))
        continue;
      bool id = caller_read(entry->string, entry->length).kind == CALLER_UNIQUE_ID;
      query->saw_open = query->saw_open || id;
      if (!id || query->reading != READING_CERTAIN)
        each(state, entry);
    }
  }
}

static bool is_other_role(void *state, const struct policy_value *entry) {
  const struct parts *parts = state;
  return !bytes_equal(entry->string, entry->length, parts->name.data, parts->name.length);
}

static bool is_no_role(void *state, const struct policy_value *entry) {
  (void)state;
  (void)entry;
  return false;
}

/* Reports whether policies name roles of the same name with other paths, and not this role. Then a
 * session of the name is one of those roles: names of roles are unique in an account. */
static bool is_shadowed(const struct query *query, struct parts *parts) {
  struct caller role = caller_read(parts->name.data, parts->name.length);
  return callers_each_role(query, &role, is_other_role, parts) &&
         !callers_each_role(query, &role, is_no_role, NULL);
}

static bool tests_service_names(const struct query *query) {
  for (size_t i = BOX_KEYS; i < query->boxes->dimension_count; i++)
    if (query->joined[i] && key_is(&query->boxes->dimensions[i], "aws:PrincipalServiceNamesList"))
      return true;
  return false;
}

/* Calls a function with a caller and its keys, if the text is one of the class. */
static void
with_caller(struct query *query, const struct caller_class *class, const char *text, size_t length,
            void (*call)(struct query *query, const struct caller_class *class,
                         const struct parts *parts, struct offered *offered, void *state),
            void *state) {
  struct parts parts = {0};
  struct offered offered = {0};
  bool split = split_text(class, text, length, &parts);
  bool failed = parts.name.failed || parts.account.failed || parts.id.failed ||
                parts.principal.failed || parts.issuer.failed;
  query->pool->failed = query->pool->failed || failed;
  if (split && !failed && parts.principal.data && is_of_class(class, &parts) &&
      !(class->kind == CALLER_SESSION && is_shadowed(query, &parts))) {
    add_keys(class, &parts, &offered);
    call(query, class, &parts, &offered, state);
  }
  buf_free(&parts.name);
  buf_free(&parts.account);
  buf_free(&parts.id);
  buf_free(&parts.principal);
  buf_free(&parts.issuer);
}

/* A federated user that is being offered, by each user that can have federated it. */
struct issued {
  struct query *query;
  struct query_value *value;
};

static void offer_issued(void *state, const struct policy_value *user) {
  const struct issued *issued = state;
  issued->value->issuer = (struct policy_string){user->string, user->length};
  query_offer(issued->query, BOX_CALLER, issued->value);
}

/* Offers a federated user with its issuer: the given one, or any. A unique ID is a user whose ARN is
 * unknown, so a request cannot say for certain that it is the issuer. */
static void offer_federated(struct query *query, const struct parts *parts,
                            struct query_value *value) {
  struct buf fresh = {0};
  struct issued issued = {query, value};
  if (parts->issuer.length > 0) {
    value->issuer = (struct policy_string){parts->issuer.data, parts->issuer.length};
    query_offer(query, BOX_CALLER, value);
    return;
  }
  buf_addf(&fresh, "arn:%.*s:iam::%s:user/%s", (int)parts->arn.partition.length,
           parts->arn.partition.text, parts->account.data, query->fresh);
  query->pool->failed = query->pool->failed || fresh.failed;
  if (fresh.data && !fresh.failed) {
    value->issuer = (struct policy_string){fresh.data, fresh.length};
    query_offer(query, BOX_CALLER, value);
    callers_each_issuer(query, &value->text, offer_issued, &issued);
  }
  buf_free(&fresh);
}

static void offer(struct query *query, const struct caller_class *class, const struct parts *parts,
                  struct offered *offered, void *state) {
  (void)state;
  struct query_value value = {.text = {parts->principal.data, parts->principal.length},
                              .entries = offered->entries,
                              .count = offered->count};
  if (class->kind == CALLER_SERVICE && tests_service_names(query)) {
    value.count++;
    service_names_offer(query, &value, &offered->entries[offered->count]);
  } else if (class->kind == CALLER_FEDERATED_USER) {
    offer_federated(query, parts, &value);
  } else {
    query_offer(query, BOX_CALLER, &value);
  }
}

void callers_offer(struct query *query, const struct caller_class *class, const char *text,
                   size_t length) {
  with_caller(query, class, text, length, offer, NULL);
}

/* A function for keys, with its state. */
struct each_keys {
  void (*each)(void *state, const struct context_entry *entries, size_t count);
  void *state;
};

static void call_each(struct query *query, const struct caller_class *class,
                      const struct parts *parts, struct offered *offered, void *state) {
  const struct each_keys *keys = state;
  (void)query;
  (void)class;
  (void)parts;
  keys->each(keys->state, offered->entries, offered->count);
}

void callers_keys(struct query *query, const struct caller_class *class, const char *text,
                  size_t length,
                  void (*each)(void *state, const struct context_entry *entries, size_t count),
                  void *state) {
  struct each_keys keys = {each, state};
  with_caller(query, class, text, length, call_each, &keys);
}
