#ifndef LANYARD_POLICY_CALLER_H
#define LANYARD_POLICY_CALLER_H

#include "base/buf.h"
#include "policy/arn.h"
#include "policy/condition.h"
#include "policy/context.h"
#include "policy/document.h"

#include <stdbool.h>
#include <stddef.h>

/* What a request's principal and resource say about its condition keys.
 *
 * A principal determines some keys: a role MyR has aws:PrincipalArn of MyR, no aws:username, and the
 * account of its ARN. One table holds these keys. The evaluator takes from it the values that a
 * context lacks, and the search over all requests takes from it which requests can exist.
 *
 * Source of the table, "Availability" and "Value type" of each key:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * Source of the values of aws:username, aws:userid and aws:PrincipalType, "Principal key values":
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */

enum caller_kind {
  CALLER_ANONYMOUS,      /* "*": a request without a signature */
  CALLER_ROOT,           /* an account id, or arn:P:iam::A:root */
  CALLER_USER,           /* arn:P:iam::A:user/PATH/NAME */
  CALLER_ROLE,           /* arn:P:iam::A:role/PATH/NAME: a session of the role */
  CALLER_SESSION,        /* arn:P:sts::A:assumed-role/NAME/SESSION */
  CALLER_FEDERATED_USER, /* arn:P:sts::A:federated-user/NAME */
  CALLER_SERVICE,        /* ecs.amazonaws.com */
  CALLER_PROVIDER,       /* accounts.google.com, or the ARN of a SAML or OIDC provider */
  CALLER_UNIQUE_ID,      /* AROA..., AIDA...: a user or a role whose ARN is unknown */
  CALLER_CANONICAL_USER, /* 64 hexadecimal digits, an account's id in S3 */
  CALLER_OTHER,          /* any other text */
};

/* A principal. Its parts are inside the parsed text. */
struct caller {
  enum caller_kind kind;
  struct policy_string text;
  struct arn_part partition, account; /* of an ARN; an account id has no partition */
  struct arn_part name;               /* of a user, role or federated user, without the path */
  struct arn_part session;            /* of a session */
  bool service_linked;                /* a service-linked role or its session */
};

/* caller_read describes a principal. The text must outlive the result. */
struct caller caller_read(const char *text, size_t length);

/* caller_is_account reports whether a text is an account id: 12 digits. */
bool caller_is_account(const char *text, size_t length);

/* caller_kind_name returns the kind in words: "a role", "an anonymous caller". */
const char *caller_kind_name(enum caller_kind kind);

/* caller_has_account reports whether the caller belongs to an account, which may be unknown (for a
 * unique id or a canonical user). Only such callers have an organization, tags and an ARN: services,
 * identity providers and anonymous callers do not. */
bool caller_has_account(const struct caller *caller);

/* A condition key that the reference describes. */
struct caller_key {
  const char
      *name; /* "aws:PrincipalArn"; a name that ends with "/" is followed by the key of a tag */
  enum condition_operand type;
  bool many;   /* a request may have several values */
  bool always; /* every request has the key, unless the rule of the caller says otherwise */
  int rule;    /* see caller_rule.h */
};

/* caller_find_key returns the description of a key, in any letter case, or NULL if the reference
 * does not describe it. A key without a description may be absent and may have several values. */
const struct caller_key *caller_find_key(const char *name, size_t length);

/* caller_keys returns the table of keys and sets *count. */
const struct caller_key *caller_keys(size_t *count);

/* A request as far as it determines keys. */
struct caller_request {
  struct policy_string principal;
  struct policy_string resource; /* bytes NULL: unknown */
  struct policy_string
      owner; /* the account that owns the resource; bytes NULL: the one in its ARN */
  const struct context *context; /* NULL: unknown */
};

/* caller_owner returns the account that owns the resource: the given one, else the one in its ARN;
 * bytes NULL if neither is known. It is not NUL-terminated. */
struct policy_string caller_owner(const struct caller_request *request);

/* What a request's principal and resource say about a key. */
enum caller_rule {
  CALLER_KEY_FREE,     /* nothing: any value; absent, unless caller_key.always */
  CALLER_KEY_ABSENT,   /* the request does not have the key */
  CALLER_KEY_OPTIONAL, /* absent, or a value that matches one of the patterns */
  CALLER_KEY_PRESENT,  /* a value that matches one of the patterns; without patterns, any value */
};

enum { CALLER_PATTERNS = 5 };

struct caller_fact {
  enum caller_rule rule;
  bool ignore_case;
  bool except;  /* a value that matches none of the patterns */
  size_t count; /* of patterns; a single pattern without wildcards is the value itself */
  struct buf patterns[CALLER_PATTERNS]; /* with the wildcards `*` and `?`, as in match_glob */
};

