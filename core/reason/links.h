#ifndef LANYARD_REASON_LINKS_H
#define LANYARD_REASON_LINKS_H

#include "reason/frames.h"

/* links_add adds values of variables that other variables of the same texts have: if tests compare a text
 * with PRE${a}POST and with BEGIN${b}END, the text that a value of `a` makes has a value of `b`. */
void links_add(struct variables *variables);

#endif
