#ifndef LANYARD_BASE_CIVIL_H
#define LANYARD_BASE_CIVIL_H

/* Dates of the Gregorian calendar in UTC. They are computed: libc counts leap seconds where the
 * zone file does (TZ=right/UTC), but the times of AWS and of HTTP have none. */

struct civil {
  long long year;
  int month, day; /* from 1 */
  int hour, minute, second;
  int weekday; /* from 0, Sunday */
};

/* civil_days returns the days from 1970-01-01 to a date. */
long long civil_days(long long year, int month, int day);

/* civil_from_seconds returns the date and time of a number of seconds since 1970. */
struct civil civil_from_seconds(long long seconds);

/* civil_format writes a time of the years 0 to 9999 as the layout says, with a NUL at the end: Y, M,
 * D, h, m and s become the digits of the year, month, day, hour, minute and second, four for a year
 * and two for each other. Other characters are copied. "Y-M-DTh:m:sZ" takes 21 bytes. */
void civil_format(long long seconds, const char *layout, char *text);

#endif
