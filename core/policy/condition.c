#include "policy/condition.h"

#include "policy/arn.h"
#include "policy/condition_value.h"

#include <string.h>
#include <strings.h>

/* Compares a value of the request with an operand of the policy. */
typedef enum condition_truth comparison(const struct context_value *value,
                                        const struct buf *operand);

static enum condition_truth truth(bool holds) {
  return holds ? CONDITION_TRUE : CONDITION_FALSE;
}

/* Replaces the bytes that stand for wildcards by `*` and `?`, for an operator without wildcards. */
static void make_plain(struct buf *operand) {
  for (size_t i = 0; i < operand->length; i++) {
    if (operand->data[i] == context_wildcards.any)
      operand->data[i] = '*';
    else if (operand->data[i] == context_wildcards.one)
      operand->data[i] = '?';
  }
}

static enum condition_truth same_string(const struct context_value *value,
                                        const struct buf *operand) {
  return truth(value->length == operand->length &&
               memcmp(value->bytes, operand->data, value->length) == 0);
}

static enum condition_truth same_letters(const struct context_value *value,
                                         const struct buf *operand) {
  return truth(value->length == operand->length &&
               strncasecmp(value->bytes, operand->data, value->length) == 0);
}

static enum condition_truth like_string(const struct context_value *value,
                                        const struct buf *operand) {
  return truth(match_pattern(operand->data, operand->length, value->bytes, value->length,
                             context_wildcards, false));
}

static bool is_bool(const char *text) {
  return strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
}

/* Whether "false" matches a value that is neither true nor false is not documented: PMapper's tests
 * record that it does, iam-simulate's that it does not. */
static enum condition_truth same_bool(const struct context_value *value,
                                      const struct buf *operand) {
  if (!is_bool(operand->data))
    return CONDITION_UNKNOWN;
  if (!is_bool(value->bytes) && strcasecmp(operand->data, "false") == 0)
    return CONDITION_UNKNOWN;
  return same_letters(value, operand);
}

/* Returns -1, 0 or 1, or 2 if one of the values is not a number (or a date). */
static int compare_values(const struct context_value *value, const struct buf *operand,
                          bool (*read)(const char *, long double *)) {
  long double a, b;
  if (!read(value->bytes, &a) || !read(operand->data, &b))
    return 2;
  return (a > b) - (a < b);
}

#define ORDER(name, read, holds)                                                                   \
  static enum condition_truth name(const struct context_value *value, const struct buf *operand) { \
    int order = compare_values(value, operand, read);                                              \
    return order == 2 ? CONDITION_UNKNOWN : truth(order holds);                                    \
  }

ORDER(number_equal, condition_read_number, == 0)
ORDER(number_less, condition_read_number, < 0)
ORDER(number_at_most, condition_read_number, <= 0)
ORDER(number_greater, condition_read_number, > 0)
ORDER(number_at_least, condition_read_number, >= 0)
ORDER(date_equal, condition_read_date, == 0)
ORDER(date_less, condition_read_date, < 0)
ORDER(date_at_most, condition_read_date, <= 0)
ORDER(date_greater, condition_read_date, > 0)
ORDER(date_at_least, condition_read_date, >= 0)

static enum condition_truth in_network(const struct context_value *value,
                                       const struct buf *operand) {
  switch (condition_in_network(value->bytes, operand->data)) {
  case 0:
    return CONDITION_FALSE;
  case 1:
    return CONDITION_TRUE;
  default:
    return CONDITION_UNKNOWN;
  }
}

static bool like_part(struct arn_part pattern, struct arn_part part) {
  return match_pattern(pattern.text, pattern.length, part.text, part.length, context_wildcards,
                       false);
}

/* Compares each of the six parts of an ARN: a wildcard matches colons only in the last part. The operand
 * "*" alone matches every ARN. */
static enum condition_truth like_arn(const struct context_value *value, const struct buf *operand) {
  struct arn arn, pattern;
  bool star = operand->length == 1 && operand->data[0] == context_wildcards.any;
  if (!star && !arn_parse(operand->data, operand->length, &pattern))
    return CONDITION_UNKNOWN;
  if (!arn_parse(value->bytes, value->length, &arn))
    return CONDITION_FALSE;
  if (star)
    return CONDITION_TRUE;
  return truth(like_part(pattern.partition, arn.partition) &&
               like_part(pattern.service, arn.service) && like_part(pattern.region, arn.region) &&
               like_part(pattern.account, arn.account) &&
               like_part(pattern.resource, arn.resource));
}

