#include "policy/edit.h"

#include "base/bytes.h"
#include "policy/canonical.h"
#include "policy/text.h"

#include <stdlib.h>
#include <string.h>

/* Sorts arrays in the text: the elements change places, and the text between them stays. */

struct child {
  const struct json_value *json;
  const char *key; /* the sort key */
  size_t length;
  int group; /* compared before the key */
};

static int compare_children(const void *a, const void *b) {
  const struct child *x = a;
  const struct child *y = b;
  if (x->group != y->group)
    return x->group - y->group;
  int order = bytes_compare(x->key, x->length, y->key, y->length);
  return order ? order : (x->json->start > y->json->start) - (x->json->start < y->json->start);
}

/* Appends the text from *position to the end of the array, with its elements in the given order. */
static void add_array(const char *text, const struct json_value *array,
                      const struct child *children, size_t *position, struct buf *out) {
  size_t i = 0;
  for (const struct json_value *slot = array->first; slot; slot = slot->next, i++) {
    const struct json_value *child = children[i].json;
    buf_add(out, text + *position, slot->start - *position);
    buf_add(out, text + child->start, child->end - child->start);
    *position = slot->end;
  }
}

static bool only_strings(const struct json_value *array) {
  for (const struct json_value *item = array->first; item; item = item->next)
    if (item->type != JSON_STRING)
      return false;
  return array->count > 1;
}

/* Appends the text up to the end of the array, with its strings sorted. `children` has room for
 * them. */
static void add_strings_sorted(const char *text, const struct json_value *array,
                               struct child *children, size_t *position, struct buf *out) {
  if (array->type != JSON_ARRAY || !only_strings(array))
    return;
  size_t count = 0;
  for (const struct json_value *item = array->first; item; item = item->next)
    children[count++] = (struct child){item, item->string, item->length, 0};
  qsort(children, count, sizeof *children, compare_children);
  add_array(text, array, children, position, out);
}

static bool is_set(const char *element) {
  static const char *const sets[] = {"Principal", "NotPrincipal", "Action",   "NotAction",
                                     "Resource",  "NotResource",  "Condition"};
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    if (strcmp(sets[i], element) == 0)
      return true;
  return false;
}

/* Sorts the lists of a statement: elements, principals of each type, values of condition keys. */
static void add_lists_sorted(const char *text, const struct policy_statement *statement,
                             struct child *children, size_t *position, struct buf *out) {
  for (const struct json_value *element = statement->json->first; element;
       element = element->next) {
    if (!is_set(element->key->string))
      continue;
    add_strings_sorted(text, element, children, position, out);
    if (element->type != JSON_OBJECT)
      continue;
    for (const struct json_value *part = element->first; part; part = part->next) {
      add_strings_sorted(text, part, children, position, out);
      if (part->type == JSON_OBJECT)
        for (const struct json_value *key = part->first; key; key = key->next)
          add_strings_sorted(text, key, children, position, out);
    }
  }
}

static bool sort_lists(struct policy *doc, struct child *children) {
  size_t length, position = 0;
  const char *text = policy_text(doc, &length);
  struct buf out = {0};
  struct json_error error;
  for (size_t i = 0; i < policy_count(doc); i++)
    if (!policy_statement(doc, i)->flaw)
      add_lists_sorted(text, policy_statement(doc, i), children, &position, &out);
  buf_add(&out, text + position, length - position);
  bool done = !out.failed && policy_replace_text(doc, out.data, out.length, &error);
  buf_free(&out);
  return done;
}

static bool sort_statements(struct policy *doc, struct child *children) {
  size_t length, position = 0, count = policy_count(doc);
  const char *text = policy_text(doc, &length);
  bool done = false;
  struct buf out = {0};
  struct json_error error;
  struct buf *meanings = calloc(count + 1, sizeof *meanings);
  if (!meanings)
    return false;
  for (size_t i = 0; i < count; i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    const struct json_value *sid = statement->sid;
    policy_canonical_statement(doc, i, CANONICAL_WITHOUT_SID, &meanings[i]);
    buf_adds(&meanings[i], "");
    if (meanings[i].failed)
      goto done;
    children[i] = sid ? (struct child){statement->json, sid->string, sid->length, 0}
                      : (struct child){statement->json, meanings[i].data, meanings[i].length, 1};
  }
  qsort(children, count, sizeof *children, compare_children);
  add_array(text, policy_statements_json(doc), children, &position, &out);
  buf_add(&out, text + position, length - position);
  done = !out.failed && policy_replace_text(doc, out.data, out.length, &error);

done:
  for (size_t i = 0; i < count; i++)
    buf_free(&meanings[i]);
  free(meanings);
  buf_free(&out);
  return done;
}

enum policy_edit policy_sort(struct policy *doc) {
  enum policy_edit edit = POLICY_FAILED;
  size_t length;
  policy_text(doc, &length);
  struct policy *sorted = policy_copy(doc);
  struct child *children = calloc(length + 1, sizeof *children); /* more than the longest list */
  bool array = policy_statements_json(doc)->type == JSON_ARRAY;
  if (!sorted || !children || !sort_lists(sorted, children) ||
      (array && policy_count(doc) > 1 && !sort_statements(sorted, children)))
    goto done;
  bool same = strcmp(policy_text(sorted, &length), policy_text(doc, &length)) == 0;
  edit = same ? POLICY_UNCHANGED : POLICY_CHANGED;
  if (!same)
    policy_swap(doc, sorted);

done:
  free(children);
  policy_free(sorted);
  return edit;
}
