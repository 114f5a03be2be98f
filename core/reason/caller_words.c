/* The tests of a caller as patterns of its text (callers.h). */

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/caller_entries.h"
#include "reason/callers.h"
#include "reason/service_names.h"
#include "reason/texts.h"
#include "reason/values.h"

#include <string.h>
#include <strings.h>

static void add_text(struct atom *atom, const char *text) {
  atom_add_text(atom, text, strlen(text), false);
}

static void add_anything(struct atom *atom) {
  atom_add_star(atom, byte_set_any());
}

/* --- Condition keys --------------------------------------------------------------------------- */

static void after_name(struct atom *atom) {
  add_text(atom, "\1");
  add_anything(atom);
}

static void before_account(struct atom *atom) {
  add_text(atom, "arn:");
  atom_add_star(atom, byte_set_except(":"));
  add_text(atom, ":");
  atom_add_star(atom, byte_set_except(":"));
  add_text(atom, "::");
}

static void after_account(struct atom *atom) {
  add_text(atom, ":");
  add_anything(atom);
}

static void before_id(struct atom *atom) {
  add_anything(atom);
  add_text(atom, "\1");
}

static void before_user(struct atom *atom) {
  before_account(atom);
  atom_add_star(atom, byte_set_except(":"));
  add_text(atom, ":user/");
}

static void before_user_path(struct atom *atom) {
  before_user(atom);
  add_anything(atom);
  add_text(atom, "/");
}

/* aws:userid of a federated user is A:NAME, and the text is arn:P:sts::A:federated-user/NAME. A
 * pattern is split at each place that can match the colon. */
static void split_userid(struct query *query, struct atom *atom, const struct box_test *test) {
  static const struct match_wildcards wildcards = {'*', '?'};
  static const struct match_wildcards plain = {'\xFF', '\xFE'};
  struct match_wildcards wild = test->condition.wildcards ? wildcards : plain;
  bool fold = strstr(test->condition.name, "IgnoreCase") != NULL;
  atom->negated = test->condition.negated;
  if (test->condition.type == OPERAND_ARN || test->has_variables)
    query_inexact(query, "aws:userid is compared with an ARN or a policy variable");
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    for (size_t i = 0; text && i < length; i++) {
      bool star = text[i] == wild.any;
      if (text[i] != ':' && !star && text[i] != wild.one)
        continue;
      before_account(atom);
      atom_add_glob(atom, text, i + star, wild, byte_set_except(":"), fold);
      add_text(atom, ":federated-user/");
      atom_add_glob(atom, text + i + !star, length - i - !star, wild, byte_set_any(), fold);
      after_name(atom);
      atom_end(atom);
    }
  }
}

static void build_key(struct query *query, struct atom *atom, const struct box_test *test) {
  struct texts_frame name = {NULL, after_name, byte_set_any()};
  struct texts_frame account = {before_account, after_account, byte_set_except(":")};
  struct texts_frame id = {before_id, NULL, byte_set_any()};
  struct texts_frame user = {before_user, after_name, byte_set_except("/\1")};
  struct texts_frame user_path = {before_user_path, after_name, byte_set_except("/\1")};
  if (box_key_is(test, "aws:PrincipalAccount")) {
    texts_add_operands(query, atom, test, &account);
  } else if (box_key_is(test, "aws:userid")) {
    texts_add_operands(query, atom, test, &id);
  } else if (box_key_is(test, "aws:username")) {
    texts_add_operands(query, atom, test, &user);
    texts_add_operands(query, atom, test, &user_path);
  } else {
    texts_add_operands(query, atom, test, &name);
  }
}

/* aws:userid of a root user is its account. */
static void build_root_userid(struct query *query, struct atom *atom, const struct box_test *test) {
  struct texts_frame account = {before_account, after_account, byte_set_except(":")};
  texts_add_operands(query, atom, test, &account);
}

/* Appends the callers whose aws:userid matches: A:NAME of a federated user, split at each place that can
 * match the colon. */
static void add_federated(struct atom *atom, const char *glob, size_t length, bool fold) {
  for (size_t i = 0; i < length; i++) {
    bool star = glob[i] == context_wildcards.any;
    if (glob[i] != ':' && !star && glob[i] != context_wildcards.one)
      continue;
    before_account(atom);
    atom_add_glob(atom, glob, i + star, context_wildcards, byte_set_except(":"), fold);
    add_text(atom, ":federated-user/");
    atom_add_glob(atom, glob + i + !star, length - i - !star, context_wildcards, byte_set_any(),
                  fold);
    after_name(atom);
    atom_end(atom);
  }
}

