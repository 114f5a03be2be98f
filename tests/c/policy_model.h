#ifndef LANYARD_POLICY_MODEL_H
#define LANYARD_POLICY_MODEL_H

#include "base/buf.h"
#include "policy/document.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Random documents whose meaning is known: models, and texts of them in any style. */

#define TEXT(string) ((struct policy_string){string, strlen(string)})
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- Randomness ------------------------------------------------------------------------------- */

static uint64_t chance;

/* splitmix64 */
static inline uint64_t draw(void) {
  uint64_t z = (chance += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static inline size_t below(size_t bound) {
  return (size_t)(draw() % bound);
}

static inline bool once_in(size_t times) {
  return below(times) == 0;
}

/* --- The model -------------------------------------------------------------------------------- */

/* Equivalent spellings of each principal. The first rows are accounts. */
static const char *const principals[][2] = {
    {"444455556666", "arn:aws:iam::444455556666:root"},
    {"111122223333", "arn:aws:iam::111122223333:root"},
    {"arn:aws:iam::444455556666:role/team/build", NULL},
    {"arn:aws:iam::444455556666:user/kim", NULL},
    {"arn:aws:iam::111122223333:role/deploy", NULL},
    {"arn:aws:sts::111122223333:assumed-role/ops/kim", NULL},
    {"AROAEXAMPLEEXAMPLE123", NULL},
};
enum { ACCOUNTS = 2, PRINCIPALS = COUNT(principals) };

/* The account of each principal. */
static const size_t accounts[] = {0, 1, 0, 0, 1, 1, PRINCIPALS};

static const char service[] = "ecs.amazonaws.com";

static const char *const actions[] = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
                                      "ecr:PutImage",      "ecr:Get*",
                                      "ecr:*Image",        "*"};
static const char *const resources[] = {"*", "arn:aws:ecr:us-east-1:111122223333:repository/a",
                                        "arn:aws:ecr:*:111122223333:repository/*"};
static const char *const conditions[] = {
    "{\"Bool\":{\"aws:SecureTransport\":\"true\"}}",
    "{\"StringLike\":{\"aws:PrincipalOrgID\":[\"o-1\",\"o-2\"]},\"Null\":{\"aws:SourceVpc\":true}}",
    "{\"DateLessThan\":{\"aws:CurrentTime\":\"2027-01-31T00:00:00Z\"}}"};
static const char *const sids[] = {"pull", "push \xC3\xA9 \xF0\x9F\x98\x80", "a\"b\\c", "x-2", ""};
static const char *const extras[] = {"12345678901234567890123456789.10e+400",
                                     "{\"deep\":[[{}],-0.0]}", "null", "\"\""};

#define STATEMENTS 5

struct model_statement {
  size_t sid;          /* one past its place in `sids`, 0 for none */
  bool deny, everyone; /* everyone: a bare "*" or {"AWS": "*"} */
  bool service;        /* names a service, too */
  bool not_principal, not_action, not_resource;
  unsigned principals, actions, resources; /* bits; no resources: no element */
  size_t condition, extra;                 /* as sid */
};

struct model {
  size_t version; /* 0: none, which is 2008-10-17 */
  bool id, lone;  /* lone: Statement is an object where there is one */
  size_t count;
  struct model_statement statements[STATEMENTS];
};

static inline unsigned some_of(size_t count) {
  unsigned bits = (unsigned)draw() & (unsigned)draw() & ((1u << count) - 1);
  return bits ? bits : 1u << below(count);
}

static inline struct model_statement random_statement(size_t index) {
  struct model_statement made = {
      .sid = once_in(2) ? index % COUNT(sids) + 1 : 0,
      .deny = once_in(4),
      .everyone = once_in(6),
      .service = once_in(6),
      .not_principal = once_in(12),
      .not_action = once_in(10),
      .principals = some_of(PRINCIPALS),
      .actions = some_of(COUNT(actions)),
      .condition = once_in(4) ? below(COUNT(conditions)) + 1 : 0,
      .extra = once_in(6) ? below(COUNT(extras)) + 1 : 0,
  };
  if (once_in(4)) {
    made.resources = some_of(COUNT(resources));
    made.not_resource = once_in(5);
  }
  return made;
}

static inline struct model random_model(void) {
  struct model model = {.version = below(3), .id = once_in(3), .count = below(STATEMENTS + 1)};
  model.lone = once_in(3);
  for (size_t i = 0; i < model.count; i++)
    model.statements[i] = random_statement(i);
  return model;
}

/* --- Printing --------------------------------------------------------------------------------- */

struct style {
  const char *newline, *unit; /* newline NULL: all on one line */
  const char *colon, *comma, *inside;
  bool escapes, bom;
};

static inline struct style random_style(void) {
  static const char *const newlines[] = {NULL, NULL, "\n", "\n", "\r\n", "\r"};
  static const char *const units[] = {"  ", "    ", "\t", ""};
  static const char *const colons[] = {":", ": ", " : ", " :\t"};
  static const char *const commas[] = {",", ", ", " , "};
  static const char *const insides[] = {"", " ", "  "};
  return (struct style){newlines[below(6)], units[below(4)], colons[below(4)], commas[below(3)],
                        insides[below(3)],  once_in(3),      once_in(10)};
}

static inline void add_line(const struct style *style, size_t depth, const char *else_what,
                            struct buf *out) {
  if (!style->newline) {
    buf_adds(out, else_what);
    return;
  }
  buf_adds(out, style->newline);
  for (size_t i = 0; i < depth; i++)
    buf_adds(out, style->unit);
}

static inline void add_comma(const struct style *style, size_t depth, struct buf *out) {
  buf_adds(out, style->newline ? "," : style->comma);
  if (style->newline)
    add_line(style, depth, "", out);
}

/* Adds a string with some of its ASCII characters as \u escapes. */
static inline void add_string(const struct style *style, const char *string, struct buf *out) {
  buf_addc(out, '"');
  for (; *string; string++) {
    if (*string == '"' || *string == '\\')
      buf_addf(out, "\\%c", *string);
    else if (style->escapes && *string > 0 && once_in(8))
      buf_addf(out, once_in(2) ? "\\u%04x" : "\\u%04X", (unsigned)*string);
    else
      buf_addc(out, *string);
  }
  buf_addc(out, '"');
}

static inline void add_name(const struct style *style, const char *name, struct buf *out) {
  add_string(style, name, out);
  buf_adds(out, style->colon);
}

static inline void shuffle(size_t *order, size_t count) {
  for (size_t i = 0; i < count; i++)
    order[i] = i;
  for (size_t i = count; i > 1; i--) {
    size_t j = below(i), kept = order[i - 1];
    order[i - 1] = order[j];
    order[j] = kept;
  }
}

/* Adds an action in another case, or a principal in another spelling. */
static inline void add_spelled(const struct style *style, const char *list, size_t index,
                               struct buf *out) {
  if (strstr(list, "Principal")) {
    const char *other = principals[index][1];
    add_string(style, other && once_in(2) ? other : principals[index][0], out);
  } else if (strstr(list, "Action")) {
    char spelled[64];
    snprintf(spelled, sizeof spelled, "%s", actions[index]);
    for (char *c = spelled; *c && style->escapes; c++)
      if (*c >= 'a' && *c <= 'z' && once_in(6))
        *c = (char)(*c - 'a' + 'A');
    add_string(style, spelled, out);
  } else {
    add_string(style, resources[index], out);
  }
}

/* Adds the values of a list in any order, sometimes with a duplicate. A single value may be a
 * string. */
static inline void add_list(const struct style *style, const char *list, unsigned bits,
                            size_t depth, struct buf *out) {
  size_t order[8], count = 0;
  shuffle(order, 8);
  size_t chosen[9];
  for (size_t i = 0; i < 8; i++)
    if (bits & 1u << order[i])
      chosen[count++] = order[i];
  if (count == 1 && once_in(2)) {
    add_spelled(style, list, chosen[0], out);
    return;
  }
  if (once_in(8))
    chosen[count++] = chosen[0];
  struct style flat = *style;
  if (once_in(2))
    flat.newline = NULL;
  buf_addc(out, '[');
  add_line(&flat, depth + 1, flat.inside, out);
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      add_comma(&flat, depth + 1, out);
    add_spelled(style, list, chosen[i], out);
  }
  add_line(&flat, depth, flat.inside, out);
  buf_addc(out, ']');
}

