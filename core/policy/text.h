#ifndef LANYARD_POLICY_TEXT_H
#define LANYARD_POLICY_TEXT_H

#include "policy/document.h"

/* Edits of a policy's text. An edit copies all bytes except the ranges that it changes, and parses
 * the result again. */

/* policy_no_memory sets the error "not enough memory". */
void policy_no_memory(struct json_error *error);

/* policy_choose_sid appends the wanted Sid or, if a statement has it, the first free one of Sid-2,
 * Sid-3, ... */
void policy_choose_sid(const struct policy *doc, const struct policy_string *wanted,
                       struct buf *sid);

/* policy_cuts_new returns one flag per byte of the text, true for bytes to remove, or NULL if there
 * is not enough memory. The caller frees it with free(). */
bool *policy_cuts_new(const struct policy *doc);

/* policy_cut marks the bytes from `start` to before `end`. */
void policy_cut(bool *cuts, size_t start, size_t end);

/* policy_cut_members cuts the members of an array or object whose entry in `marks` is true, with
 * their commas. Other members keep their white space. An emptied container keeps the space before
 * its closing bracket. */
void policy_cut_members(bool *cuts, const struct json_value *container, const bool *marks);

/* policy_apply_cuts removes the cut bytes from the text. It fails like policy_replace_text. */
bool policy_apply_cuts(struct policy *doc, const bool *cuts, struct json_error *error);

#endif
