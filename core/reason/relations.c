/* A relation is a statement with two conditions: no request has aws:SourceIp and aws:SourceVpce, so each
 * question avoids {"Null": {"aws:SourceIp": "false", "aws:SourceVpce": "false"}}.
 *
 * aws:CalledVia lists services in order, which no operator sees. That its first one is aws:CalledViaFirst
 * means, for each operand: if it matches, so does one of the list; if all of the list match, so does it. */

#include "reason/relations.h"

#include "base/bytes.h"
#include "json/json.h"
#include "json/write.h"
#include "policy/caller.h"
#include "reason/organizations.h"

#include <string.h>
#include <strings.h>

/* The most operands of the services of a chain. */
enum { OPERANDS = 64 };

static const char CHAIN[] = "aws:CalledVia";
static const char *const ends[] = {"aws:CalledViaFirst", "aws:CalledViaLast"};

static bool same(const char *a, size_t length, const char *b) {
  return length == strlen(b) && strncasecmp(a, b, length) == 0;
}

static bool is_tested(const struct boxes *boxes, const char *key) {
  int pair = organizations_pair(key, strlen(key));
  if (strcmp(key, "aws:TokenIssueTime") == 0)
    return boxes->issue_time;
  for (size_t i = BOX_ORG; i < boxes->dimension_count; i++) {
    const struct box_dimension *dimension = &boxes->dimensions[i];
    bool found = dimension->kind == DIMENSION_ORG
                     ? dimension->pair == pair
                     : same(dimension->key, dimension->key_length, key);
    if (dimension->tested && found)
      return true;
  }
  return false;
}

/* --- Statements ------------------------------------------------------------------------------- */

/* Begins a statement about requests that have a key. */
static void begin(struct buf *text, const struct boxes *boxes, const char *key) {
  buf_adds(text, text->length == 0 ? "{\"Version\":\"2008-10-17\",\"Statement\":[" : ",");
  buf_addf(text,
           "{\"Effect\":\"Deny\",%s\"Action\":\"*\",\"Condition\":{\"Null\":{\"%s\":\"false\"",
           boxes->identity ? "" : "\"Principal\":\"*\",", key);
}

static void add_relation(struct buf *text, const struct boxes *boxes,
                         const struct caller_relation *relation) {
  begin(text, boxes, relation->key);
  buf_addf(text, ",\"%s\":\"%s\"}}}", relation->other,
           relation->kind == CALLER_EXCLUDES ? "false" : "true");
  if (relation->kind != CALLER_IMPLIES)
    return;
  begin(text, boxes, relation->key);
  buf_addf(text, "},\"Bool\":{\"%s\":\"false\"}}}", relation->other);
}

