#include "reason/organizations.h"

#include "base/bytes.h"
#include "reason/binding.h"
#include "reason/shapes.h"
#include "reason/texts.h"
#include "reason/values.h"

#include <string.h>

static const char ID[] = "aws:PrincipalOrgID", PATHS[] = "aws:PrincipalOrgPaths";

bool organizations_bound(const struct query *query) {
  return binding_find(query->bound, ID, sizeof ID - 1) ||
         binding_find(query->bound, PATHS, sizeof PATHS - 1);
}

/* Reports whether such a variable has a value, so that the keys are present. */
static bool has_value(const struct query *query) {
  const struct context_entry *id = binding_find(query->bound, ID, sizeof ID - 1);
  const struct context_entry *paths = binding_find(query->bound, PATHS, sizeof PATHS - 1);
  return (id && id->count > 0) || (paths && paths->count > 0);
}

/* A path is one text: the id, a slash, and the rest. */
static void after_id(struct atom *atom) {
  atom_add_text(atom, "/", 1, false);
  atom_add_star(atom, byte_set_any());
}

static void build(struct query *query, struct atom *atom, const struct box_test *test) {
  struct texts_frame id = {NULL, after_id, byte_set_except("/")};
  texts_add_operands(query, atom, test, box_key_is(test, ID) ? &id : NULL);
}

/* ID/REST for any organization, or for the one that is known. */
static struct atom *shape_of(struct query *query, const char *organization) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  if (organization) {
    atom_add_text(atom, organization, strlen(organization), false);
  } else if (!query->boxes->odd_organizations) {
    shape_add(atom, SHAPE_PATH, NULL, NULL);
    return atom;
  } else {
    atom_add_one(atom, byte_set_except("/"));
    atom_add_star(atom, byte_set_except("/"));
  }
  atom_add_text(atom, "/", 1, false);
  atom_add_star(atom, byte_set_any());
  atom_end(atom);
  return atom;
}

/* Offers an organization by one of its paths. A key that no test concerns is left out. */
static void offer_path(struct query *query, const char *path, size_t length, bool ids, bool paths) {
  const char *slash = memchr(path, '/', length);
  struct buf id = {0};
  buf_add(&id, path, slash ? (size_t)(slash - path) : length);
  buf_adds(&id, "");
  struct context_value values[2] = {{id.data, id.length}, {path, length}};
  struct context_entry entries[2];
  size_t count = 0;
  if (ids)
    entries[count++] = (struct context_entry){
        .key = ID, .key_length = sizeof ID - 1, .values = &values[0], .count = 1};
  if (paths)
    entries[count++] = (struct context_entry){
        .key = PATHS, .key_length = sizeof PATHS - 1, .values = &values[1], .count = 1};
  query->pool->failed = query->pool->failed || id.failed;
  if (id.data)
    query_offer(query, BOX_ORG, &(struct query_value){.entries = entries, .count = count});
  buf_free(&id);
}

static void propose(struct query *query, const char *organization, bool ids, bool paths) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ORG];
  struct texts_atoms inside = {0}, avoided = {0};
  texts_add(query, &inside, shape_of(query, organization));
  for (size_t i = 0; i < dimension->inside_count; i++)
    if (texts_is(query_test(query, dimension->inside[i])))
      texts_add(query, &inside, texts_atom(query, dimension->inside[i], FORM_VALUE, build));
  for (size_t i = 0; i < dimension->avoided_count; i++)
    if (texts_is(query_test(query, dimension->avoided[i])))
      texts_add(query, &avoided, texts_atom(query, dimension->avoided[i], FORM_VALUE, build));
  struct words_list list;
  texts_propose(query, &inside, &avoided, &list);
  for (size_t i = 0; i < list.count; i++)
    offer_path(query, list.items[i].bytes, list.items[i].length, ids, paths);
  words_free(&list);
}

/* A fresh organization is often the best. */
static void propose_free(struct query *query, const char *organization, bool ids, bool paths) {
  struct buf path = {0};
  shape_fresh(query, SHAPE_PATH, &path);
  query->pool->failed = query->pool->failed || path.failed;
  if (!organization && !path.failed)
    offer_path(query, path.data, path.length, ids, paths);
  buf_free(&path);
  if (organization || !query_perfect(query, BOX_ORG))
    propose(query, organization, ids, paths);
}

void organizations_propose(struct query *query, const struct caller_class *class) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ORG];
  bool ids = binding_find(query->bound, ID, sizeof ID - 1) != NULL;
  bool paths = binding_find(query->bound, PATHS, sizeof PATHS - 1) != NULL;
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    ids = ids || box_key_is(query_test(query, number), ID);
    paths = paths || box_key_is(query_test(query, number), PATHS);
  }
  /* Of a known organization the request has the id, also if no test depends on it here. */
  ids = ids || (class->organization && !paths);
  struct caller caller = caller_read(class->sample, strlen(class->sample));
  bool known = class->organization != NULL;
  if (!known && !has_value(query))
    query_offer(query, BOX_ORG, &(struct query_value){0});
  bool member = caller_has_account(&caller) && !(known && *class->organization == '\0');
  if (member) {
    const struct context_entry *bound = binding_find(query->bound, ID, sizeof ID - 1);
    if (bound && bound->count == 1) {
      if (!known || strcmp(class->organization, bound->values[0].bytes) == 0)
        propose(query, bound->values[0].bytes, ids, paths);
    } else if (!bound)
      propose_free(query, class->organization, ids, paths);
  }
  if ((!member || !known) && !has_value(query))
    query_offer(query, BOX_ORG, &(struct query_value){0});
}
