#ifndef LANYARD_BASE_MATCH_H
#define LANYARD_BASE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the whole text fits the pattern, in which `*` stands for any run of bytes, also an empty
 * one, and `?` for one byte, as in IAM policies. ASCII case can be ignored. Without recursion: the
 * pieces between stars are found from left to right, each once, in steps linear in the text (a step
 * for 64 bytes of a piece, where it has a `?` or case is ignored). */
bool match_glob(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                bool ignore_case);

/* The same for a pattern in which other bytes are the wildcards, so that `*` and `?` can stand for
 * themselves. */
struct match_wildcards {
  char any, one;
};

bool match_pattern(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                   struct match_wildcards wildcards, bool ignore_case);

/* Whether whatever fits the pattern `inner` fits `outer` too. False where that would take more
 * than a look: a `?` of the outer pattern against a `*` of the inner one. */
bool match_subsumes(const char *outer, size_t outer_length, const char *inner, size_t inner_length,
                    bool ignore_case);

#endif
