#include "policy/subsume.h"

#include "base/bytes.h"
#include "base/match.h"
#include "policy/canonical.h"
#include "policy/principal.h"

#include <string.h>

/* Decides whether one statement applies whenever another does. */

static bool same(const struct policy_value *a, const struct policy_value *b) {
  return bytes_equal(a->string, a->length, b->string, b->length);
}

/* A policy variable has a value only in a request. */
static bool pattern_subsumes(const struct policy_value *outer, const struct policy_value *inner,
                             bool ignore_case) {
  if (strstr(outer->string, "${") || strstr(inner->string, "${"))
    return same(outer, inner);
  return match_subsumes(outer->string, outer->length, inner->string, inner->length, ignore_case);
}

static bool any_subsumes(const struct policy_list *outer, const struct policy_value *inner,
                         bool ignore_case) {
  for (size_t i = 0; i < outer->count; i++)
    if (pattern_subsumes(&outer->items[i], inner, ignore_case))
      return true;
  return false;
}

/* Reports whether no text matches both patterns. Only decided if one of them has no wildcards. */
static bool is_disjoint(const struct policy_value *a, const struct policy_value *b,
                        bool ignore_case) {
  if (strstr(a->string, "${") || strstr(b->string, "${"))
    return false;
  if (!strpbrk(a->string, "*?"))
    return !match_glob(b->string, b->length, a->string, a->length, ignore_case);
  if (!strpbrk(b->string, "*?"))
    return !match_glob(a->string, a->length, b->string, b->length, ignore_case);
  return false;
}

static bool all_disjoint(const struct policy_list *a, const struct policy_list *b,
                         bool ignore_case) {
  for (size_t i = 0; i < a->count; i++)
    for (size_t j = 0; j < b->count; j++)
      if (!is_disjoint(&a->items[i], &b->items[j], ignore_case))
        return false;
  return true;
}

/* Compares patterns of actions or resources. The `not` parameters mark lists of exceptions. */
static bool list_subsumes(const struct policy_list *outer, bool outer_not,
                          const struct policy_list *inner, bool inner_not, bool ignore_case) {
  if (outer_not && inner_not) {
    /* Everything but `outer` includes everything but `inner` if each exception of outer is one of
     * inner. */
    for (size_t i = 0; i < outer->count; i++)
      if (!any_subsumes(inner, &outer->items[i], ignore_case))
        return false;
    return true;
  }
  if (outer_not)
    return all_disjoint(outer, inner, ignore_case);
  if (inner_not) {
    for (size_t i = 0; i < outer->count; i++)
      if (strcmp(outer->items[i].string, "*") == 0)
        return true;
    return false;
  }
  for (size_t i = 0; i < inner->count; i++)
    if (!any_subsumes(outer, &inner->items[i], ignore_case))
      return false;
  return true;
}

/* A statement without Resource applies to every resource of its policy. */
static bool resources_subsume(const struct policy_statement *outer,
                              const struct policy_statement *inner) {
  if (!outer->resources.json)
    return true;
  if (!inner->resources.json) {
    for (size_t i = 0; i < outer->resources.count && !outer->not_resource; i++)
      if (strcmp(outer->resources.items[i].string, "*") == 0)
        return true;
    return false;
  }
  return list_subsumes(&outer->resources, outer->not_resource, &inner->resources,
                       inner->not_resource, false);
}

/* A Deny for an account applies to all its principals. An Allow for an account only delegates. */
static bool names_principal(const struct policy_statement *outer,
                            const struct policy_value *principal) {
  const struct policy_string caller = {principal->string, principal->length};
  bool aws = strcmp(principal->type, "AWS") == 0 || strcmp(principal->type, "*") == 0;
  for (size_t i = 0; i < outer->principals.count; i++) {
    const struct policy_value *named = &outer->principals.items[i];
    enum principal_match match = principal_match(named, &caller);
    if (!aws && match != PRINCIPAL_ANYONE) {
      if (strcmp(named->type, principal->type) == 0 && same(named, principal))
        return true;
      continue;
    }
    if (match == PRINCIPAL_ACCOUNT ? outer->effect == POLICY_DENY : match != PRINCIPAL_NONE)
      return true;
  }
  return false;
}

/* Reports whether NotPrincipal excludes neither the principal nor any principal that it
 * includes. */
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

static bool principals_subsume(const struct policy_statement *outer,
                               const struct policy_statement *inner) {
  if (!outer->principals.json || !inner->principals.json || inner->not_principal)
    return false;
  for (size_t i = 0; i < inner->principals.count; i++) {
    const struct policy_value *principal = &inner->principals.items[i];
    if (outer->not_principal ? !excepts_none_of(outer, principal)
                             : !names_principal(outer, principal))
      return false;
  }
  return true;
}

/* Conditions on both sides must have the same meaning. */
static bool conditions_subsume(const struct policy *doc, const struct policy_statement *outer,
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
  return !outer->flaw && !inner->flaw && principals_subsume(outer, inner) &&
         list_subsumes(&outer->actions, outer->not_action, &inner->actions, inner->not_action,
                       true) &&
         resources_subsume(outer, inner) && conditions_subsume(doc, outer, inner, failed);
}
