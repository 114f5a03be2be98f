#include "reason/box.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "policy/canonical.h"
#include "policy/context.h"
#include "reason/organizations.h"

#include <stdlib.h>
#include <strings.h>

#define TABLE 4096

/* --- Dimensions ------------------------------------------------------------------------------- */

static struct box_dimension *add_dimension(struct boxes *boxes, enum dimension_kind kind) {
  if (boxes->dimension_count == boxes->dimension_capacity) {
    void *grown = pool_grow(boxes->pool, boxes->dimensions, &boxes->dimension_capacity,
                            sizeof *boxes->dimensions);
    if (!grown)
      return NULL;
    boxes->dimensions = grown;
  }
  struct box_dimension *added = &boxes->dimensions[boxes->dimension_count++];
  *added = (struct box_dimension){.kind = kind};
  return added;
}

bool boxes_init(struct boxes *boxes, struct pool *pool, bool identity) {
  *boxes = (struct boxes){.pool = pool, .identity = identity};
  boxes->table = pool_new(pool, TABLE, sizeof *boxes->table);
  static const enum dimension_kind kinds[] = {
      [BOX_CALLER] = DIMENSION_CALLER,     [BOX_ACTION] = DIMENSION_ACTION,
      [BOX_RESOURCE] = DIMENSION_RESOURCE, [BOX_OPEN] = DIMENSION_OPEN,
      [BOX_TIME] = DIMENSION_TIME,         [BOX_ORG] = DIMENSION_ORG,
  };
  for (size_t i = 0; i < BOX_KEYS; i++)
    if (!boxes->table || !add_dimension(boxes, kinds[i]))
      return false;
  return true;
}

/* The keys that follow from another dimension. */
static const struct {
  const char *key;
  size_t dimension;
} derived[] = {
    {"aws:ResourceAccount", BOX_RESOURCE},
    {"aws:CurrentTime", BOX_TIME},
    {"aws:EpochTime", BOX_TIME},
    {"aws:TokenIssueTime", BOX_TIME},
};

