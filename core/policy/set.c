#include "policy/edit.h"

#include "json/write.h"
#include "policy/layout.h"
#include "policy/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The customary order of elements. */
static const char *const order[] = {"Version",   "Id",        "Statement",    "Sid",
                                    "Effect",    "Principal", "NotPrincipal", "Action",
                                    "NotAction", "Resource",  "NotResource",  "Condition"};

/* Returns the position of an element in that order; unknown elements are last. */
static size_t rank(const char *name) {
  size_t i = 0;
  while (i < sizeof order / sizeof *order && strcmp(order[i], name) != 0)
    i++;
  return i;
}

/* Appends {"ELEMENT": value} in the layout of the document. Returns false if the value is not
 * JSON. */
static bool add_sample(const struct layout *layout, const struct policy_setting *setting,
                       struct buf *out, struct json_error *error) {
  struct json_doc *alone = json_parse(setting->json.bytes, setting->json.length, error);
  if (!alone)
    return false;
  json_free(alone);
  struct buf plain = {0};
  buf_addc(&plain, '{');
  json_add_string(&plain, setting->element, strlen(setting->element));
  buf_addc(&plain, ':');
  buf_add(&plain, setting->json.bytes, setting->json.length);
  buf_addc(&plain, '}');
  struct json_doc *sample = NULL;
  if (plain.failed)
    policy_no_memory(error);
  else
    sample = json_parse(plain.data, plain.length, error);
  if (sample)
    layout_write(layout, plain.data, json_root(sample), out);
  json_free(sample);
  buf_free(&plain);
  return sample != NULL;
}

static bool same_value(const char *text, const struct json_value *value, const char *other_text,
                       const struct json_value *other) {
  struct layout layout;
  struct buf a = {0}, b = {0};
  layout_minimal(&layout);
  layout_write(&layout, text, value, &a);
  layout_write(&layout, other_text, other, &b);
  layout_free(&layout);
  bool same = buf_equal(&a, &b);
  buf_free(&a);
  buf_free(&b);
  return same;
}

/* A part of the text, and what it becomes. */
struct change {
  size_t start, end;
  size_t order; /* among the changes */
  struct buf text;
};

/* Sets the change that puts the member of `sample` into the container: in place of the old member,
 * before the first member that follows in the customary order, or at the end. */
static void place(const struct policy *doc, const struct layout *layout,
                  const struct json_value *container, const struct json_value *old,
                  const char *sample_text, const struct json_value *member, struct change *change) {
  size_t length;
  const char *text = policy_text(doc, &length);
  const struct json_value *after = container->first;
  while (after && rank(after->key->string) <= rank(member->key->string))
    after = after->next;
  const char *name = sample_text + member->key->start;
  size_t named_length = member->end - member->key->start;
  struct buf *out = &change->text;
  if (old) {
    change->start = old->start;
    change->end = old->end;
    buf_add(out, sample_text + member->start, member->end - member->start);
  } else if (after) {
    change->start = change->end = json_member_start(after);
    buf_add(out, name, named_length);
    layout_separator(layout, text, container, out);
  } else if (container->first) {
    change->start = change->end = json_last_member(container)->end;
    layout_separator(layout, text, container, out);
    buf_add(out, name, named_length);
  } else {
    change->start = container->start;
    change->end = container->end;
    buf_adds(out, sample_text);
  }
}

/* Sets the change that removes a member with its comma. An emptied container keeps the space before
 * its closing bracket. */
static void find_removal(const struct json_value *container, const struct json_value *member,
                         struct change *change) {
  const struct json_value *before = NULL;
  for (const struct json_value *one = container->first; one != member; one = one->next)
    before = one;
  change->start = before ? before->end : json_member_start(member);
  change->end = !before && member->next ? json_member_start(member->next) : member->end;
  if (!before && !member->next)
    change->start = container->start + 1;
}

/* Sets the change for an element. The result is POLICY_UNCHANGED if it has the value already. */
static enum policy_edit find_change(const struct policy *doc, const struct layout *layout,
                                    const struct policy_setting *setting,
                                    const struct json_value *container,
                                    const struct json_value *old, struct change *change,
                                    struct json_error *error) {
  enum policy_edit edit = POLICY_FAILED;
  struct buf sample = {0};
  struct json_doc *json = NULL;
  size_t length;
  if (!add_sample(layout, setting, &sample, error))
    goto done;
  if (sample.failed) {
    policy_no_memory(error);
    goto done;
  }
  json = json_parse(sample.data, sample.length, error);
  if (!json)
    goto done;
  const struct json_value *member = json_root(json)->first;
  if (setting->statement == POLICY_DOCUMENT && member->type != JSON_STRING) {
    *error = (struct json_error){.line = 1, .column = 1};
    snprintf(error->message, sizeof error->message, "Version and Id are strings");
    goto done;
  }
  if (old && same_value(policy_text(doc, &length), old, sample.data, member)) {
    edit = POLICY_UNCHANGED;
    goto done;
  }
  place(doc, layout, container, old, sample.data, member, change);
  if (change->text.failed)
    policy_no_memory(error);
  else
    edit = POLICY_CHANGED;

done:
  json_free(json);
  buf_free(&sample);
  return edit;
}