static inline void add_service(const struct style *style, struct buf *out) {
  add_name(style, "Service", out);
  add_string(style, service, out);
}

static inline void add_principal(const struct style *style, const struct model_statement *statement,
                                 size_t depth, struct buf *out) {
  if (statement->everyone && !statement->service && once_in(2)) {
    add_string(style, "*", out);
    return;
  }
  buf_addc(out, '{');
  add_line(style, depth + 1, style->inside, out);
  bool service_first = once_in(2);
  if (statement->service && service_first) {
    add_service(style, out);
    add_comma(style, depth + 1, out);
  }
  add_name(style, "AWS", out);
  if (statement->everyone)
    add_string(style, "*", out);
  else
    add_list(style, "Principal", statement->principals, depth + 1, out);
  if (statement->service && !service_first) {
    add_comma(style, depth + 1, out);
    add_service(style, out);
  }
  add_line(style, depth, style->inside, out);
  buf_addc(out, '}');
}

enum member { SID, EFFECT, PRINCIPAL, ACTION, RESOURCE, CONDITION, EXTRA, MEMBERS };

static inline bool has_member(const struct model_statement *statement, size_t member) {
  switch (member) {
  case SID:
    return statement->sid > 0;
  case RESOURCE:
    return statement->resources > 0;
  case CONDITION:
    return statement->condition > 0;
  case EXTRA:
    return statement->extra > 0;
  default:
    return true;
  }
}

