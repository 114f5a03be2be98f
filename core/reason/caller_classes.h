#ifndef LANYARD_REASON_CALLER_CLASSES_H
#define LANYARD_REASON_CALLER_CLASSES_H

#include "reason/search.h"

/* The classes of callers that a search tries: each kind of caller in each group of accounts, and callers
 * without an account. */

/* caller_classes_read finds the classes for the tests of the boxes, and chooses names that no policy mentions.
 * It returns false, and records the reason in the search or the pool, if there are too many classes or there is
 * not enough memory. */
bool caller_classes_read(struct search *search, const struct access_account *accounts,
                         size_t count);

#endif
