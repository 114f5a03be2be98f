/* lanyard.ini: AWS config and credentials files. Secret values are sealed. */

#include "aws/ini.h"
#include "base/descriptors.h"
#include "base/platform.h"
#include "lua/credentials.h"
#include "lua/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDER_CLASS "lanyard.ini.holder"
#define MAX_FILE (16 * 1024 * 1024) /* bytes; a file without end is not a config file */

/* What must be freed after a longjmp. */
struct holder {
  struct object object;
  struct ini *ini;
  char *text;
  size_t length;
};

static int holder_gc(lua_State *L) {
  struct holder *holder = end_object(L, 1, HOLDER_CLASS);
  if (!holder)
    return 0;
  ini_free(holder->ini);
  if (holder->text)
    explicit_bzero(holder->text, holder->length);
  free(holder->text);
  *holder = (struct holder){0};
  return 0;
}

/* Pushes one, which is freed when the calling function ends. */
static struct holder *new_holder(lua_State *L) {
  struct holder *holder = new_object(L, sizeof *holder, 0, HOLDER_CLASS);
  lua_toclose(L, -1);
  return holder;
}

static bool is_secret(const char *name) {
  return strcmp(name, "aws_secret_access_key") == 0 || strcmp(name, "aws_session_token") == 0 ||
         strcmp(name, "aws_security_token") == 0;
}

/* Pushes a table of the sub-properties in "\nname = value\n...". */
static void push_nested(lua_State *L, const char *text) {
  lua_newtable(L);
  while (*text == '\n') {
    const char *name = text + 1;
    const char *end = name + strcspn(name, "\n");
    const char *value = memchr(name, '=', (size_t)(end - name)); /* the parser guarantees it */
    const char *name_end = value++;
    while (name_end > name && (name_end[-1] == ' ' || name_end[-1] == '\t'))
      name_end--;
    while (value < end && (*value == ' ' || *value == '\t'))
      value++;
    lua_pushlstring(L, name, (size_t)(name_end - name));
    lua_pushlstring(L, value, (size_t)(end - value));
    lua_rawset(L, -3);
    text = end;
  }
}

static void push_value(lua_State *L, const struct ini_property *property, bool plain) {
  if (plain)
    lua_pushstring(L, property->value);
  else if (is_secret(property->name))
    push_secret(L, property->value, strlen(property->value));
  else if (property->value[0] == '\n')
    push_nested(L, property->value);
  else
    lua_pushstring(L, property->value);
}

static int push_file(lua_State *L, const struct ini *ini, bool plain) {
  static const char *const fields[] = {
      [INI_PROFILE] = "profiles", [INI_SSO_SESSION] = "sso_sessions", [INI_SERVICES] = "services"};
  lua_createtable(L, 0, 3);
  for (int type = INI_PROFILE; type <= INI_SERVICES; type++) {
    lua_newtable(L);
    lua_setfield(L, -2, fields[type]);
  }
  for (const struct ini_section *section = ini->first; section; section = section->next) {
    lua_getfield(L, -1, fields[section->type]);
    lua_newtable(L);
    for (const struct ini_property *property = section->first; property;
         property = property->next) {
      if (!plain && is_secret(property->name) && !*property->value)
        continue; /* an empty secret does not count */
      push_value(L, property, plain);
      lua_setfield(L, -2, property->name);
    }
    lua_setfield(L, -2, section->name);
    lua_pop(L, 1);
  }
  return 1;
}

static enum ini_kind check_kind(lua_State *L, int index) {
  static const char *const names[] = {"config", "credentials", NULL};
  return luaL_checkoption(L, index, NULL, names) == 0 ? INI_CONFIG : INI_CREDENTIALS;
}

static int parse_text(lua_State *L, struct holder *holder, const char *text, size_t length,
                      enum ini_kind kind, bool plain) {
  struct ini_error error;
  holder->ini = ini_parse(text, length, kind, &error);
  if (holder->ini)
    return push_file(L, holder->ini, plain);
  if (error.line == 0)
    return luaL_error(L, "not enough memory");
  push_error(L, "InvalidConfig", "line %d: %s", (int)error.line, error.message);
  lua_pushinteger(L, (lua_Integer)error.line);
  lua_setfield(L, -2, "line");
  return 2;
}

/* parse(text, "config" | "credentials" [, { plain = true }])
 *   --> { profiles = { [name] = { [key] = value } }, sso_sessions, services } | nil, err
 * A value is a string, a table of sub-properties or, for secret keys, a secret; with `plain`,
 * secret values are strings too. err.code is "InvalidConfig", and err.line the line. */
static int parse(lua_State *L) {
  static const char *const fields[] = {"plain", NULL};
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  enum ini_kind kind = check_kind(L, 2);
  bool plain = false;
  if (!lua_isnoneornil(L, 3)) {
    check_fields(L, 3, fields);
    plain = opt_field_boolean(L, 3, "plain", false) != 0;
  }
  return parse_text(L, new_holder(L), text, length, kind, plain);
}

/* Reads a whole file into the holder. Returns 0 or an errno. */
static int read_file(struct holder *holder, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return errno;
  int failed = 0;
  size_t capacity = 0;
  for (;;) {
    if (holder->length == capacity) {
      size_t wider = capacity ? 2 * capacity : 4096;
      char *longer = wider <= MAX_FILE ? malloc(wider) : NULL;
      if (!longer) {
        failed = wider <= MAX_FILE ? ENOMEM : EFBIG;
        break;
      }
      if (holder->text) {
        memcpy(longer, holder->text, holder->length);
        explicit_bzero(holder->text, holder->length);
        free(holder->text);
      }
      holder->text = longer;
      capacity = wider;
    }
    size_t got = fread(holder->text + holder->length, 1, capacity - holder->length, file);
    holder->length += got;
    if (got == 0) {
      failed = ferror(file) ? errno : 0;
      break;
    }
  }
  fclose(file);
  return failed;
}

/* load(path, "config" | "credentials") --> as parse | nil, err
 * Parses a file. Secret values never become Lua strings. err.code is "NotFound", "AccessDenied",
 * "SystemError" or "InvalidConfig". */
static int load(lua_State *L) {
  const char *path = check_text(L, 1);
  enum ini_kind kind = check_kind(L, 2);
  struct holder *holder = new_holder(L);
  int failed = read_file(holder, path);
  if (failed)
    return push_error(L,
                      failed == ENOENT || failed == ENOTDIR ? "NotFound"
                      : failed == EACCES                    ? "AccessDenied"
                                                            : "SystemError",
                      "cannot read %s: %s", path, error_text(failed));
  return parse_text(L, holder, holder->text, holder->length, kind, false);
}

MODULE_API int luaopen_lanyard_ini(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", holder_gc}, {"__close", holder_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"parse", parse}, {"load", load}, {NULL, NULL}};
  new_class(L, HOLDER_CLASS, NULL, meta);
  lua_getglobal(L, "require"); /* registers the class of secrets */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
