#ifndef LANYARD_REASON_SHAPES_H
#define LANYARD_REASON_SHAPES_H

#include "reason/box.h"
#include "reason/query.h"

/* The forms of the values of condition keys. AWS documents for some keys which values they have: an
 * account has 12 digits. Proposals have these forms, so that the requests of answers can exist. */

enum shape {
  SHAPE_ANY,
  SHAPE_ACCOUNT,      /* 12 digits */
  SHAPE_PRINCIPAL,    /* the account of a caller: 12 digits, or "anonymous" */
  SHAPE_ORGANIZATION, /* o- and 10 to 32 letters and digits */
  SHAPE_PATH,         /* of an organization: ORGANIZATION/r-ROOT/... */
  SHAPE_ARN,
  SHAPE_BOOLEAN,
  SHAPE_CALLER, /* the ARN of a user, role, federated user or root user */
  SHAPE_NAME,   /* of a user */
  SHAPE_USERID,
  SHAPE_SERVICE,  /* NAME.amazonaws.com */
  SHAPE_VPC,      /* vpc-... */
  SHAPE_ENDPOINT, /* vpce-... */
  SHAPE_FILLED,   /* any text but the empty one */
};

/* The characters of some forms, and the lengths of the ids of organizations, in bytes:
 * https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html */
#define SHAPE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"
#define SHAPE_HEXADECIMAL "0123456789abcdef"
#define SHAPE_HOSTS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
enum { SHAPE_SHORTEST_ID = 12, SHAPE_LONGEST_ID = 34 };

/* shapes_find sets in the boxes whether policies, or the organizations of accounts, mention values of another
 * form, as examples do: accounts, organizations, VPCs and their endpoints, services in aws:CalledVia. Then
 * these keys may have any values, whatever the operator is. A text with wildcards is no such value. */
void shapes_find(struct boxes *boxes, const char *const *organizations, size_t count);

/* shape_is_organization reports whether a text has the form of the id of an organization; with `fold`, in any
 * letter case. */
bool shape_is_organization(const char *text, size_t length, bool fold);

/* shape_of_key returns the form of a key's values. */
enum shape shape_of_key(const struct boxes *boxes, const char *key, size_t length);

/* shape_of_proposals returns the form of the values that are proposed for a key. Organizations that no policy mentions
 * have the form that AWS documents, also if a policy mentions one of another form. */
enum shape shape_of_proposals(const struct boxes *boxes, const char *key, size_t length);

/* shape_allows reports whether a text has a form. It knows the forms that a policy can contradict. */
bool shape_allows(enum shape shape, const char *text, size_t length);

/* shape_fresh appends a value of a form that no policy mentions; nothing for booleans. */
void shape_fresh(const struct query *query, enum shape shape, struct buf *out);

/* shape_parts sets whether the ARNs of a service have a Region and an account. */
void shape_parts(const char *service, size_t length, bool *region, bool *account);

/* shape_make_real appends the text of an ARN with a Region and an account where the service usually has
 * them and the ARN does not. It returns false, and appends nothing, if there is nothing to add. */
bool shape_make_real(const struct query *query, const char *text, size_t length, struct buf *out);

/* shape_add appends the patterns of the texts that have a form. The function `wrap` appends what
 * precedes and, with `after`, what follows the value in each pattern; it may be NULL. */
typedef void shape_wrap(struct atom *atom, const void *state, bool after);
void shape_add(struct atom *atom, enum shape shape, shape_wrap *wrap, const void *state);

/* shape_add_longer appends the pattern of the texts that begin with more letters and digits than the id of an
 * organization has. SHAPE_ORGANIZATION and SHAPE_PATH contain them: a bound on the length needs many more
 * states. */
void shape_add_longer(struct atom *atom);

#endif
