#include "policy/subsume.h"

#include "base/bytes.h"
#include "base/match.h"
#include "policy/canonical.h"
#include "policy/principal.h"

#include <string.h>

/* Whether one statement applies wherever another does. */

static bool same(const struct policy_value *a, const struct policy_value *b) {
  return bytes_equal(a->string, a->length, b->string, b->length);
}

/* A policy variable stands for what only a request knows. */
static bool pattern_covers(const struct policy_value *outer, const struct policy_value *inner,
                           bool ignore_case) {
  if (strstr(outer->string, "${") || strstr(inner->string, "${"))
    return same(outer, inner);
  return match_subsumes(outer->string, outer->length, inner->string, inner->length, ignore_case);
}

static bool any_covers(const struct policy_list *outer, const struct policy_value *inner,
                       bool ignore_case) {
  for (size_t i = 0; i < outer->count; i++)
    if (pattern_covers(&outer->items[i], inner, ignore_case))
      return true;
  return false;
}

/* Whether nothing fits both patterns: certain of a pattern and a text without wildcards. */
static bool is_apart(const struct policy_value *a, const struct policy_value *b, bool ignore_case) {
  if (strstr(a->string, "${") || strstr(b->string, "${"))
    return false;
  if (!strpbrk(a->string, "*?"))
    return !match_glob(b->string, b->length, a->string, a->length, ignore_case);
  if (!strpbrk(b->string, "*?"))
    return !match_glob(a->string, a->length, b->string, b->length, ignore_case);
  return false;
}

static bool all_apart(const struct policy_list *a, const struct policy_list *b, bool ignore_case) {
  for (size_t i = 0; i < a->count; i++)
    for (size_t j = 0; j < b->count; j++)
      if (!is_apart(&a->items[i], &b->items[j], ignore_case))
        return false;
  return true;
}

/* Patterns of actions or resources; `not` tells which of the two are exceptions. */
static bool list_covers(const struct policy_list *outer, bool outer_not,
                        const struct policy_list *inner, bool inner_not, bool ignore_case) {
  if (outer_not && inner_not) {
    /* All but a few cover all but more: each exception of the outer is one of the inner. */
    for (size_t i = 0; i < outer->count; i++)
      if (!any_covers(inner, &outer->items[i], ignore_case))
        return false;
    return true;
  }
  if (outer_not)
    return all_apart(outer, inner, ignore_case);
  if (inner_not) {
    for (size_t i = 0; i < outer->count; i++)
      if (strcmp(outer->items[i].string, "*") == 0)
        return true;
    return false;
  }
  for (size_t i = 0; i < inner->count; i++)
    if (!any_covers(outer, &inner->items[i], ignore_case))
      return false;
  return true;
}

/* A statement without Resource is about every resource of its policy. */
static bool resources_cover(const struct policy_statement *outer,
                            const struct policy_statement *inner) {
  if (!outer->resources.json)
    return true;
  if (!inner->resources.json) {
    for (size_t i = 0; i < outer->resources.count && !outer->not_resource; i++)
      if (strcmp(outer->resources.items[i].string, "*") == 0)
        return true;
    return false;
  }
  return list_covers(&outer->resources, outer->not_resource, &inner->resources, inner->not_resource,
                     false);
}

/* An account that is denied is so with all its principals; one that is allowed only hands on. */
static bool names_too(const struct policy_statement *outer, const struct policy_value *principal) {
  const struct policy_string caller = {principal->string, principal->length};
  bool aws = strcmp(principal->type, "AWS") == 0 || strcmp(principal->type, "*") == 0;
  for (size_t i = 0; i < outer->principals.count; i++) {
    const struct policy_value *named = &outer->principals.items[i];
    enum principal_match naming = principal_match(named, &caller);
    if (!aws && naming != PRINCIPAL_ANYONE) {
      if (strcmp(named->type, principal->type) == 0 && same(named, principal))
        return true;
      continue;
    }
    if (naming == PRINCIPAL_ACCOUNT ? outer->effect == POLICY_DENY : naming != PRINCIPAL_NONE)
      return true;
  }
  return false;
}

/* Whether a NotPrincipal excepts neither a principal nor anyone that it stands for. */
static bool excepts_none_of(const struct policy_statement *outer,
                            const struct policy_value *principal) {
  for (size_t i = 0; i < outer->principals.count; i++) {
    const struct policy_value *excepted = &outer->principals.items[i];
    const struct policy_string one = {excepted->string, excepted->length};
    const struct policy_string other = {principal->string, principal->length};
    if (principal_match(principal, &one) != PRINCIPAL_NONE ||
        principal_match(excepted, &other) != PRINCIPAL_NONE)
      return false;
  }
  return true;
}

static bool principals_cover(const struct policy_statement *outer,
                             const struct policy_statement *inner) {
  if (!outer->principals.json || !inner->principals.json || inner->not_principal)
    return false;
  for (size_t i = 0; i < inner->principals.count; i++) {
    const struct policy_value *principal = &inner->principals.items[i];
    if (outer->not_principal ? !excepts_none_of(outer, principal) : !names_too(outer, principal))
      return false;
  }
  return true;
}

/* Conditions on both sides must be the same ones. */
static bool conditions_cover(const struct policy *doc, const struct policy_statement *outer,
                             const struct policy_statement *inner, bool *failed) {
  if (outer->conditions.count == 0)
    return true;
  if (inner->conditions.count == 0)
    return false;
  struct buf one = {0}, other = {0};
  policy_canonical_condition(doc, outer->index, &one);
  policy_canonical_condition(doc, inner->index, &other);
  *failed = one.failed || other.failed;
  bool equal = buf_equal(&one, &other);
  buf_free(&one);
  buf_free(&other);
  return equal;
}

bool policy_subsumes(const struct policy *doc, size_t outer_index, size_t inner_index,
                     bool *failed) {
  const struct policy_statement *outer = policy_statement(doc, outer_index);
  const struct policy_statement *inner = policy_statement(doc, inner_index);
  *failed = false;
  return !outer->flaw && !inner->flaw && principals_cover(outer, inner) &&
         list_covers(&outer->actions, outer->not_action, &inner->actions, inner->not_action,
                     true) &&
         resources_cover(outer, inner) && conditions_cover(doc, outer, inner, failed);
}