static bool same_key(const char *a, size_t a_length, const char *b, size_t b_length) {
  return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

/* FNV-1a; with `lower`, of the text in lower case. */
static uint32_t hash(const char *bytes, size_t length, bool lower) {
  uint32_t value = 2166136261u;
  for (size_t i = 0; i < length; i++) {
    char c = bytes[i];
    bool upper = lower && c >= 'A' && c <= 'Z';
    value = (value ^ (unsigned char)(upper ? c - 'A' + 'a' : c)) * 16777619u;
  }
  return value;
}

const struct box_dimension *boxes_find_key(const struct boxes *boxes, const char *key,
                                           size_t length) {
  uint32_t value = hash(key, length, true);
  for (size_t i = BOX_KEYS; i < boxes->dimension_count; i++) {
    const struct box_dimension *dimension = &boxes->dimensions[i];
    if (dimension->hash == value && dimension->key &&
        same_key(dimension->key, dimension->key_length, key, length))
      return dimension;
  }
  return NULL;
}

/* Returns the dimension of a pair of keys, which it adds if it is new; SIZE_MAX on failure. */
static size_t pair_dimension(struct boxes *boxes, int pair) {
  for (size_t i = BOX_ORG; i < boxes->dimension_count; i++)
    if (boxes->dimensions[i].kind == DIMENSION_ORG && boxes->dimensions[i].pair == pair)
      return i;
  struct box_dimension *added = add_dimension(boxes, DIMENSION_ORG);
  if (!added)
    return SIZE_MAX;
  added->pair = pair;
  return boxes->dimension_count - 1;
}

/* Returns the dimension of a key, which it adds if it is new; SIZE_MAX on failure. */
static size_t dimension_of(struct boxes *boxes, const char *key, size_t length) {
  for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
    if (same_key(derived[i].key, strlen(derived[i].key), key, length)) {
      bool issued = strcmp(derived[i].key, "aws:TokenIssueTime") == 0;
      boxes->issue_time = boxes->issue_time || issued;
      boxes->clock_time = boxes->clock_time || (derived[i].dimension == BOX_TIME && !issued);
      return derived[i].dimension;
    }
  int pair = organizations_pair(key, length);
  if (pair >= 0)
    return pair_dimension(boxes, pair);
  const struct box_dimension *known = boxes_find_key(boxes, key, length);
  if (known)
    return (size_t)(known - boxes->dimensions);
  struct box_dimension *added = add_dimension(boxes, DIMENSION_KEY);
  if (!added)
    return SIZE_MAX;
  added->key = key;
  added->key_length = length;
  added->hash = hash(key, length, true);
  return boxes->dimension_count - 1;
}

bool box_key_is(const struct box_test *test, const char *key) {
  return test->kind == TEST_KEY &&
         same_key(test->key->key->string, test->key->key->length, key, strlen(key));
}

/* --- Operands --------------------------------------------------------------------------------- */

const struct json_value *box_next_operand(const struct box_test *test,
                                          const struct json_value *operand) {
  bool list = test->key->type == JSON_ARRAY;
  if (!operand)
    return list ? test->key->first : test->key;
  return list ? operand->next : NULL;
}

const char *box_operand_text(const struct json_value *operand, size_t *length) {
  const char *text = operand->type == JSON_TRUE    ? "true"
                     : operand->type == JSON_FALSE ? "false"
                     : operand->type == JSON_NULL  ? NULL
                                                   : operand->string;
  bool constant = operand->type == JSON_TRUE || operand->type == JSON_FALSE;
  *length = !text ? 0 : constant ? strlen(text) : operand->length;
  return text;
}

/* --- Canonical texts of tests ----------------------------------------------------------------- */

/* A list of strings that is sorted, without duplicates, for a canonical text. */
struct strings {
  struct policy_string *items;
  size_t count;
};

static int compare_strings(const void *a, const void *b) {
  const struct policy_string *x = a;
  const struct policy_string *y = b;
  return bytes_compare(x->bytes, x->length, y->bytes, y->length);
}

static void add_string(struct buf *out, const char *bytes, size_t length, bool lower) {
  buf_addf(out, "%zu:", length);
  size_t start = out->length;
  buf_add(out, bytes, length);
  for (size_t i = start; lower && i < out->length; i++)
    if (out->data[i] >= 'A' && out->data[i] <= 'Z')
      out->data[i] = (char)(out->data[i] - 'A' + 'a');
}

static void add_sorted(struct buf *out, struct strings *strings, bool lower) {
  qsort(strings->items, strings->count, sizeof *strings->items, compare_strings);
  for (size_t i = 0; i < strings->count; i++)
    if (i == 0 || compare_strings(&strings->items[i - 1], &strings->items[i]) != 0)
      add_string(out, strings->items[i].bytes, strings->items[i].length, lower);
}

/* Appends the values of an element. The letter case of actions does not matter; a type precedes the
 * value of a principal. */
static void add_values(struct boxes *boxes, struct buf *out, const struct policy_list *list,
                       bool types) {
  struct strings strings = {pool_new(boxes->pool, list->count + 1, sizeof *strings.items), 0};
  if (!strings.items)
    return;
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_value *value = &list->items[i];
    struct buf text = {0};
    if (types)
      add_string(&text, value->type, strlen(value->type), false);
    buf_add(&text, value->string, value->length);
    strings.items[i].bytes = text.failed ? NULL : pool_copy(boxes->pool, text.data, text.length);
    strings.items[i].length = text.length;
    out->failed = out->failed || text.failed;
    buf_free(&text);
    if (!strings.items[i].bytes)
      return;
  }
  strings.count = list->count;
  add_sorted(out, &strings, !types);
}

static void add_operands(struct boxes *boxes, struct buf *out, const struct box_test *test) {
  size_t count = test->key->type == JSON_ARRAY ? test->key->count : 1;
  struct strings strings = {pool_new(boxes->pool, count + 1, sizeof *strings.items), 0};
  if (!strings.items)
    return;
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    struct policy_string *string = &strings.items[strings.count++];
    string->bytes = box_operand_text(one, &string->length);
    if (!string->bytes)
      *string = (struct policy_string){"\xFF", 1};
  }
  add_sorted(out, &strings, false);
}

