#include "policy/condition_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Returns the seconds since 1970, or -1 for another text. No test uses it for a date before 1970. */
static long double date(const char *text) {
  long double seconds;
  return condition_read_date(text, &seconds) ? seconds : -1;
}

static void assert_not_dates(const char *const texts[]) {
  for (; *texts; texts++)
    if (date(*texts) != -1)
      fail_msg("'%s' is read as the date %Lf", *texts, date(*texts));
}

static void a_date_has_a_year_and_may_have_a_month_and_a_day(void **state) {
  (void)state;
  assert_true(date("1970") == 0);
  assert_true(date("2000") == 946684800);
  assert_true(date("2000-03") == 951868800);
  assert_true(date("2000-02-29") == 951782400);
  assert_true(date("1970-01-01") == 0);
  assert_true(date("2100-12-31") == 4133894400);
}

static void years_before_1970_are_negative_seconds(void **state) {
  (void)state;
  long double seconds;
  assert_true(condition_read_date("1969-12-31", &seconds));
  assert_true(seconds == -86400);
  assert_true(condition_read_date("0000-01-01", &seconds));
  assert_true(seconds == -62167219200);
}

static void a_day_that_its_month_does_not_have_is_not_a_date(void **state) {
  (void)state;
  assert_not_dates((const char *const[]){"2001-02-29", "1900-02-29", "2100-02-29", "2000-02-30",
                                         "2001-04-31", "2001-00-01", "2001-13-01", "2001-01-00",
                                         "2001-01-32", NULL});
  assert_true(date("2400-02-29") > 0);
  assert_true(date("2004-02-29") > 0);
}

static void a_time_may_have_seconds_and_a_fraction(void **state) {
  (void)state;
  assert_true(date("1970-01-01T00:01Z") == 60);
  assert_true(date("1970-01-01T01:02:03Z") == 3723);
  assert_true(date("1970-01-01T00:00:01.5Z") == 1.5L);
  assert_true(date("1970-01-01T23:59:60Z") == 86400); /* a leap second */
}

static void a_zone_is_an_offset_of_hours_and_minutes(void **state) {
  (void)state;
  assert_true(date("1970-01-01T01:30+01:30") == 0);
  assert_true(date("1970-01-01T00:00-01:30") == 5400);
  assert_true(date("1970-01-01T23:59:00+23:59") == 0);
}

static void an_incomplete_or_impossible_time_is_not_a_date(void **state) {
  (void)state;
  assert_not_dates((const char *const[]){"1970-01-01T",
                                         "1970-01-01T1:00Z",
                                         "1970-01-01T0100Z",
                                         "1970-01-01T01:0Z",
                                         "1970-01-01T01:00:0Z",
                                         "1970-01-01T24:00Z",
                                         "1970-01-01T23:60Z",
                                         "1970-01-01T23:59:61Z",
                                         "1970-01-01T01:00:00.",
                                         "1970-01-01T01:00:00.Z",
                                         "1970-01-01T01:00",
                                         "1970-01-01T01:00z",
                                         "1970-01-01T01:00+",
                                         "1970-01-01T01:00+1:00",
                                         "1970-01-01T01:00+01",
                                         "1970-01-01T01:00+01:0",
                                         "1970-01-01T01:00+24:00",
                                         "1970-01-01T01:00-00:60",
                                         "1970-01-01T01:00+0100",
                                         NULL});
}

static void a_date_ends_after_its_last_part(void **state) {
  (void)state;
  assert_not_dates((const char *const[]){"1970-", "1970-1", "1970-1-01", "1970-01-", "1970-01-1",
                                         "1970-01 ", "1970-01-01 ", "1970-01-01T00:00Z ",
                                         "1970-01T", "19700101T", "", "x", NULL});
}

