#ifndef LANYARD_POLICY_POLICY_H
#define LANYARD_POLICY_POLICY_H

#include "base/buf.h"
#include "policy/context.h"
#include "json/json.h"

#include <stdbool.h>
#include <stddef.h>

/* An AWS resource policy as a document: its text, kept byte for byte, and what the text means.
 *
 * A document is refused when it is not strict JSON or has not the frame of a policy (an object
 * whose Statement is an object or an array of objects). What is wrong inside a statement is kept
 * and marked as its flaw: such a document can still be shown, checked and edited elsewhere.
 *
 * The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */

/* The most characters that ECR takes for the policy of a repository (SetRepositoryPolicy). */
#define POLICY_LIMIT 10240

/* The most bytes that are read as a policy: several times what any service of AWS takes (KMS's 32 KB),
 * and little enough that no edit of it takes long. */
#define POLICY_MOST_BYTES 131072

struct policy;

enum policy_effect { POLICY_NO_EFFECT, POLICY_ALLOW, POLICY_DENY };

/* One string of an element: a principal, an action, a resource or the key of a condition. */
struct policy_value {
  const char *type; /* principal: "AWS", "Service", ..., "*" for a bare "*"; condition: operator */
  const char *string; /* unescaped, NUL-terminated */
  size_t length;
  const struct json_value *json; /* where it stands */
};

struct policy_list {
  const struct json_value *json; /* the element; NULL when the statement has none */
  const struct policy_value *items;
  size_t count;
};

struct policy_statement {
  const struct json_value *json;
  size_t index;                 /* from 0, in the order of the text */
  const struct json_value *sid; /* a string; NULL when there is none */
  enum policy_effect effect;
  struct policy_list principals, actions, resources, conditions;
  bool not_principal, not_action, not_resource; /* the list is the exception to the statement */
  const struct json_value *flaw; /* what breaks the grammar; NULL for a sound statement */
  const char *flaw_text;         /* how, for a person; static */
};

/* Parses `length` bytes, at most POLICY_MOST_BYTES. NULL on error, `error` set. The caller frees the
 * document. */
struct policy *policy_parse(const char *text, size_t length, struct json_error *error);

/* A document without statements, Version 2008-10-17 (ECR's own choice). NULL without memory. */
struct policy *policy_new(void);
struct policy *policy_copy(const struct policy *doc);
void policy_free(struct policy *doc);

/* The text, NUL-terminated, valid until the next edit; likewise everything that points into it. */
const char *policy_text(const struct policy *doc, size_t *length);
const struct json_doc *policy_json(const struct policy *doc);

/* Whether policy variables are more than plain text: under Version 2012-10-17. */
bool policy_has_variables(const struct policy *doc);

size_t policy_count(const struct policy *doc);
const struct policy_statement *policy_statement(const struct policy *doc, size_t index);

/* The Statement element: an array or a single object. */
const struct json_value *policy_statements_json(const struct policy *doc);

/* All principals of all statements stand in one array; the place of one of them there. */
size_t policy_values_count(const struct policy *doc);
size_t policy_value_index(const struct policy *doc, const struct policy_value *value);

/* The size as ECR counts it: characters (Unicode code points), not bytes. */
size_t policy_size(const struct policy *doc);

struct policy_string {
  const char *bytes;
  size_t length;
};

bool policy_has_sid(const struct policy_statement *statement, const char *sid, size_t length);

/* --- Edits. A failed edit leaves the document as it was. ------------------------------------ */

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
enum policy_edit policy_append(struct policy *doc, const struct policy *from, size_t index,
                               struct json_error *error);

struct policy_revocation {
  struct policy_string principal;
  struct policy_string sid; /* only in the statement that has it; bytes NULL: in any */
  bool any_effect;          /* in Deny statements too */
};

/* Takes a principal out of every revocable statement that names it, as policy_take_out does.
 * FAILED without memory. */
enum policy_edit policy_revoke(struct policy *doc, const struct policy_revocation *what,
                               size_t *touched);

/* Whether revoking may touch a statement: it has no flaw, names principals by Principal (not
 * NotPrincipal: whom that names it excepts), and its effect is Allow or, with `any_effect`, Deny. */
bool policy_revocable(const struct policy_statement *statement, bool any_effect);

/* Whether a revocation means this statement, by its Sid and effect, whomever it names. */
bool policy_revocation_covers(const struct policy_revocation *what,
                              const struct policy_statement *statement);

/* Takes principals out of statements. `marks` has policy_values_count(doc) entries, true for each
 * principal to go; those of flawed statements are ignored. A statement whose last principal (of
 * any type) goes, goes whole; other types and other principals stay. `touched` counts the
 * statements changed or gone. FAILED without memory. */
