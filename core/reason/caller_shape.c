/* The form of the texts of callers (callers.h). */

#include "base/bytes.h"
#include "policy/principal.h"
#include "reason/callers.h"

#include <string.h>

static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
static const char NAMES[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";
static const char HOSTS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
static const char PATHS[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-/";

static void add_text(struct atom *atom, const char *text) {
  atom_add_text(atom, text, strlen(text), false);
}

static void add_filled(struct atom *atom, struct byte_set set) {
  atom_add_one(atom, set);
  atom_add_star(atom, set);
}

static void add_anything(struct atom *atom) {
  atom_add_star(atom, byte_set_any());
}

static void add_account(struct atom *atom, const char *account) {
  if (account) {
    add_text(atom, account);
    return;
  }
  for (size_t i = 0; i < ACCOUNT_DIGITS; i++)
    atom_add_one(atom, byte_set_of("0123456789"));
}

/* TYPE/PATH/NAME */
static void add_named(struct atom *atom, const char *type) {
  add_text(atom, type);
  atom_add_star(atom, byte_set_of(PATHS));
  atom_add_one(atom, byte_set_of(NAMES));
}

/* The unique ID of a user or role. */
static void add_id(struct atom *atom, const char *id, const char *prefix) {
  add_text(atom, "\1");
  add_text(atom, id ? id : prefix);
  if (!id)
    add_filled(atom, byte_set_of(LETTERS));
}

static void add_shape(struct atom *atom, const struct caller_class *class) {
  add_text(atom, "arn:");
  add_text(atom, class->partition);
  add_text(atom, class->kind == CALLER_FEDERATED_USER ? ":sts::" : ":iam::");
  add_account(atom, class->account);
  switch (class->kind) {
  case CALLER_ROOT:
    add_text(atom, ":root\1");
    return;
  case CALLER_FEDERATED_USER:
    add_text(atom, ":federated-user/");
    add_filled(atom, byte_set_of(NAMES));
    add_text(atom, "\1");
    return;
  case CALLER_USER:
    add_named(atom, ":user/");
    add_id(atom, class->id, "AIDA");
    return;
  default:
    add_named(atom, ":role/");
    add_id(atom, class->id, "AROA");
    add_text(atom, ":");
    add_filled(atom, byte_set_of(NAMES));
  }
}

/* NAME.amazonaws.com, or the names of services in other partitions (principal.c). */
static void add_services(struct atom *atom, bool usual) {
  static const char *const ends[] = {".amazonaws.com\1", ".amazonaws.com.cn\1", ".aws.internal\1",
                                     ".ic.gov\1", ".sgov.gov\1"};
  for (size_t i = usual ? 0 : 1; i < (usual ? 1 : sizeof ends / sizeof *ends); i++) {
    atom_add_one(atom, byte_set_of(LETTERS));
    atom_add_star(atom, byte_set_of(HOSTS));
    add_text(atom, ends[i]);
    atom_end(atom);
  }
}

/* This one is an identity provider. */
static struct atom *without_provider(struct query *query) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  atom->negated = true;
  add_text(atom, "cognito-identity.amazonaws.com\1");
  atom_end(atom);
  return atom;
}

/* Federated users by users that policies name; see callers_each_issuer. */
static void add_issued(struct query *query, const struct caller_class *class, struct atom *atom) {
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
      const struct policy_value *entry = &test->statement->principals.items[e];
      struct caller named = caller_read(entry->string, entry->length);
      bool user = named.kind == CALLER_USER && callers_in_class(class, &named);
      bool id = named.kind == CALLER_UNIQUE_ID && bytes_begin(entry->string, entry->length, "AIDA");
      if (!user && (!id || query->reading == READING_CERTAIN))
        continue;
      struct caller_class one = *class;
      char account[ACCOUNT_DIGITS + 1] = {0};
      memcpy(account, user ? named.account.text : "", user ? ACCOUNT_DIGITS : 0);
      one.account = user ? account : class->account;
      add_shape(atom, &one);
      atom_add_text(atom, entry->string, entry->length, false);
      atom_end(atom);
    }
  }
}

static struct atom *shape_of(struct query *query, const struct caller_class *class, bool usual) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  if (class->kind == CALLER_SERVICE) {
    add_services(atom, usual);
    return atom;
  }
  add_shape(atom, class);
  atom_end(atom);
  if (class->kind == CALLER_FEDERATED_USER)
    add_issued(query, class, atom);
  return atom;
}

/* No part of a path is empty. */
static struct atom *without_empty_parts(struct query *query) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  atom->negated = true;
  add_anything(atom);
  add_text(atom, "//");
  add_anything(atom);
  atom_end(atom);
  return atom;
}

/* Other accounts than the named ones; caller_words.c avoids the rest. */
static struct atom *without_accounts(struct query *query, const struct caller_class *class) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  atom->negated = true;
  for (size_t i = 0; i < class->others->named_count; i++) {
    add_text(atom, "arn:");
    atom_add_star(atom, byte_set_except(":"));
    add_text(atom, ":");
    atom_add_star(atom, byte_set_except(":"));
    add_text(atom, "::");
    add_text(atom, class->others->named[i]);
    add_text(atom, ":");
    add_anything(atom);
    atom_end(atom);
  }
  return atom;
}

void callers_shape(struct query *query, const struct caller_class *class, bool usual,
                   struct texts_atoms *inside) {
  texts_add(query, inside, shape_of(query, class, usual));
  texts_add(query, inside,
            class->kind == CALLER_SERVICE ? without_provider(query) : without_empty_parts(query));
  if (class->others && class->others->named_count > 0)
    texts_add(query, inside, without_accounts(query, class));
}