static void add_canonical(struct boxes *boxes, const struct policy *doc,
                          const struct box_test *test, struct buf *out) {
  const struct policy_statement *statement = test->statement;
  buf_addf(out, "%d", (int)test->kind);
  switch (test->kind) {
  case TEST_PRINCIPAL:
    buf_addc(out, !statement->not_principal ? '+' : statement->effect == POLICY_ALLOW ? 'a' : 'd');
    add_values(boxes, out, &statement->principals, true);
    break;
  case TEST_ACTION:
    buf_addc(out, statement->not_action ? '-' : '+');
    add_values(boxes, out, &statement->actions, false);
    break;
  case TEST_RESOURCE:
    buf_addc(out, statement->not_resource ? '-' : '+');
    buf_addc(out, test->has_variables ? 'v' : '.');
    add_values(boxes, out, &statement->resources, true);
    break;
  case TEST_KEY:
    add_string(out, test->named->key->string, test->named->key->length, false);
    add_string(out, test->key->key->string, test->key->key->length, true);
    buf_addc(out, test->has_variables ? 'v' : '.');
    add_operands(boxes, out, test);
    break;
  case TEST_OPEN:
    policy_canonical_statement(doc, statement->index, CANONICAL_WITHOUT_SID, out);
    break;
  }
}

/* --- Tests ------------------------------------------------------------------------------------ */

static bool has_variable(const char *text, size_t length) {
  return memmem(text, length, "${", 2) != NULL;
}

/* Reports whether a text has variables, and adds the dimensions of their keys. */
static bool note_variables(struct boxes *boxes, const char *text, size_t length) {
  const char *name;
  size_t name_length, from = 0;
  while (context_next_variable(text, length, &from, &name, &name_length)) {
    size_t dimension = dimension_of(boxes, name, name_length);
    if (dimension != SIZE_MAX)
      boxes->dimensions[dimension].tested = true;
  }
  return has_variable(text, length);
}

static bool find_variables(struct boxes *boxes, const struct box_test *test) {
  bool found = false;
  for (size_t i = 0; test->kind == TEST_RESOURCE && i < test->statement->resources.count; i++)
    found |= note_variables(boxes, test->statement->resources.items[i].string,
                            test->statement->resources.items[i].length);
  for (const struct json_value *one = test->kind == TEST_KEY ? box_next_operand(test, NULL) : NULL;
       one; one = box_next_operand(test, one))
    if (one->type == JSON_STRING)
      found |= note_variables(boxes, one->string, one->length);
  return found;
}

/* Returns the index of a test, which it adds if it is new; SIZE_MAX on failure. */
static size_t intern(struct boxes *boxes, const struct policy *doc, struct box_test *test) {
  test->variables = policy_has_variables(doc);
  test->has_variables = test->variables && find_variables(boxes, test);
  struct buf text = {0};
  add_canonical(boxes, doc, test, &text);
  size_t found = SIZE_MAX;
  boxes->pool->failed = boxes->pool->failed || text.failed;
  if (boxes->pool->failed || boxes->pool->full)
    goto done;
  size_t *slot = &boxes->table[hash(text.data, text.length, false) % TABLE];
  for (size_t next = *slot; next > 0; next = boxes->tests[next - 1].next)
    if (bytes_equal(boxes->tests[next - 1].canonical, boxes->tests[next - 1].canonical_length,
                    text.data, text.length)) {
      found = next - 1;
      goto done;
    }
  if (boxes->test_count == boxes->test_capacity) {
    void *grown = pool_grow(boxes->pool, boxes->tests, &boxes->test_capacity, sizeof *boxes->tests);
    if (!grown)
      goto done;
    boxes->tests = grown;
  }
  test->canonical = pool_copy(boxes->pool, text.data, text.length);
  if (!test->canonical)
    goto done;
  test->canonical_length = text.length;
  if (test->kind == TEST_ACTION)
    test->actions = action_index_new(boxes->pool, &test->statement->actions);
  test->next = *slot;
  found = boxes->test_count++;
  boxes->tests[found] = *test;
  *slot = found + 1;

done:
  buf_free(&text);
  return found;
}

/* --- Boxes ------------------------------------------------------------------------------------ */

/* A box that is being built. */
struct builder {
  struct boxes *boxes;
  const struct policy *doc;
  const struct policy_statement *statement;
  size_t *tests, count, capacity;
  bool never; /* the statement applies to no request */
};

