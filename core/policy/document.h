#ifndef LANYARD_POLICY_DOCUMENT_H
#define LANYARD_POLICY_DOCUMENT_H

#include "base/buf.h"
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
#define POLICY_MAX_BYTES 131072

struct policy;

/* A string that the policy or the caller owns; `bytes` may be NULL where that is allowed. */
struct policy_string {
  const char *bytes;
  size_t length;
};

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

/* Parses `length` bytes, at most POLICY_MAX_BYTES. NULL on error, `error` set. The caller frees the
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

/* policy_swap exchanges two documents. */
void policy_swap(struct policy *a, struct policy *b);

/* policy_replace_text parses a text and puts it in place of the document's. On an error it returns false,
 * sets `error` and leaves the document as it was. */
bool policy_replace_text(struct policy *doc, const char *text, size_t length,
                         struct json_error *error);

bool policy_has_sid(const struct policy_statement *statement, const char *sid, size_t length);

#endif
