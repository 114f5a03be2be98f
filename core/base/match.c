#include "base/match.h"

#include "base/bytes.h"
#include "base/platform.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int fold(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Reports whether a byte continues a UTF-8 sequence (RFC 3629). */
static bool continues(char byte) {
  return ((unsigned char)byte & 0xC0) == 0x80;
}

static bool same_byte(char pattern, char text, bool ignore_case) {
  return pattern == text || (ignore_case && fold(pattern) == fold(text));
}

/* Matches a piece without stars at the start of a text. Returns the end of the match, or NULL. */
static const char *match_forward(const char *piece, size_t length, const char *text,
                                 const char *end, char one, bool ignore_case) {
  for (size_t i = 0; i < length; i++) {
    if (text == end ||
        (piece[i] == one ? continues(*text) : !same_byte(piece[i], *text, ignore_case)))
      return NULL;
    text++;
    while (piece[i] == one && text < end && continues(*text))
      text++;
  }
  return text;
}

/* Matches a piece without stars at the end of a text. Returns the start of the match, or NULL. */
static const char *match_backward(const char *piece, size_t length, const char *text,
                                  const char *end, char one, bool ignore_case) {
  while (length-- > 0) {
    while (piece[length] == one && end > text && continues(end[-1]))
      end--;
    if (end == text || (piece[length] != one && !same_byte(piece[length], end[-1], ignore_case)))
      return NULL;
    end--;
  }
  return end;
}

/* The worst-case number of comparisons above which the tables of find_by_bits are faster. */
#define MANY_COMPARISONS 16384

/* The rows of bytes that are not in the piece. */
enum { ROW_FIRST, ROW_CONTINUING, ROWS };

/* For each byte, a bit for each position of a piece that the byte matches. */
struct positions {
  size_t words;            /* of a row */
  unsigned char rows[256]; /* the row of a byte */
  bool continuing[256];    /* whether the bytes of a row continue a sequence: no `?` begins there */
  uint64_t *bits;          /* the rows, then one row for the state */
  size_t count;            /* of rows */
};

static size_t row_of(const char *byte, bool ignore_case) {
  return (unsigned char)(ignore_case ? fold(*byte) : *byte);
}

/* Returns false if there is not enough memory. */
static bool build_positions(const char *piece, size_t length, char one, bool ignore_case,
                            struct positions *positions) {
  *positions = (struct positions){.words = (length + 63) / 64, .count = ROWS};
  positions->continuing[ROW_CONTINUING] = true;
  for (size_t byte = 0; byte < 256; byte++)
    positions->rows[byte] = continues((char)byte) ? ROW_CONTINUING : ROW_FIRST;
  for (size_t i = 0; i < length; i++) {
    unsigned char *row = &positions->rows[row_of(&piece[i], ignore_case)];
    if (piece[i] == one || *row >= ROWS)
      continue;
    positions->continuing[positions->count] = continues(piece[i]);
    *row = (unsigned char)positions->count++; /* at most 255: no wildcard is a literal byte */
  }
  positions->bits = calloc((positions->count + 1) * positions->words, sizeof *positions->bits);
  if (!positions->bits)
    return false;
  for (size_t i = 0; i < length; i++) {
    size_t row = positions->rows[row_of(&piece[i], ignore_case)];
    for (size_t r = 0; r < positions->count; r++)
      if (piece[i] == one ? !positions->continuing[r] : r == row)
        positions->bits[r * positions->words + i / 64] |= (uint64_t)1 << i % 64;
  }
  return true;
}

/* Shift-And (Baeza-Yates and Gonnet, 1992): the state has a bit for each prefix of the piece that
 * the text read so far ends with. A `?` stays matched while its character continues. One step handles
 * 64 bytes of the piece, whatever the bytes are. Returns the end of the match, or NULL. */
static const char *find_by_bits(const struct positions *positions, size_t length, const char *text,
                                const char *end, bool ignore_case) {
  uint64_t *state = positions->bits + positions->count * positions->words;
  const uint64_t *ones = positions->bits + ROW_FIRST * positions->words;
  for (const char *at = text; at < end; at++) {
    const uint64_t *row =
        positions->bits + positions->rows[row_of(at, ignore_case)] * positions->words;
    uint64_t carry = 1, stays = continues(*at) ? UINT64_MAX : 0;
    size_t begun = (size_t)(at - text) / 64 + 1;
    for (size_t w = 0; w < positions->words && w < begun; w++) {
      uint64_t out = state[w] >> 63;
      state[w] = ((state[w] << 1 | carry) & row[w]) | (state[w] & ones[w] & stays);
      carry = out;
    }
    if (state[(length - 1) / 64] >> (length - 1) % 64 & 1)
      return at + 1;
  }
  return NULL;
}

/* Returns the end of the first match of a piece without stars in the text, or NULL. The characters
 * of the matches are equally many, so no other match ends before. */
static const char *find_piece(const char *piece, size_t length, const char *text, const char *end,
                              char one, bool ignore_case) {
  size_t text_length = (size_t)(end - text);
  if (length > text_length)
    return NULL;
  if (length == 0)
    return text;
  if (!ignore_case && !memchr(piece, one, length)) {
    const char *found = memmem(text, text_length, piece, length);
    return found ? found + length : NULL;
  }
  struct positions positions;
  if ((text_length - length + 1) > MANY_COMPARISONS / length &&
      build_positions(piece, length, one, ignore_case, &positions)) {
    const char *found = find_by_bits(&positions, length, text, end, ignore_case);
    free(positions.bits);
    while (found && piece[length - 1] == one && found < end && continues(*found))
      found++;
    return found;
  }
  for (const char *last = end - length; text <= last; text++) {
    const char *found = match_forward(piece, length, text, end, one, ignore_case);
    if (found)
      return found;
  }
  return NULL;
}

bool match_pattern(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                   struct match_wildcards wildcards, bool ignore_case) {
  const char any = wildcards.any, one = wildcards.one;
  const char *end = pattern + pattern_length;
  text = text ? text : "";
  const char *text_end = text + text_length;
  const char *star = memchr(pattern, any, pattern_length);
  /* Each byte of such a pattern matches at least one byte. */
  if (!star)
    return pattern_length <= text_length &&
           match_forward(pattern, pattern_length, text, text_end, one, ignore_case) == text_end;

  /* The piece before the first star and the piece after the last are anchored. */
  const char *last_star = memrchr(pattern, any, pattern_length);
  const char *tail = last_star + 1;
  text = match_forward(pattern, (size_t)(star - pattern), text, text_end, one, ignore_case);
  if (!text)
    return false;
  text_end = match_backward(tail, (size_t)(end - tail), text, text_end, one, ignore_case);
  if (!text_end)
    return false;

  while (star < last_star) {
    const char *piece = star + 1;
    star = memchr(piece, any, (size_t)(end - piece));
    text = find_piece(piece, (size_t)(star - piece), text, text_end, one, ignore_case);
    if (!text)
      return false;
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
