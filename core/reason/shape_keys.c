/* Which condition keys have values of which form, and which texts have a form. */

#include "reason/shapes.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/caller.h"

#include <string.h>
#include <strings.h>

static const struct {
  const char *key;
  enum shape shape;
} keys[] = {
    {"aws:PrincipalAccount", SHAPE_PRINCIPAL},
    {"aws:PrincipalArn", SHAPE_CALLER},
    {"aws:PrincipalServiceName", SHAPE_SERVICE},
    {"aws:PrincipalServiceNamesList", SHAPE_SERVICE},
    {"aws:username", SHAPE_NAME},
    {"aws:userid", SHAPE_USERID},
    {"aws:ResourceAccount", SHAPE_ACCOUNT},
    {"aws:SourceAccount", SHAPE_ACCOUNT},
    {"aws:VpceAccount", SHAPE_ACCOUNT},
    {"aws:PrincipalOrgID", SHAPE_ORGANIZATION},
    {"aws:ResourceOrgID", SHAPE_ORGANIZATION},
    {"aws:SourceOrgID", SHAPE_ORGANIZATION},
    {"aws:VpceOrgID", SHAPE_ORGANIZATION},
    {"aws:PrincipalOrgPaths", SHAPE_PATH},
    {"aws:ResourceOrgPaths", SHAPE_PATH},
    {"aws:SourceOrgPaths", SHAPE_PATH},
    {"aws:VpceOrgPaths", SHAPE_PATH},
    {"aws:SourceVpc", SHAPE_VPC},
    {"aws:Ec2InstanceSourceVpc", SHAPE_VPC},
    {"aws:SourceVpce", SHAPE_ENDPOINT},
    {"aws:CalledVia", SHAPE_SERVICE},
    {"aws:CalledViaFirst", SHAPE_SERVICE},
    {"aws:CalledViaLast", SHAPE_SERVICE},
    {"aws:CalledViaAWSMCP", SHAPE_SERVICE},
    {"aws:FederatedProvider", SHAPE_FILLED},
    {"aws:SourceIdentity", SHAPE_FILLED},
};

static enum shape listed_shape(const char *key, size_t length) {
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strlen(keys[i].key) == length && strncasecmp(keys[i].key, key, length) == 0)
      return keys[i].shape;
  const struct caller_key *known = caller_find_key(key, length);
  return !known                           ? SHAPE_ANY
         : known->type == OPERAND_BOOLEAN ? SHAPE_BOOLEAN
         : known->type == OPERAND_ARN     ? SHAPE_ARN
                                          : SHAPE_ANY;
}

/* Returns the bit that says that policies mention a value of another form of a key. ODD_NONE: the
 * key has no others, because its values follow from the caller or have a type. */
static enum box_odd odd_of(enum shape shape, const char *key) {
  switch (shape) {
  case SHAPE_ACCOUNT:
    return ODD_ACCOUNT;
  case SHAPE_ORGANIZATION:
  case SHAPE_PATH:
    return ODD_ORGANIZATION;
  case SHAPE_VPC:
  case SHAPE_ENDPOINT:
    return ODD_NETWORK;
  case SHAPE_SERVICE:
    return strncasecmp(key, "aws:CalledVia", strlen("aws:CalledVia")) == 0 ? ODD_SERVICE : ODD_NONE;
  default:
    return ODD_NONE;
  }
}

enum shape shape_of_key(const struct boxes *boxes, const char *key, size_t length) {
  enum shape shape = listed_shape(key, length);
  return boxes->odd & odd_of(shape, key) ? SHAPE_ANY : shape;
}

enum shape shape_of_proposals(const struct boxes *boxes, const char *key, size_t length) {
  enum shape shape = listed_shape(key, length);
  return shape == SHAPE_ORGANIZATION || shape == SHAPE_PATH ? shape
                                                            : shape_of_key(boxes, key, length);
}

/* Reports whether a text is a prefix and some bytes of a set. */
static bool is_some(const char *text, size_t length, const char *prefix, const char *bytes) {
  size_t size = strlen(prefix);
  if (length <= size || memcmp(text, prefix, size) != 0)
    return false;
  for (size_t i = size; i < length; i++)
    if (!text[i] || !strchr(bytes, text[i]))
      return false;
  return true;
}