void callers_add_glob(struct atom *atom, enum caller_kind kind, const struct policy_string *key,
                      const char *glob, size_t length, bool fold) {
  static const struct {
    const char *key;
    void (*before)(struct atom *);
    void (*after)(struct atom *);
    const char *except;
  } frames[] = {
      {"aws:PrincipalArn", NULL, after_name, ""},
      {"aws:PrincipalAccount", before_account, after_account, ":"},
      {"aws:PrincipalServiceName", NULL, after_name, ""},
      {"aws:PrincipalServiceNamesList", NULL, after_name, ""},
      {"aws:username", before_user, after_name, "/\1"},
      {"aws:username", before_user_path, after_name, "/\1"},
      {"aws:userid", before_id, NULL, ""},
  };
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
    bool id = frames[i].before == before_id;
    if (key->length != strlen(frames[i].key) ||
        strncasecmp(key->bytes, frames[i].key, key->length) != 0)
      continue;
    if (id && kind == CALLER_FEDERATED_USER) {
      add_federated(atom, glob, length, fold);
      continue;
    }
    bool root = id && kind == CALLER_ROOT;
    if (frames[i].before)
      (root ? before_account : frames[i].before)(atom);
    atom_add_glob(atom, glob, length, context_wildcards, byte_set_except(frames[i].except), fold);
    if (frames[i].after || root)
      (root ? after_account : frames[i].after)(atom);
    atom_end(atom);
  }
}

/* Returns an atom of the callers whose key has the value of a policy variable, or NULL. */
static struct atom *bound_atom(struct query *query, const struct context_entry *bound,
                               enum caller_kind kind) {
  const struct policy_string key = {bound->key, bound->key_length};
  struct atom *atom = bound->count == 1 ? texts_new(query) : NULL;
  if (!atom)
    return NULL;
  callers_add_glob(atom, kind, &key, bound->values[0].bytes, bound->values[0].length, false);
  return atom->count > 0 ? atom : NULL;
}

static const struct atom *key_atom(struct query *query, size_t number, enum caller_kind kind) {
  const struct box_test *test = query_test(query, number);
  if (box_key_is(test, "aws:userid") && kind == CALLER_ROOT)
    return texts_atom(query, number, FORM_ROOT, build_root_userid);
  if (box_key_is(test, "aws:userid") && kind == CALLER_FEDERATED_USER)
    return texts_atom(query, number, FORM_FEDERATED, split_userid);
  return texts_atom(query, number, FORM_CALLER, build_key);
}

/* --- Proposals -------------------------------------------------------------------------------- */

/* Makes the texts differ for each group of excepted principals, since each means something else. */
static void add_exceptions(struct query *query, const struct box_test *test, enum caller_kind kind,
                           struct texts_atoms *avoided) {
  for (unsigned group = 0; group < ENTRY_GROUPS; group++) {
    struct atom *atom = texts_new(query);
    if (!atom)
      return;
    caller_entries_build(atom, test, kind, 1u << group);
    if (atom->count == 0)
      continue;
    texts_add(query, avoided, atom);
    texts_add(query, avoided, texts_negation(query, atom));
  }
}

static void add_test(struct query *query, size_t number, const struct caller_class *class,
                     bool inside, struct texts_atoms *atoms, struct texts_atoms *avoided) {
  const struct box_test *test = query_test(query, number);
  if ((test->kind == TEST_PRINCIPAL && class->id) || service_names_test(test))
    return; /* it does not depend on the text */
  if (test->has_variables && !query->bound)
    return; /* which have no values yet */
  if (test->kind == TEST_PRINCIPAL && test->statement->not_principal)
    add_exceptions(query, test, class->kind, avoided);
  else if (test->kind == TEST_PRINCIPAL)
    texts_add(query, inside ? atoms : avoided, caller_entries_atom(query, number, class->kind));
  else if (texts_is(test))
    texts_add(query, inside ? atoms : avoided, key_atom(query, number, class->kind));
  else if (strcmp(test->condition.name, "Null") != 0)
    query_inexact(query, "a key of the principal is compared as a number, date or address");
}

/* The roles of a class of sessions that policies name, and all other ones with their names. */
enum named_roles { ANY_ROLE, NAMED_ROLE, OTHER_ROLE };

static struct atom *role_atom(struct query *query, const struct caller_class *class,
                              enum named_roles roles) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  atom->negated = roles == OTHER_ROLE;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
      const struct policy_value *entry = &test->statement->principals.items[e];
      struct caller named = caller_read(entry->string, entry->length);
      if (named.kind != CALLER_ROLE || !callers_in_class(class, &named))
        continue;
      if (roles == OTHER_ROLE) {
        caller_entries_sessions(atom, &named);
        continue;
      }
      atom_add_text(atom, entry->string, entry->length, false);
      after_name(atom);
      atom_end(atom);
    }
  }
  return atom;
}

