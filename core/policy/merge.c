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

/* The principals of several statements, or a part of them. */
struct gathered {
  const struct policy_value *value;
  size_t position; /* among the principals of all the statements */
  size_t first;    /* the position of the first principal of its type */
};

static int compare_positions(size_t a, size_t b) {
  return (a > b) - (a < b);
}

static int compare_principals(const void *a, const void *b) {
  const struct gathered *x = a;
  const struct gathered *y = b;
  int order = strcmp(x->value->type, y->value->type);
  if (order == 0)
    order = bytes_compare(x->value->string, x->value->length, y->value->string, y->value->length);
  return order ? order : compare_positions(x->position, y->position);
}

static int compare_places(const void *a, const void *b) {
  const struct gathered *x = a;
  const struct gathered *y = b;
  int order = compare_positions(x->first, y->first);
  return order ? order : compare_positions(x->position, y->position);
}

static bool same_type(const struct gathered *a, const struct gathered *b) {
  return strcmp(a->value->type, b->value->type) == 0;
}

static bool same_principal(const struct gathered *a, const struct gathered *b) {
  return same_type(a, b) &&
         bytes_equal(a->value->string, a->value->length, b->value->string, b->value->length);
}

/* Sorts principals by type, in the order of the first of each type, and within a type as they were.
 * Removes duplicates, and returns how many stay. */
static size_t arrange(struct gathered *all, size_t count) {
  size_t kept = 0;
  qsort(all, count, sizeof *all, compare_principals);
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || !same_principal(&all[kept - 1], &all[i]))
      all[kept++] = all[i];
  for (size_t i = 0, end; i < kept; i = end) {
    size_t first = all[i].position;
    for (end = i; end < kept && same_type(&all[i], &all[end]); end++)
      first = all[end].position < first ? all[end].position : first;
    for (size_t j = i; j < end; j++)
      all[j].first = first;
  }
  qsort(all, kept, sizeof *all, compare_places);
  return kept;
}

/* Appends a Principal element with all the principals, grouped by type, in their original
 * spelling. */
static void add_element(const struct policy *doc, const struct gathered *all, size_t count,
                        struct buf *out) {
  size_t length;
  const char *text = policy_text(doc, &length);
  buf_addc(out, '{');
  for (size_t i = 0; i < count; i++) {
    const struct json_value *json = all[i].value->json;
    if (i > 0 && same_type(&all[i - 1], &all[i])) {
      buf_addc(out, ',');
    } else {
      buf_adds(out, i > 0 ? "]," : "");
      json_add_string(out, all[i].value->type, strlen(all[i].value->type));
      buf_adds(out, ":[");
    }
    buf_add(out, text + json->start, json->end - json->start);
  }
  buf_adds(out, "]}");
}

/* What a statement allows, without Sid and principals, and the statement that it is merged into. */
struct right {
  struct buf text; /* the canonical form; empty for a statement that is not merged */
  size_t index;
};

static int compare_rights(const void *a, const void *b) {
  const struct right *x = a;
  const struct right *y = b;
  int order = bytes_compare(x->text.data, x->text.length, y->text.data, y->text.length);
  return order ? order : compare_positions(x->index, y->index);
}

/* For each statement: the statement that it is merged into, which is itself or the first with the
 * same canonical form, and the next one that is merged into the same, or NONE. */
struct groups {
  size_t *leaders, *next;
};

#define NONE ((size_t)-1)

