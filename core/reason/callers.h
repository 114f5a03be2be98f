#ifndef LANYARD_REASON_CALLERS_H
#define LANYARD_REASON_CALLERS_H

#include "reason/accounts.h"
#include "reason/query.h"
#include "reason/texts.h"

/* The callers of requests: principals of each kind, with the keys that follow from their names.
 *
 * A caller is one text, its name, a byte 1, and its id:
 *   user            arn:P:iam::A:user/PATH/NAME \1 AIDA...
 *   role, session   arn:P:iam::A:role/PATH/NAME \1 AROA...:SESSION
 *   root user       arn:P:iam::A:root \1
 *   federated user  arn:P:sts::A:federated-user/NAME \1 arn:P:iam::A:user/..., the user that federated
 *                   the session; nothing for one that no policy names
 *   service         ecs.amazonaws.com \1
 *   provider        accounts.google.com \1, or an ARN
 * A session differs from its role only in the principal that the policy sees. Entries of Principal
 * elements, and the operands of conditions on aws:PrincipalArn, aws:PrincipalAccount, aws:userid and
 * aws:username, are patterns of such texts. */

/* A set of callers about whom the other condition keys know the same. */
struct caller_class {
  enum caller_kind kind; /* a unique ID is a role or a user, a canonical user ID a root user */
  const char *id;        /* the principal that policies see, if it is such an ID; else NULL */
  const char *partition; /* of their ARNs */
  const char *account;   /* only this account, or one like it; NULL: any */
  const struct accounts *others; /* without these accounts; NULL: of `account` */
  const char *organization;      /* of the account: "" if it has none; NULL: unknown */
  const char *sample;            /* one of the callers */
};

/* Names that occur in no policy of a question. */
struct caller_names {
  char name[32], account[16], other[16];
};

/* callers_choose_names chooses such names, and an account that is not given. */
void callers_choose_names(const struct boxes *boxes, const struct accounts *accounts,
                          struct caller_names *names);

/* callers_partitions lists the partitions that the policies distinguish, "aws" first. It returns
 * their number. */
enum { CALLER_PARTITIONS = 4 };
size_t callers_partitions(const struct boxes *boxes, const char *partitions[CALLER_PARTITIONS]);

/* callers_join marks the dimensions of keys that follow from the names of the callers of a class. */
void callers_join(struct query *query, const struct caller_class *class);

/* callers_propose offers the candidates of the callers of a class. The dimension is prepared. */
void callers_propose(struct query *query, const struct caller_class *class,
                     const struct caller_names *names);

/* callers_bound reports whether a policy variable has a value that determines the caller's name. */
bool callers_bound(const struct query *query, const struct caller_class *class);

/* callers_offer offers the caller that a text describes. */
void callers_offer(struct query *query, const struct caller_class *class, const char *text,
                   size_t length);

/* callers_in_class reports whether a named principal is in an account and a partition of a class. */
bool callers_in_class(const struct caller_class *class, const struct caller *named);

/* callers_each_role calls a function with each entry of a Principal element that is a role with the
 * account and the name of a given role or session, whatever its path, until it returns false. It returns
 * false if the function did. */
bool callers_each_role(const struct query *query, const struct caller *role,
                       bool (*each)(void *state, const struct policy_value *entry), void *state);

/* callers_each_issuer calls a function with each user that the tests of a query name and that can have
 * federated a session. A unique ID is such a user only where results may be open: which user it is, is
 * unknown. */
void callers_each_issuer(struct query *query, const struct policy_string *session,
                         void (*each)(void *state, const struct policy_value *user), void *state);

/* callers_shape adds atoms of the texts that have the form of a class of callers. Services are usual
 * (NAME.amazonaws.com), or in other partitions. */
void callers_shape(struct query *query, const struct caller_class *class, bool usual,
                   struct texts_atoms *inside);

/* callers_add_glob appends the patterns of the callers of a kind whose key matches a pattern, which has
 * the wildcards of context_expand. It appends nothing for a key that does not follow from the text. */
void callers_add_glob(struct atom *atom, enum caller_kind kind, const struct policy_string *key,
                      const char *glob, size_t length, bool fold);

/* callers_texts calls a function with texts of callers that represent all callers of a class for the tests
 * of the query and for the atoms `more`, which may be NULL. */
typedef void callers_text(struct query *query, const struct caller_class *class, const char *text,
                          size_t length, void *state);
void callers_texts(struct query *query, const struct caller_class *class,
                   const struct texts_atoms *more, callers_text *offer, void *state);

/* callers_keys calls a function with the keys that follow from a text, if it is a caller of the class. */
void callers_keys(struct query *query, const struct caller_class *class, const char *text,
                  size_t length,
                  void (*each)(void *state, const struct context_entry *entries, size_t count),
                  void *state);

/* callers_words offers callers that words_propose finds. It is exact for all tests; callers_propose
 * uses it where the tests are not only of names. */
void callers_words(struct query *query, const struct caller_class *class);

#endif