enum policy_edit policy_take_out(struct policy *doc, const bool *marks, size_t *touched);

/* Removes the statements whose entry in `marks` (policy_count(doc) entries) is true. */
enum policy_edit policy_remove(struct policy *doc, const bool *marks);

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
enum policy_edit policy_fold(struct policy *doc, const bool *marks, const struct policy_string *sid,
                             size_t *gone, struct json_error *error);

/* Puts statements in the order of their Sids, those without one behind them in the order of their
 * meaning, and the strings of each list in theirs, but for those of flawed statements. FAILED without
 * memory. */
enum policy_edit policy_sort(struct policy *doc);

/* --- Layout --------------------------------------------------------------------------------- */

/* Adds the document pretty-printed: two spaces, one member a line, no newline at the end. Strings and
 * numbers keep their spelling, members and elements their order, a byte order mark its place, and line
 * ends their kind. */
void policy_format(const struct policy *doc, struct buf *out);

/* --- Meaning -------------------------------------------------------------------------------- */

/* Adds bytes that are equal for two statements when these mean the same: white space, order, a
 * string for an array of one, the case of actions and of condition keys, repeated values, an
 * account id for its root ARN, and "*" for {"AWS": "*"} make no difference. `without`: parts of the
 * meaning to leave out. */
void policy_meaning(const struct policy *doc, size_t index, unsigned without, struct buf *out);

/* What a meaning can leave out. */
enum { MEANING_WITHOUT_SID = 1, MEANING_WITHOUT_PRINCIPAL = 2 };

/* Adds the same of a statement's conditions alone. */
void policy_condition_meaning(const struct policy *doc, size_t index, struct buf *out);

/* Whether statement `outer` applies to every request that `inner` applies to, whatever their effects.
 * False where that cannot be told from the patterns alone. *failed is set without memory. */
bool policy_covers(const struct policy *doc, size_t outer, size_t inner, bool *failed);

/* Whether two documents mean the same, Sids and Ids included, whatever the order of their
 * statements. False, with *failed set, when memory ends. */
bool policy_equivalent(const struct policy *a, const struct policy *b, bool *failed);

/* --- Decision ------------------------------------------------------------------------------- */

/* How a principal of a policy stands to the one who asks. */
enum policy_naming {
  POLICY_NAMES_NOT,
  POLICY_NAMES,         /* itself */
  POLICY_NAMES_ROLE,    /* the role of the session that it is */
  POLICY_NAMES_ACCOUNT, /* its account */
  POLICY_NAMES_ANYONE,
};

#define POLICY_NAMINGS (POLICY_NAMES_ANYONE + 1)

struct policy_request {
  struct policy_string principal; /* an ARN, an account id, a unique id, a service, "*": anyone */
  struct policy_string action;
  struct policy_string resource; /* bytes NULL: not known */
  const struct context *context; /* NULL: not known */
  bool identity;                 /* the policy belongs to the principal: it names none */
  bool bounded;                  /* the principal has a permissions boundary */
};

/* The first statements that apply to a request, or may, for all that is known; NULL where there is
 * none. Allow statements by each way in which they name the principal: POLICY_NAMES for a policy of
 * its own. */
struct policy_findings {
  const struct policy_statement *deny, *maybe_deny;
  const struct policy_statement *allow[POLICY_NAMINGS], *maybe_allow[POLICY_NAMINGS];
  bool failed; /* without memory */
};

/* Whether a statement may apply that cannot be told to: one with a condition on what is not known, on
 * a resource that is not known, or a Deny that breaks the grammar. A NotPrincipal of a Deny excepts
 * nobody who has a permissions boundary. */
struct policy_findings policy_find(const struct policy *doc, const struct policy_request *request);

/* Adds why a statement applies to a request, or may: "statement 2 (web) allows it to anyone". */
void policy_explain(const struct policy *doc, const struct policy_statement *statement,
                    const struct policy_request *request, bool certain, struct buf *reason);

enum policy_answer {
  POLICY_ANSWER_ALLOW,
  POLICY_ANSWER_DENY,
  POLICY_ANSWER_IMPLICIT_DENY,
  POLICY_ANSWER_DEPENDS,
};

struct policy_decision {
  enum policy_answer answer;
  const struct policy_statement *statement; /* the one that decides; NULL for an implicit deny */
};

/* What this policy alone says to a request. An explicit Deny wins; a statement that may apply makes
 * the answer `depends` unless another decides outright. Adds the reason to `reason`, which fails
 * without memory. */
struct policy_decision policy_can(const struct policy *doc, const struct policy_request *request,
                                  struct buf *reason);

#endif
