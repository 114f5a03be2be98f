#ifndef LANYARD_POLICY_CONDITION_VALUE_H
#define LANYARD_POLICY_CONDITION_VALUE_H

#include <stdbool.h>

/* Values of condition keys, read from their texts. */

/* A decimal number, with or without fraction and exponent. */
bool condition_read_number(const char *text, long double *number);

/* A date as W3C's profile of ISO 8601 has it (2026-11-24, 2026-11-24T10:00Z, ...T10:00:00.5+01:00), or
 * seconds since 1970. The result is in seconds since 1970. */
bool condition_read_date(const char *text, long double *seconds);

/* Whether an IPv4 or IPv6 address is in a network (10.0.0.0/8, 2001:db8::/32, or one address):
 * 1, 0, or -1 when one of them is no address. Families do not meet. */
int condition_in_network(const char *address, const char *network);

#endif
