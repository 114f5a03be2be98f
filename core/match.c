#include "match.h"

#include <string.h>

static int fold(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same_byte(char pattern, char text, char one, bool ignore_case) {
  return pattern == one || pattern == text || (ignore_case && fold(pattern) == fold(text));
}

/* Whether a piece without stars stands at the head of the text, which is long enough. */
static bool stands_here(const char *piece, size_t length, const char *text, char one,
                        bool ignore_case) {
  for (size_t i = 0; i < length; i++)
    if (!same_byte(piece[i], text[i], one, ignore_case))
      return false;
  return true;
}

/* Where a piece without stars first stands in the text, or NULL. */
static const char *find_piece(const char *piece, size_t length, const char *text,
                              size_t text_length, char one, bool ignore_case) {
  if (length > text_length)
    return NULL;
  if (!ignore_case && !memchr(piece, one, length))
    return memmem(text, text_length, piece, length);
  for (const char *last = text + (text_length - length); text <= last; text++)
    if (stands_here(piece, length, text, one, ignore_case))
      return text;
  return NULL;
}

bool match_pattern(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                   struct match_wildcards wildcards, bool ignore_case) {
  const char any = wildcards.any, one = wildcards.one;
  const char *end = pattern + pattern_length;
  const char *text_end = text + text_length;
  const char *star = memchr(pattern, any, pattern_length);
  if (!star)
    return pattern_length == text_length &&
           stands_here(pattern, pattern_length, text, one, ignore_case);

  /* The piece before the first star and the one behind the last are bound to the ends. */
  size_t head = (size_t)(star - pattern);
  const char *last_star = memrchr(pattern, any, pattern_length);
  const char *tail = last_star + 1;
  size_t tail_length = (size_t)(end - tail);
  if (head + tail_length > text_length || !stands_here(pattern, head, text, one, ignore_case) ||
      !stands_here(tail, tail_length, text_end - tail_length, one, ignore_case))
    return false;
  text += head;
  text_end -= tail_length;

  while (star < last_star) {
    const char *piece = star + 1;
    star = memchr(piece, any, (size_t)(end - piece));
    size_t length = (size_t)(star - piece);
    const char *found =
        find_piece(piece, length, text, (size_t)(text_end - text), one, ignore_case);
    if (!found)
      return false;
    text = found + length;
  }
  return true;
}

bool match_glob(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                bool ignore_case) {
  const struct match_wildcards wildcards = {'*', '?'};
  return match_pattern(pattern, pattern_length, text, text_length, wildcards, ignore_case);
}

bool match_covers(const char *outer, size_t outer_length, const char *inner, size_t inner_length,
                  bool ignore_case) {
  if (memchr(outer, '?', outer_length) && memchr(inner, '*', inner_length))
    return outer_length == inner_length && memcmp(outer, inner, outer_length) == 0;
  return match_glob(outer, outer_length, inner, inner_length, ignore_case);
}
