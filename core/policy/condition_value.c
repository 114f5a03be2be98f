#include "policy/condition_value.h"

#include "base/civil.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Reads an integer that is exact in 64 bits, which strtold does ten times more slowly. */
static bool read_integer(const char *text, long double *number) {
  enum { MOST_DIGITS = 18 };
  const char *first = text + (*text == '-'), *digit = first;
  long long value = 0;
  for (; *digit >= '0' && *digit <= '9' && digit - first < MOST_DIGITS; digit++)
    value = value * 10 + (*digit - '0');
  if (digit == first || *digit != '\0')
    return false;
  *number = *text == '-' ? -(long double)value : (long double)value;
  return true;
}

bool condition_read_number(const char *text, long double *number) {
  if (read_integer(text, number))
    return true;
  if (*text == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
    return false;
  char *end;
  *number = strtold(text, &end);
  return *end == '\0';
}

/* Reads exactly `digits` digits. Returns false, and does not move *text, if there are fewer. */
static bool read_digits(const char **text, int digits, int *value) {
  *value = 0;
  for (int i = 0; i < digits; i++) {
    if (!isdigit((unsigned char)(*text)[i]))
      return false;
    *value = *value * 10 + ((*text)[i] - '0');
  }
  *text += digits;
  return true;
}

static bool read_char(const char **text, char c) {
  if (**text != c)
    return false;
  ++*text;
  return true;
}

static bool is_day(int year, int month, int day) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1)
    return false;
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= lengths[month - 1] + (month == 2 && leap);
}

/* hh:mm[:ss[.fraction]] */
static bool read_time(const char **text, long double *seconds) {
  int hour, minute, second = 0;
  if (!read_digits(text, 2, &hour) || !read_char(text, ':') || !read_digits(text, 2, &minute))
    return false;
  if (read_char(text, ':') && !read_digits(text, 2, &second))
    return false;
  if (hour > 23 || minute > 59 || second > 60)
    return false;
  *seconds += hour * 3600 + minute * 60 + second;
  if (read_char(text, '.')) {
    long double unit = 1;
    if (!isdigit((unsigned char)**text))
      return false;
    for (; isdigit((unsigned char)**text); ++*text) {
      unit /= 10;
      *seconds += unit * (**text - '0');
    }
  }
  return true;
}

/* Z or +hh:mm or -hh:mm */
static bool read_zone(const char **text, long double *seconds) {
  if (read_char(text, 'Z'))
    return true;
  int sign = read_char(text, '+') ? -1 : read_char(text, '-') ? 1 : 0;
  int hour, minute;
  if (sign == 0 || !read_digits(text, 2, &hour) || !read_char(text, ':') ||
      !read_digits(text, 2, &minute) || hour > 23 || minute > 59)
    return false;
  *seconds += sign * (hour * 3600 + minute * 60);
  return true;
}

bool condition_read_date(const char *text, long double *seconds) {
  int year, month = 1, day = 1;
  const char *start = text;
  if (!read_digits(&text, 4, &year) || (*text != '\0' && *text != '-'))
    return condition_read_number(start, seconds);
  if (*text == '\0') /* four digits are a year (ISO 8601) */
    return *seconds = (long double)civil_days(year, 1, 1) * 86400, true;
  ++text; /* the hyphen */
  if (!read_digits(&text, 2, &month) || (read_char(&text, '-') && !read_digits(&text, 2, &day)) ||
      !is_day(year, month, day))
    return false;
  *seconds = (long double)civil_days(year, month, day) * 86400;
  if (read_char(&text, 'T') && !(read_time(&text, seconds) && read_zone(&text, seconds)))
    return false;
  return *text == '\0';
}

int condition_in_network(const char *address, const char *network) {
  char host[INET6_ADDRSTRLEN];
  const char *slash = strchr(network, '/');
  size_t length = slash ? (size_t)(slash - network) : strlen(network);
  if (length >= sizeof host)
    return -1;
  memcpy(host, network, length);
  host[length] = '\0';
  int network_family = strchr(host, ':') ? AF_INET6 : AF_INET;
  int family = strchr(address, ':') ? AF_INET6 : AF_INET;
  unsigned char a[16], b[16];
  if (inet_pton(network_family, host, b) != 1 || inet_pton(family, address, a) != 1)
    return -1;
  int most = network_family == AF_INET ? 32 : 128, prefix = most;
  if (slash) {
    const char *digits = slash + 1;
    size_t count = strlen(digits);
    if (count == 0 || count > 3 || strspn(digits, "0123456789") != count)
      return -1;
    prefix = atoi(digits);
    if (prefix > most)
      return -1;
  }
  if (family != network_family)
    return 0;
  int whole = prefix / 8, rest = prefix % 8;
  if (memcmp(a, b, (size_t)whole) != 0)
    return 0;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}
