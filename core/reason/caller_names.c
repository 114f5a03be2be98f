/* Callers for tests of Principal and NotPrincipal elements only. Such tests distinguish the named
 * principals, the other principals of a named account, the other sessions of a named role, and all
 * others. So a caller for each name, and one with a name that no policy mentions, represent all. */

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/callers.h"
#include "reason/service_names.h"

#include <stdio.h>
#include <string.h>

/* --- Names that policies mention -------------------------------------------------------------- */

static bool is_mentioned(const struct boxes *boxes, const char *text) {
  for (size_t i = 0; i < boxes->test_count; i++)
    if (memmem(boxes->tests[i].canonical, boxes->tests[i].canonical_length, text, strlen(text)))
      return true;
  return false;
}

void callers_choose_names(const struct boxes *boxes, const struct accounts *accounts,
                          struct caller_names *names) {
  snprintf(names->name, sizeof names->name, "example");
  for (unsigned i = 2; is_mentioned(boxes, names->name); i++)
    snprintf(names->name, sizeof names->name, "example%u", i);
  unsigned long long account = 123456789012;
  do
    snprintf(names->account, sizeof names->account, "%012llu", account++ % 1000000000000);
  while (is_mentioned(boxes, names->account) || accounts_has(accounts, names->account));
}

/* Reports whether a wildcard of an operand of aws:PrincipalArn can match the partition. */
static bool has_open_partition(const struct box_test *test) {
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    size_t colons = 0;
    for (size_t i = 0; text && i < length && colons < 2; i++) {
      colons += text[i] == ':';
      if (text[i] == '*' || text[i] == '?')
        return true;
    }
  }
  return false;
}

size_t callers_partitions(const struct boxes *boxes, const char *partitions[CALLER_PARTITIONS]) {
  static const char *const known[] = {"aws-cn", "aws-us-gov", "aws-iso"};
  static const char *const prefixes[] = {"arn:aws-cn:", "arn:aws-us-gov:", "arn:aws-iso:"};
  size_t count = 0;
  bool open = false;
  partitions[count++] = "aws";
  for (size_t i = 0; i < boxes->test_count && !open; i++)
    open = box_key_is(&boxes->tests[i], "aws:PrincipalArn") && has_open_partition(&boxes->tests[i]);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if ((open && i == 0) || is_mentioned(boxes, prefixes[i]))
      partitions[count++] = known[i];
  return count;
}

/* --- Callers ---------------------------------------------------------------------------------- */

static void offer_buf(struct query *query, const struct caller_class *class, struct buf *text) {
  query->pool->failed = query->pool->failed || text->failed;
  if (text->data && !text->failed)
    callers_offer(query, class, text->data, text->length);
  buf_free(text);
}

static bool in_class(const struct caller_class *class, const char *account) {
  if (class->account)
    return strncmp(class->account, account, ACCOUNT_DIGITS) == 0;
  return !class->others || strspn(account, "0123456789") < ACCOUNT_DIGITS ||
         !accounts_has(class->others, account);
}

/* Appends the id of a caller, which follows its name. */
static void add_id(struct buf *text, const struct caller_class *class) {
  buf_addc(text, '\1');
  if (class->kind == CALLER_USER)
    buf_adds(text, class->id ? class->id : "AIDAEXAMPLE");
  else if (class->kind == CALLER_ROLE || class->kind == CALLER_SESSION)
    buf_addf(text, "%s:session", class->id ? class->id : "AROAEXAMPLE");
}

/* Offers a caller in an account, with a name that no policy mentions. */
static void offer_fresh(struct query *query, const struct caller_class *class,
                        const struct caller_names *names, const char *account) {
  struct buf text = {0};
  if (!in_class(class, account))
    return;
  bool federated = class->kind == CALLER_FEDERATED_USER;
  buf_addf(&text, "arn:%s:%s::%.12s:", class->partition, federated ? "sts" : "iam", account);
  if (class->kind == CALLER_ROOT)
    buf_adds(&text, "root");
  else
    buf_addf(&text, "%s/%s",
             federated                    ? "federated-user"
             : class->kind == CALLER_USER ? "user"
                                          : "role",
             names->name);
  add_id(&text, class);
  offer_buf(query, class, &text);
}

/* A session that is being offered. */
struct offered_session {
  struct query *query;
  const struct caller_class *class;
  const struct caller *session;
  bool named; /* a policy names its role */
};

/* Offers a session of a role: the session itself, and another one. For a class of roles, offers the
 * role. */
static bool offer_session_of(void *state, const struct policy_value *role) {
  struct offered_session *offered = state;
  const struct caller_class *class = offered->class;
  struct buf text = {0};
  offered->named = true;
  buf_add(&text, role->string, role->length);
  add_id(&text, class);
  if (text.failed || class->kind == CALLER_ROLE) {
    offer_buf(offered->query, class, &text);
    return true;
  }
  callers_offer(offered->query, class, text.data, text.length);
  text.length = role->length;
  buf_adds(&text, "\1AROAEXAMPLE:");
  buf_add(&text, offered->session->session.text, offered->session->session.length);
  offer_buf(offered->query, class, &text);
  return true;
}