static bool add_test(struct builder *builder, struct box_test test) {
  test.statement = builder->statement;
  size_t index = intern(builder->boxes, builder->doc, &test);
  if (index == SIZE_MAX)
    return false;
  for (size_t i = 0; i < builder->count; i++)
    if (builder->tests[i] == index)
      return true;
  if (builder->count == builder->capacity) {
    void *grown =
        pool_grow(builder->boxes->pool, builder->tests, &builder->capacity, sizeof *builder->tests);
    if (!grown)
      return false;
    builder->tests = grown;
  }
  builder->tests[builder->count++] = index;
  return true;
}

/* Reports whether a list contains "*". Only the types "AWS" and "*" make it any principal. */
static bool has_star(const struct policy_list *list, bool principals) {
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_value *value = &list->items[i];
    if (bytes_are(value->string, value->length, "*") &&
        (!principals || strcmp(value->type, "*") == 0 || strcmp(value->type, "AWS") == 0))
      return true;
  }
  return false;
}

/* Adds the test of an element, unless it always holds or never. */
static bool add_element(struct builder *builder, const struct policy_list *list, bool exceptions,
                        enum test_kind kind, size_t dimension) {
  bool star = has_star(list, kind == TEST_PRINCIPAL);
  builder->never = builder->never || (star ? exceptions : list->count == 0 && !exceptions);
  if (star || builder->never || (list->count == 0 && exceptions))
    return true;
  return add_test(builder, (struct box_test){.kind = kind, .dimension = dimension});
}

static bool add_conditions(struct builder *builder) {
  const struct json_value *condition = builder->statement->conditions.json;
  if (builder->statement->conditions.count == 0)
    return true;
  for (const struct json_value *named = condition->first; named; named = named->next)
    for (const struct json_value *key = named->first; key; key = key->next) {
      struct box_test test = {.kind = TEST_KEY, .named = named, .key = key};
      bool known = condition_read_test(named->key->string, &test.condition);
      if (!known) /* every test has the name of an operator */
        test.condition = (struct condition_test){.name = ""};
      test.dimension =
          known ? dimension_of(builder->boxes, key->key->string, key->key->length) : BOX_OPEN;
      if (test.dimension == SIZE_MAX || !add_test(builder, test))
        return false;
      builder->boxes->dimensions[test.dimension].tested = true;
      if (test.condition.set != CONDITION_NO_SET)
        builder->boxes->dimensions[test.dimension].sets = true;
    }
  return true;
}

static bool build(struct builder *builder) {
  const struct policy_statement *statement = builder->statement;
  if (statement->flaw) {
    builder->never = statement->effect == POLICY_ALLOW;
    return builder->never ||
           add_test(builder, (struct box_test){.kind = TEST_OPEN, .dimension = BOX_OPEN});
  }
  if (!builder->boxes->identity) {
    builder->never = !statement->principals.json;
    if (!add_element(builder, &statement->principals, statement->not_principal, TEST_PRINCIPAL,
                     BOX_CALLER))
      return false;
  }
  if (!add_element(builder, &statement->actions, statement->not_action, TEST_ACTION, BOX_ACTION))
    return false;
  if (statement->resources.json &&
      !add_element(builder, &statement->resources, statement->not_resource, TEST_RESOURCE,
                   BOX_RESOURCE))
    return false;
  return builder->never || add_conditions(builder);
}

static int compare_sizes(const void *a, const void *b) {
  const size_t *x = a;
  const size_t *y = b;
  return (*x > *y) - (*x < *y);
}

bool boxes_read(struct boxes *boxes, const struct policy *doc, struct box_list *list) {
  *list = (struct box_list){pool_new(boxes->pool, policy_count(doc) + 1, sizeof *list->items), 0};
  if (!list->items)
    return false;
  for (size_t i = 0; i < policy_count(doc); i++) {
    struct builder builder = {.boxes = boxes, .doc = doc, .statement = policy_statement(doc, i)};
    if (!build(&builder))
      return false;
    if (builder.never)
      continue;
    if (builder.count > 1)
      qsort(builder.tests, builder.count, sizeof *builder.tests, compare_sizes);
    list->items[list->count++] = (struct box){.statement = builder.statement,
                                              .deny = builder.statement->effect != POLICY_ALLOW,
                                              .tests = builder.tests,
                                              .count = builder.count};
  }
  return true;
}