struct condition_operator {
  const char *name;
  enum condition_operand type;
  comparison *fits;
  bool negated, wildcards;
};

static const struct condition_operator operators[] = {
    {"StringEquals", OPERAND_STRING, same_string, false, false},
    {"StringNotEquals", OPERAND_STRING, same_string, true, false},
    {"StringEqualsIgnoreCase", OPERAND_STRING, same_letters, false, false},
    {"StringNotEqualsIgnoreCase", OPERAND_STRING, same_letters, true, false},
    {"StringLike", OPERAND_STRING, like_string, false, true},
    {"StringNotLike", OPERAND_STRING, like_string, true, true},
    {"NumericEquals", OPERAND_NUMBER, number_equal, false, false},
    {"NumericNotEquals", OPERAND_NUMBER, number_equal, true, false},
    {"NumericLessThan", OPERAND_NUMBER, number_less, false, false},
    {"NumericLessThanEquals", OPERAND_NUMBER, number_at_most, false, false},
    {"NumericGreaterThan", OPERAND_NUMBER, number_greater, false, false},
    {"NumericGreaterThanEquals", OPERAND_NUMBER, number_at_least, false, false},
    {"DateEquals", OPERAND_DATE, date_equal, false, false},
    {"DateNotEquals", OPERAND_DATE, date_equal, true, false},
    {"DateLessThan", OPERAND_DATE, date_less, false, false},
    {"DateLessThanEquals", OPERAND_DATE, date_at_most, false, false},
    {"DateGreaterThan", OPERAND_DATE, date_greater, false, false},
    {"DateGreaterThanEquals", OPERAND_DATE, date_at_least, false, false},
    {"Bool", OPERAND_BOOLEAN, same_bool, false, false},
    {"BinaryEquals", OPERAND_BINARY, same_string, false, false},
    {"IpAddress", OPERAND_ADDRESS, in_network, false, false},
    {"NotIpAddress", OPERAND_ADDRESS, in_network, true, false},
    {"ArnEquals", OPERAND_ARN, like_arn, false, true},
    {"ArnLike", OPERAND_ARN, like_arn, false, true},
    {"ArnNotEquals", OPERAND_ARN, like_arn, true, true},
    {"ArnNotLike", OPERAND_ARN, like_arn, true, true},
    {"Null", OPERAND_BOOLEAN, NULL, false, false},
};

struct test {
  const struct condition_operator *op;
  enum condition_set set;
  bool if_exists;
};

static bool has_prefix(const char **name, const char *prefix) {
  size_t length = strlen(prefix);
  if (**name != *prefix || strncmp(*name, prefix, length) != 0)
    return false;
  *name += length;
  return true;
}

/* Parses the name of an operator: [ForAnyValue:|ForAllValues:]NAME[IfExists]. */
static bool read_test(const char *name, struct test *test) {
  *test = (struct test){0};
  if (has_prefix(&name, "ForAnyValue:"))
    test->set = CONDITION_ANY_VALUE;
  else if (has_prefix(&name, "ForAllValues:"))
    test->set = CONDITION_ALL_VALUES;
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    const char *rest = name;
    if (!has_prefix(&rest, operators[i].name))
      continue;
    test->if_exists = strcmp(rest, "IfExists") == 0;
    if (test->if_exists || *rest == '\0') {
      test->op = &operators[i];
      return operators[i].fits || !test->if_exists;
    }
  }
  return false;
}

/* The state of the comparison of one key's operands. */
struct comparing {
  const struct test *test;
  const struct context *context;
  bool variables, failed;
};

/* Strings and ARNs may contain policy variables. In a number, date, Boolean or address, `${` is
 * ordinary text. */
static bool takes_variables(const struct comparing *comparing) {
  enum condition_operand type = comparing->test->op->type;
  return comparing->variables && (type == OPERAND_STRING || type == OPERAND_ARN);
}

const char *condition_operand_bytes(const struct json_value *operand, size_t *length) {
  if (operand->type == JSON_NULL)
    return NULL;
  bool literal = operand->type == JSON_TRUE || operand->type == JSON_FALSE;
  const char *text = !literal ? operand->string : operand->type == JSON_TRUE ? "true" : "false";
  *length = literal ? strlen(text) : operand->length;
  return text;
}

/* Reports whether an operand is what context_expand makes of it: it has no variables, and no wildcards if the
 * operator has some. */
static bool is_plain(const struct comparing *comparing, const char *text, size_t length) {
  bool wildcards = comparing->test->op->wildcards;
  return (!takes_variables(comparing) || !memchr(text, '$', length)) &&
         (!wildcards || (!memchr(text, '*', length) && !memchr(text, '?', length)));
}