static inline void add_member(const struct style *style, const struct model_statement *statement,
                              size_t member, size_t depth, struct buf *out) {
  switch (member) {
  case SID:
    add_name(style, "Sid", out);
    add_string(style, sids[statement->sid - 1], out);
    break;
  case EFFECT:
    add_name(style, "Effect", out);
    add_string(style, statement->deny ? "Deny" : "Allow", out);
    break;
  case PRINCIPAL:
    add_name(style, statement->not_principal ? "NotPrincipal" : "Principal", out);
    add_principal(style, statement, depth, out);
    break;
  case ACTION:
    add_name(style, statement->not_action ? "NotAction" : "Action", out);
    add_list(style, "Action", statement->actions, depth, out);
    break;
  case RESOURCE:
    add_name(style, statement->not_resource ? "NotResource" : "Resource", out);
    add_list(style, "Resource", statement->resources, depth, out);
    break;
  case CONDITION:
    add_name(style, "Condition", out);
    buf_adds(out, conditions[statement->condition - 1]);
    break;
  default:
    add_name(style, "Remark", out);
    buf_adds(out, extras[statement->extra - 1]);
    break;
  }
}

static inline void add_statement(const struct style *style, const struct model_statement *statement,
                                 size_t depth, struct buf *out) {
  size_t order[MEMBERS];
  shuffle(order, MEMBERS);
  bool first = true;
  buf_addc(out, '{');
  add_line(style, depth + 1, style->inside, out);
  for (size_t i = 0; i < MEMBERS; i++) {
    if (!has_member(statement, order[i]))
      continue;
    if (!first)
      add_comma(style, depth + 1, out);
    first = false;
    add_member(style, statement, order[i], depth + 1, out);
  }
  add_line(style, depth, style->inside, out);
  buf_addc(out, '}');
}

static inline void add_statements(const struct style *style, const struct model *model,
                                  struct buf *out) {
  if (model->lone && model->count == 1) {
    add_statement(style, &model->statements[0], 1, out);
    return;
  }
  size_t order[STATEMENTS];
  shuffle(order, model->count);
  buf_addc(out, '[');
  add_line(style, 2, style->inside, out);
  for (size_t i = 0; i < model->count; i++) {
    if (i > 0)
      add_comma(style, 2, out);
    add_statement(style, &model->statements[order[i]], 2, out);
  }
  if (model->count > 0)
    add_line(style, 1, style->inside, out);
  buf_addc(out, ']');
}

static inline void print_model(const struct model *model, struct buf *out) {
  static const char *const versions[] = {"", "2008-10-17", "2012-10-17"};
  struct style style = random_style();
  size_t order[3];
  shuffle(order, 3);
  bool first = true;
  buf_reset(out);
  buf_adds(out, style.bom ? "\xEF\xBB\xBF" : "");
  buf_adds(out, once_in(8) ? " \r\n{" : "{");
  add_line(&style, 1, style.inside, out);
  for (size_t i = 0; i < 3; i++) {
    if ((order[i] == 0 && model->version == 0) || (order[i] == 1 && !model->id))
      continue;
    if (!first)
      add_comma(&style, 1, out);
    first = false;
    add_name(&style, order[i] == 0 ? "Version" : order[i] == 1 ? "Id" : "Statement", out);
    if (order[i] < 2)
      add_string(&style, order[i] == 0 ? versions[model->version] : "the \xE2\x82\xAC one", out);
    else
      add_statements(&style, model, out);
  }
  add_line(&style, 0, style.inside, out);
  buf_adds(out, once_in(4) ? "} \n \t" : "}");
}

#endif