/* Returns false if there is not enough memory. */
static bool find_groups(const struct policy *doc, const bool *marks, struct groups *groups) {
  size_t count = policy_count(doc);
  bool failed = false;
  struct right *rights = calloc(count + 1, sizeof *rights);
  if (!rights)
    return false;
  for (size_t i = 0; i < count; i++) {
    rights[i].index = i;
    if (marks[i] && foldable(policy_statement(doc, i)))
      policy_canonical_statement(doc, i, CANONICAL_WITHOUT_SID | CANONICAL_WITHOUT_PRINCIPAL,
                                 &rights[i].text);
    failed |= rights[i].text.failed;
  }
  qsort(rights, count, sizeof *rights, compare_rights);
  for (size_t i = 0; i < count; i++) {
    size_t index = rights[i].index, before = i > 0 ? rights[i - 1].index : NONE;
    bool repeats =
        i > 0 && rights[i].text.length > 0 && buf_equal(&rights[i - 1].text, &rights[i].text);
    groups->leaders[index] = repeats ? groups->leaders[before] : index;
    groups->next[index] = NONE;
    if (repeats)
      groups->next[before] = index;
  }
  for (size_t i = 0; i < count; i++)
    buf_free(&rights[i].text);
  free(rights);
  return !failed;
}

/* The Sids of a document that are the wanted one or the wanted one with a suffix ("-2", "-3", ...),
 * so that the first free one is found without a search. */
struct sids {
  const struct policy_string *wanted;
  size_t *uses;    /* by the number of the Sid, from 1: the wanted one itself */
  size_t most;     /* the largest number that is counted; one is free */
  size_t next;     /* all smaller numbers are taken, except `released` */
  size_t released; /* 0: none. Each choice takes it, and releases one at most. */
};

/* Returns the number of a Sid, or 0 for another one and for one that is not counted. */
static size_t number_of(const struct sids *sids, const struct json_value *sid) {
  size_t number = 0, i = sids->wanted->length + 1;
  if (!sid || !bytes_equal(sid->string, sid->length < i ? sid->length : i - 1, sids->wanted->bytes,
                           sids->wanted->length))
    return 0;
  if (sid->length == i - 1)
    return 1;
  if (sid->length == i || sid->string[i - 1] != '-' || sid->string[i] == '0')
    return 0;
  for (; i < sid->length && number <= sids->most; i++) {
    if (sid->string[i] < '0' || sid->string[i] > '9')
      return 0;
    number = number * 10 + (size_t)(sid->string[i] - '0');
  }
  return number < 2 || number > sids->most ? 0 : number;
}

/* Chooses a Sid in place of another one as policy_choose_sid does, after the choices for others.
 * Returns false if there is not enough memory. */
static bool choose_sid(struct sids *sids, const struct json_value *old, struct buf *json) {
  struct buf sid = {0};
  while (sids->uses[sids->next] > 0)
    sids->next++;
  size_t number = sids->released ? sids->released : sids->next;
  sids->released = 0;
  sids->uses[number]++;
  buf_add(&sid, sids->wanted->bytes, sids->wanted->length);
  if (number > 1)
    buf_addf(&sid, "-%zu", number);
  size_t left = number_of(sids, old);
  if (left > 0 && --sids->uses[left] == 0 && left < sids->next)
    sids->released = left;
  bool failed = sid.failed;
  json_add_string(json, sid.data, sid.length);
  buf_free(&sid);
  return !failed && !json->failed;
}

static bool count_sids(const struct policy *doc, const struct policy_string *wanted,
                       struct sids *sids) {
  *sids = (struct sids){.wanted = wanted, .most = policy_count(doc) + 1, .next = 1};
  sids->uses = calloc(sids->most + 1, sizeof *sids->uses);
  for (size_t i = 0; sids->uses && wanted->bytes && i < policy_count(doc); i++) {
    size_t number = number_of(sids, policy_statement(doc, i)->sid);
    if (number > 0)
      sids->uses[number]++;
  }
  return sids->uses != NULL;
}

/* Reports whether a merged statement gets another Sid. */
static bool gets_sid(const struct sids *sids, const struct policy_statement *statement) {
  const struct policy_string *wanted = sids->wanted;
  bool is_empty = wanted->length == 0 && sids->uses[1] == 0;
  return wanted->bytes && !is_empty && !policy_has_sid(statement, wanted->bytes, wanted->length);
}

/* The new values of elements. */
struct settings {
  struct policy_setting *items;
  struct buf *texts;
  size_t count;
};

static struct buf *add_setting(struct settings *all, size_t index, const char *element) {
  all->items[all->count] = (struct policy_setting){.statement = index, .element = element};
  return &all->texts[all->count++];
}

