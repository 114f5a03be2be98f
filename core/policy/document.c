#include "policy/document.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy {
  struct json_doc *json; /* also owns the two arrays */
  const struct json_value *statements_json;
  struct policy_statement *statements;
  size_t count;
  struct policy_value
      *values; /* of all statements; the lists of the statements are ranges of this array */
  size_t values_count;
};

/* The elements of a statement. An element that has an opposite is before it. */
enum element {
  SID,
  EFFECT,
  PRINCIPAL,
  NOT_PRINCIPAL,
  ACTION,
  NOT_ACTION,
  RESOURCE,
  NOT_RESOURCE,
  CONDITION,
  ELEMENTS,
};

static const struct policy_string element_names[ELEMENTS] = {
    [SID] = {"Sid", 3},
    [EFFECT] = {"Effect", 6},
    [PRINCIPAL] = {"Principal", 9},
    [NOT_PRINCIPAL] = {"NotPrincipal", 12},
    [ACTION] = {"Action", 6},
    [NOT_ACTION] = {"NotAction", 9},
    [RESOURCE] = {"Resource", 8},
    [NOT_RESOURCE] = {"NotResource", 11},
    [CONDITION] = {"Condition", 9},
};

/* The brackets are on two lines, so that policy_allow writes a statement on lines of its own. */
static const char empty_policy[] = "{\n  \"Version\": \"2008-10-17\",\n  \"Statement\": [\n  ]\n}";

static bool is_string(const struct json_value *value, const char *text) {
  return value && value->type == JSON_STRING && bytes_are(value->string, value->length, text);
}

static void set_flaw(struct policy_statement *statement, const struct json_value *where,
                     const char *text) {
  if (statement->flaw)
    return;
  statement->flaw = where;
  statement->flaw_text = text;
}

static void add_value(struct policy *doc, const char *type, const struct json_value *json) {
  doc->values[doc->values_count++] = (struct policy_value){
      .type = type,
      .string = json->string,
      .length = json->length,
      .json = json,
  };
}

/* Adds a string, or the strings of an array. Returns false for any other value. */
static bool add_strings(struct policy *doc, const char *type, const struct json_value *value) {
  if (value->type == JSON_STRING) {
    add_value(doc, type, value);
    return true;
  }
  if (value->type != JSON_ARRAY)
    return false;
  for (const struct json_value *item = value->first; item; item = item->next) {
    if (item->type != JSON_STRING)
      return false;
    add_value(doc, type, item);
  }
  return true;
}

/* Accepts "*" or an object of principal types. */
static bool add_principals(struct policy *doc, const struct json_value *value) {
  if (is_string(value, "*")) {
    add_value(doc, "*", value);
    return true;
  }
  if (value->type != JSON_OBJECT)
    return false;
  for (const struct json_value *type = value->first; type; type = type->next)
    if (!add_strings(doc, type->key->string, type))
      return false;
  return true;
}

static bool is_scalar(const struct json_value *value) {
  return value->type != JSON_OBJECT && value->type != JSON_ARRAY;
}

/* Reports whether a value can be the operand of a condition key: a string, number, Boolean, or a
 * list of these. */
static bool is_operand(const struct json_value *value) {
  if (value->type != JSON_ARRAY)
    return is_scalar(value);
  for (const struct json_value *item = value->first; item; item = item->next)
    if (!is_scalar(item))
      return false;
  return true;
}

/* Adds the condition keys of every operator. */
static bool add_condition_keys(struct policy *doc, const struct json_value *value) {
  if (value->type != JSON_OBJECT)
    return false;
  for (const struct json_value *test = value->first; test; test = test->next) {
    if (test->type != JSON_OBJECT)
      return false;
    for (const struct json_value *key = test->first; key; key = key->next) {
      if (!is_operand(key))
        return false;
      add_value(doc, test->key->string, key->key);
    }
  }
  return true;
}

/* Returns an upper bound for the number of a statement's values: its strings and condition keys. */
static size_t count_values(const struct json_value *statement) {
  size_t count = 0;
  for (const struct json_value *element = statement->first; element; element = element->next) {
    count += 1 + element->count;
    for (const struct json_value *part = element->first; part; part = part->next)
      count += part->count;
  }
  return count;
}

