#ifndef LANYARD_POLICY_SUBSUME_H
#define LANYARD_POLICY_SUBSUME_H

#include "policy/document.h"

/* Whether statement `outer` applies to every request that `inner` applies to, whatever their effects.
 * False where that cannot be told from the patterns alone. *failed is set without memory. */
bool policy_subsumes(const struct policy *doc, size_t outer, size_t inner, bool *failed);

#endif
