#ifndef LANYARD_POLICY_DOCUMENT_H
#define LANYARD_POLICY_DOCUMENT_H

#include "base/buf.h"
#include "json/json.h"

#include <stdbool.h>
#include <stddef.h>

/* An AWS resource policy as a document: its text, kept byte for byte, and its statements.
 *
 * A text is rejected if it is not strict JSON or does not have the outer structure of a policy (an
 * object whose Statement is an object or an array of objects). An error inside a statement is
 * recorded as the flaw of the statement: the document can still be shown, checked, and edited
 * elsewhere.
 *
 * The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */

/* The maximum number of characters of a repository policy (ECR's SetRepositoryPolicy). */
#define POLICY_LIMIT 10240

/* The maximum number of bytes that policy_parse accepts. It is several times the limit of any AWS
 * service (32 KB for KMS), and keeps every edit fast. */
#define POLICY_MAX_BYTES 1048576

struct policy;

/* A string that another structure owns. `bytes` may be NULL where the user of the string permits it. */
struct policy_string {
  const char *bytes;
  size_t length;
};

enum policy_effect { POLICY_NO_EFFECT, POLICY_ALLOW, POLICY_DENY };

/* One string of an element: a principal, an action, a resource, or the key of a condition. */
struct policy_value {
  const char *type; /* principal: "AWS", "Service", ..., "*" for a bare "*"; condition: operator */
  const char *string; /* unescaped, NUL-terminated */
  size_t length;
  const struct json_value *json; /* its source location */
};

struct policy_list {
  const struct json_value *json; /* the element; NULL if the statement does not have it */
  const struct policy_value *items;
  size_t count;
};

struct policy_statement {
  const struct json_value *json;
  size_t index;                 /* from 0, in the order of the text */
  const struct json_value *sid; /* a string; NULL if there is none */
  enum policy_effect effect;
  struct policy_list principals, actions, resources, conditions;
  bool not_principal, not_action, not_resource; /* the list contains the exceptions */
  const struct json_value
      *flaw;             /* the part that violates the grammar; NULL if the statement is valid */
  const char *flaw_text; /* a description of the flaw; a static string */
  size_t line, column;   /* of its first byte, from 1; 0 until policy_locate */
};

/* policy_parse parses `length` bytes, at most POLICY_MAX_BYTES. On an error it returns NULL and
 * sets `error`. The caller frees the document with policy_free. */
struct policy *policy_parse(const char *text, size_t length, struct json_error *error);

/* policy_new returns a document without statements, Version 2008-10-17 (the version that ECR itself
 * uses), and policy_copy a copy. They return NULL if there is not enough memory. */
struct policy *policy_new(void);
struct policy *policy_copy(const struct policy *doc);

/* policy_free accepts NULL. */
void policy_free(struct policy *doc);

/* policy_memory returns how many bytes of memory a document owns. */
size_t policy_memory(const struct policy *doc);

/* policy_text returns the text, NUL-terminated. The text, and everything that points into it, is
 * valid until the next edit. `length` may be NULL. */
const char *policy_text(const struct policy *doc, size_t *length);

/* policy_json returns the parsed text. */
const struct json_doc *policy_json(const struct policy *doc);

/* policy_has_variables reports whether policy variables are enabled: under Version 2012-10-17. */
bool policy_has_variables(const struct policy *doc);

/* policy_count returns the number of statements, and policy_statement the one at an index. */
size_t policy_count(const struct policy *doc);
const struct policy_statement *policy_statement(const struct policy *doc, size_t index);

/* policy_statements_json returns the Statement element: an array or a single object. */
const struct json_value *policy_statements_json(const struct policy *doc);

/* The values of all statements are in one array. policy_values_count returns its length, and
 * policy_value_index the index of a value. */
size_t policy_values_count(const struct policy *doc);
size_t policy_value_index(const struct policy *doc, const struct policy_value *value);

/* policy_actions returns the table of the statements by action, for a decision, or NULL where it does not
 * help: if the document has few statements, or if nothing has called this before. It is made at the second
 * call, so that a document that is decided once does not pay for it. */
struct action_table;
const struct action_table *policy_actions(const struct policy *doc);

/* policy_asks reports whether a decision can depend on a condition key: the document has a condition or a
 * policy variable. policy_asks_for reports whether it can depend on a certain key, in any letter case;
 * every key may be one of a variable. */
bool policy_asks(const struct policy *doc);
bool policy_asks_for(const struct policy *doc, const char *key, size_t length);

/* policy_size returns the size as ECR counts it: in characters (Unicode code points), not in
 * bytes. */
size_t policy_size(const struct policy *doc);

/* policy_swap exchanges two documents. */
void policy_swap(struct policy *a, struct policy *b);

/* policy_replace_text parses a text and replaces the document's text. On an error it returns false,
 * sets `error`, and does not change the document. */
bool policy_replace_text(struct policy *doc, const char *text, size_t length,
                         struct json_error *error);

/* policy_has_sid reports whether a statement has this Sid. */
bool policy_has_sid(const struct policy_statement *statement, const char *sid, size_t length);

#endif