/* Offers the role of a session ARN, or the session itself. The role has no path, or that which a policy
 * names. */
static void offer_session(struct query *query, const struct caller_class *class,
                          const struct caller *session) {
  struct offered_session offered = {.query = query, .class = class, .session = session};
  callers_each_role(query, session, offer_session_of, &offered);
  if (offered.named)
    return;
  struct buf text = {0};
  buf_adds(&text, "arn:");
  buf_add(&text, session->partition.text, session->partition.length);
  buf_adds(&text, ":iam::");
  buf_add(&text, session->account.text, session->account.length);
  buf_adds(&text, ":role/");
  buf_add(&text, session->name.text, session->name.length);
  query->pool->failed = query->pool->failed || text.failed;
  if (!text.failed)
    offer_session_of(&offered, &(struct policy_value){.string = text.data, .length = text.length});
  buf_free(&text);
}

static bool is_named(enum caller_kind kind) {
  return kind == CALLER_ROLE || kind == CALLER_SESSION || kind == CALLER_USER ||
         kind == CALLER_ROOT || kind == CALLER_FEDERATED_USER;
}

static bool in_partition(const struct caller_class *class, const struct caller *named) {
  return named->partition.length == 0 ||
         bytes_are(named->partition.text, named->partition.length, class->partition);
}

bool callers_in_class(const struct caller_class *class, const struct caller *named) {
  return in_partition(class, named) && named->account.length == ACCOUNT_DIGITS &&
         in_class(class, named->account.text);
}

/* Offers the callers of a class that an entry of a Principal element names. */
static void offer_entry(struct query *query, const struct caller_class *class,
                        const struct caller_names *names, const struct policy_value *entry) {
  const char *account = principal_account(entry->string, entry->length);
  struct caller named = caller_read(entry->string, entry->length);
  if (class->id || !in_partition(class, &named))
    return;
  bool sessions = class->kind == CALLER_ROLE || class->kind == CALLER_SESSION;
  bool named_class = is_named(class->kind);
  bool federated = class->kind == CALLER_FEDERATED_USER && named.kind == CALLER_USER;
  if (federated && named.account.length == ACCOUNT_DIGITS) {
    offer_fresh(query, class, names, named.account.text);
  } else if (named_class && account) {
    offer_fresh(query, class, names, account);
  } else if (sessions && named.kind == CALLER_SESSION && in_class(class, named.account.text)) {
    offer_session(query, class, &named);
  } else if (class->kind == named.kind || (sessions && named.kind == CALLER_ROLE)) {
    struct buf text = {0};
    if (named_class && !in_class(class, named.account.text))
      return;
    buf_add(&text, entry->string, entry->length);
    add_id(&text, class);
    offer_buf(query, class, &text);
  }
}

/* Offers a caller that no policy mentions. */
static void offer_other(struct query *query, const struct caller_class *class,
                        const struct caller_names *names) {
  struct buf text = {0};
  switch (class->kind) {
  case CALLER_USER:
  case CALLER_ROLE:
  case CALLER_SESSION:
  case CALLER_ROOT:
  case CALLER_FEDERATED_USER:
    offer_fresh(query, class, names, class->account ? class->account : names->account);
    return;
  case CALLER_ANONYMOUS:
    buf_adds(&text, "*");
    break;
  case CALLER_SERVICE:
    buf_addf(&text, "%s.amazonaws.com", names->name);
    break;
  case CALLER_PROVIDER:
    buf_addf(&text, "arn:%s:iam::%s:saml-provider/%s", class->partition, names->account,
             names->name);
    break;
  case CALLER_UNIQUE_ID:
  case CALLER_CANONICAL_USER:
  case CALLER_OTHER:
    return; /* no class has such callers */
  }
  add_id(&text, class);
  offer_buf(query, class, &text);
}

static bool only_names(const struct query *query, const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    if (query_test(query, number)->kind != TEST_PRINCIPAL)
      return false;
  }
  return true;
}

/* Offers a caller of a class by its ARN; a root user may be of any partition. */
static void offer_arn(struct query *query, const struct caller_class *class,
                      const struct policy_value *entry) {
  struct caller named = caller_read(entry->string, entry->length);
  struct arn arn;
  /* aws:PrincipalArn of a session is the ARN of its role. */
  bool kind = class->kind == CALLER_SESSION ? named.kind == CALLER_ROLE : named.kind == class->kind;
  if (!is_named(class->kind) || !kind || !in_partition(class, &named) ||
      !arn_parse(entry->string, entry->length, &arn) || arn.account.length != ACCOUNT_DIGITS ||
      strspn(arn.account.text, "0123456789") != ACCOUNT_DIGITS ||
      !in_class(class, arn.account.text))
    return;
  struct buf text = {0};
  buf_add(&text, entry->string, entry->length);
  add_id(&text, class);
  offer_buf(query, class, &text);
}

