#include "base/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void assert_civil(long long seconds, struct civil expected) {
  struct civil got = civil_from_seconds(seconds);
  if (got.year != expected.year || got.month != expected.month || got.day != expected.day ||
      got.hour != expected.hour || got.minute != expected.minute || got.second != expected.second ||
      got.weekday != expected.weekday)
    fail_msg("%lld is %lld-%02d-%02dT%02d:%02d:%02d, day %d of the week", seconds, got.year,
             got.month, got.day, got.hour, got.minute, got.second, got.weekday);
}

static void known_times_have_their_dates(void **state) {
  (void)state;
  assert_civil(0, (struct civil){1970, 1, 1, 0, 0, 0, 4});
  assert_civil(-1, (struct civil){1969, 12, 31, 23, 59, 59, 3});
  assert_civil(951782399, (struct civil){2000, 2, 28, 23, 59, 59, 1});
  assert_civil(951782400, (struct civil){2000, 2, 29, 0, 0, 0, 2});
  assert_civil(4107542400, (struct civil){2100, 3, 1, 0, 0, 0, 1});
  assert_civil(253402300799, (struct civil){9999, 12, 31, 23, 59, 59, 5});
  assert_civil(-62167219200, (struct civil){0, 1, 1, 0, 0, 0, 6});
}

static void each_day_of_four_centuries_is_the_day_after_the_day_before(void **state) {
  (void)state;
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  struct civil last = civil_from_seconds(-86400);
  for (long long day = 0; day < 146097; day++) {
    struct civil now = civil_from_seconds(day * 86400);
    bool leap = last.year % 4 == 0 && (last.year % 100 != 0 || last.year % 400 == 0);
    bool ends = last.day == lengths[last.month - 1] + (last.month == 2 && leap);
    assert_int_equal(ends ? 1 : last.day + 1, now.day);
    assert_int_equal(ends ? last.month % 12 + 1 : last.month, now.month);
    assert_int_equal(last.year + (ends && last.month == 12), now.year);
    assert_int_equal((last.weekday + 1) % 7, now.weekday);
    assert_int_equal(day, civil_days(now.year, now.month, now.day));
    last = now;
  }
}

/* Before the first leap second, and in a zone without leap seconds, libc agrees. */
static void libc_agrees_in_a_zone_without_leap_seconds(void **state) {
  (void)state;
  setenv("TZ", "UTC0", 1);
  tzset();
  for (long long seconds = -62167219200; seconds <= 253402300799; seconds += 86399 * 331) {
    time_t time = (time_t)seconds;
    struct tm tm;
    assert_non_null(gmtime_r(&time, &tm));
    assert_civil(seconds, (struct civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                                         tm.tm_min, tm.tm_sec, tm.tm_wday});
  }
}

static void a_layout_has_the_digits_of_each_part(void **state) {
  (void)state;
  char text[32];
  civil_format(951782399, "Y-M-DTh:m:sZ", text);
  assert_string_equal("2000-02-28T23:59:59Z", text);
  civil_format(-62167219200, "YMD", text);
  assert_string_equal("00000101", text);
  civil_format(253402300799, "h:m:s of Y", text);
  assert_string_equal("23:59:59 of 9999", text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_times_have_their_dates),
      cmocka_unit_test(each_day_of_four_centuries_is_the_day_after_the_day_before),
      cmocka_unit_test(a_layout_has_the_digits_of_each_part),
      cmocka_unit_test(libc_agrees_in_a_zone_without_leap_seconds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