/* Reports whether a text is NAME.amazonaws.com. */
static bool is_service(const char *text, size_t length) {
  static const char domain[] = ".amazonaws.com";
  size_t size = sizeof domain - 1;
  return length > size && memcmp(text + length - size, domain, size) == 0 &&
         is_some(text, length - size, "", SHAPE_HOSTS);
}

bool shape_is_organization(const char *text, size_t length, bool fold) {
  for (size_t i = 0; i < length; i++) {
    bool capital = fold && text[i] >= 'A' && text[i] <= 'Z';
    char c = capital ? (char)(text[i] - 'A' + 'a') : text[i];
    if (i < 2 ? c != "o-"[i] : !c || !strchr(SHAPE_LETTERS, c))
      return false;
  }
  return length >= SHAPE_SHORTEST_ID && length <= SHAPE_LONGEST_ID;
}

/* Reports whether a text has a form; with `fold`, in any letter case. Without memory, which the pool records, it has. */
static bool has_form(struct pool *pool, enum shape shape, const char *text, size_t length,
                     bool fold) {
  char *folded = pool_new(pool, length + 1, 1);
  for (size_t i = 0; folded && i < length; i++)
    folded[i] = fold && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
  return !folded || shape_allows(shape, folded, length);
}

/* Compares an operand without wildcards and variables with the form of its key. */
static bool is_odd(struct pool *pool, enum shape shape, const char *text, size_t length,
                   bool fold) {
  const char *slash = shape == SHAPE_PATH ? memchr(text, '/', length) : NULL;
  size_t size = slash ? (size_t)(slash - text) : length;
  return !memchr(text, '*', size) && !memchr(text, '?', size) && !memmem(text, size, "${", 2) &&
         !has_form(pool, shape == SHAPE_PATH ? SHAPE_ORGANIZATION : shape, text, size, fold);
}

/* Reports whether an operand of a test is not of a form. */
static bool has_odd(struct pool *pool, const struct box_test *test, enum shape shape) {
  bool fold = strstr(test->condition.name, "IgnoreCase") != NULL;
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    if (text && length > 0 && is_odd(pool, shape, text, length, fold))
      return true;
  }
  return false;
}

void shapes_find(struct boxes *boxes, const char *const *organizations, size_t count) {
  for (size_t i = 0; i < boxes->test_count; i++) {
    const struct box_test *test = &boxes->tests[i];
    if (test->kind != TEST_KEY || test->condition.type != OPERAND_STRING)
      continue;
    const char *key = test->key->key->string;
    enum shape shape = listed_shape(key, test->key->key->length);
    enum box_odd odd = odd_of(shape, key);
    if (odd & ~boxes->odd && has_odd(boxes->pool, test, shape))
      boxes->odd |= odd;
  }
  for (size_t i = 0; i < count; i++)
    if (*organizations[i] &&
        is_odd(boxes->pool, SHAPE_ORGANIZATION, organizations[i], strlen(organizations[i]), false))
      boxes->odd |= ODD_ORGANIZATION;
}

bool shape_allows(enum shape shape, const char *text, size_t length) {
  struct arn arn;
  switch (shape) {
  case SHAPE_ACCOUNT:
    return caller_is_account(text, length);
  case SHAPE_ORGANIZATION:
    return shape_is_organization(text, length, false);
  case SHAPE_BOOLEAN:
    return bytes_are(text, length, "true") || bytes_are(text, length, "false");
  case SHAPE_ARN:
    return arn_parse(text, length, &arn) &&
           (arn.account.length == 0 || caller_is_account(arn.account.text, arn.account.length));
  case SHAPE_VPC:
    return is_some(text, length, "vpc-", SHAPE_HEXADECIMAL);
  case SHAPE_ENDPOINT:
    return is_some(text, length, "vpce-", SHAPE_HEXADECIMAL);
  case SHAPE_SERVICE:
    return is_service(text, length);
  case SHAPE_FILLED:
    return length > 0;
  default:
    return true;
  }
}
