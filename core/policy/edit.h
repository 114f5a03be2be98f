#ifndef LANYARD_POLICY_EDIT_H
#define LANYARD_POLICY_EDIT_H

#include "policy/document.h"

#include <stdbool.h>
#include <stddef.h>

/* Edits of a document. A failed edit does not change the document. */

enum policy_edit { POLICY_FAILED = -1, POLICY_UNCHANGED, POLICY_CHANGED };

struct policy_grant {
  struct policy_string sid;       /* bytes NULL: no Sid */
  struct policy_string principal; /* an ARN, an account id, or "*" */
  const struct policy_string *actions;
  size_t action_count;            /* at least one */
  struct policy_string condition; /* JSON text of a Condition element; bytes NULL: none */
};

/* policy_allow appends an Allow statement in the layout of the other statements. The result is
 * POLICY_UNCHANGED if unconditional Allow statements already allow all the actions on every
 * resource to the principal, or if a statement has the same meaning. Sids are unique within a
 * policy: if another statement has the Sid, a suffix ("-2", "-3", ...) is added. `statement` is set
 * to the index of the new statement, or of one that already allows. On POLICY_FAILED, `error` is
 * set: an argument is not UTF-8, the condition is invalid, or there is not enough memory. */
enum policy_edit policy_allow(struct policy *doc, const struct policy_grant *grant,
                              size_t *statement, struct json_error *error);

/* policy_append_statement appends a copy of statement `index` of another document, in the layout of
 * the other statements. */
enum policy_edit policy_append_statement(struct policy *doc, const struct policy *from,
                                         size_t index, struct json_error *error);

/* policy_append appends copies of all statements of another document, as policy_append_statement
 * does one after the other, in one parse. */
enum policy_edit policy_append(struct policy *doc, const struct policy *from,
                               struct json_error *error);

struct policy_revocation {
  struct policy_string principal;
  struct policy_string
      sid;         /* restricts the revocation to the statement with this Sid; bytes NULL: none */
  bool any_effect; /* also in Deny statements */
};

/* policy_revoke removes a principal from every revocable statement that names it, as
 * policy_remove_principals does. The result is POLICY_FAILED if there is not enough memory. */
enum policy_edit policy_revoke(struct policy *doc, const struct policy_revocation *what,
                               size_t *touched);

/* policy_revocable reports whether a revocation may change a statement: the statement has no flaw,
 * names principals by Principal (NotPrincipal lists exceptions), and its effect is Allow or, with
 * `any_effect`, Deny. */
bool policy_revocable(const struct policy_statement *statement, bool any_effect);

/* policy_revocation_applies reports whether a revocation applies to a statement by its Sid and
 * effect, whatever principals it names. */
bool policy_revocation_applies(const struct policy_revocation *what,
                               const struct policy_statement *statement);

/* policy_remove_principals removes principals from statements. `marks` has policy_values_count(doc)
 * entries, true for each principal to remove; principals of flawed statements are ignored. A
 * statement without any remaining principal is removed. `touched` is set to the number of
 * statements changed or removed. The result is POLICY_FAILED if there is not enough memory. */
enum policy_edit policy_remove_principals(struct policy *doc, const bool *marks, size_t *touched);

/* policy_remove_statements removes the statements whose entry in `marks` (policy_count(doc)
 * entries) is true. */
enum policy_edit policy_remove_statements(struct policy *doc, const bool *marks);

struct policy_setting {
  size_t statement; /* an index, or POLICY_DOCUMENT for Version and Id */
  const char *element;
  struct policy_string json; /* the text of the value; bytes NULL: remove the element */
  const char *const *within; /* names of nested members, for a member inside the element */
  size_t within_count;
};

#define POLICY_DOCUMENT ((size_t)-1)

/* policy_set replaces the value of an element, or adds the element in the customary order. The
 * result is POLICY_UNCHANGED if the element has the value already, except for white space, or is
 * absent and to be removed. A nested member is never added. On POLICY_FAILED, `error` is set: the
 * value is not JSON or violates the grammar of the statement, or there is not enough memory. */
enum policy_edit policy_set(struct policy *doc, const struct policy_setting *setting,
                            struct json_error *error);

/* policy_set_all makes several settings as policy_set does, in one parse and in the layout from
 * before the first. It fails if two of them change the same bytes, as when one is inside of another. */
enum policy_edit policy_set_all(struct policy *doc, const struct policy_setting *settings,
                                size_t count, struct json_error *error);

/* policy_merge merges statements that differ only in Sid and principals: the first of each group
 * gets all principals and, if `sid` is given, that Sid (with a suffix if it is taken); the others
 * are removed. `marks` (policy_count(doc) entries) selects the candidates; statements with a flaw,
 * with NotPrincipal or with the principal "*" are never merged. `gone` is set to the number of
 * removed statements. */
enum policy_edit policy_merge(struct policy *doc, const bool *marks,
                              const struct policy_string *sid, size_t *gone,
                              struct json_error *error);

/* policy_sort sorts the statements by Sid, then those without a Sid by meaning, and the strings of
 * each list, except in flawed statements. The result is POLICY_FAILED if there is not enough
 * memory. */
enum policy_edit policy_sort(struct policy *doc);

#endif
