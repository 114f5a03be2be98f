#include "base/civil.h"

/* Years are counted from March, so that the leap day is their last day. The calendar repeats after
 * an era of 400 years. */
enum { ERA_DAYS = 146097, ERA_YEARS = 400 };

static const long long days_before_1970 = 719468; /* from 0000-03-01 */

static long long floor_div(long long a, long long b) {
  return a / b - (a % b < 0);
}

long long civil_days(long long year, int month, int day) {
  long long y = month <= 2 ? year - 1 : year;
  long long era = floor_div(y, ERA_YEARS);
  long long year_of_era = y - era * ERA_YEARS;
  int day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         days_before_1970;
}

struct civil civil_from_seconds(long long seconds) {
  long long days = floor_div(seconds, 86400);
  int rest = (int)(seconds - days * 86400);
  long long since_march = days + days_before_1970;
  long long era = floor_div(since_march, ERA_DAYS);
  int day_of_era = (int)(since_march - era * ERA_DAYS);
  int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int month_from_march = (5 * day_of_year + 2) / 153;
  int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return (struct civil){
      .year = year_of_era + era * ERA_YEARS + (month <= 2),
      .month = month,
      .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
      .hour = rest / 3600,
      .minute = rest / 60 % 60,
      .second = rest % 60,
      .weekday = (int)(days + 4 - 7 * floor_div(days + 4, 7)), /* 1970-01-01 was a Thursday */
  };
}

static char *put_digits(char *text, int number, int digits) {
  for (int i = digits - 1; i >= 0; i--, number /= 10)
    text[i] = (char)('0' + number % 10);
  return text + digits;
}

void civil_format(long long seconds, const char *layout, char *text) {
  struct civil at = civil_from_seconds(seconds);
  for (; *layout; layout++) {
    switch (*layout) {
    case 'Y':
      text = put_digits(text, (int)(at.year % 10000), 4);
      break;
    case 'M':
      text = put_digits(text, at.month, 2);
      break;
    case 'D':
      text = put_digits(text, at.day, 2);
      break;
    case 'h':
      text = put_digits(text, at.hour, 2);
      break;
    case 'm':
      text = put_digits(text, at.minute, 2);
      break;
    case 's':
      text = put_digits(text, at.second, 2);
      break;
    default:
      *text++ = *layout;
    }
  }
  *text = '\0';
}
