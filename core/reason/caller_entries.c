/* Entries of Principal elements as patterns of the texts of callers (callers.h). */

#include "reason/caller_entries.h"

#include "policy/principal.h"
#include "reason/texts.h"

#include <string.h>

static void add_text(struct atom *atom, const char *text) {
  atom_add_text(atom, text, strlen(text), false);
}

static void add_anything(struct atom *atom) {
  atom_add_star(atom, byte_set_any());
}

/* The principals of an account: arn:P:iam::A:... and arn:P:sts::A:... */
static void add_account_entry(struct atom *atom, const struct caller *named, const char *account) {
  static const char *const services[] = {":iam::", ":sts::"};
  for (size_t i = 0; i < 2; i++) {
    add_text(atom, "arn:");
    if (named->partition.length > 0)
      atom_add_text(atom, named->partition.text, named->partition.length, false);
    else
      atom_add_star(atom, byte_set_except(":"));
    add_text(atom, services[i]);
    atom_add_text(atom, account, ACCOUNT_DIGITS, false);
    add_text(atom, ":");
    add_anything(atom);
    atom_end(atom);
  }
}

static void add_sessions(struct atom *atom, const struct caller *named) {
  for (size_t i = 0; i < 2; i++) {
    add_text(atom, "arn:");
    atom_add_text(atom, named->partition.text, named->partition.length, false);
    add_text(atom, ":iam::");
    atom_add_text(atom, named->account.text, named->account.length, false);
    add_text(atom, ":role/");
    if (i == 1) {
      add_anything(atom);
      add_text(atom, "/");
    }
    atom_add_text(atom, named->name.text, named->name.length, false);
    add_text(atom, "\1");
    add_anything(atom);
    if (named->kind == CALLER_SESSION) {
      add_text(atom, ":");
      atom_add_text(atom, named->session.text, named->session.length, false);
    }
    atom_end(atom);
  }
}

static enum entry_group group_of(const struct policy_value *entry, const struct caller *named) {
  if (principal_account(entry->string, entry->length))
    return ENTRY_ACCOUNT;
  return named->kind == CALLER_ROLE ? ENTRY_ROLE : ENTRY_OTHER;
}

/* Appends the patterns of an entry. */
static void add_entry(struct atom *atom, const struct policy_value *entry,
                      const struct caller *named, enum caller_kind kind) {
  bool session = kind == CALLER_SESSION;
  const char *account = principal_account(entry->string, entry->length);
  if (account) {
    add_account_entry(atom, named, account);
    return;
  }
  if (session && (named->kind == CALLER_ROLE || named->kind == CALLER_SESSION)) {
    add_sessions(atom, named);
    return;
  }
  bool user = named->kind == CALLER_USER || named->kind == CALLER_UNIQUE_ID;
  if (kind == CALLER_FEDERATED_USER && user) {
    add_anything(atom); /* a session that the user federated */
    add_text(atom, "\1");
    atom_add_text(atom, entry->string, entry->length, false);
    atom_end(atom);
    return;
  }
  atom_add_text(atom, entry->string, entry->length, false);
  add_text(atom, "\1");
  add_anything(atom);
  atom_end(atom);
}

void caller_entries_build(struct atom *atom, const struct box_test *test, enum caller_kind kind,
                          unsigned groups) {
  for (size_t i = 0; i < test->statement->principals.count; i++) {
    const struct policy_value *entry = &test->statement->principals.items[i];
    struct caller named = caller_read(entry->string, entry->length);
    if (groups >> group_of(entry, &named) & 1)
      add_entry(atom, entry, &named, kind);
  }
}

static void build_principal(struct query *query, struct atom *atom, const struct box_test *test) {
  (void)query;
  caller_entries_build(atom, test, CALLER_OTHER, ~0u);
}

static void build_session_principal(struct query *query, struct atom *atom,
                                    const struct box_test *test) {
  (void)query;
  caller_entries_build(atom, test, CALLER_SESSION, ~0u);
}

static void build_federated_principal(struct query *query, struct atom *atom,
                                      const struct box_test *test) {
  (void)query;
  caller_entries_build(atom, test, CALLER_FEDERATED_USER, ~0u);
}

const struct atom *caller_entries_atom(struct query *query, size_t number, enum caller_kind kind) {
  switch (kind) {
  case CALLER_SESSION:
    return texts_atom(query, number, FORM_SESSION, build_session_principal);
  case CALLER_FEDERATED_USER:
    return texts_atom(query, number, FORM_FEDERATED, build_federated_principal);
  default:
    return texts_atom(query, number, FORM_CALLER, build_principal);
  }
}

void caller_entries_sessions(struct atom *atom, const struct caller *named) {
  add_sessions(atom, named);
}
