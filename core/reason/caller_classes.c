#include "reason/caller_classes.h"

#include <stdio.h>
#include <string.h>

enum { CLASSES = 4096 };

static bool add_class(struct search *search, struct caller_class class, const char *sample) {
  if (search->class_count == CLASSES) {
    search->reason = "there are too many accounts";
    return false;
  }
  if (search->class_count == search->class_capacity) {
    void *grown = pool_grow(search->pool, search->classes, &search->class_capacity, sizeof class);
    if (!grown)
      return false;
    search->classes = grown;
  }
  class.sample = sample;
  search->classes[search->class_count++] = class;
  return sample != NULL;
}

/* Returns the ARN of a caller in an account. */
static const char *make_sample(struct search *search, const char *form, const char *partition,
                               const char *account) {
  char text[128];
  bool federated = strcmp(form, "federated-user/example") == 0;
  int length = snprintf(text, sizeof text, "arn:%s:%s::%s:%s", partition, federated ? "sts" : "iam",
                        account, form);
  return pool_copy(search->pool, text, (size_t)length);
}

/* Adds the kinds of callers of accounts. */
static bool add_account_classes(struct search *search, struct caller_class class) {
  static const struct {
    enum caller_kind kind;
    const char *form;
  } kinds[] = {
      {CALLER_ROLE, "role/example"},
      {CALLER_USER, "user/example"},
      {CALLER_SESSION, "role/example"},
      {CALLER_ROOT, "root"},
      {CALLER_FEDERATED_USER, "federated-user/example"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    class.kind = kinds[i].kind;
    const char *account = class.account ? class.account : search->names.account;
    if (!add_class(search, class, make_sample(search, kinds[i].form, class.partition, account)))
      return false;
  }
  return true;
}

/* Adds a principal without an ARN: a role, a user, or the root user of an account, which may be any
 * account that the class allows. */
static bool add_id_class(struct search *search, struct caller_class class, const char *id) {
  struct caller caller = caller_read(id, strlen(id));
  class.id = id;
  class.kind = caller.kind == CALLER_CANONICAL_USER ? CALLER_ROOT
               : strncmp(id, "AROA", 4) == 0        ? CALLER_ROLE
                                                    : CALLER_USER;
  return add_class(search, class, id);
}

/* Adds the principals without an ARN that policies name. */
static bool add_id_classes(struct search *search, struct caller_class class) {
  size_t first = search->class_count;
  for (size_t i = 0; i < search->boxes->test_count; i++) {
    const struct box_test *test = &search->boxes->tests[i];
    for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
      const struct policy_value *entry = &test->statement->principals.items[e];
      struct caller caller = caller_read(entry->string, entry->length);
      bool known = caller.kind != CALLER_UNIQUE_ID && caller.kind != CALLER_CANONICAL_USER;
      for (size_t c = first; c < search->class_count && !known; c++)
        known = strcmp(search->classes[c].sample, entry->string) == 0;
      if (!known && !add_id_class(search, class, entry->string))
        return false;
    }
  }
  return true;
}

/* Adds the callers of a set of accounts. */
static bool add_accounts(struct search *search, struct caller_class class) {
  return add_account_classes(search, class) && (search->identity || add_id_classes(search, class));
}

bool caller_classes_read(struct search *search, const struct access_account *accounts,
                         size_t count) {
  const char *partitions[CALLER_PARTITIONS];
  size_t partition_count = callers_partitions(search->boxes, partitions);
  if (!accounts_read(search->boxes, accounts, count, search->steps, &search->accounts))
    return false;
  callers_choose_names(search->boxes, &search->accounts, &search->names);
  for (size_t p = 0; p < partition_count; p++) {
    struct caller_class class = {.partition = partitions[p], .others = &search->accounts};
    if (!add_accounts(search, class))
      return false;
    for (size_t i = 0; i < search->accounts.group_count; i++) {
      struct caller_class one = {.partition = partitions[p],
                                 .account = search->accounts.groups[i]->account,
                                 .organization = search->accounts.groups[i]->organization};
      if (!add_accounts(search, one))
        return false;
    }
  }
  if (search->identity)
    return true;
  return add_class(search, (struct caller_class){.kind = CALLER_SERVICE, .partition = "aws"},
                   "example.amazonaws.com") &&
         add_class(search, (struct caller_class){.kind = CALLER_PROVIDER, .partition = "aws"},
                   "arn:aws:iam::123456789012:saml-provider/example") &&
         add_class(search, (struct caller_class){.kind = CALLER_ANONYMOUS, .partition = "aws"},
                   "*");
}