static enum condition_truth fits_operand(struct comparing *comparing,
                                         const struct context_value *value,
                                         const struct json_value *json) {
  size_t length;
  const char *text = condition_operand_bytes(json, &length);
  if (!text)
    return CONDITION_UNKNOWN;
  if (is_plain(comparing, text, length)) {
    const struct buf plain = {.data = (char *)text, .length = length};
    return comparing->test->op->fits(value, &plain);
  }
  struct buf operand = {0};
  enum context_expansion expansion =
      context_expand(comparing->context, text, length, takes_variables(comparing), &operand);
  buf_adds(&operand, "");
  enum condition_truth fits = CONDITION_UNKNOWN;
  if (operand.failed) {
    comparing->failed = true;
  } else if (expansion == CONTEXT_NULL) {
    /* A variable without a value matches nothing; a negated operator then holds. */
    fits = CONDITION_FALSE;
  } else if (expansion == CONTEXT_EXPANDED) {
    if (!comparing->test->op->wildcards)
      make_plain(&operand);
    fits = comparing->test->op->fits(value, &operand);
  }
  buf_free(&operand);
  return fits;
}

/* Reports whether a value of the request passes: it matches any operand or, for a negated operator,
 * none. A value that is not an ARN fails ArnNotEquals and ArnNotLike, too: PMapper's tests record this
 * answer of AWS's policy simulator.
 * https://github.com/nccgroup/PMapper/blob/master/tests/test_local_querying.py */
static enum condition_truth passes(struct comparing *comparing, const struct context_value *value,
                                   const struct json_value *operands) {
  bool list = operands->type == JSON_ARRAY;
  struct arn arn;
  if (comparing->test->op->type == OPERAND_ARN && !arn_parse(value->bytes, value->length, &arn))
    return CONDITION_FALSE;
  enum condition_truth any = CONDITION_FALSE;
  const struct json_value *operand = list ? operands->first : operands;
  for (; operand && any != CONDITION_TRUE; operand = list ? operand->next : NULL) {
    enum condition_truth fits = fits_operand(comparing, value, operand);
    if (fits != CONDITION_FALSE)
      any = fits;
  }
  if (any == CONDITION_UNKNOWN || !comparing->test->op->negated)
    return any;
  return truth(any == CONDITION_FALSE);
}

/* The outcome for a key that the request does not have. */
static enum condition_truth without_key(const struct test *test) {
  if (test->if_exists || test->set == CONDITION_ALL_VALUES)
    return CONDITION_TRUE;
  return truth(test->set == CONDITION_NO_SET && test->op->negated);
}

/* One value must pass. For ForAllValues, and for a negated operator without a set operator, all
 * must. */
static enum condition_truth test_values(struct comparing *comparing,
                                        const struct context_entry *entry,
                                        const struct json_value *operands) {
  bool all = comparing->test->set == CONDITION_ALL_VALUES ||
             (comparing->test->set == CONDITION_NO_SET && comparing->test->op->negated);
  bool unknown = false;
  for (size_t i = 0; i < entry->count; i++) {
    enum condition_truth one = passes(comparing, &entry->values[i], operands);
    if (one == CONDITION_UNKNOWN)
      unknown = true;
    else if ((one == CONDITION_TRUE) != all)
      return truth(!all);
  }
  return unknown ? CONDITION_UNKNOWN : truth(all);
}

/* Null: "true" means that the key is absent. */
static enum condition_truth compare_null(bool present, const struct json_value *operands) {
  bool list = operands->type == JSON_ARRAY;
  const struct json_value *operand = list ? operands->first : operands;
  enum condition_truth any = CONDITION_FALSE;
  for (; operand && any != CONDITION_TRUE; operand = list ? operand->next : NULL) {
    bool text = operand->type == JSON_STRING;
    if (operand->type == JSON_TRUE || (text && strcasecmp(operand->string, "true") == 0))
      any = present ? any : CONDITION_TRUE;
    else if (operand->type == JSON_FALSE || (text && strcasecmp(operand->string, "false") == 0))
      any = present ? CONDITION_TRUE : any;
    else
      any = CONDITION_UNKNOWN;
  }
  return any;
}

/* AWS does not document Null with a set operator: Access Analyzer reports it as a suggestion. It is
 * decided as Null. Without the key, PMapper's tests, which were compared with AWS's policy simulator,
 * decide it as a test of no values, and iam-simulate decides it as Null: the result is unknown where
 * they differ.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
 * https://github.com/nccgroup/PMapper/blob/master/tests/test_local_querying.py
 * https://github.com/cloud-copilot/iam-simulate/blob/main/src/condition/condition.test.ts */
