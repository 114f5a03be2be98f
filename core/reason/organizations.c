/* The id and the path of an organization are one text, the path: its first part is the id. */

#include "reason/organizations.h"

#include "base/bytes.h"
#include "reason/binding.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <string.h>
#include <strings.h>

enum { ID, PATHS };

static const char *const pairs[][2] = {
    {"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"},
    {"aws:ResourceOrgID", "aws:ResourceOrgPaths"},
    {"aws:SourceOrgID", "aws:SourceOrgPaths"},
    {"aws:VpceOrgID", "aws:VpceOrgPaths"},
};

int organizations_pair(const char *key, size_t length) {
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    for (size_t k = 0; k < 2; k++)
      if (strlen(pairs[i][k]) == length && strncasecmp(pairs[i][k], key, length) == 0)
        return (int)i;
  return -1;
}

bool organizations_is_path(const char *key, size_t length) {
  int pair = organizations_pair(key, length);
  return pair >= 0 && strlen(pairs[pair][PATHS]) == length &&
         strncasecmp(pairs[pair][PATHS], key, length) == 0;
}

size_t organizations_id(const char *text, size_t length) {
  const char *slash = memchr(text, '/', length);
  return slash ? (size_t)(slash - text) : length;
}

static const char *const *pair_of(const struct query *query, size_t dimension) {
  return pairs[query->boxes->dimensions[dimension].pair];
}

const char *organizations_key(const struct query *query, size_t dimension, bool paths) {
  return pair_of(query, dimension)[paths];
}

static const struct context_entry *find_bound(const struct query *query, size_t dimension,
                                              size_t key) {
  const char *name = pair_of(query, dimension)[key];
  return binding_find(query->bound, name, strlen(name));
}

bool organizations_bound(const struct query *query, size_t dimension) {
  return find_bound(query, dimension, ID) || find_bound(query, dimension, PATHS);
}

/* --- Texts ------------------------------------------------------------------------------------ */

static void after_id(struct atom *atom) {
  atom_add_text(atom, "/", 1, false);
  atom_add_star(atom, byte_set_any());
}

static bool is_path_key(const struct box_test *test) {
  return organizations_is_path(test->key->key->string, test->key->key->length);
}

static void build(struct query *query, struct atom *atom, const struct box_test *test) {
  struct texts_frame id = {NULL, after_id, byte_set_except("/")};
  texts_add_operands(query, atom, test, is_path_key(test) ? NULL : &id);
}

/* Appends the paths of an organization, or of any (`id` NULL): of its root, and of its units. */
static void add_paths(struct atom *atom, const char *id, size_t length) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  static const char units[] = "abcdefghijklmnopqrstuvwxyz0123456789-/";
  for (size_t inner = 0; inner < 2; inner++) {
    atom_add_text(atom, id ? id : "o-", id ? length : 2, false);
    if (!id) {
      atom_add_one(atom, byte_set_of(letters));
      atom_add_star(atom, byte_set_of(letters));
    }
    atom_add_text(atom, "/r-", 3, false);
    atom_add_one(atom, byte_set_of(letters));
    atom_add_star(atom, byte_set_of(letters));
    atom_add_text(atom, "/", 1, false);
    if (inner == 1) {
      atom_add_text(atom, "ou-", 3, false);
      atom_add_star(atom, byte_set_of(units));
      atom_add_text(atom, "/", 1, false);
    }
    atom_end(atom);
  }
}

/* Appends the paths that policies mention with an id of another form, as examples do, and the paths of such ids
 * themselves. */
static void add_odd(const struct query *query, struct atom *atom, const char *organization) {
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (test->kind != TEST_KEY || test->condition.type != OPERAND_STRING ||
        organizations_pair(test->key->key->string, test->key->key->length) < 0)
      continue;
    for (const struct json_value *one = box_next_operand(test, NULL); one;
         one = box_next_operand(test, one)) {
      size_t length;
      const char *text = box_operand_text(one, &length);
      size_t size = text ? organizations_id(text, length) : 0;
      if (size == 0 || memchr(text, '*', size) || memchr(text, '?', size) ||
          memmem(text, size, "${", 2) ||
          shape_is_organization(text, size, strstr(test->condition.name, "IgnoreCase") != NULL))
        continue;
      if (organization && !bytes_are(text, size, organization))
        continue;
      add_paths(atom, text, size);
      if (size < length && !memchr(text, '*', length) && !memchr(text, '?', length) &&
          !memmem(text, length, "${", 2)) {
        atom_add_text(atom, text, length, false);
        atom_end(atom);
      }
    }
  }
}

/* The paths of one organization, or of any. */
static struct atom *shape_of(struct query *query, const char *organization) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  if (organization || (query->boxes->odd & ODD_ORGANIZATION)) /* ids may be short, as in examples */
    add_paths(atom, organization, organization ? strlen(organization) : 0);
  else
    shape_add(atom, SHAPE_PATH, NULL, NULL);
  if (query->boxes->odd & ODD_ORGANIZATION)
    add_odd(query, atom, organization);
  return atom;
}

/* No unit of a path is empty or ends with a hyphen; all begin with "ou-". */
static struct atom *no_empty_unit(struct query *query) {
  static const char begin[] = "ou-";
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  atom->negated = true;
  for (size_t i = 0; i < 2; i++) {
    atom_add_star(atom, byte_set_any());
    atom_add_text(atom, i == 0 ? "//" : "-/", 2, false);
    atom_add_star(atom, byte_set_any());
    atom_end(atom);
  }
  for (size_t i = 0; i < sizeof begin - 1; i++) {
    atom_add_star(atom, byte_set_any());
    atom_add_text(atom, "/ou-", 4, false);
    atom_add_star(atom, byte_set_any());
    atom_add_text(atom, "/", 1, false);
    atom_add_text(atom, begin, i, false);
    atom_add_one(atom, byte_set_except((char[]){begin[i], '\0'}));
    atom_add_star(atom, byte_set_any());
    atom_end(atom);
  }
  return atom;
}