/* Finds the elements of a statement. Those that it does not have are NULL. */
static void find_elements(const struct json_value *statement,
                          const struct json_value *found[ELEMENTS]) {
  for (size_t i = 0; i < ELEMENTS; i++)
    found[i] = NULL;
  for (const struct json_value *member = statement->first; member; member = member->next)
    for (size_t i = 0; i < ELEMENTS; i++)
      if (bytes_equal(member->key->string, member->key->length, element_names[i].bytes,
                      element_names[i].length)) {
        found[i] = member;
        break;
      }
}

/* Reads an element that has an opposite (Action, NotAction). A statement may have only one of the
 * two. */
static void read_element(struct policy *doc, struct policy_statement *statement,
                         const struct json_value *const found[ELEMENTS], enum element element,
                         struct policy_list *list, bool *is_not) {
  const struct json_value *yes = found[element], *no = found[element + 1];
  list->json = yes ? yes : no;
  list->items = doc->values + doc->values_count;
  *is_not = !yes && no;
  if (yes && no)
    set_flaw(statement, no->key, "an element and its opposite (Not...) are both present");
  if (!list->json)
    return;
  size_t before = doc->values_count;
  bool sound = element == PRINCIPAL ? add_principals(doc, list->json)
                                    : add_strings(doc, element_names[element].bytes, list->json);
  if (!sound)
    set_flaw(
        statement, list->json,
        element == PRINCIPAL
            ? "Principal must be \"*\" or an object of types, each a string or a list of strings"
            : "an element must be a string or a list of strings");
  list->count = doc->values_count - before;
}

static void read_statement(struct policy *doc, struct policy_statement *statement) {
  const struct json_value *found[ELEMENTS];
  find_elements(statement->json, found);
  statement->sid = found[SID];
  if (statement->sid && statement->sid->type != JSON_STRING) {
    set_flaw(statement, statement->sid, "Sid is not a string");
    statement->sid = NULL;
  }
  const struct json_value *effect = found[EFFECT];
  if (is_string(effect, "Allow"))
    statement->effect = POLICY_ALLOW;
  else if (is_string(effect, "Deny"))
    statement->effect = POLICY_DENY;
  else
    set_flaw(statement, effect ? effect : statement->json, "Effect is neither Allow nor Deny");

  read_element(doc, statement, found, PRINCIPAL, &statement->principals, &statement->not_principal);
  read_element(doc, statement, found, ACTION, &statement->actions, &statement->not_action);
  read_element(doc, statement, found, RESOURCE, &statement->resources, &statement->not_resource);
  if (!statement->actions.json)
    set_flaw(statement, statement->json, "neither Action nor NotAction is present");

  struct policy_list *conditions = &statement->conditions;
  conditions->json = found[CONDITION];
  conditions->items = doc->values + doc->values_count;
  if (!conditions->json)
    return;
  if (!add_condition_keys(doc, conditions->json))
    set_flaw(statement, conditions->json,
             "Condition must be an object of operators, each with keys and their values");
  conditions->count = (size_t)(doc->values + doc->values_count - conditions->items);
}

static void refuse(const struct policy *doc, const struct json_value *where, const char *expected,
                   struct json_error *error) {
  error->offset = where->start;
  json_position(doc->json, where->start, &error->line, &error->column);
  snprintf(error->message, sizeof error->message, "%s", expected);
}

/* Checks the outer structure of a policy and finds its Statement element. */
static bool check_frame(struct policy *doc, struct json_error *error) {
  const struct json_value *root = json_root(doc->json);
  if (root->type != JSON_OBJECT) {
    refuse(doc, root, "expected a policy, a JSON object", error);
    return false;
  }
  const struct json_value *statements = json_member(root, "Statement");
  if (!statements) {
    refuse(doc, root, "expected a policy with a member 'Statement'", error);
    return false;
  }
  if (statements->type != JSON_OBJECT && statements->type != JSON_ARRAY) {
    refuse(doc, statements, "expected Statement to be an array or an object", error);
    return false;
  }
  for (const struct json_value *item = statements->first; statements->type == JSON_ARRAY && item;
       item = item->next)
    if (item->type != JSON_OBJECT) {
      refuse(doc, item, "expected a statement, a JSON object", error);
      return false;
    }
  doc->statements_json = statements;
  return true;
}