static int compare_changes(const void *a, const void *b) {
  const struct change *x = a;
  const struct change *y = b;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

/* Returns the document that changes make, which do not overlap, or NULL. Sorts them. */
static struct policy *apply(const struct policy *doc, struct change *changes, size_t count,
                            struct json_error *error) {
  struct policy *edited = NULL;
  size_t length, position = 0;
  const char *text = policy_text(doc, &length);
  struct buf out = {0};
  qsort(changes, count, sizeof *changes, compare_changes);
  for (size_t i = 0; i < count; i++) {
    if (changes[i].start < position) {
      *error = (struct json_error){.line = 1, .column = 1};
      snprintf(error->message, sizeof error->message, "two settings overlap");
      goto done;
    }
    buf_add(&out, text + position, changes[i].start - position);
    buf_add(&out, changes[i].text.data, changes[i].text.length);
    position = changes[i].end;
  }
  buf_add(&out, text + position, length - position);
  if (out.failed)
    policy_no_memory(error);
  else
    edited = policy_parse(out.data, out.length, error);

done:
  buf_free(&out);
  return edited;
}

/* Sets the change of one setting, and the member that it replaces or removes. */
static enum policy_edit plan(const struct policy *doc, const struct layout *layout,
                             const struct policy_setting *setting, struct change *change,
                             struct json_error *error) {
  const struct json_value *container = setting->statement == POLICY_DOCUMENT
                                           ? json_root(policy_json(doc))
                                           : policy_statement(doc, setting->statement)->json;
  const struct json_value *old = json_member(container, setting->element);
  for (size_t i = 0; i < setting->within_count; i++) {
    container = old;
    old = old ? json_member(old, setting->within[i]) : NULL;
    if (!old)
      return POLICY_UNCHANGED;
  }
  if (setting->json.bytes)
    return find_change(doc, layout, setting, container, old, change, error);
  if (!old)
    return POLICY_UNCHANGED;
  find_removal(container, old, change);
  return POLICY_CHANGED;
}

/* Reports whether no statement of a setting has a flaw that it did not have. */
static bool check_flaws(const struct policy *doc, const struct policy *edited,
                        const struct policy_setting *settings, size_t count,
                        struct json_error *error) {
  for (size_t i = 0; i < count; i++) {
    size_t index = settings[i].statement;
    const struct policy_statement *statement =
        index == POLICY_DOCUMENT ? NULL : policy_statement(edited, index);
    if (statement && statement->flaw && !policy_statement(doc, index)->flaw) {
      *error = (struct json_error){.line = 1, .column = 1};
      snprintf(error->message, sizeof error->message, "%s", statement->flaw_text);
      return false;
    }
  }
  return true;
}

enum policy_edit policy_set_all(struct policy *doc, const struct policy_setting *settings,
                                size_t count, struct json_error *error) {
  enum policy_edit edit = POLICY_UNCHANGED;
  size_t found = 0;
  struct layout layout;
  struct change *changes = calloc(count + 1, sizeof *changes);
  if (!changes) {
    policy_no_memory(error);
    return POLICY_FAILED;
  }
  layout_learn(&layout, doc);
  for (size_t i = 0; i < count && edit != POLICY_FAILED; i++) {
    edit = plan(doc, &layout, &settings[i], &changes[found], error);
    changes[found].order = found;
    found += edit == POLICY_CHANGED;
  }
  if (edit != POLICY_FAILED && found > 0) {
    struct policy *edited = apply(doc, changes, found, error);
    bool valid = edited && check_flaws(doc, edited, settings, count, error);
    if (valid)
      policy_swap(doc, edited);
    policy_free(edited);
    edit = valid ? POLICY_CHANGED : POLICY_FAILED;
  }
  layout_free(&layout);
  for (size_t i = 0; i < count; i++)
    buf_free(&changes[i].text);
  free(changes);
  return edit;
}

enum policy_edit policy_set(struct policy *doc, const struct policy_setting *setting,
                            struct json_error *error) {
  return policy_set_all(doc, setting, 1, error);
}