/* Adds the Principal element of a statement and the ones that are merged into it. Returns false if
 * there is not enough memory. */
static bool add_principals(const struct policy *doc, const struct groups *groups, size_t leader,
                           struct buf *out) {
  size_t room = 0, count = 0;
  for (size_t i = leader; i != NONE; i = groups->next[i])
    room += policy_statement(doc, i)->principals.count;
  struct gathered *all = calloc(room + 1, sizeof *all);
  if (!all)
    return false;
  for (size_t i = leader; i != NONE; i = groups->next[i]) {
    const struct policy_list *list = &policy_statement(doc, i)->principals;
    for (size_t j = 0; j < list->count; j++, count++)
      all[count] = (struct gathered){&list->items[j], count, 0};
  }
  add_element(doc, all, arrange(all, count), out);
  free(all);
  return !out->failed;
}

/* Adds the new principals and Sids of the statements that others are merged into. Their indexes in
 * `edited` are smaller by the number of removed statements before them. */
static bool add_settings(const struct policy *edited, const struct policy *doc,
                         const struct groups *groups, struct sids *sids, struct settings *all) {
  size_t gone = 0;
  bool done = true;
  for (size_t i = 0; i < policy_count(doc) && done; i++) {
    const struct json_value *old = policy_statement(doc, i)->sid;
    if (groups->leaders[i] != i) {
      gone++;
      continue;
    }
    if (groups->next[i] == NONE)
      continue;
    done = add_principals(doc, groups, i, add_setting(all, i - gone, "Principal"));
    if (done && gets_sid(sids, policy_statement(edited, i - gone)))
      done = choose_sid(sids, old, add_setting(all, i - gone, "Sid"));
  }
  for (size_t i = 0; i < all->count; i++)
    all->items[i].json = (struct policy_string){all->texts[i].data, all->texts[i].length};
  return done;
}

/* Sets the principals and Sids of the statements that others are merged into. */
static bool set_leaders(struct policy *edited, const struct policy *doc,
                        const struct groups *groups, const struct policy_string *sid,
                        struct json_error *error) {
  size_t most = 2 * policy_count(edited);
  struct settings all = {calloc(most + 1, sizeof *all.items), calloc(most + 1, sizeof *all.texts),
                         0};
  struct sids sids;
  bool counted = count_sids(edited, sid, &sids), done = false;
  if (!counted || !all.items || !all.texts || !add_settings(edited, doc, groups, &sids, &all))
    policy_no_memory(error);
  else
    done = policy_set_all(edited, all.items, all.count, error) != POLICY_FAILED;
  for (size_t i = 0; i < all.count; i++)
    buf_free(&all.texts[i]);
  free(all.texts);
  free(all.items);
  free(sids.uses);
  return done;
}

enum policy_edit policy_merge(struct policy *doc, const bool *marks,
                              const struct policy_string *sid, size_t *gone_count,
                              struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  struct policy *edited = policy_copy(doc);
  size_t count = policy_count(doc);
  struct groups groups = {calloc(count + 1, sizeof *groups.leaders),
                          calloc(count + 1, sizeof *groups.next)};
  bool *gone = calloc(count + 1, sizeof *gone);
  *gone_count = 0;
  if (!edited || !groups.leaders || !groups.next || !gone || !find_groups(doc, marks, &groups)) {
    policy_no_memory(error);
    goto done;
  }
  for (size_t i = 0; i < count; i++) {
    gone[i] = groups.leaders[i] != i;
    *gone_count += gone[i];
  }
  edit = policy_remove_statements(edited, gone);
  if (edit == POLICY_FAILED)
    policy_no_memory(error);
  if (edit == POLICY_CHANGED && !set_leaders(edited, doc, &groups, sid, error))
    edit = POLICY_FAILED;
  if (edit == POLICY_CHANGED)
    policy_swap(doc, edited);

done:
  free(gone);
  free(groups.leaders);
  free(groups.next);
  policy_free(edited);
  return edit;
}
