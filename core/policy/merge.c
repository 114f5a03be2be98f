#include "policy/edit.h"

#include "base/bytes.h"
#include "json/write.h"
#include "policy/canonical.h"
#include "policy/principal.h"
#include "policy/text.h"

#include <stdlib.h>
#include <string.h>

/* Merges statements that differ only in their Sids and principals. */

static bool names_everyone(const struct policy_statement *statement) {
  for (size_t i = 0; i < statement->principals.count; i++)
    if (strcmp(statement->principals.items[i].string, "*") == 0)
      return true;
  return false;
}

static bool foldable(const struct policy_statement *statement) {
  return !statement->flaw && statement->principals.count > 0 && !statement->not_principal &&
         !names_everyone(statement);
}

static bool same_principal(const struct policy_value *a, const struct policy_value *b) {
  return strcmp(a->type, b->type) == 0 && bytes_equal(a->string, a->length, b->string, b->length);
}

/* The principals of several statements, without duplicates. */
struct gathering {
  const struct policy_value **items;
  size_t count;
};

static void gather(struct gathering *all, const struct policy_list *principals) {
  for (size_t i = 0; i < principals->count; i++) {
    bool known = false;
    for (size_t j = 0; j < all->count && !known; j++)
      known = same_principal(all->items[j], &principals->items[i]);
    if (!known)
      all->items[all->count++] = &principals->items[i];
  }
}

/* Appends a Principal element with all the principals, grouped by type, in their original
 * spelling. */
static void add_element(const struct policy *doc, const struct gathering *all, struct buf *out) {
  size_t length;
  const char *text = policy_text(doc, &length);
  buf_addc(out, '{');
  for (size_t i = 0; i < all->count; i++) {
    const char *type = all->items[i]->type;
    bool first = true;
    for (size_t j = 0; j < i && first; j++)
      first = strcmp(all->items[j]->type, type) != 0;
    if (!first)
      continue;
    buf_adds(out, i > 0 ? "," : "");
    json_add_string(out, type, strlen(type));
    buf_adds(out, ":[");
    for (size_t j = i; j < all->count; j++)
      if (strcmp(all->items[j]->type, type) == 0) {
        const struct json_value *json = all->items[j]->json;
        buf_adds(out, j > i ? "," : "");
        buf_add(out, text + json->start, json->end - json->start);
      }
    buf_addc(out, ']');
  }
  buf_addc(out, '}');
}

/* Returns the canonical form of each candidate without Sid and principals, and an empty buffer for
 * other statements. Returns NULL if there is not enough memory. The caller frees the result with
 * free_rights. */
static struct buf *rights_of(const struct policy *doc, const bool *marks) {
  struct buf *rights = calloc(policy_count(doc) + 1, sizeof *rights);
  for (size_t i = 0; rights && i < policy_count(doc); i++)
    if (marks[i] && foldable(policy_statement(doc, i)))
      policy_canonical_statement(doc, i, CANONICAL_WITHOUT_SID | CANONICAL_WITHOUT_PRINCIPAL,
                                 &rights[i]);
  return rights;
}

static void free_rights(struct buf *rights, size_t count) {
  for (size_t i = 0; rights && i < count; i++)
    buf_free(&rights[i]);
  free(rights);
}

/* Sets, for each statement, the statement that it is merged into: itself, or the first with the
 * same canonical form. Returns false if there is not enough memory. */
static bool find_leaders(const struct policy *doc, const bool *marks, size_t *leaders) {
  struct buf *rights = rights_of(doc, marks);
  bool failed = !rights;
  for (size_t i = 0; !failed && i < policy_count(doc); i++) {
    leaders[i] = i;
    failed = rights[i].failed;
    for (size_t j = 0; j < i && leaders[i] == i && rights[i].length > 0; j++)
      if (leaders[j] == j && buf_equal(&rights[j], &rights[i]))
        leaders[i] = j;
  }
  free_rights(rights, policy_count(doc));
  return !failed;
}

/* Appends the Principal element of the statements merged into `leader`, and returns their
 * number. */
static size_t add_principals(const struct policy *doc, const size_t *leaders, size_t leader,
                             struct buf *out) {
  struct gathering all = {calloc(policy_values_count(doc) + 1, sizeof *all.items), 0};
  size_t members = 0;
  if (!all.items) {
    out->failed = true;
    return 0;
  }
  for (size_t i = leader; i < policy_count(doc); i++)
    if (leaders[i] == leader) {
      gather(&all, &policy_statement(doc, i)->principals);
      members++;
    }
  if (members > 1)
    add_element(doc, &all, out);
  free(all.items);
  return members;
}

static bool set_string(struct policy *doc, size_t index, const char *element,
                       const struct buf *json, struct json_error *error) {
  const struct policy_setting setting = {
      .statement = index, .element = element, .json = {json->data, json->length}};
  if (!json->failed)
    return policy_set(doc, &setting, error) != POLICY_FAILED;
  policy_no_memory(error);
  return false;
}

static bool set_sid(struct policy *doc, size_t index, const struct policy_string *wanted,
                    struct json_error *error) {
  struct buf sid = {0}, json = {0};
  if (!policy_has_sid(policy_statement(doc, index), wanted->bytes, wanted->length))
    policy_choose_sid(doc, wanted, &sid);
  if (sid.length > 0)
    json_add_string(&json, sid.data, sid.length);
  json.failed = json.failed || sid.failed;
  bool kept = sid.length == 0 && !sid.failed;
  bool done = kept || set_string(doc, index, "Sid", &json, error);
  buf_free(&sid);
  buf_free(&json);
  return done;
}

/* Sets the principals and Sids of the merged statements. Their indexes in `edited` are smaller by
 * the number of removed statements before them. */
static bool set_leaders(struct policy *edited, const struct policy *doc, const size_t *leaders,
                        const struct policy_string *sid, struct json_error *error) {
  struct buf principals = {0};
  bool done = true;
  size_t gone = 0;
  for (size_t i = 0; i < policy_count(doc) && done; i++) {
    if (leaders[i] != i) {
      gone++;
      continue;
    }
    buf_reset(&principals);
    if (add_principals(doc, leaders, i, &principals) > 1 || principals.failed)
      done = set_string(edited, i - gone, "Principal", &principals, error) &&
             (!sid->bytes || set_sid(edited, i - gone, sid, error));
  }
  buf_free(&principals);
  return done;
}

enum policy_edit policy_merge(struct policy *doc, const bool *marks,
                              const struct policy_string *sid, size_t *gone_count,
                              struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  struct policy *edited = policy_copy(doc);
  size_t *leaders = calloc(policy_count(doc) + 1, sizeof *leaders);
  bool *gone = calloc(policy_count(doc) + 1, sizeof *gone);
  *gone_count = 0;
  policy_no_memory(error);
  if (!edited || !leaders || !gone || !find_leaders(doc, marks, leaders))
    goto done;
  for (size_t i = 0; i < policy_count(doc); i++) {
    gone[i] = leaders[i] != i;
    *gone_count += gone[i];
  }
  edit = policy_remove_statements(edited, gone);
  if (edit == POLICY_CHANGED && !set_leaders(edited, doc, leaders, sid, error))
    edit = POLICY_FAILED;
  if (edit == POLICY_CHANGED)
    policy_swap(doc, edited);

done:
  free(gone);
  free(leaders);
  policy_free(edited);
  return edit;
}
