#include "aws/ini.h"

#include "base/bytes.h"
#include "base/platform.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct span {
  const char *start;
  size_t length;
};

struct parser {
  struct ini *ini;
  enum ini_kind kind;
  bool in_section;             /* after the first section, known or skipped */
  struct ini_section *section; /* NULL: the section is skipped */
  struct ini_property *open;   /* the property that an indented line continues */
  bool passing_over;           /* the indented line continues a skipped property */
  size_t indent;               /* of the line of the open or skipped property */
  bool nested;                 /* the open property has sub-properties */
  bool prefixed_default;       /* a section [profile default] exists */
};

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct span trim(struct span text) {
  while (text.length > 0 && is_blank(text.start[0])) {
    text.start++;
    text.length--;
  }
  while (text.length > 0 && is_blank(text.start[text.length - 1]))
    text.length--;
  return text;
}

static bool begins_comment(char c) {
  return c == '#' || c == ';';
}

/* Returns where a comment begins: at # or ; after white space, and outside of quotes if they
 * count. */
static size_t comment_start(struct span text, bool quotes_count) {
  char quote = '\0';
  for (size_t i = 0; i < text.length; i++) {
    char c = text.start[i];
    if (quote != '\0') {
      quote = c == quote ? '\0' : quote;
    } else if (quotes_count && (c == '\'' || c == '"')) {
      quote = c;
    } else if (i > 0 && begins_comment(c) && is_blank(text.start[i - 1])) {
      return i;
    }
  }
  return quote == '\0' ? text.length : comment_start(text, false);
}

/* Ends a value where a comment begins. In a command a comment does not begin within quotes: the AWS
 * CLI ends no value at a comment, and other SDKs would run half of the command. */
static struct span without_comment(struct span text, bool is_command) {
  text.length = comment_start(text, is_command);
  return trim(text);
}

static bool is_name(struct span text, const char *others) {
  for (size_t i = 0; i < text.length; i++) {
    unsigned char c = (unsigned char)text.start[i];
    if (!isalnum(c) && c < 0x80 && (c == '\0' || !strchr(others, c)))
      return false;
  }
  return text.length > 0;
}

/* Removes the quotes that the AWS CLI writes around names with spaces. */
static bool unquote(struct span *text) {
  char quote = text->start[0];
  if (text->length < 3 || (quote != '\'' && quote != '"') || text->start[text->length - 1] != quote)
    return false;
  *text = (struct span){text->start + 1, text->length - 2};
  return true;
}

static bool equals(struct span text, const char *word) {
  return bytes_are(text.start, text.length, word);
}

static char *copy_span(struct span text) {
  return strndup(text.start, text.length);
}

static void free_property(struct ini_property *property) {
  if (property->value)
    explicit_bzero(property->value, strlen(property->value));
  free(property->value);
  free(property->name);
  free(property);
}

static void free_properties(struct ini_section *section) {
  while (section->first) {
    struct ini_property *property = section->first;
    section->first = property->next;
    free_property(property);
  }
}

void ini_free(struct ini *ini) {
  if (!ini)
    return;
  while (ini->first) {
    struct ini_section *section = ini->first;
    ini->first = section->next;
    free_properties(section);
    free(section->name);
    free(section);
  }
  free(ini);
}

/* Returns the section of this type and name, and creates it if needed. Returns NULL if there is not
 * enough memory. */
static struct ini_section *get_section(struct ini *ini, enum ini_type type, struct span name) {
  struct ini_section **link = &ini->first;
  for (; *link; link = &(*link)->next) {
    if ((*link)->type == type && equals(name, (*link)->name))
      return *link;
  }
  struct ini_section *section = calloc(1, sizeof *section);
  if (!section)
    return NULL;
  section->type = type;
  section->name = copy_span(name);
  if (!section->name) {
    free(section);
    return NULL;
  }
  *link = section;
  return section;
}

/* Splits "profile NAME" after the first word. */
static struct span split_word(struct span text, struct span *rest) {
  size_t i = 0;
  while (i < text.length && !is_blank(text.start[i]))
    i++;
  *rest = trim((struct span){text.start + i, text.length - i});
  return (struct span){text.start, i};
}

/* Reports whether a heading is known, and sets its type and name. */
static bool read_heading(struct parser *parser, struct span heading, enum ini_type *type,
                         struct span *name) {
  static const char name_characters[] = "-/.%@_:+", quoted_characters[] = "-/.%@_:+ ";
  struct span rest;
  struct span word = split_word(heading, &rest);
  *type = INI_PROFILE;
  *name = heading;
  if (parser->kind == INI_CREDENTIALS)
    return is_name(heading, name_characters);
  if (rest.length == 0)
    return equals(word, "default");
  *name = rest;
  if (equals(word, "sso-session"))
    *type = INI_SSO_SESSION;
  else if (equals(word, "services"))
    *type = INI_SERVICES;
  else if (!equals(word, "profile"))
    return false;
  bool quoted = unquote(name);
  return is_name(*name, quoted ? quoted_characters : name_characters);
}

static const char out_of_memory[] = "out of memory";