/* caller_fact_of returns what the request says about a key; `context` is not used. Free the result
 * with caller_fact_free. A pattern's `failed` is set if there is not enough memory. The facts:
 *   aws:PrincipalArn        user, role, federated user, root: the ARN; a session: the ARN of its role,
 *                           whose path is not in the session's ARN; absent without an account
 *   aws:PrincipalAccount    the account; "anonymous"; absent for services and identity providers,
 *                           for which AWS documents no value
 *   aws:PrincipalType       Account, User, AssumedRole, FederatedUser, Anonymous
 *   aws:userid              the account of a root user, ID of a user, ID:SESSION of a role, A:NAME of a
 *                           federated user, "anonymous"
 *                           For services and identity providers AWS documents no value of these two
 *                           keys: they have one that AWS documents for no other principal.
 *   aws:username            the name of a user; absent for others
 *   aws:PrincipalIsAWSService  true for a service, absent without a signature, else false
 *   aws:PrincipalServiceName   the service; absent for others
 *   aws:PrincipalServiceNamesList   the service, NAME.amazonaws.com and NAME.REGION.amazonaws.com;
 *                           absent for others
 *   aws:PrincipalOrgID, aws:PrincipalOrgPaths, aws:PrincipalTag/: absent without an account
 *   aws:ResourceAccount     the owner, if it is known
 *   aws:TokenIssueTime      present for role sessions and federated users, who have temporary credentials;
 *                           absent without an account
 *   aws:MultiFactorAuth*    absent for federated users, and without an account
 *   aws:AssumedRoot         absent for all callers but root users
 *   aws:FederatedProvider   absent for all callers but role sessions and identity providers
 *   aws:SourceIdentity, and the other keys of a role session: absent for all other callers
 *   aws:CalledVia and its siblings: absent without an account, where aws:ViaAWSService is not true */
struct caller_fact caller_fact_of(const struct caller *caller, const struct caller_request *request,
                                  const char *key, size_t length);
void caller_fact_free(struct caller_fact *fact);

/* caller_fact_failed reports whether there was not enough memory for a fact. */
bool caller_fact_failed(const struct caller_fact *fact);

/* caller_fact_allows reports whether a value is possible under a fact. */
bool caller_fact_allows(const struct caller_fact *fact, const char *value, size_t length);

enum { CALLER_DERIVED = 12, CALLER_TEXT = 512 };

/* The keys that follow from a request. The values are inside the principal or in `text`, so the
 * structure must not be copied. */
struct caller_derived {
  struct context_entry entries[CALLER_DERIVED];
  struct context_value values[CALLER_DERIVED];
  size_t count, used;
  bool failed; /* not enough memory */
  char text[CALLER_TEXT];
};

/* caller_derive fills in the keys that follow from the request, that its context lacks and that a
 * document asks for (policy_asks_for); NULL: all keys. A key that the request does not have is an entry without
 * values; a key whose value is not known completely (the ARN of a session's role, whose path is unknown) is an entry
 * with `unknown`. The root user of an account id is in the partition of the resource, else in "aws". For "*" with a
 * partial context nothing is derived: such a request is about anyone, not about an anonymous caller. The principal
 * must be NUL-terminated. */
void caller_derive(const struct caller_request *request, const struct policy *doc,
                   struct caller_derived *derived);

/* How one key of a request restricts another one. */
enum caller_relation_kind {
  CALLER_REQUIRES, /* a request with the key has the other one */
  CALLER_IMPLIES,  /* the other one is true, too */
  CALLER_EXCLUDES, /* a request with the key does not have the other one */
};

struct caller_relation {
  const char *key, *other;
  enum caller_relation_kind kind;
};

/* caller_relations returns the table of relations between keys of one request, and sets *count. A key whose
 * only value is empty counts as absent, as for the operator Null. */
const struct caller_relation *caller_relations(size_t *count);

/* caller_possible reports whether a request with this principal, resource and context can exist. If
 * not, it appends one line to `why`, which names the key, what is possible and what the context has:
 *   aws:username: expected no value for a role, found 'kim'
 * A key with an empty list of values is absent from the request. A key that the context lacks is not
 * described; with `complete` it is absent, so that a key which every request has is missed, but not
 * aws:TokenIssueTime, which only sessions have. It
 * checks: the facts of caller_fact_of; several values of a key that has one; a key of every request that
 * is absent; aws:CurrentTime and aws:EpochTime of different seconds; temporary credentials that were
 * issued later; organization paths outside the organization; an owner that is not the account in the
 * resource's ARN; an aws:PrincipalArn of a unique ID whose account or name differs from
 * aws:PrincipalAccount or aws:username; a list of service names without the service; the relations of
 * caller_relations; an aws:CalledViaFirst or aws:CalledViaLast that is not the end of aws:CalledVia; a
 * value that is not an address of a key that has one. It does not check the form of other values:
 * published cases use ids such as o-abcdefg, which are shorter than AWS's. why->failed is set if there
 * is not enough memory. */
bool caller_possible(const struct caller_request *request, bool complete, struct buf *why);

#endif
