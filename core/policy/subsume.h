#ifndef LANYARD_POLICY_SUBSUME_H
#define LANYARD_POLICY_SUBSUME_H

#include "policy/document.h"

/* policy_subsumes reports whether statement `outer` applies to every request that `inner` applies
 * to, whatever their effects. It returns false where patterns alone do not decide. *failed is set
 * if there is not enough memory. */
bool policy_subsumes(const struct policy *doc, size_t outer, size_t inner, bool *failed);

#endif
