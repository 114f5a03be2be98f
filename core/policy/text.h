#ifndef LANYARD_POLICY_TEXT_H
#define LANYARD_POLICY_TEXT_H

#include "policy/document.h"

/* Changing the text of a policy. An edit is made on bytes: it copies all of the old text but the
 * ranges it means, and the result is parsed anew. */

/* Sets the error that memory ended. */
void policy_no_memory(struct json_error *error);

/* Adds the Sid asked for, or, where a statement has it, the first free one of Sid-2, Sid-3... */
void policy_choose_sid(const struct policy *doc, const struct policy_string *wanted,
                       struct buf *sid);

/* For each byte of the text, whether it goes. NULL without memory; the caller frees it. */
bool *policy_cuts_new(const struct policy *doc);

void policy_cut(bool *cuts, size_t start, size_t end);

/* Cuts the members of an array or object whose entry in `marks` is true, with their commas. What
 * stays keeps its white space; of a container emptied, the space before its bracket stays. */
void policy_cut_members(bool *cuts, const struct json_value *container, const bool *marks);

/* Leaves the bytes cut out of the text; as policy_replace_text. */
bool policy_apply_cuts(struct policy *doc, const bool *cuts, struct json_error *error);

#endif
