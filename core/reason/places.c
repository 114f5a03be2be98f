/* The candidates of the resource: texts that the patterns of statements match. A resource is an ARN, or
 * "*" for an action that has none.
 *
 * A wildcard of a resource matches within one part of the ARN. Whether a `*` at the end of a part
 * also matches colons is open, so a pattern has two atoms: the texts that match in any case, and those
 * that may match. */

#include "reason/places.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/binding.h"
#include "reason/shapes.h"
#include "reason/texts.h"
#include "reason/values.h"

#include <string.h>

enum { ARN_COLONS = 5 };

/* Reports whether a request can have a resource: an ARN, or "*" for an action without a resource. */
static bool is_resource(const char *bytes, size_t length) {
  struct arn arn;
  return bytes_are(bytes, length, "*") || arn_parse(bytes, length, &arn);
}

static void offer_text(struct query *query, const char *bytes, size_t length) {
  if (!is_resource(bytes, length))
    return;
  struct query_value value = {.text = {bytes, length}};
  query_offer(query, BOX_RESOURCE, &value);
}

static size_t count_colons(const char *text, size_t length) {
  size_t colons = 0;
  for (size_t i = 0; i < length; i++)
    colons += text[i] == ':';
  return colons;
}

/* Returns the list of an inside test whose patterns have no wildcards, or NULL. */
static const struct policy_list *literal_list(const struct query *query) {
  const struct query_dimension *dimension = &query->dimensions[BOX_RESOURCE];
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    const struct policy_list *list = &test->statement->resources;
    bool literal =
        test->kind == TEST_RESOURCE && !test->statement->not_resource && !test->has_variables;
    for (size_t p = 0; p < list->count && literal; p++)
      literal = !strpbrk(list->items[p].string, "*?");
    if (literal)
      return list;
  }
  return NULL;
}

/* Offers the patterns of such a test. Returns false if there is none. */
static bool offer_literals(struct query *query) {
  const struct policy_list *list = literal_list(query);
  for (size_t p = 0; list && p < list->count; p++)
    offer_text(query, list->items[p].string, list->items[p].length);
  return list != NULL;
}

/* Reports whether the ARNs of the service in the beginning of an ARN lack the part after some colons. */
static bool lacks_part(const struct buf *begin, size_t colons) {
  const char *service = begin->data, *end = begin->data + begin->length;
  for (size_t i = 0; i < 2 && service; i++) {
    service = memchr(service, ':', (size_t)(end - service));
    service = service ? service + 1 : NULL;
  }
  const char *after = service ? memchr(service, ':', (size_t)(end - service)) : NULL;
  bool region, account;
  if (!after)
    return false;
  shape_parts(service, (size_t)(after - service), &region, &account);
  return (colons == 3 && !region) || (colons == 4 && !account);
}

/* Offers texts that match the first pattern of an inside test, or any, where each `*` is the name that
 * no pattern mentions. Such a text is often the best one. */
static void offer_guess(struct query *query, const char *any) {
  const struct query_dimension *dimension = &query->dimensions[BOX_RESOURCE];
  const char *pattern = any;
  for (size_t i = 0; i < dimension->inside_count && pattern == any; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    if (test->kind == TEST_RESOURCE && !test->statement->not_resource && !test->has_variables)
      pattern = test->statement->resources.items[0].string;
  }
  /* What a star is that is a whole part of an ARN. */
  const char *const parts[] = {"arn", "aws", "ecr", "us-east-1", query->fresh_account};
  size_t colons = 0;
  struct buf text = {0};
  for (const char *c = pattern; *c; c++) {
    bool whole = colons < ARN_COLONS && c > pattern && c[-1] == ':' && c[1] == ':';
    if (*c == '*')
      buf_adds(&text, !whole ? query->fresh : lacks_part(&text, colons) ? "" : parts[colons]);
    else
      buf_addc(&text, *c == '?' ? 'a' : *c);
    colons += *c == ':';
  }
  query->pool->failed = query->pool->failed || text.failed;
  if (text.data && !text.failed)
    offer_text(query, text.data, text.length);
  buf_free(&text);
}

bool places_definite(const struct query *query, bool exception, bool inside) {
  switch (query->reading) {
  case READING_ALIGNED:
    return true;
  case READING_CROSSING:
    return false;
  case READING_CERTAIN:
    break;
  }
  return inside != exception;
}

static void add_filled(struct atom *atom, struct byte_set set) {
  atom_add_one(atom, set);
  atom_add_star(atom, set);
}

/* --- Resources -------------------------------------------------------------------------------- */

/* Appends a pattern whose wildcards also match colons where that is open: a `*` at the end of a
 * part. */
static void add_crossing(struct atom *atom, const char *text, size_t length,
                         struct match_wildcards wild) {
  size_t colons = 0;
  for (size_t i = 0; i < length; i++) {
    bool ends = i + 1 == length || text[i + 1] == ':';
    bool any = colons >= ARN_COLONS || (text[i] == wild.any && ends);
    atom_add_glob(atom, text + i, 1, wild, any ? byte_set_any() : byte_set_except(":"), false);
    colons += text[i] == ':';
  }
  atom_end(atom);
}