static enum condition_truth test_null(enum condition_set set, bool present,
                                      const struct json_value *operands) {
  enum condition_truth plain = compare_null(present, operands);
  if (present || set == CONDITION_NO_SET)
    return plain;
  return plain == truth(set == CONDITION_ALL_VALUES) ? plain : CONDITION_UNKNOWN;
}

/* Reports whether a key has the empty text as its value, which Null and set operators treat as no
 * value: "a null data set, such as an empty string". */
static bool is_null(const struct context_entry *entry) {
  return !entry->unknown && entry->count == 1 && entry->values[0].length == 0;
}

static enum condition_truth test_key(struct comparing *comparing, const struct json_value *key) {
  const struct context_entry *entry =
      context_find(comparing->context, key->key->string, key->key->length);
  enum condition_set set = comparing->test->set;
  bool present = entry && (entry->unknown || entry->count > 0);
  bool filled = present && !is_null(entry);
  if (!entry && comparing->context->partial)
    return CONDITION_UNKNOWN;
  if (!comparing->test->op->fits)
    return test_null(set, filled, key);
  if (entry && entry->unknown)
    return CONDITION_UNKNOWN;
  /* AWS defines operators without a set operator for one value only. */
  if (set == CONDITION_NO_SET && entry && entry->count > 1)
    return CONDITION_UNKNOWN;
  if (set == CONDITION_NO_SET ? present : filled)
    return test_values(comparing, entry, key);
  return without_key(comparing->test);
}

enum condition_truth condition_holds(const struct json_value *condition,
                                     const struct context *context, bool variables, bool *failed) {
  bool unknown = false;
  *failed = false;
  for (const struct json_value *named = condition->first; named; named = named->next) {
    struct test test;
    if (!read_test(named->key->string, &test) || !context) {
      unknown = unknown || named->count > 0;
      continue;
    }
    struct comparing comparing = {.test = &test, .context = context, .variables = variables};
    for (const struct json_value *key = named->first; key; key = key->next) {
      enum condition_truth holds = test_key(&comparing, key);
      *failed = *failed || comparing.failed;
      if (holds == CONDITION_FALSE)
        return CONDITION_FALSE;
      unknown = unknown || holds == CONDITION_UNKNOWN;
    }
  }
  return unknown ? CONDITION_UNKNOWN : CONDITION_TRUE;
}

enum condition_truth condition_key_holds(const char *operator_name, const struct json_value *key,
                                         const struct context *context, bool variables,
                                         bool *failed) {
  struct test test;
  *failed = false;
  if (!read_test(operator_name, &test) || !context)
    return CONDITION_UNKNOWN;
  struct comparing comparing = {.test = &test, .context = context, .variables = variables};
  enum condition_truth holds = test_key(&comparing, key);
  *failed = comparing.failed;
  return holds;
}

bool condition_read_test(const char *operator_name, struct condition_test *parts) {
  struct test test;
  if (!read_test(operator_name, &test))
    return false;
  *parts = (struct condition_test){.name = test.op->name,
                                   .type = test.op->type,
                                   .set = test.set,
                                   .if_exists = test.if_exists,
                                   .negated = test.op->negated,
                                   .wildcards = test.op->wildcards};
  return true;
}

const char *condition_operator(size_t index) {
  return index < sizeof operators / sizeof *operators ? operators[index].name : NULL;
}

enum condition_operand condition_operand(const char *name) {
  struct test test;
  return read_test(name, &test) ? test.op->type : OPERAND_NONE;
}

/* Reports whether a text is base64 with padding (RFC 4648). */
static bool is_base64(const char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = strlen(text), count = strspn(text, digits), padding = strspn(text + count, "=");
  return count + padding == length && padding <= 2 && length % 4 == 0;
}

bool condition_operand_valid(enum condition_operand type, const char *text) {
  long double number;
  struct arn arn;
  switch (type) {
  case OPERAND_NONE:
    return false;
  case OPERAND_STRING:
    return true;
  case OPERAND_NUMBER:
    return condition_read_number(text, &number);
  case OPERAND_DATE:
    return condition_read_date(text, &number);
  case OPERAND_BOOLEAN:
    return is_bool(text);
  case OPERAND_BINARY:
    return is_base64(text);
  case OPERAND_ADDRESS:
    return condition_in_network("0.0.0.0", text) >= 0;
  case OPERAND_ARN:
    return arn_parse(text, strlen(text), &arn);
  }
  return false;
}
