#ifndef LANYARD_POLICY_LAYOUT_H
#define LANYARD_POLICY_LAYOUT_H

#include "policy/document.h"

/* How a value is laid out: the white space between its tokens. A layout is either made of rules
 * (new lines and indentation, or one line) or learnt from a document's own statements, whose
 * gaps are then repeated to the byte. */

enum layout_kind { LAYOUT_OBJECT, LAYOUT_ARRAY, LAYOUT_KINDS };

/* Levels for which gaps are learnt: a statement's members, and the content of these members. */
#define LAYOUT_LEVELS 2

struct layout_gaps {
  bool open_known, next_known;
  bool open_lines;              /* a new line follows the opening bracket */
  struct buf open, next, close; /* after the bracket; between members, comma and all; before it */
};

struct layout {
  bool lines;          /* one member a line */
  const char *newline; /* "\n", "\r\n" or "\r" */
  struct buf outer;    /* indentation of the value's closing bracket */
  struct buf inner;    /* indentation of its members */
  struct buf unit;     /* one step further */
  struct buf colon;    /* between a name and its value */
  const char *comma;   /* between members on one line */
  struct layout_gaps gaps[LAYOUT_LEVELS][LAYOUT_KINDS];
};

/* Two spaces a level, LF, one member a line. */
void layout_pretty(struct layout *layout);

/* No white space at all. */
void layout_minimal(struct layout *layout);

/* Learns how a statement of this document is to be laid out: as its last statement, or, where
 * there is none, as the document around it suggests. */
void layout_learn(struct layout *layout, const struct policy *doc);

void layout_free(struct layout *layout);

/* The first line end of a text: "\n", which is also that of a text without any, "\r\n" or "\r". */
const char *layout_newline(const char *text, size_t length);

bool layout_spans_lines(const char *text, const struct json_value *value);

/* Adds what goes between the last member of a container that has some and a new one: what stands
 * between its last two, or, with one member, a comma and the space in front of that one. */
void layout_separator(const struct layout *layout, const char *text,
                      const struct json_value *container, struct buf *out);

/* Adds a value of `text` (the text that the value was parsed from), laid out anew. Strings and
 * numbers keep their spelling. */
void layout_write(const struct layout *layout, const char *text, const struct json_value *value,
                  struct buf *out);

#endif