/* Reads a line [heading]. Returns an error text, or NULL. */
static const char *read_section(struct parser *parser, struct span line) {
  const char *end = memchr(line.start, ']', line.length);
  if (!end)
    return "Profile definition must end with ']'";
  struct span heading = trim((struct span){line.start + 1, (size_t)(end - line.start - 1)});
  parser->in_section = true;
  parser->section = NULL;
  parser->open = NULL;
  parser->passing_over = false;
  enum ini_type type;
  struct span name;
  if (!read_heading(parser, heading, &type, &name))
    return NULL;
  bool is_default = type == INI_PROFILE && parser->kind == INI_CONFIG && equals(name, "default");
  bool bare = is_default && equals(heading, "default");
  if (bare && parser->prefixed_default)
    return NULL;
  parser->section = get_section(parser->ini, type, name);
  if (!parser->section)
    return out_of_memory;
  if (is_default && !bare && !parser->prefixed_default) {
    parser->prefixed_default = true;
    free_properties(parser->section);
  }
  return NULL;
}

/* Sets a property of the section, or replaces the property of the same name. */
static const char *set_property(struct parser *parser, struct span name, struct span value) {
  struct ini_property *property = calloc(1, sizeof *property);
  if (!property)
    return out_of_memory;
  property->name = copy_span(name);
  property->value = copy_span(value);
  if (!property->name || !property->value) {
    free_property(property);
    return out_of_memory;
  }
  for (char *c = property->name; *c; c++)
    *c = (char)tolower((unsigned char)*c);
  struct ini_property **link = &parser->section->first;
  while (*link && strcmp((*link)->name, property->name) != 0)
    link = &(*link)->next;
  if (*link) {
    property->next = (*link)->next;
    free_property(*link);
  }
  *link = property;
  parser->open = property;
  parser->nested = value.length == 0;
  return NULL;
}

static size_t indent_of(struct span line) {
  size_t i = 0;
  while (i < line.length && is_blank(line.start[i]))
    i++;
  return i;
}

/* Returns the position of the sign between a property's name and value, or the length of the
 * line. */
static size_t delimiter(struct span line) {
  size_t i = 0;
  while (i < line.length && line.start[i] != '=' && line.start[i] != ':')
    i++;
  return i;
}

static const char *read_property(struct parser *parser, struct span line) {
  if (!parser->in_section)
    return "Expected a profile definition";
  size_t sign = delimiter(line);
  if (sign == line.length)
    return "Expected an '=' sign defining a property";
  struct span name = trim((struct span){line.start, sign});
  if (name.length == 0)
    return "Property did not have a name";
  parser->open = NULL;
  parser->indent = indent_of(line);
  parser->passing_over = !parser->section || !is_name(name, "-_.");
  if (parser->passing_over)
    return NULL;
  struct span value = {line.start + sign + 1, line.length - sign - 1};
  return set_property(parser, name, without_comment(value, equals(name, "credential_process")));
}

static const char *read_continuation(struct parser *parser, struct span line) {
  if (parser->passing_over)
    return NULL;
  line = trim(line);
  if (parser->nested) {
    const char *equals_sign = memchr(line.start, '=', line.length);
    if (!equals_sign)
      return "Expected an '=' sign defining a sub-property";
    if (equals_sign == line.start)
      return "Sub-property did not have a name";
  }
  char *old = parser->open->value;
  size_t length = strlen(old);
  char *longer = malloc(length + 1 + line.length + 1);
  if (!longer)
    return out_of_memory;
  memcpy(longer, old, length);
  longer[length] = '\n';
  memcpy(longer + length + 1, line.start, line.length);
  longer[length + 1 + line.length] = '\0';
  explicit_bzero(old, length);
  free(old);
  parser->open->value = longer;
  return NULL;
}

static const char *read_line(struct parser *parser, struct span line) {
  struct span text = trim(line);
  if (text.length == 0 || begins_comment(text.start[0]))
    return NULL;
  if (memchr(line.start, '\0', line.length))
    return "A NUL character is not allowed";
  size_t indent = indent_of(line);
  if ((parser->open || parser->passing_over) && indent > parser->indent)
    return read_continuation(parser, line);
  if (text.start[0] == '[')
    return read_section(parser, text);
  if (indent > 0 && parser->in_section && delimiter(text) == text.length)
    return "Expected a property definition, found continuation: begin the property at the start "
           "of its line";
  return read_property(parser, line);
}

struct ini *ini_parse(const char *text, size_t length, enum ini_kind kind,
                      struct ini_error *error) {
  static const char byte_order_mark[] = "\xEF\xBB\xBF";
  struct parser parser = {.kind = kind};
  *error = (struct ini_error){0, out_of_memory};
  parser.ini = calloc(1, sizeof *parser.ini);
  if (!parser.ini)
    return NULL;
  const char *end = text + length;
  if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0)
    text += 3;
  for (size_t number = 1; text < end; number++) {
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    stop = stop ? stop : end;
    const char *wrong = read_line(&parser, (struct span){text, (size_t)(stop - text)});
    if (wrong) {
      *error = (struct ini_error){wrong == out_of_memory ? 0 : number, wrong};
      ini_free(parser.ini);
      return NULL;
    }
    text = stop + 1;
  }
  return parser.ini;
}
