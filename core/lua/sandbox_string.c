/* string.find, match, gmatch and gsub for sandboxes: like Lua's, with an interruptible matcher. */

#include "base/pattern.h"
#include "lua/sandbox.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

/* Returns a matcher for a subject and a pattern, which must stay on the stack. */
static struct pattern new_match(const char *subject, size_t subject_length, const char *pattern,
                                size_t pattern_length) {
  return (struct pattern){
      .subject = subject,
      .subject_end = subject + subject_length,
      .pattern = pattern,
      .pattern_end = pattern + pattern_length,
  };
}

/* Matches at `at` within the budget of the box. Raises an error if the pattern is malformed. */
static const char *match_at(lua_State *L, struct pattern *match, const char *at) {
  int64_t steps = sandbox_of(L)->steps;
  match->steps = steps > 0 ? (size_t)steps : 0;
  size_t before = match->steps;
  const char *end = pattern_match(match, at);
  bool spent = match->error && !match->error[0];
  sandbox_charge(L, spent ? SIZE_MAX : before - match->steps + 1);
  if (match->error)
    luaL_error(L, "%s", match->error);
  return end;
}

/* Pushes a capture; for the first capture of a pattern without captures, the whole match. */
static void push_capture(lua_State *L, const struct pattern *match, int index, const char *start,
                         const char *end) {
  if (index >= match->captures) {
    if (index != 0)
      luaL_error(L, "%s", pattern_bad_capture(index));
    lua_pushlstring(L, start, (size_t)(end - start));
    return;
  }
  const struct pattern_capture *capture = &match->capture[index];
  if (capture->length == PATTERN_OPEN)
    luaL_error(L, "unfinished capture");
  if (capture->length == PATTERN_POSITION)
    lua_pushinteger(L, (lua_Integer)(capture->start - match->subject) + 1);
  else
    lua_pushlstring(L, capture->start, capture->length);
}

/* Pushes all captures or, if there are none and `whole` is set, the whole match. Returns their
 * number. */
static int push_captures(lua_State *L, const struct pattern *match, bool whole, const char *start,
                         const char *end) {
  int count = match->captures == 0 && whole ? 1 : match->captures;
  luaL_checkstack(L, count, "too many captures");
  for (int index = 0; index < count; index++)
    push_capture(L, match, index, start, end);
  return count;
}

/* Returns the argument `index`, a position from 1 or, if negative, from the end, as an offset. The
 * offset may be past the end. */
static size_t check_start(lua_State *L, int index, size_t length) {
  lua_Integer position = luaL_optinteger(L, index, 1);
  if (position > 0)
    return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)length)
    return 0;
  return length - (size_t)-position;
}

static bool is_plain(const char *pattern, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (pattern[i] != '\0' && strchr("^$*+?.([%-", pattern[i]))
      return false;
  }
  return true;
}

/* (subject, pattern [, init [, plain]]) */
static int find_or_match(lua_State *L, bool find) {
  size_t length, pattern_length;
  const char *subject = luaL_checklstring(L, 1, &length);
  const char *pattern = luaL_checklstring(L, 2, &pattern_length);
  size_t start = check_start(L, 3, length);
  if (start > length) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_length))) {
    sandbox_charge(L, (length - start + pattern_length) / SANDBOX_STEP_BYTES + 1);
    const char *found = memmem(subject + start, length - start, pattern, pattern_length);
    if (!found) {
      luaL_pushfail(L);
      return 1;
    }
    lua_pushinteger(L, (lua_Integer)(found - subject) + 1);
    lua_pushinteger(L, (lua_Integer)(found - subject) + (lua_Integer)pattern_length);
    return 2;
  }
  bool anchored = pattern_length > 0 && pattern[0] == '^';
  struct pattern match =
      new_match(subject, length, pattern + anchored, pattern_length - (size_t)anchored);
  const char *at = subject + start;
  do {
    const char *end = match_at(L, &match, at);
    if (end && find) {
      lua_pushinteger(L, (lua_Integer)(at - subject) + 1);
      lua_pushinteger(L, (lua_Integer)(end - subject));
      return 2 + push_captures(L, &match, false, at, end);
    } else if (end) {
      return push_captures(L, &match, true, at, end);
    }
  } while (at++ < match.subject_end && !anchored);
  luaL_pushfail(L);
  return 1;
}