/* --- Candidates ------------------------------------------------------------------------------- */

/* A dimension of organizations, and the keys that its candidates have. */
struct proposal {
  struct query *query;
  size_t dimension;
  bool has[2];
};

/* Offers an organization by one of its paths. A key that no test concerns is left out. */
static void offer_path(const struct proposal *proposal, const char *path, size_t length) {
  struct query *query = proposal->query;
  const char *const *keys = pair_of(query, proposal->dimension);
  struct buf id = {0};
  buf_add(&id, path, organizations_id(path, length));
  buf_adds(&id, "");
  struct context_value values[2] = {{id.data, id.length}, {path, length}};
  struct context_entry entries[2];
  size_t count = 0;
  for (size_t k = 0; k < 2; k++)
    if (proposal->has[k])
      entries[count++] = (struct context_entry){
          .key = keys[k], .key_length = strlen(keys[k]), .values = &values[k], .count = 1};
  query->pool->failed = query->pool->failed || id.failed;
  if (id.data)
    query_offer(query, proposal->dimension,
                &(struct query_value){.entries = entries, .count = count});
  buf_free(&id);
}

/* Reports whether the tests of a dimension together have so many bytes that a text may need an id which is
 * too long: with the shortest id, more than the longest one. */
static bool may_be_longer(const struct query *query, const struct query_dimension *dimension) {
  enum { LONGER = 22 };
  size_t bytes = 0;
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    for (const struct json_value *one = box_next_operand(test, NULL); one && bytes < LONGER;
         one = box_next_operand(test, one)) {
      size_t length;
      bytes += box_operand_text(one, &length) ? length : 0;
    }
  }
  return bytes >= LONGER && !(query->boxes->odd & ODD_ORGANIZATION);
}

/* All texts except texts with an id that is too long. */
static struct atom *no_longer(struct query *query) {
  struct atom *atom = texts_new(query);
  if (atom) {
    shape_add_longer(atom);
    atom->negated = true;
  }
  return atom;
}

static void propose(const struct proposal *proposal, const char *organization) {
  struct query *query = proposal->query;
  const struct query_dimension *dimension = &query->dimensions[proposal->dimension];
  struct texts_atoms inside = {0}, avoided = {0};
  texts_add(query, &inside, shape_of(query, organization));
  if (proposal->has[PATHS])
    texts_add(query, &inside, no_empty_unit(query));
  if (!organization && may_be_longer(query, dimension))
    texts_add(query, &inside, no_longer(query));
  for (size_t i = 0; i < dimension->inside_count; i++)
    if (texts_is(query_test(query, dimension->inside[i])))
      texts_add(query, &inside, texts_atom(query, dimension->inside[i], FORM_VALUE, build));
  for (size_t i = 0; i < dimension->avoided_count; i++)
    if (texts_is(query_test(query, dimension->avoided[i])))
      texts_add(query, &avoided, texts_atom(query, dimension->avoided[i], FORM_VALUE, build));
  struct words_list list;
  texts_propose(query, &inside, &avoided, &list);
  for (size_t i = 0; i < list.count; i++)
    offer_path(proposal, list.items[i].bytes, list.items[i].length);
  words_free(&list);
}

/* A fresh organization, or the usual path of a known one, is often the best. */
static void propose_fresh(const struct proposal *proposal, const char *organization) {
  struct query *query = proposal->query;
  struct buf path = {0};
  if (organization)
    buf_addf(&path, "%s/r-root/", organization);
  else
    shape_fresh(query, SHAPE_PATH, &path);
  query->pool->failed = query->pool->failed || path.failed;
  if (!path.failed)
    offer_path(proposal, path.data, path.length);
  buf_free(&path);
  if (!query_perfect(query, proposal->dimension))
    propose(proposal, organization);
}

/* Finds which keys the policies test, and the policy variables concern. A request has both or none, so a
 * key that only another question tests is not left out. */
static void find_keys(struct proposal *proposal) {
  const struct query *query = proposal->query;
  for (size_t k = 0; k < 2; k++)
    proposal->has[k] = find_bound(query, proposal->dimension, k) != NULL;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (test->kind == TEST_KEY && test->dimension == proposal->dimension)
      proposal->has[is_path_key(test) ? PATHS : ID] = true;
  }
}

void organizations_propose(struct query *query, size_t dimension,
                           const struct organizations_domain *domain) {
  struct proposal proposal = {.query = query, .dimension = dimension};
  const struct context_entry *bound = find_bound(query, dimension, ID);
  const struct context_entry *paths = find_bound(query, dimension, PATHS);
  bool present = (bound && bound->count > 0) || (paths && paths->count > 0);
  bool absent = (bound && bound->count == 0) || (paths && paths->count == 0);
  bool none = domain->known && *domain->known == '\0';
  find_keys(&proposal);
  /* Of a known organization the request has the id, also if no test depends on it here. */
  proposal.has[ID] = proposal.has[ID] || (domain->known && !proposal.has[PATHS]);
  bool optional = !domain->member || none || (!domain->known && !domain->always);
  if (optional && !present)
    query_offer(query, dimension, &(struct query_value){0});
  if (!domain->member || none || absent)
    return;
  if (paths) {
    offer_path(&proposal, paths->values[0].bytes, paths->values[0].length);
    return;
  }
  const char *id = present ? bound->values[0].bytes : domain->known;
  if (!present || !domain->known || strcmp(domain->known, id) == 0)
    propose_fresh(&proposal, id);
}
