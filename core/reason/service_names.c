/* aws:PrincipalServiceNamesList has the names of the service that makes a request: its own, and those
 * of other Regions. A service NAME.amazonaws.com is offered with each list of such names that the
 * policies mention, and of one that none mentions. */

#include "reason/service_names.h"

#include "base/bytes.h"
#include "base/platform.h"
#include "policy/context.h"
#include "reason/callers.h"
#include "reason/points.h"
#include "reason/texts.h"

#include <string.h>

static const char KEY[] = "aws:PrincipalServiceNamesList";

enum { MOST = 6 }; /* names beside the own one */

bool service_names_test(const struct box_test *test) {
  return box_key_is(test, KEY);
}

/* Calls a function with each name that the tests mention; a wildcard is part of a Region. */
static void each_name(struct query *query, struct points *names) {
  const struct query_dimension *dimension = &query->dimensions[BOX_CALLER];
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    if (!service_names_test(test) || !texts_is(test))
      continue;
    for (const struct json_value *one = box_next_operand(test, NULL); one;
         one = box_next_operand(test, one)) {
      size_t length;
      const char *operand = box_operand_text(one, &length);
      struct buf name = {0};
      for (size_t c = 0; operand && c < length; c++)
        buf_addc(&name, operand[c] == '*' || operand[c] == '?' ? 'a' : operand[c]);
      if (operand && test->condition.wildcards && (memchr(operand, '*', length)))
        query_inexact(query, "aws:PrincipalServiceNamesList is compared with a pattern");
      query->pool->failed = query->pool->failed || name.failed;
      if (name.data && !name.failed)
        points_add(query, names, name.data, name.length);
      buf_free(&name);
    }
  }
}

static struct caller_fact fact_of(const char *service, size_t length) {
  struct caller_request request = {.principal = {service, length}};
  struct caller caller = caller_read(service, length);
  return caller_fact_of(&caller, &request, KEY, strlen(KEY));
}

/* Adds the name of the service in a Region that no policy mentions. */
static void add_fresh(struct query *query, const struct caller_fact *fact, struct points *names) {
  const struct buf *pattern = fact->count > 0 ? &fact->patterns[fact->count - 1] : NULL;
  const char *star = pattern ? memchr(pattern->data, '*', pattern->length) : NULL;
  struct buf name = {0};
  if (!star)
    return;
  size_t before = (size_t)(star - pattern->data);
  buf_add(&name, pattern->data, before);
  buf_addf(&name, "%s-1", query->fresh);
  buf_add(&name, star + 1, pattern->length - before - 1);
  query->pool->failed = query->pool->failed || name.failed;
  if (!name.failed)
    points_add(query, names, name.data, name.length);
  buf_free(&name);
}

/* Adds an atom of the services whose name a pattern matches, and of all others. */
static void distinguish(struct query *query, const char *glob, size_t length,
                        struct texts_atoms *avoided) {
  static const char key[] = "aws:PrincipalServiceName";
  struct atom *atom = texts_new(query);
  if (!atom)
    return;
  callers_add_glob(atom, CALLER_SERVICE, &(struct policy_string){key, sizeof key - 1}, glob, length,
                   false);
  texts_add(query, avoided, atom);
  texts_add(query, avoided, texts_negation(query, atom));
}

void service_names_distinguish(struct query *query, struct texts_atoms *avoided) {
  struct points mentioned = {0};
  each_name(query, &mentioned);
  for (size_t i = 0; i < mentioned.count; i++) {
    const struct policy_string *name = &mentioned.items[i];
    struct caller_fact fact = fact_of(name->bytes, name->length);
    query->pool->failed = query->pool->failed || caller_fact_failed(&fact);
    distinguish(query, name->bytes, name->length, avoided);
    for (size_t p = 0; !query->pool->failed && p < fact.count; p++) {
      struct buf glob = {0};
      for (size_t c = 0; c < fact.patterns[p].length; c++)
        buf_addc(&glob, fact.patterns[p].data[c] == '*' ? context_wildcards.any
                                                        : fact.patterns[p].data[c]);
      query->pool->failed = query->pool->failed || glob.failed;
      if (!glob.failed && glob.data)
        distinguish(query, glob.data, glob.length, avoided);
      buf_free(&glob);
    }
    caller_fact_free(&fact);
  }
}

void service_names_offer(struct query *query, const struct query_value *service,
                         struct context_entry *list) {
  struct points mentioned = {0}, names = {0};
  struct context_value values[MOST + 1] = {{service->text.bytes, service->text.length}};
  struct caller_fact fact = fact_of(service->text.bytes, service->text.length);
  query->pool->failed = query->pool->failed || caller_fact_failed(&fact);
  if (!query->pool->failed) {
    each_name(query, &mentioned);
    add_fresh(query, &fact, &mentioned);
  }
  for (size_t i = 0; i < mentioned.count; i++) {
    const struct policy_string *name = &mentioned.items[i];
    bool own = bytes_equal(name->bytes, name->length, service->text.bytes, service->text.length);
    if (own || !caller_fact_allows(&fact, name->bytes, name->length))
      continue;
    if (names.count == MOST)
      query_inexact(query, "a service has too many names");
    else
      points_add(query, &names, name->bytes, name->length);
  }
  caller_fact_free(&fact);
  *list = (struct context_entry){.key = KEY, .key_length = strlen(KEY), .values = values};
  for (size_t set = 0; set < (size_t)1 << names.count; set++) {
    list->count = 1;
    for (size_t i = 0; i < names.count; i++)
      if (set >> i & 1)
        values[list->count++] = (struct context_value){names.items[i].bytes, names.items[i].length};
    query_offer(query, BOX_CALLER, service);
  }
  *list = (struct context_entry){0}; /* its values end here */
}

/* Offers NAME.amazonaws.com of a service NAME.REGION.amazonaws.com. */
static void offer_plain(struct query *query, const struct policy_string *name,
                        void (*offer)(struct query *query, void *state, const char *service,
                                      size_t length),
                        void *state) {
  const char *end = memmem(name->bytes, name->length, ".amazonaws.", strlen(".amazonaws."));
  const char *dot = end ? memrchr(name->bytes, '.', (size_t)(end - name->bytes)) : NULL;
  if (!dot)
    return;
  struct buf plain = {0};
  buf_add(&plain, name->bytes, (size_t)(dot - name->bytes));
  buf_add(&plain, end, name->length - (size_t)(end - name->bytes));
  query->pool->failed = query->pool->failed || plain.failed;
  if (!plain.failed)
    offer(query, state, plain.data, plain.length);
  buf_free(&plain);
}

void service_names_each(struct query *query,
                        void (*offer)(struct query *query, void *state, const char *service,
                                      size_t length),
                        void *state) {
  struct points mentioned = {0}, others = {0};
  each_name(query, &mentioned);
  for (size_t i = 0; i < mentioned.count; i++) {
    const struct policy_string *name = &mentioned.items[i];
    offer(query, state, name->bytes, name->length);
    offer_plain(query, name, offer, state);
    struct caller_fact fact = fact_of(name->bytes, name->length);
    query->pool->failed = query->pool->failed || caller_fact_failed(&fact);
    if (!query->pool->failed)
      add_fresh(query, &fact, &others);
    caller_fact_free(&fact);
  }
  for (size_t i = 0; i < others.count; i++)
    offer(query, state, others.items[i].bytes, others.items[i].length);
}