int sandbox_find(lua_State *L) {
  return find_or_match(L, true);
}

int sandbox_match(lua_State *L) {
  return find_or_match(L, false);
}

/* The iterator of gmatch. Upvalues: subject, pattern, the offset to search from, and the end of the
 * last match or -1. */
static int next_match(lua_State *L) {
  size_t length, pattern_length;
  const char *subject = lua_tolstring(L, lua_upvalueindex(1), &length);
  const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_length);
  struct pattern match = new_match(subject, length, pattern, pattern_length);
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  for (lua_Integer from = lua_tointeger(L, lua_upvalueindex(3)); from <= (lua_Integer)length;
       from++) {
    const char *end = match_at(L, &match, subject + from);
    if (end && end - subject != last) {
      lua_pushinteger(L, (lua_Integer)(end - subject));
      lua_copy(L, -1, lua_upvalueindex(3));
      lua_replace(L, lua_upvalueindex(4));
      return push_captures(L, &match, true, subject + from, end);
    }
  }
  return 0;
}

/* gmatch(subject, pattern [, init]) --> iterator */
int sandbox_gmatch(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  luaL_checkstring(L, 2);
  size_t start = check_start(L, 3, length);
  lua_settop(L, 2);
  lua_pushinteger(L, start > length ? (lua_Integer)length + 1 : (lua_Integer)start);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, next_match, 4);
  return 1;
}

/* Adds a replacement string, in which %0 to %9 stand for captures. */
static void add_text(lua_State *L, luaL_Buffer *out, const struct pattern *match, const char *start,
                     const char *end) {
  size_t length;
  const char *text = lua_tolstring(L, 3, &length);
  const char *last = text + length;
  sandbox_charge(L, length);
  while (text < last) {
    const char *escape = memchr(text, '%', (size_t)(last - text));
    const char *stop = escape ? escape : last;
    luaL_addlstring(out, text, (size_t)(stop - text));
    if (!escape)
      return;
    char kind = escape + 1 < last ? escape[1] : '\0';
    text = escape + 2;
    if (kind == '%') {
      luaL_addchar(out, kind);
    } else if (kind == '0') {
      luaL_addlstring(out, start, (size_t)(end - start));
    } else if (isdigit((unsigned char)kind)) {
      push_capture(L, match, kind - '1', start, end);
      luaL_tolstring(L, -1, NULL);
      lua_remove(L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

/* Adds the replacement of a match. Returns false if the match stays as it is. */
static bool add_replacement(lua_State *L, luaL_Buffer *out, const struct pattern *match,
                            const char *start, const char *end) {
  switch (lua_type(L, 3)) {
  case LUA_TFUNCTION:
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(L, match, true, start, end), 1);
    break;
  case LUA_TTABLE:
    push_capture(L, match, 0, start, end);
    lua_gettable(L, 3);
    break;
  default:
    add_text(L, out, match, start, end);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, start, (size_t)(end - start));
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return true;
}

/* gsub(subject, pattern, replacement [, most]) --> text, count */
int sandbox_gsub(lua_State *L) {
  size_t length, pattern_length;
  const char *subject = luaL_checklstring(L, 1, &length);
  const char *pattern = luaL_checklstring(L, 2, &pattern_length);
  int type = lua_type(L, 3);
  luaL_argexpected(
      L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
      3, "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1);
  bool anchored = pattern_length > 0 && pattern[0] == '^';
  struct pattern match =
      new_match(subject, length, pattern + anchored, pattern_length - (size_t)anchored);
  const char *at = subject;
  const char *last = NULL;
  lua_Integer count = 0;
  bool changed = false;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < most) {
    const char *end = match_at(L, &match, at);
    if (end && end != last) {
      count++;
      changed = add_replacement(L, &out, &match, at, end) || changed;
      at = last = end;
    } else if (at < match.subject_end) {
      luaL_addchar(&out, *at++);
    } else {
      break;
    }
    if (anchored)
      break;
  }
  if (changed) {
    luaL_addlstring(&out, at, (size_t)(match.subject_end - at));
    luaL_pushresult(&out);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}