/* Returns the operators of a test: what matches, and what does not. */
static bool find_operators(const struct box_test *test, const char *operators[2]) {
  static const char *const names[][2] = {{"StringEquals", "StringNotEquals"},
                                         {"StringLike", "StringNotLike"},
                                         {"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}};
  if (test->kind != TEST_KEY || test->condition.type != OPERAND_STRING || test->has_variables ||
      !test->key || strncasecmp(test->key->key->string, CHAIN, strlen(CHAIN)) != 0)
    return false;
  bool fold = strstr(test->condition.name, "IgnoreCase") != NULL;
  size_t row = fold ? 2 : test->condition.wildcards ? 1 : 0;
  operators[0] = names[row][0];
  operators[1] = names[row][1];
  return true;
}

/* Appends one operand of a test, or all of them. */
static void add_operands(struct buf *text, const struct box_test *test,
                         const struct json_value *only) {
  const struct json_value *one = only ? only : box_next_operand(test, NULL);
  for (buf_addc(text, '['); one; one = only ? NULL : box_next_operand(test, one)) {
    size_t length;
    const char *operand = box_operand_text(one, &length);
    if (text->length > 0 && text->data[text->length - 1] == '"')
      buf_addc(text, ',');
    json_add_string(text, operand ? operand : "", length);
  }
  buf_addc(text, ']');
}

/* Adds that the ends of the chain are of its services, for one operand of a test or all. */
static void add_ends(struct buf *text, const struct boxes *boxes, const struct box_test *test,
                     const struct json_value *only) {
  const char *operators[2];
  if (!find_operators(test, operators))
    return;
  for (size_t i = 0; i < 4; i++) {
    const char *end = ends[i / 2];
    if (!is_tested(boxes, end))
      continue;
    begin(text, boxes, CHAIN);
    buf_addf(text, ",\"%s\":\"false\"},\"%s\":{\"%s\":", end, operators[i % 2], end);
    add_operands(text, test, only);
    buf_addf(text, "},\"ForAllValues:%s\":{\"%s\":", operators[1 - i % 2], CHAIN);
    add_operands(text, test, only);
    buf_adds(text, "}}}");
  }
}

static void add_chain(struct buf *text, const struct boxes *boxes) {
  size_t count = 0;
  if (!is_tested(boxes, CHAIN))
    return;
  for (size_t i = 0; i < boxes->test_count; i++) {
    const struct box_test *test = &boxes->tests[i];
    if (test->kind != TEST_KEY)
      continue;
    add_ends(text, boxes, test, NULL);
    for (const struct json_value *one = box_next_operand(test, NULL);
         one && test->key->type == JSON_ARRAY && count++ < OPERANDS;
         one = box_next_operand(test, one))
      add_ends(text, boxes, test, one);
  }
}

bool relations_read(struct boxes *boxes, struct relations *relations) {
  size_t count;
  const struct caller_relation *table = caller_relations(&count);
  struct buf text = {0};
  struct json_error error;
  *relations = (struct relations){0};
  for (size_t i = 0; i < count; i++)
    if (is_tested(boxes, table[i].key) && is_tested(boxes, table[i].other))
      add_relation(&text, boxes, &table[i]);
  if (text.length > 0)
    add_chain(&text, boxes);
  if (text.length > 0)
    buf_adds(&text, "]}");
  if (text.length > 0 && !text.failed)
    relations->doc = policy_parse(text.data, text.length, &error);
  bool failed = text.failed || (text.length > 0 && !relations->doc);
  buf_free(&text);
  boxes->pool->failed = boxes->pool->failed || failed;
  return !failed && (!relations->doc || boxes_read(boxes, relations->doc, &relations->boxes));
}

void relations_free(struct relations *relations) {
  policy_free(relations->doc);
  relations->doc = NULL;
}

/* --- Requests --------------------------------------------------------------------------------- */

static struct context_entry *find(const struct search_request *request, const char *key) {
  for (size_t i = 0; i < request->count; i++)
    if (same(request->entries[i].key, request->entries[i].key_length, key))
      return &request->entries[i];
  return NULL;
}

static bool same_value(const struct context_value *a, const struct context_value *b) {
  return bytes_equal(a->bytes, a->length, b->bytes, b->length);
}

void relations_arrange(struct pool *pool, struct search_request *request) {
  struct context_entry *chain = find(request, CHAIN);
  struct context_entry *first = find(request, ends[0]), *last = find(request, ends[1]);
  if (!chain || chain->count == 0 || (!first && !last))
    return;
  if (chain->count == 1) { /* both ends match the same operands as the only service */
    if (first && first->count == 1)
      first->values = chain->values;
    if (last && last->count == 1)
      last->values = chain->values;
    return;
  }
  struct context_value *values = pool_new(pool, chain->count + 2, sizeof *values);
  size_t count = 0;
  if (!values)
    return;
  if (first && first->count == 1)
    values[count++] = first->values[0];
  for (size_t i = 0; i < chain->count; i++)
    if (!(first && same_value(&chain->values[i], &first->values[0])) &&
        !(last && same_value(&chain->values[i], &last->values[0])))
      values[count++] = chain->values[i];
  if (last && last->count == 1 &&
      !(count == 1 && first && same_value(&values[0], &last->values[0])))
    values[count++] = last->values[0];
  chain->values = values;
  chain->count = count;
}

bool relations_require(const struct search_request *request, const struct context_entry *entry) {
  size_t count;
  const struct caller_relation *table = caller_relations(&count);
  for (size_t i = 0; i < count; i++)
    if (table[i].kind != CALLER_EXCLUDES && same(entry->key, entry->key_length, table[i].other) &&
        find(request, table[i].key))
      return true;
  return false;
}