static void a_number_is_seconds_since_1970(void **state) {
  (void)state;
  assert_true(date("0") == 0);
  assert_true(date("199") == 199);
  assert_true(date("1440938160") == 1440938160);
  assert_true(date("1.5e3") == 1500);
  long double number;
  assert_true(condition_read_number("-1.25", &number));
  assert_true(number == -1.25L);
  assert_false(condition_read_number("", &number));
  assert_false(condition_read_number("1 ", &number));
  assert_false(condition_read_number("0x10", &number));
  assert_false(condition_read_number("nan", &number));
  assert_false(condition_read_number("1e", &number));
  assert_false(condition_read_number("--1", &number));
}

static void a_network_contains_the_addresses_with_its_prefix(void **state) {
  (void)state;
  assert_int_equal(condition_in_network("192.0.2.1", "192.0.2.0/24"), 1);
  assert_int_equal(condition_in_network("192.0.3.1", "192.0.2.0/24"), 0);
  assert_int_equal(condition_in_network("192.0.2.127", "192.0.2.0/25"), 1);
  assert_int_equal(condition_in_network("192.0.2.128", "192.0.2.0/25"), 0);
  assert_int_equal(condition_in_network("192.0.2.1", "192.0.2.1"), 1);
  assert_int_equal(condition_in_network("192.0.2.2", "192.0.2.1"), 0);
  assert_int_equal(condition_in_network("203.0.113.9", "0.0.0.0/0"), 1);
  assert_int_equal(condition_in_network("2001:db8::1", "2001:db8::/32"), 1);
  assert_int_equal(condition_in_network("2001:db9::1", "2001:db8::/32"), 0);
  assert_int_equal(condition_in_network("2001:db8::1", "2001:db8::/127"), 1);
  assert_int_equal(condition_in_network("2001:db8::2", "2001:db8::/127"), 0);
  assert_int_equal(condition_in_network("2001:db8::1", "2001:db8::1/128"), 1);
  assert_int_equal(condition_in_network("2001:db8::1", "2001:db8::1"), 1);
}

static void an_address_is_not_in_a_network_of_the_other_version(void **state) {
  (void)state;
  assert_int_equal(condition_in_network("192.0.2.1", "::/0"), 0);
  assert_int_equal(condition_in_network("::1", "0.0.0.0/0"), 0);
}

static void an_invalid_address_or_network_is_an_error(void **state) {
  (void)state;
  static const char *const networks[] = {"",
                                         "192.0.2",
                                         "192.0.2.0/",
                                         "192.0.2.0/33",
                                         "192.0.2.0/0024",
                                         "192.0.2.0/x",
                                         "::/129",
                                         "192.0.2.0/-1",
                                         "192.0.2.0/ 8",
                                         "host",
                                         "::1::/64",
                                         "/24",
                                         "192.0.2.0/24/24"};
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    if (condition_in_network("192.0.2.1", networks[i]) != -1)
      fail_msg("'%s' is read as a network", networks[i]);
  char longest[100];
  memset(longest, '1', sizeof longest);
  longest[sizeof longest - 1] = '\0';
  assert_int_equal(condition_in_network("192.0.2.1", longest), -1);
  assert_int_equal(condition_in_network("192.0.2", "192.0.2.0/24"), -1);
  assert_int_equal(condition_in_network("", "192.0.2.0/24"), -1);
  assert_int_equal(condition_in_network(":", "::/0"), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_date_has_a_year_and_may_have_a_month_and_a_day),
      cmocka_unit_test(years_before_1970_are_negative_seconds),
      cmocka_unit_test(a_day_that_its_month_does_not_have_is_not_a_date),
      cmocka_unit_test(a_time_may_have_seconds_and_a_fraction),
      cmocka_unit_test(a_zone_is_an_offset_of_hours_and_minutes),
      cmocka_unit_test(an_incomplete_or_impossible_time_is_not_a_date),
      cmocka_unit_test(a_date_ends_after_its_last_part),
      cmocka_unit_test(a_number_is_seconds_since_1970),
      cmocka_unit_test(a_network_contains_the_addresses_with_its_prefix),
      cmocka_unit_test(an_address_is_not_in_a_network_of_the_other_version),
      cmocka_unit_test(an_invalid_address_or_network_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
