#ifndef LANYARD_POLICY_CONDITION_VALUE_H
#define LANYARD_POLICY_CONDITION_VALUE_H

#include <stdbool.h>

/* Parsers for the values of condition keys. All texts are NUL-terminated. */

/* condition_read_number parses a decimal number with an optional fraction and exponent. It returns
 * false for any other text. */
bool condition_read_number(const char *text, long double *number);

/* condition_read_date parses a date in the W3C profile of ISO 8601 (2026-11-24, 2026-11-24T10:00Z,
 * 2026-11-24T10:00:00.5+01:00) or in seconds since 1970. The result is in seconds since 1970. */
bool condition_read_date(const char *text, long double *seconds);

/* condition_in_network reports whether an IPv4 or IPv6 address is in a network (10.0.0.0/8,
 * 2001:db8::/32, or a single address). It returns 1, 0, or -1 if one of them is invalid. An address
 * is never in a network of the other family. */
int condition_in_network(const char *address, const char *network);

#endif
