#ifndef LANYARD_POLICY_EDIT_H
#define LANYARD_POLICY_EDIT_H

#include "policy/document.h"

#include <stdbool.h>
#include <stddef.h>

/* Edits. A failed edit leaves the document as it was. */

enum policy_edit { POLICY_FAILED = -1, POLICY_UNCHANGED, POLICY_CHANGED };

struct policy_grant {
  struct policy_string sid;       /* bytes NULL: the statement gets no Sid */
  struct policy_string principal; /* an ARN, an account id, or "*" */
  const struct policy_string *actions;
  size_t action_count;            /* at least one */
  struct policy_string condition; /* the JSON text of a Condition element; bytes NULL: none */
};

/* Appends an Allow statement, laid out as its neighbours. UNCHANGED when unconditional Allow
 * statements already name the principal and cover all the actions on every resource, or when a
 * statement means the same. A Sid that another statement has gets a suffix ("-2", "-3", ...): Sids
 * are unique within a policy. `statement` is set to the index of the new statement, or of one that
 * already allows. FAILED: `error` says why (an argument that is not UTF-8, a condition that is none,
 * no memory). */
enum policy_edit policy_allow(struct policy *doc, const struct policy_grant *grant,
                              size_t *statement, struct json_error *error);

/* Appends a copy of statement `index` of another document, laid out as its new neighbours. */
enum policy_edit policy_append_statement(struct policy *doc, const struct policy *from,
                                         size_t index, struct json_error *error);

struct policy_revocation {
  struct policy_string principal;
  struct policy_string sid; /* only in the statement that has it; bytes NULL: in any */
  bool any_effect;          /* in Deny statements too */
};

/* Takes a principal out of every revocable statement that names it, as policy_remove_principals does.
 * FAILED without memory. */
enum policy_edit policy_revoke(struct policy *doc, const struct policy_revocation *what,
                               size_t *touched);

/* Whether revoking may touch a statement: it has no flaw, names principals by Principal (not
 * NotPrincipal: whom that names it excepts), and its effect is Allow or, with `any_effect`, Deny. */
bool policy_revocable(const struct policy_statement *statement, bool any_effect);

/* Whether a revocation means this statement, by its Sid and effect, whomever it names. */
bool policy_revocation_applies(const struct policy_revocation *what,
                               const struct policy_statement *statement);

/* Takes principals out of statements. `marks` has policy_values_count(doc) entries, true for each
 * principal to go; those of flawed statements are ignored. A statement whose last principal (of
 * any type) goes, goes whole; other types and other principals stay. `touched` counts the
 * statements changed or gone. FAILED without memory. */
enum policy_edit policy_remove_principals(struct policy *doc, const bool *marks, size_t *touched);

/* Removes the statements whose entry in `marks` (policy_count(doc) entries) is true. */
enum policy_edit policy_remove_statements(struct policy *doc, const bool *marks);

struct policy_setting {
  size_t statement; /* its index, or POLICY_DOCUMENT for Version and Id */
  const char *element;
  struct policy_string json; /* the text of the value; bytes NULL: the element goes */
  const char *const *within; /* names of members below the element, for one that stands inside it */
  size_t within_count;
};

#define POLICY_DOCUMENT ((size_t)-1)

/* Gives an element another value, or adds it at its customary place. UNCHANGED when it has that
 * value, but for white space, or is absent and shall be; a member inside an element is not added, so
 * UNCHANGED where there is none of these names. FAILED, `error` set: a value that is no JSON, one that
 * would break the grammar of the statement, no memory. */
enum policy_edit policy_set(struct policy *doc, const struct policy_setting *setting,
                            struct json_error *error);

/* Joins statements that differ only in their Sid and in whom they name: the first of such a group
 * gets all their principals, and the Sid `sid` where one is given (with a suffix where it is taken),
 * the others go. `marks` (policy_count(doc) entries) tells which may be joined; those with a flaw,
 * with NotPrincipal or naming everyone never are. `gone` counts the statements that went. */
enum policy_edit policy_merge(struct policy *doc, const bool *marks,
                              const struct policy_string *sid, size_t *gone,
                              struct json_error *error);

/* Puts statements in the order of their Sids, those without one behind them in the order of their
 * meaning, and the strings of each list in theirs, but for those of flawed statements. FAILED without
 * memory. */
enum policy_edit policy_sort(struct policy *doc);

#endif