static void add_resources(struct query *query, struct atom *atom, const struct box_test *test,
                          bool crossing) {
  static const struct context nothing = {0};
  atom->negated = test->statement->not_resource;
  for (size_t i = 0; i < test->statement->resources.count; i++) {
    const struct policy_value *pattern = &test->statement->resources.items[i];
    struct buf text = {0};
    if (context_expand(query->bound ? query->bound : &nothing, pattern->string, pattern->length,
                       test->variables, &text) == CONTEXT_EXPANDED &&
        !text.failed && text.data) {
      if (crossing)
        add_crossing(atom, text.data, text.length, context_wildcards);
      else if (atom_add_arn(atom, text.data, text.length, context_wildcards, false))
        atom_end(atom);
      else if (count_colons(text.data, text.length) < ARN_COLONS)
        add_crossing(atom, text.data, text.length, context_wildcards);
    }
    atom->failed = atom->failed || text.failed;
    buf_free(&text);
  }
}

static void build_definite(struct query *query, struct atom *atom, const struct box_test *test) {
  add_resources(query, atom, test, false);
}

static void build_possible(struct query *query, struct atom *atom, const struct box_test *test) {
  add_resources(query, atom, test, true);
}

static const struct atom *resource_atom(struct query *query, size_t test, bool inside) {
  bool definite = places_definite(query, query_test(query, test)->statement->not_resource, inside);
  return definite ? texts_atom(query, test, FORM_VALUE, build_definite)
                  : texts_atom(query, test, FORM_MAYBE, build_possible);
}

/* The ARNs with an account, without one, and all. */
enum resource_form { WITH_ACCOUNT, WITHOUT_ACCOUNT, ANY_ARN };

/* Returns the value that a policy variable gives to the owner of the resource, or NULL. */
static const struct context_entry *bound_account(const struct query *query) {
  return binding_find(query->bound, "aws:ResourceAccount", strlen("aws:ResourceAccount"));
}

static struct atom *resource_shape(struct query *query, enum resource_form form) {
  struct atom *atom = texts_new(query);
  struct byte_set part = byte_set_except(":");
  if (!atom)
    return NULL;
  atom_add_text(atom, "arn:", 4, false);
  add_filled(atom, part);
  atom_add_text(atom, ":", 1, false);
  add_filled(atom, part);
  atom_add_text(atom, ":", 1, false);
  atom_add_star(atom, part);
  atom_add_text(atom, ":", 1, false);
  const struct context_entry *bound = bound_account(query);
  if (form == WITH_ACCOUNT && bound && bound->count == 1)
    atom_add_text(atom, bound->values[0].bytes, bound->values[0].length, false);
  for (size_t i = 0; i < ACCOUNT_DIGITS && form == WITH_ACCOUNT && !bound; i++)
    atom_add_one(atom, byte_set_of("0123456789"));
  if (form == ANY_ARN)
    atom_add_star(atom, part);
  atom_add_text(atom, ":", 1, false);
  add_filled(atom, byte_set_any());
  atom_end(atom);
  return atom;
}

/* The account of a resource, as a test of aws:ResourceAccount sees it. */
static void before_account(struct atom *atom) {
  atom_add_text(atom, "arn:", 4, false);
  for (size_t i = 0; i < 3; i++) {
    atom_add_star(atom, byte_set_except(":"));
    atom_add_text(atom, ":", 1, false);
  }
}

static void after_account(struct atom *atom) {
  atom_add_text(atom, ":", 1, false);
  atom_add_star(atom, byte_set_any());
}

static void build_account(struct query *query, struct atom *atom, const struct box_test *test) {
  struct texts_frame frame = {before_account, after_account, byte_set_except(":")};
  texts_add_operands(query, atom, test, &frame);
}

static void add_atom(struct query *query, struct texts_atoms *atoms, size_t number, bool inside,
                     enum resource_form form) {
  const struct box_test *test = query_test(query, number);
  if (test->kind == TEST_RESOURCE)
    texts_add(query, atoms, resource_atom(query, number, inside));
  else if (form == WITH_ACCOUNT && texts_is(test))
    texts_add(query, atoms, texts_atom(query, number, FORM_MAYBE, build_account));
}

/* Adds the text with a Region and an account, which people know, if it lacks them. */
static void add_real(struct query *query, struct points *texts, const char *bytes, size_t length) {
  struct buf real = {0};
  if (shape_make_real(query, bytes, length, &real) && !real.failed)
    points_add(query, texts, real.data, real.length);
  query->pool->failed = query->pool->failed || real.failed;
  buf_free(&real);
}