/* Reads the statements from the JSON. Returns false if there is not enough memory. */
static bool read_statements(struct policy *doc) {
  const struct json_value *all = doc->statements_json;
  bool single = all->type == JSON_OBJECT;
  size_t count = single ? 1 : all->count;
  size_t values = 0;
  if (single)
    values = count_values(all);
  else
    for (const struct json_value *item = all->first; item; item = item->next)
      values += count_values(item);
  doc->statements = json_allocate(doc->json, count * sizeof *doc->statements);
  doc->values = json_allocate(doc->json, values * sizeof *doc->values);
  if (!doc->statements || !doc->values)
    return false;
  for (const struct json_value *item = single ? all : all->first; item;
       item = single ? NULL : item->next) {
    struct policy_statement *statement = &doc->statements[doc->count];
    *statement = (struct policy_statement){.json = item, .index = doc->count++};
    read_statement(doc, statement);
  }
  return true;
}

struct policy *policy_parse(const char *text, size_t length, struct json_error *error) {
  if (length > POLICY_MAX_BYTES) {
    *error = (struct json_error){.line = 1, .column = 1};
    snprintf(error->message, sizeof error->message,
             "expected a policy, at most %d bytes; this has %zu", POLICY_MAX_BYTES, length);
    return NULL;
  }
  struct policy *doc = calloc(1, sizeof *doc);
  if (!doc)
    goto no_memory;
  doc->json = json_parse(text, length, error);
  if (!doc->json || !check_frame(doc, error)) {
    policy_free(doc);
    return NULL;
  }
  if (read_statements(doc))
    return doc;

no_memory:
  policy_free(doc);
  *error = (struct json_error){
      .line = 1, .column = 1, .no_memory = true, .message = "not enough memory"};
  return NULL;
}

struct policy *policy_new(void) {
  struct json_error error;
  return policy_parse(empty_policy, sizeof empty_policy - 1, &error);
}

struct policy *policy_copy(const struct policy *doc) {
  struct json_error error;
  size_t length;
  const char *text = policy_text(doc, &length);
  return policy_parse(text, length, &error);
}

void policy_free(struct policy *doc) {
  if (!doc)
    return;
  json_free(doc->json);
  free(doc);
}

size_t policy_memory(const struct policy *doc) {
  return sizeof *doc + json_memory(doc->json);
}

void policy_swap(struct policy *a, struct policy *b) {
  struct policy kept = *a;
  *a = *b;
  *b = kept;
}

bool policy_replace_text(struct policy *doc, const char *text, size_t length,
                         struct json_error *error) {
  struct policy *edited = policy_parse(text, length, error);
  if (!edited)
    return false;
  policy_swap(doc, edited);
  policy_free(edited);
  return true;
}

const char *policy_text(const struct policy *doc, size_t *length) {
  return json_text(doc->json, length);
}

const struct json_doc *policy_json(const struct policy *doc) {
  return doc->json;
}

bool policy_has_variables(const struct policy *doc) {
  return is_string(json_member(json_root(doc->json), "Version"), "2012-10-17");
}

size_t policy_count(const struct policy *doc) {
  return doc->count;
}

const struct policy_statement *policy_statement(const struct policy *doc, size_t index) {
  return &doc->statements[index];
}

const struct json_value *policy_statements_json(const struct policy *doc) {
  return doc->statements_json;
}

size_t policy_values_count(const struct policy *doc) {
  return doc->values_count;
}

size_t policy_value_index(const struct policy *doc, const struct policy_value *value) {
  return (size_t)(value - doc->values);
}

size_t policy_size(const struct policy *doc) {
  size_t length;
  const char *text = policy_text(doc, &length);
  size_t characters = 0;
  for (size_t i = 0; i < length; i++)
    characters += ((unsigned char)text[i] & 0xC0) != 0x80;
  return characters;
}

bool policy_has_sid(const struct policy_statement *statement, const char *sid, size_t length) {
  return statement->sid && bytes_equal(statement->sid->string, statement->sid->length, sid, length);
}
