#ifndef LANYARD_POLICY_LAYOUT_H
#define LANYARD_POLICY_LAYOUT_H

#include "policy/document.h"

/* A layout is the white space between the tokens of a value. It either follows rules (one member
 * per line, or everything on one line) or is learned from a document's own statements and repeats
 * their gaps byte for byte. */

enum layout_kind { LAYOUT_OBJECT, LAYOUT_ARRAY, LAYOUT_KINDS };

/* The levels whose gaps are learned: the members of a statement, and the contents of these
 * members. */
#define LAYOUT_LEVELS 2

struct layout_gaps {
  bool open_known, next_known;
  bool open_lines; /* a newline follows the opening bracket */
  struct buf open, next,
      close; /* after an opening bracket; between members; before a closing bracket */
};

struct layout {
  bool lines;          /* one member per line */
  const char *newline; /* "\n", "\r\n" or "\r" */
  struct buf outer;    /* indentation of the value's closing bracket */
  struct buf inner;    /* indentation of its members */
  struct buf unit;     /* one more level */
  struct buf colon;    /* between a name and its value */
  const char *comma;   /* between members on one line */
  bool inline_arrays;  /* arrays whose gaps are not learned are on one line, with blanks inside */
  struct layout_gaps gaps[LAYOUT_LEVELS][LAYOUT_KINDS];
};

/* layout_pretty sets two spaces per level, LF, one member per line. */
void layout_pretty(struct layout *layout);

/* layout_minimal sets a layout without white space. */
void layout_minimal(struct layout *layout);

/* layout_learn learns the layout for a new statement of a document: that of its last statement or,
 * if there is none, one that fits the rest of the document. The caller frees the layout with
 * layout_free. */
void layout_learn(struct layout *layout, const struct policy *doc);

/* layout_free frees a layout, learned or not. */
void layout_free(struct layout *layout);

/* layout_newline returns the first line end of a text: "\n" (also for a text without any), "\r\n"
 * or "\r". */
const char *layout_newline(const char *text, size_t length);

/* layout_spans_lines reports whether the text of a value contains a line end. */
bool layout_spans_lines(const char *text, const struct json_value *value);

/* layout_separator appends what separates a new member from the last one of a non-empty container:
 * the text between its last two members or, if there is one member, a comma and the space before
 * that member. */
void layout_separator(const struct layout *layout, const char *text,
                      const struct json_value *container, struct buf *out);

/* layout_write appends a value in a layout. `text` is the text that the value was parsed from.
 * Strings and numbers keep their spelling. */
void layout_write(const struct layout *layout, const char *text, const struct json_value *value,
                  struct buf *out);

#endif
