#ifndef LANYARD_BASE_MATCH_H
#define LANYARD_BASE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* match_glob reports whether the whole text matches the pattern. `*` matches any bytes, also none,
 * and `?` matches one character of UTF-8, as in IAM policies ("any single character"): a byte that
 * begins a character and the bytes that continue it. Both texts should be valid UTF-8.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * If `ignore_case` is set, ASCII letters match in either case. The time is linear in the length of the
 * text (with a `?` or `ignore_case`, one step for each 64 bytes of a piece between stars): each piece is
 * searched for once, from left to right, without recursion. */
bool match_glob(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                bool ignore_case);

/* match_pattern is like match_glob, with other bytes as the wildcards, so that `*` and `?` can be
 * literal. */
struct match_wildcards {
  char any, one;
};

bool match_pattern(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                   struct match_wildcards wildcards, bool ignore_case);

/* match_subsumes reports whether every text that matches the pattern `inner` also matches `outer`.
 * It returns false where it cannot decide: for a `?` in `outer` against a `*` in `inner`. */
bool match_subsumes(const char *outer, size_t outer_length, const char *inner, size_t inner_length,
                    bool ignore_case);

#endif
