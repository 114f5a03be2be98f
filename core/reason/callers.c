#include "reason/callers.h"

#include "base/bytes.h"
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
  struct buf name, account, id, principal;
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

void callers_offer(struct query *query, const struct caller_class *class, const char *text,
                   size_t length) {
  struct parts parts = {0};
  struct offered offered = {0};
  bool split = split_text(class, text, length, &parts);
  bool failed =
      parts.name.failed || parts.account.failed || parts.id.failed || parts.principal.failed;
  query->pool->failed = query->pool->failed || failed;
  if (split && !failed && parts.principal.data && is_of_class(class, &parts) &&
      !(class->kind == CALLER_SESSION && is_shadowed(query, &parts))) {
    add_keys(class, &parts, &offered);
    struct query_value value = {.text = {parts.principal.data, parts.principal.length},
                                .entries = offered.entries,
                                .count = offered.count};
    if (class->kind == CALLER_SERVICE && tests_service_names(query)) {
      value.count++;
      service_names_offer(query, &value, &offered.entries[offered.count]);
    } else {
      query_offer(query, BOX_CALLER, &value);
    }
  }
  buf_free(&parts.name);
  buf_free(&parts.account);
  buf_free(&parts.id);
  buf_free(&parts.principal);
}
