#include "base/match.h"

#include "base/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int fold(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same_byte(char pattern, char text, char one, bool ignore_case) {
  return pattern == one || pattern == text || (ignore_case && fold(pattern) == fold(text));
}

/* Reports whether a piece without stars matches at the start of the text, which is long enough. */
static bool piece_matches(const char *piece, size_t length, const char *text, char one,
                          bool ignore_case) {
  for (size_t i = 0; i < length; i++)
    if (!same_byte(piece[i], text[i], one, ignore_case))
      return false;
  return true;
}

/* The worst-case number of comparisons above which the tables of find_by_bits are faster. */
#define MANY_COMPARISONS 16384

/* For each byte, a bit for each position of a piece that the byte matches. */
struct positions {
  size_t words;            /* of a row */
  unsigned char rows[256]; /* the row of a byte; 0: bytes that only a `?` matches */
  uint64_t *bits;          /* the rows, then one row for the state */
  size_t count;            /* of rows */
};

static size_t row_of(const char *byte, bool ignore_case) {
  return (unsigned char)(ignore_case ? fold(*byte) : *byte);
}

/* Returns false if there is not enough memory. */
static bool build_positions(const char *piece, size_t length, char one, bool ignore_case,
                            struct positions *positions) {
  *positions = (struct positions){.words = (length + 63) / 64, .count = 1};
  for (size_t i = 0; i < length; i++) {
    unsigned char *row = &positions->rows[row_of(&piece[i], ignore_case)];
    if (piece[i] != one && *row == 0)
      *row = (unsigned char)positions->count++; /* at most 254: no wildcard is a literal byte */
  }
  positions->bits = calloc((positions->count + 1) * positions->words, sizeof *positions->bits);
  if (!positions->bits)
    return false;
  for (size_t i = 0; i < length; i++) {
    size_t row = positions->rows[row_of(&piece[i], ignore_case)];
    for (size_t r = piece[i] == one ? 0 : row; r < positions->count; r++) {
      positions->bits[r * positions->words + i / 64] |= (uint64_t)1 << i % 64;
      if (piece[i] != one)
        break;
    }
  }
  return true;
}

/* Shift-And (Baeza-Yates and Gonnet, 1992): the state has a bit for each prefix of the piece that
 * the text read so far ends with. One step handles 64 bytes of the piece, whatever the bytes
 * are. */
static const char *find_by_bits(const struct positions *positions, size_t length, const char *text,
                                size_t text_length, bool ignore_case) {
  uint64_t *state = positions->bits + positions->count * positions->words;
  for (size_t i = 0; i < text_length; i++) {
    const uint64_t *row =
        positions->bits + positions->rows[row_of(&text[i], ignore_case)] * positions->words;
    uint64_t carry = 1;
    size_t begun = i / 64 + 1;
    for (size_t w = 0; w < positions->words && w < begun; w++) {
      uint64_t out = state[w] >> 63;
      state[w] = (state[w] << 1 | carry) & row[w];
      carry = out;
    }
    if (state[(length - 1) / 64] >> (length - 1) % 64 & 1)
      return text + i + 1 - length;
  }
  return NULL;
}

/* Returns the first match of a piece without stars in the text, or NULL. */
static const char *find_piece(const char *piece, size_t length, const char *text,
                              size_t text_length, char one, bool ignore_case) {
  if (length > text_length)
    return NULL;
  if (length == 0)
    return text;
  if (!ignore_case && !memchr(piece, one, length))
    return memmem(text, text_length, piece, length);
  struct positions positions;
  if ((text_length - length + 1) > MANY_COMPARISONS / length &&
      build_positions(piece, length, one, ignore_case, &positions)) {
    const char *found = find_by_bits(&positions, length, text, text_length, ignore_case);
    free(positions.bits);
    return found;
  }
  for (const char *last = text + (text_length - length); text <= last; text++)
    if (piece_matches(piece, length, text, one, ignore_case))
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
           piece_matches(pattern, pattern_length, text, one, ignore_case);

  /* The piece before the first star and the piece after the last are anchored. */
  size_t head = (size_t)(star - pattern);
  const char *last_star = memrchr(pattern, any, pattern_length);
  const char *tail = last_star + 1;
  size_t tail_length = (size_t)(end - tail);
  if (head + tail_length > text_length || !piece_matches(pattern, head, text, one, ignore_case) ||
      !piece_matches(tail, tail_length, text_end - tail_length, one, ignore_case))
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

bool match_subsumes(const char *outer, size_t outer_length, const char *inner, size_t inner_length,
                    bool ignore_case) {
  if (memchr(outer, '?', outer_length) && memchr(inner, '*', inner_length))
    return bytes_equal(outer, outer_length, inner, inner_length);
  return match_glob(outer, outer_length, inner, inner_length, ignore_case);
}