/* Offers the callers of a class whose ARN is an operand. Each `*` in it is a fresh name. */
static void offer_arns(struct query *query, const struct caller_class *class,
                       const struct box_test *test) {
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *operand = box_operand_text(one, &length);
    struct buf text = {0};
    for (size_t i = 0; operand && i < length; i++) {
      if (operand[i] == '*')
        buf_adds(&text, query->fresh);
      else
        buf_addc(&text, operand[i] == '?' ? 'a' : operand[i]);
    }
    if (text.data && !text.failed) {
      struct policy_value entry = {.type = "AWS", .string = text.data, .length = text.length};
      offer_arn(query, class, &entry);
    }
    query->pool->failed = query->pool->failed || text.failed;
    buf_free(&text);
  }
}

/* How an inside test of principals limits the callers of a class. */
enum limit { LIMIT_NONE, LIMIT_NAMES, LIMIT_NOBODY };

/* Reports whether an entry is a user, who can have federated sessions. */
static bool may_name_issuer(const struct policy_value *entry, const struct policy_string *session) {
  struct caller named = caller_read(entry->string, entry->length);
  return named.kind == CALLER_USER || principal_may_federate(entry, session);
}

static enum limit limit_of(const struct caller_class *class, const struct box_test *test) {
  struct policy_string id = {class->id, class->id ? strlen(class->id) : 0};
  bool sessions = class->kind == CALLER_ROLE || class->kind == CALLER_SESSION;
  enum limit limit = LIMIT_NOBODY;
  if (test->kind != TEST_PRINCIPAL || test->statement->not_principal)
    return LIMIT_NONE;
  for (size_t e = 0; e < test->statement->principals.count; e++) {
    const struct policy_value *entry = &test->statement->principals.items[e];
    struct caller named = caller_read(entry->string, entry->length);
    if (class->id && principal_match(entry, &id) == PRINCIPAL_NONE)
      continue;
    if (class->id || bytes_are(entry->string, entry->length, "*") ||
        (is_named(class->kind) && principal_account(entry->string, entry->length)))
      return LIMIT_NONE;
    struct policy_string session = {class->sample, strlen(class->sample)};
    if (class->kind == CALLER_FEDERATED_USER && may_name_issuer(entry, &session))
      return LIMIT_NONE;
    if (class->kind == named.kind ||
        (sessions && (named.kind == CALLER_ROLE || named.kind == CALLER_SESSION)))
      limit = class->kind == CALLER_SESSION ? LIMIT_NONE : LIMIT_NAMES;
    if (limit == LIMIT_NONE)
      return LIMIT_NONE;
  }
  return limit;
}

/* Reports whether the callers are the named ones: the ids, which follow no name, do not matter. */
static enum limit limit_callers(const struct query *query, const struct caller_class *class) {
  const struct query_dimension *dimension = &query->dimensions[BOX_CALLER];
  enum limit limit = LIMIT_NONE;
  for (size_t i = 0; i < dimension->inside_count; i++) {
    enum limit one = limit_of(class, query_test(query, dimension->inside[i]));
    limit = one > limit ? one : limit;
  }
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    if (box_key_is(query_test(query, number), "aws:userid") && limit == LIMIT_NAMES)
      return LIMIT_NONE;
  }
  return callers_bound(query, class) && limit == LIMIT_NAMES ? LIMIT_NONE : limit;
}

static void offer_service(struct query *query, void *class, const char *service, size_t length) {
  callers_offer(query, class, service, length);
}

/* Offers first what names alone suggest. That is all if there are only tests of names; else words are
 * necessary, unless a candidate is perfect. */
void callers_propose(struct query *query, const struct caller_class *class,
                     const struct caller_names *names) {
  const struct query_dimension *dimension = &query->dimensions[BOX_CALLER];
  enum limit limit = limit_callers(query, class);
  if (limit == LIMIT_NOBODY)
    return;
  offer_other(query, class, names);
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    const struct policy_list *list = &test->statement->principals;
    for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < list->count; e++)
      offer_entry(query, class, names, &list->items[e]);
    if (i < dimension->inside_count && box_key_is(test, "aws:PrincipalArn"))
      offer_arns(query, class, test);
  }
  if (class->kind == CALLER_SERVICE)
    service_names_each(query, offer_service, (void *)class);
  if (limit == LIMIT_NONE && (!only_names(query, dimension) || callers_bound(query, class)) &&
      !query_perfect(query, BOX_CALLER))
    callers_words(query, class);
}
