#include "policy/canonical.h"

#include "base/bytes.h"
#include "policy/layout.h"
#include "policy/principal.h"

#include <stdlib.h>
#include <string.h>

/* The canonical form of a statement is a set of facts. A fact is a list of strings with their
 * lengths. Two statements have the same meaning if their sorted sets are equal. The canonical form
 * of a document is the set of its statements' forms and of facts about the document. */

struct set {
  struct buf bytes;
  size_t *ends; /* of each fact, in `bytes` */
  size_t count, capacity;
};

struct slice {
  const char *bytes;
  size_t length;
};

/* As "%zu:" of printf, which took most of the time of comparing policies. */
static void add_length(struct buf *out, size_t length) {
  char digits[24];
  char *first = digits + sizeof digits;
  *--first = ':';
  do {
    *--first = (char)('0' + length % 10);
    length /= 10;
  } while (length > 0);
  buf_add(out, first, (size_t)(digits + sizeof digits - first));
}

static void add_part(struct set *set, const char *bytes, size_t length) {
  add_length(&set->bytes, length);
  buf_add(&set->bytes, bytes, length);
}

static void add_lower(struct set *set, const char *bytes, size_t length) {
  add_length(&set->bytes, length);
  for (size_t i = 0; i < length; i++) {
    char c = bytes[i];
    buf_addc(&set->bytes, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
  }
}

/* Ends a fact, which consists of the parts added since the previous one. */
static void end_fact(struct set *set) {
  if (set->count == set->capacity) {
    size_t capacity = set->capacity ? set->capacity * 2 : 16;
    size_t *ends = realloc(set->ends, capacity * sizeof *ends);
    if (!ends) {
      set->bytes.failed = true;
      return;
    }
    set->ends = ends;
    set->capacity = capacity;
  }
  set->ends[set->count++] = set->bytes.length;
}

static int compare_slices(const void *a, const void *b) {
  const struct slice *x = a;
  const struct slice *y = b;
  return bytes_compare(x->bytes, x->length, y->bytes, y->length);
}

/* Appends the sorted facts without duplicates, and frees the set. */
static void end_set(struct set *set, struct buf *out) {
  struct slice *slices = calloc(set->count + 1, sizeof *slices);
  if (!slices || set->bytes.failed) {
    out->failed = true;
    goto done;
  }
  size_t start = 0;
  for (size_t i = 0; i < set->count; i++) {
    slices[i] = (struct slice){set->bytes.data + start, set->ends[i] - start};
    start = set->ends[i];
  }
  qsort(slices, set->count, sizeof *slices, compare_slices);
  for (size_t i = 0; i < set->count; i++) {
    if (i > 0 && compare_slices(&slices[i - 1], &slices[i]) == 0)
      continue;
    add_length(out, slices[i].length);
    buf_add(out, slices[i].bytes, slices[i].length);
  }

done:
  free(slices);
  buf_free(&set->bytes);
  free(set->ends);
}

static void add_name(struct set *set, const char *name) {
  add_part(set, name, strlen(name));
}

/* Adds a member whose meaning is unknown: a string unescaped, any other value as spelled, without
 * white space. */
static void add_member(struct set *set, const char *text, const struct json_value *member) {
  add_part(set, member->key->string, member->key->length);
  if (member->type == JSON_STRING) {
    add_name(set, "string");
    add_part(set, member->string, member->length);
  } else {
    struct layout layout;
    struct buf value = {0};
    layout_minimal(&layout);
    layout_write(&layout, text, member, &value);
    layout_free(&layout);
    add_part(set, value.data, value.length);
    set->bytes.failed |= value.failed;
    buf_free(&value);
  }
  end_fact(set);
}

static void add_principal(struct set *set, const struct policy_value *named) {
  const char *account = principal_account(named->string, named->length);
  add_name(set, strcmp(named->type, "*") == 0 ? "AWS" : named->type);
  if (account && strcmp(named->type, "AWS") == 0)
    add_part(set, account, ACCOUNT_DIGITS);
  else
    add_part(set, named->string, named->length);
}

/* Adds a fact for the element, so that an empty list has one, and a fact for each of its values. */
static void add_list(struct set *set, const char *name, const struct policy_list *list) {
  if (!list->json)
    return;
  add_name(set, name);
  end_fact(set);
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_value *value = &list->items[i];
    add_name(set, name);
    if (strstr(name, "Principal"))
      add_principal(set, value);
    else if (strstr(name, "Action"))
      add_lower(set, value->string, value->length);
    else
      add_part(set, value->string, value->length);
    end_fact(set);
  }
}