static void propose(struct query *query, enum resource_form form, struct points *texts) {
  const struct query_dimension *dimension = &query->dimensions[BOX_RESOURCE];
  struct texts_atoms inside = {0}, avoided = {0};
  texts_add(query, &inside, resource_shape(query, form));
  for (size_t i = 0; i < dimension->inside_count; i++)
    add_atom(query, &inside, dimension->inside[i], true, form);
  for (size_t i = 0; i < dimension->avoided_count; i++)
    add_atom(query, &avoided, dimension->avoided[i], false, form);
  struct words_list list;
  texts_propose(query, &inside, &avoided, &list);
  for (size_t i = 0; i < list.count; i++) {
    add_real(query, texts, list.items[i].bytes, list.items[i].length);
    points_add(query, texts, list.items[i].bytes, list.items[i].length);
  }
  words_free(&list);
}

static bool tests_account(const struct query *query, const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    if (query_test(query, number)->kind == TEST_KEY)
      return true;
  }
  return false;
}

/* Offers a resource with an owner, or without the key. */
static void offer_owned(struct query *query, const struct policy_string *resource,
                        const struct policy_string *account) {
  struct context_value value = {account ? account->bytes : "", account ? account->length : 0};
  struct context_entry entry = {.key = "aws:ResourceAccount",
                                .key_length = strlen("aws:ResourceAccount"),
                                .values = &value,
                                .count = account ? 1 : 0};
  struct query_value offered = {.text = *resource, .entries = &entry, .count = 1};
  query_offer(query, BOX_RESOURCE, &offered);
}

/* Offers a resource with its owner: none, the account in its ARN, or any that the tests
 * distinguish. */
static void offer_resource(struct query *query, const struct policy_string *resource,
                           const struct points *owners) {
  struct arn arn;
  offer_owned(query, resource, NULL);
  if (resource->bytes && arn_parse(resource->bytes, resource->length, &arn) &&
      arn.account.length > 0) {
    struct buf account = {0};
    buf_add(&account, arn.account.text, arn.account.length);
    struct policy_string owner = {account.data, account.length};
    query->pool->failed = query->pool->failed || account.failed;
    if (account.data)
      offer_owned(query, resource, &owner);
    buf_free(&account);
    return;
  }
  for (size_t i = 0; i < owners->count; i++)
    offer_owned(query, resource, &owners->items[i]);
}

/* Adds resources of an account and of none, with names that no policy mentions. */
static void offer_fresh_resources(struct query *query, struct points *texts) {
  struct buf text = {0};
  buf_addf(&text, "arn:aws:ecr:us-east-1:%s:repository/%s", query->fresh_account, query->fresh);
  size_t ecr = text.length;
  buf_addf(&text, "arn:aws:sns:us-east-1:%s:%s", query->fresh_account, query->fresh);
  size_t sns = text.length;
  buf_addf(&text, "arn:aws:s3:::%s", query->fresh);
  query->pool->failed = query->pool->failed || text.failed;
  if (!text.failed) {
    points_add(query, texts, text.data, ecr);
    points_add(query, texts, text.data + ecr, sns - ecr);
    points_add(query, texts, text.data + sns, text.length - sns);
  }
  buf_free(&text);
}

static void offer_resources_of_accounts(struct query *query, bool unknown, bool named) {
  const struct query_dimension *dimension = &query->dimensions[BOX_RESOURCE];
  static const struct values_domain domain = {.key = "aws:ResourceAccount",
                                              .key_length = sizeof "aws:ResourceAccount" - 1};
  struct points texts = {0}, owners = {0};
  const struct context_entry *bound = bound_account(query);
  if (bound && bound->count == 1)
    points_add(query, &owners, bound->values[0].bytes, bound->values[0].length);
  else if (!bound)
    values_texts(query, dimension, &domain, false, &owners);
  const struct policy_list *literals = literal_list(query);
  for (size_t i = 0; literals && i < literals->count; i++)
    points_add(query, &texts, literals->items[i].string, literals->items[i].length);
  if (!literals && !unknown) {
    offer_fresh_resources(query, &texts);
    propose(query, WITH_ACCOUNT, &texts);
    propose(query, WITHOUT_ACCOUNT, &texts);
    propose(query, ANY_ARN, &texts); /* the key may be absent, whatever the account is */
    if (!named)
      points_add(query, &texts, "*", 1);
  }
  if (unknown)
    offer_resource(query, &(struct policy_string){0}, &owners);
  for (size_t i = 0; i < texts.count; i++)
    if (is_resource(texts.items[i].bytes, texts.items[i].length))
      offer_resource(query, &texts.items[i], &owners);
}

void places_resources(struct query *query, bool unknown, bool named) {
  if (bound_account(query) || tests_account(query, &query->dimensions[BOX_RESOURCE])) {
    offer_resources_of_accounts(query, unknown, named);
    return;
  }
  if (unknown) {
    query_offer(query, BOX_RESOURCE, &(struct query_value){0});
    return;
  }
  if (offer_literals(query))
    return;
  offer_guess(query, "arn:aws:ecr:us-east-1:*:repository/*");
  if (query_perfect(query, BOX_RESOURCE))
    return;
  struct points texts = {0};
  offer_fresh_resources(query, &texts);
  propose(query, ANY_ARN, &texts);
  if (!named)
    points_add(query, &texts, "*", 1);
  for (size_t i = 0; i < texts.count; i++)
    offer_text(query, texts.items[i].bytes, texts.items[i].length);
}