/* What is proposed, and to whom. */
struct proposal {
  const struct caller_class *class;
  const struct texts_atoms *more; /* texts that differ for them, too; or NULL */
  callers_text *offer;
  void *state;
};

/* Offers a caller with another account. */
static void offer_with(struct query *query, const struct proposal *proposal,
                       const struct words_text *word, size_t at, const char *account) {
  struct buf text = {0};
  buf_add(&text, word->bytes, word->length);
  query->pool->failed = query->pool->failed || text.failed;
  if (!text.failed) {
    memcpy(text.data + at, account, ACCOUNT_DIGITS);
    proposal->offer(query, proposal->class, text.data, text.length, proposal->state);
  }
  buf_free(&text);
}

/* Offers a caller, and before it one with the account that no policy mentions, if another one does not
 * matter. If the class is without its account, an account like it takes its place. */
static void offer_word(struct query *query, const struct proposal *proposal,
                       const struct words_text *word) {
  const struct caller_class *class = proposal->class;
  char account[ACCOUNT_DIGITS];
  struct arn arn;
  bool named = class->kind != CALLER_SERVICE && !class->account &&
               arn_parse(word->bytes, word->length, &arn) && arn.account.length == ACCOUNT_DIGITS;
  size_t at = named ? (size_t)(arn.account.text - word->bytes) : 0;
  if (named)
    offer_with(query, proposal, word, at, query->fresh_account);
  if (!named || !class->others || !accounts_has(class->others, arn.account.text)) {
    proposal->offer(query, class, word->bytes, word->length, proposal->state);
    return;
  }
  memcpy(account, arn.account.text, ACCOUNT_DIGITS);
  if (accounts_avoid(class->others, account))
    offer_with(query, proposal, word, at, account);
  else
    query_inexact(query, "no other account is like the given ones");
}

static void propose(struct query *query, const struct proposal *proposal, bool usual,
                    enum named_roles roles) {
  const struct query_dimension *dimension = &query->dimensions[BOX_CALLER];
  const struct caller_class *class = proposal->class;
  struct texts_atoms inside = {0}, avoided = {0};
  callers_shape(query, class, usual, &inside);
  if (roles != ANY_ROLE)
    texts_add(query, &inside, role_atom(query, class, roles));
  if (class->kind == CALLER_SERVICE)
    service_names_distinguish(query, &avoided);
  for (size_t i = 0; query->bound && i < query->bound->count; i++)
    texts_add(query, &inside, bound_atom(query, &query->bound->entries[i], class->kind));
  for (size_t i = 0; i < dimension->inside_count; i++)
    add_test(query, dimension->inside[i], class, true, &inside, &avoided);
  for (size_t i = 0; i < dimension->avoided_count; i++)
    add_test(query, dimension->avoided[i], class, false, &inside, &avoided);
  for (size_t i = 0; proposal->more && i < proposal->more->count; i++)
    texts_add(query, &avoided, proposal->more->items[i]);
  struct words_list list;
  texts_propose(query, &inside, &avoided, &list);
  for (size_t i = 0; i < list.count; i++)
    offer_word(query, proposal, &list.items[i]);
  words_free(&list);
}

static bool has_named_role(struct query *query, const struct caller_class *class) {
  const struct atom *atom = role_atom(query, class, NAMED_ROLE);
  query->pool->failed = query->pool->failed || (atom && atom->failed);
  return atom && atom->count > 0;
}

/* Names of roles are unique in an account, whatever the paths are: if a policy names role/ci, then a
 * session of ci is not one of role/team/ci. So sessions are of the named roles, or of roles with other
 * names. */
static void propose_all(struct query *query, const struct proposal *proposal) {
  const struct caller_class *class = proposal->class;
  if (class->kind == CALLER_SESSION && has_named_role(query, class)) {
    propose(query, proposal, true, NAMED_ROLE);
    propose(query, proposal, true, OTHER_ROLE);
    return;
  }
  propose(query, proposal, true, ANY_ROLE);
  if (class->kind == CALLER_SERVICE && !query_perfect(query, BOX_CALLER))
    propose(query, proposal, false, ANY_ROLE);
}

static void offer_caller(struct query *query, const struct caller_class *class, const char *text,
                         size_t length, void *state) {
  (void)state;
  callers_offer(query, class, text, length);
}

void callers_words(struct query *query, const struct caller_class *class) {
  propose_all(query, &(struct proposal){.class = class, .offer = offer_caller});
}

void callers_texts(struct query *query, const struct caller_class *class,
                   const struct texts_atoms *more, callers_text *offer, void *state) {
  propose_all(query, &(struct proposal){class, more, offer, state});
}