/* In a condition, a Boolean or a number is equivalent to the string that spells it. */
static void add_scalar(struct set *set, const char *text, const struct json_value *value) {
  if (value->type == JSON_STRING)
    add_part(set, value->string, value->length);
  else
    add_part(set, text + value->start, value->end - value->start);
}

static void add_condition(struct set *set, const char *text, const struct json_value *test,
                          const struct json_value *key, const struct json_value *value) {
  add_name(set, "Condition");
  add_part(set, test->key->string, test->key->length);
  add_lower(set, key->key->string, key->key->length);
  if (value)
    add_scalar(set, text, value);
  end_fact(set);
}

static void add_conditions(struct set *set, const char *text, const struct json_value *conditions) {
  add_name(set, "Condition");
  end_fact(set);
  for (const struct json_value *test = conditions->first; test; test = test->next)
    for (const struct json_value *key = test->first; key; key = key->next) {
      add_condition(set, text, test, key, NULL);
      if (key->type != JSON_ARRAY)
        add_condition(set, text, test, key, key);
      for (const struct json_value *value = key->type == JSON_ARRAY ? key->first : NULL; value;
           value = value->next)
        add_condition(set, text, test, key, value);
    }
}

/* Reports whether add_sound handles an element. */
static bool is_known(const char *name) {
  static const char *const known[] = {"Sid",       "Principal", "NotPrincipal", "Action",
                                      "NotAction", "Resource",  "NotResource",  "Condition"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(name, known[i]) == 0)
      return true;
  return false;
}

static void add_sound(struct set *set, const char *text, const struct policy_statement *statement,
                      bool with_principal) {
  if (with_principal)
    add_list(set, statement->not_principal ? "NotPrincipal" : "Principal", &statement->principals);
  add_list(set, statement->not_action ? "NotAction" : "Action", &statement->actions);
  add_list(set, statement->not_resource ? "NotResource" : "Resource", &statement->resources);
  if (statement->conditions.json)
    add_conditions(set, text, statement->conditions.json);
}

void policy_canonical_statement(const struct policy *doc, size_t index, unsigned without,
                                struct buf *out) {
  const struct policy_statement *statement = policy_statement(doc, index);
  size_t length;
  const char *text = policy_text(doc, &length);
  struct set set = {0};
  if (!statement->flaw)
    add_sound(&set, text, statement, !(without & CANONICAL_WITHOUT_PRINCIPAL));
  for (const struct json_value *member = statement->json->first; member; member = member->next)
    if (member == statement->sid) {
      if (!(without & CANONICAL_WITHOUT_SID))
        add_member(&set, text, member);
    } else if (statement->flaw || !is_known(member->key->string)) {
      add_member(&set, text, member);
    }
  end_set(&set, out);
}

void policy_canonical_condition(const struct policy *doc, size_t index, struct buf *out) {
  const struct policy_statement *statement = policy_statement(doc, index);
  size_t length;
  const char *text = policy_text(doc, &length);
  struct set set = {0};
  if (!statement->flaw && statement->conditions.json)
    add_conditions(&set, text, statement->conditions.json);
  end_set(&set, out);
}

/* A policy without Version has the Version 2008-10-17. */
static void canonical_document(const struct policy *doc, struct buf *out) {
  size_t length;
  const char *text = policy_text(doc, &length);
  const struct json_value *root = json_root(policy_json(doc));
  struct set set = {0};
  struct buf statement = {0};
  if (!json_member(root, "Version")) {
    add_name(&set, "Version");
    add_name(&set, "string");
    add_name(&set, "2008-10-17");
    end_fact(&set);
  }
  for (const struct json_value *member = root->first; member; member = member->next)
    if (member != policy_statements_json(doc))
      add_member(&set, text, member);
  for (size_t i = 0; i < policy_count(doc); i++) {
    buf_reset(&statement);
    policy_canonical_statement(doc, i, 0, &statement);
    add_name(&set, "Statement");
    add_part(&set, statement.data, statement.length);
    end_fact(&set);
    set.bytes.failed |= statement.failed;
  }
  buf_free(&statement);
  end_set(&set, out);
}

bool policy_equivalent(const struct policy *a, const struct policy *b, bool *failed) {
  struct buf mine = {0};
  struct buf theirs = {0};
  canonical_document(a, &mine);
  canonical_document(b, &theirs);
  *failed = mine.failed || theirs.failed;
  bool equal = buf_equal(&mine, &theirs);
  buf_free(&mine);
  buf_free(&theirs);
  return equal;
}
