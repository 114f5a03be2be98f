#include "policy.h"
#include "policy_principal.h"
#include "policy_text.h"

#include <stdlib.h>
#include <string.h>

/* Joining statements that differ only in whom they name. */

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

/* Whether two statements mean the same but for Sid and principals. *failed: no memory. */
static bool same_rights(const struct policy *doc, size_t a, size_t b, bool *failed) {
  const unsigned without = MEANING_WITHOUT_SID | MEANING_WITHOUT_PRINCIPAL;
  struct buf one = {0}, other = {0};
  policy_meaning(doc, a, without, &one);
  policy_meaning(doc, b, without, &other);
  *failed = *failed || one.failed || other.failed;
  bool same = !*failed && one.length == other.length &&
              (one.length == 0 || memcmp(one.data, other.data, one.length) == 0);
  buf_free(&one);
  buf_free(&other);
  return same;
}

static bool same_principal(const struct policy_value *a, const struct policy_value *b) {
  return strcmp(a->type, b->type) == 0 && a->length == b->length &&
         memcmp(a->string, b->string, a->length) == 0;
}

/* Principals gathered from several statements, each once. */
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

/* Adds a Principal element of all of them, by type, each spelled as it was. */
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
    policy_add_string(out, type, strlen(type));
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

/* Marks the statements that go into `first` as gone, and adds the principals that it then names.
 * How many went. */
static size_t gather_group(const struct policy *doc, size_t first, const bool *marks, bool *gone,
                           struct buf *principals) {
  bool failed = false;
  size_t went = 0;
  struct gathering all = {calloc(policy_values_count(doc) + 1, sizeof *all.items), 0};
  if (!all.items) {
    principals->failed = true;
    return 0;
  }
  gather(&all, &policy_statement(doc, first)->principals);
  for (size_t i = first + 1; i < policy_count(doc); i++)
    if (marks[i] && !gone[i] && foldable(policy_statement(doc, i)) &&
        same_rights(doc, first, i, &failed)) {
      gather(&all, &policy_statement(doc, i)->principals);
      gone[i] = true;
      went++;
    }
  add_element(doc, &all, principals);
  principals->failed = principals->failed || failed;
  free(all.items);
  return went;
}

static bool set_string(struct policy *doc, size_t index, const char *element,
                       const struct buf *json, struct json_error *error) {
  const struct policy_setting setting = {index, element, {json->data, json->length}};
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
    policy_add_string(&json, sid.data, sid.length);
  json.failed = json.failed || sid.failed;
  bool done = sid.length == 0 || set_string(doc, index, "Sid", &json, error);
  buf_free(&sid);
  buf_free(&json);
  return done;
}

enum policy_edit policy_fold(struct policy *doc, const bool *marks, const struct policy_string *sid,
                             size_t *gone_count, struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  struct policy *edited = policy_copy(doc);
  bool *gone = calloc(policy_count(doc) + 1, sizeof *gone);
  struct buf principals = {0};
  *gone_count = 0;
  policy_no_memory(error);
  if (!edited || !gone)
    goto done;
  for (size_t i = 0; i < policy_count(doc); i++) {
    if (!marks[i] || gone[i] || !foldable(policy_statement(doc, i)))
      continue;
    buf_reset(&principals);
    size_t went = gather_group(doc, i, marks, gone, &principals);
    if (went == 0 && !principals.failed)
      continue;
    *gone_count += went;
    if (!set_string(edited, i, "Principal", &principals, error) ||
        (sid->bytes && !set_sid(edited, i, sid, error)))
      goto done;
  }
  edit = policy_remove(edited, gone);
  if (edit == POLICY_CHANGED)
    policy_swap(doc, edited);

done:
  buf_free(&principals);
  free(gone);
  policy_free(edited);
  return edit;
}
