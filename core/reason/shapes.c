#include "reason/shapes.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/caller.h"

#include <string.h>
#include <strings.h>

static const char DIGITS[] = "0123456789";
static const char HEXADECIMAL[] = SHAPE_HEXADECIMAL;
static const char LETTERS[] = SHAPE_LETTERS;
static const char UNITS[] = "abcdefghijklmnopqrstuvwxyz0123456789-/";
static const char IDS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
static const char NAMES[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";
static const char PATHS[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-/";
static const char HOSTS[] = SHAPE_HOSTS;

enum { ACCOUNT_LENGTH = 12 };

void shape_fresh(const struct query *query, enum shape shape, struct buf *out) {
  size_t start = out->length;
  switch (shape) {
  case SHAPE_ACCOUNT:
  case SHAPE_PRINCIPAL:
    buf_adds(out, query->fresh_account);
    break;
  case SHAPE_ORGANIZATION:
  case SHAPE_PATH:
    buf_addf(out, "o-%s", query->fresh);
    while (out->length - start < SHAPE_SHORTEST_ID && !out->failed)
      buf_addc(out, '0');
    buf_adds(out, shape == SHAPE_PATH ? "/r-root/" : "");
    break;
  case SHAPE_ARN:
    buf_addf(out, "arn:aws:sns:us-east-1:%s:%s", query->fresh_account, query->fresh);
    break;
  case SHAPE_CALLER:
    buf_addf(out, "arn:aws:iam::%s:role/%s", query->fresh_account, query->fresh);
    break;
  case SHAPE_SERVICE:
    buf_addf(out, "%s.amazonaws.com", query->fresh);
    break;
  case SHAPE_USERID:
    buf_adds(out, "AROAEXAMPLE:session");
    break;
  case SHAPE_VPC:
  case SHAPE_ENDPOINT:
    buf_adds(out, shape == SHAPE_VPC ? "vpc-0123456789abcdef0" : "vpce-0123456789abcdef0");
    break;
  case SHAPE_ANY:
  case SHAPE_NAME:
  case SHAPE_FILLED:
    buf_adds(out, query->fresh);
    break;
  case SHAPE_BOOLEAN:
    break;
  }
}

/* The services whose ARNs lack a Region, or an account, too. */
static const struct {
  const char *service;
  bool account;
} global[] = {
    {"s3", false},        {"iam", true},      {"sts", true},
    {"cloudfront", true}, {"route53", false}, {"organizations", true},
    {"waf", true},        {"shield", true},   {"globalaccelerator", true},
    {"budgets", true},    {"health", true},   {"artifact", false},
};

void shape_parts(const char *service, size_t length, bool *region, bool *account) {
  *region = *account = true;
  for (size_t i = 0; i < sizeof global / sizeof *global; i++)
    if (bytes_are(service, length, global[i].service)) {
      *region = false;
      *account = global[i].account;
    }
}

bool shape_make_real(const struct query *query, const char *text, size_t length, struct buf *out) {
  struct arn arn;
  bool region, account;
  if (!arn_parse(text, length, &arn))
    return false;
  shape_parts(arn.service.text, arn.service.length, &region, &account);
  region = region && arn.region.length == 0;
  account = account && arn.account.length == 0;
  if (!region && !account)
    return false;
  buf_add(out, text, (size_t)(arn.region.text - text));
  buf_add(out, arn.region.text, arn.region.length);
  buf_adds(out, region ? "us-east-1" : "");
  buf_addc(out, ':');
  buf_add(out, arn.account.text, arn.account.length);
  buf_adds(out, account ? query->fresh_account : "");
  buf_addc(out, ':');
  buf_add(out, arn.resource.text, arn.resource.length);
  return true;
}

/* --- Patterns --------------------------------------------------------------------------------- */

/* A shape that is being appended. */
struct builder {
  struct atom *atom;
  shape_wrap *wrap;
  const void *state;
};

static void begin(const struct builder *builder) {
  if (builder->wrap)
    builder->wrap(builder->atom, builder->state, false);
}

static void end(const struct builder *builder) {
  if (builder->wrap)
    builder->wrap(builder->atom, builder->state, true);
  atom_end(builder->atom);
}

static void add_text(const struct builder *builder, const char *text) {
  atom_add_text(builder->atom, text, strlen(text), false);
}

static void add_some(const struct builder *builder, const char *bytes) {
  atom_add_one(builder->atom, byte_set_of(bytes));
  atom_add_star(builder->atom, byte_set_of(bytes));
}

static void add_count(const struct builder *builder, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    atom_add_one(builder->atom, byte_set_of(bytes));
}

static void add_literal(const struct builder *builder, const char *text) {
  begin(builder);
  add_text(builder, text);
  end(builder);
}

static void add_account(const struct builder *builder) {
  begin(builder);
  add_count(builder, DIGITS, ACCOUNT_LENGTH);
  end(builder);
}

/* An id, or a path of an organization: of its root, or of an inner unit. */
static void add_organization(const struct builder *builder, bool path, bool inner) {
  begin(builder);
  add_text(builder, "o-");
  add_count(builder, LETTERS, SHAPE_SHORTEST_ID - 2);
  atom_add_star(builder->atom, byte_set_of(LETTERS));
  if (path) {
    add_text(builder, "/r-");
    add_some(builder, LETTERS);
    add_text(builder, "/");
  }
  if (inner) {
    add_text(builder, "ou-");
    atom_add_star(builder->atom, byte_set_of(UNITS));
    add_text(builder, "/");
  }
  end(builder);
}

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, with or without an account. */
static void add_arn(const struct builder *builder, bool account) {
  struct byte_set part = byte_set_except(":");
  begin(builder);
  add_text(builder, "arn:");
  for (size_t i = 0; i < 2; i++) {
    atom_add_one(builder->atom, part);
    atom_add_star(builder->atom, part);
    add_text(builder, ":");
  }
  atom_add_star(builder->atom, part);
  add_text(builder, ":");
  if (account)
    add_count(builder, DIGITS, ACCOUNT_LENGTH);
  add_text(builder, ":");
  atom_add_one(builder->atom, byte_set_any());
  atom_add_star(builder->atom, byte_set_any());
  end(builder);
}

/* The ARN of a caller; see caller_shape.c. */
static void add_caller(const struct builder *builder, const char *service, const char *type,
                       bool path) {
  begin(builder);
  add_text(builder, "arn:");
  atom_add_star(builder->atom, byte_set_of("abcdefghijklmnopqrstuvwxyz-"));
  add_text(builder, service);
  add_count(builder, DIGITS, ACCOUNT_LENGTH);
  add_text(builder, type);
  if (path)
    atom_add_star(builder->atom, byte_set_of(PATHS));
  if (type[strlen(type) - 1] == '/')
    add_some(builder, NAMES);
  end(builder);
}

static void add_userids(const struct builder *builder) {
  add_literal(builder, "anonymous");
  add_account(builder);
  for (size_t i = 0; i < 3; i++) {
    begin(builder);
    if (i == 0)
      add_count(builder, DIGITS, ACCOUNT_LENGTH);
    else
      add_text(builder, i == 1 ? "AROA" : "AIDA");
    if (i > 0)
      add_some(builder, IDS);
    if (i < 2)
      add_text(builder, ":");
    if (i < 2)
      add_some(builder, NAMES);
    end(builder);
  }
}

void shape_add_longer(struct atom *atom) {
  const struct builder builder = {.atom = atom};
  add_text(&builder, "o-");
  add_count(&builder, LETTERS, SHAPE_LONGEST_ID - 1);
  atom_add_star(atom, byte_set_any());
  atom_end(atom);
}

void shape_add(struct atom *atom, enum shape shape, shape_wrap *wrap, const void *state) {
  const struct builder builder = {atom, wrap, state};
  switch (shape) {
  case SHAPE_ANY:
    begin(&builder);
    atom_add_star(atom, byte_set_any());
    end(&builder);
    break;
  case SHAPE_PRINCIPAL:
    add_literal(&builder, "anonymous");
    add_account(&builder);
    break;
  case SHAPE_ACCOUNT:
    add_account(&builder);
    break;
  case SHAPE_ORGANIZATION:
  case SHAPE_PATH:
    add_organization(&builder, shape == SHAPE_PATH, false);
    if (shape == SHAPE_PATH)
      add_organization(&builder, true, true);
    break;
  case SHAPE_ARN:
    add_arn(&builder, true);
    add_arn(&builder, false);
    break;
  case SHAPE_BOOLEAN:
    add_literal(&builder, "true");
    add_literal(&builder, "false");
    break;
  case SHAPE_CALLER:
    add_caller(&builder, ":iam::", ":user/", true);
    add_caller(&builder, ":iam::", ":role/", true);
    add_caller(&builder, ":iam::", ":root", false);
    add_caller(&builder, ":sts::", ":federated-user/", false);
    break;
  case SHAPE_VPC:
  case SHAPE_ENDPOINT:
    begin(&builder);
    add_text(&builder, shape == SHAPE_VPC ? "vpc-" : "vpce-");
    add_some(&builder, HEXADECIMAL);
    end(&builder);
    break;
  case SHAPE_FILLED:
    begin(&builder);
    atom_add_one(atom, byte_set_any());
    atom_add_star(atom, byte_set_any());
    end(&builder);
    break;
  case SHAPE_NAME:
    begin(&builder);
    add_some(&builder, NAMES);
    end(&builder);
    break;
  case SHAPE_USERID:
    add_userids(&builder);
    break;
  case SHAPE_SERVICE:
    begin(&builder);
    add_some(&builder, HOSTS);
    add_text(&builder, ".amazonaws.com");
    end(&builder);
    break;
  }
}
