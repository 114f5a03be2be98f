/* The sealed secrets of lanyard.credentials. */

#include "aws/sigv4.h"
#include "aws/unseal.h"
#include "crypto/hash.h"
#include "json/write.h"
#include "lua/credentials.h"
#include "lua/util.h"
#include "xml/write.h"

#include <stdlib.h>

#define SECRET_CLASS "lanyard.secret"
#define OPENED_CLASS "lanyard.opened"
#define MAX_NAMES 1000

struct sealed {
  struct object object;
  struct secret secret;
  struct sealed_range *ranges; /* what unseal never shows */
  size_t range_count;
};

static const struct sealed *test_sealed(lua_State *L, int index) {
  const struct sealed *sealed = test_object(L, index, SECRET_CLASS);
  return sealed && sealed->secret.bytes ? sealed : NULL;
}

static const struct sealed *check_sealed(lua_State *L, int index) {
  const struct sealed *sealed = check_object(L, index, SECRET_CLASS);
  if (!sealed->secret.bytes)
    luaL_error(L, "the secret is closed");
  return sealed;
}

const struct secret *test_secret(lua_State *L, int index) {
  const struct sealed *sealed = test_sealed(L, index);
  return sealed ? &sealed->secret : NULL;
}

static struct sealed *new_secret(lua_State *L) {
  return new_object(L, sizeof(struct sealed), 0, SECRET_CLASS);
}

/* Ends a function that pushes a secret. */
static void finish_secret(lua_State *L, const struct sealed *sealed) {
  collect_for(L, sealed->secret.length + sealed->range_count * sizeof *sealed->ranges +
                     2 * ALLOCATION_COST);
}

/* Makes unseal show nothing of a secret. */
static void seal_whole(lua_State *L, struct sealed *sealed) {
  sealed->ranges = malloc(sizeof *sealed->ranges);
  if (!sealed->ranges)
    luaL_error(L, "not enough memory");
  else
    sealed->ranges[sealed->range_count++] = (struct sealed_range){0, sealed->secret.length};
}

void push_secret(lua_State *L, const char *bytes, size_t length) {
  struct sealed *sealed = new_secret(L);
  if (!secret_set(&sealed->secret, bytes, length))
    luaL_error(L, "not enough memory");
  seal_whole(L, sealed);
  finish_secret(L, sealed);
}

void push_secret_buf(lua_State *L, struct buf *buf) {
  struct sealed *sealed = new_secret(L);
  if (!buf_reserve(buf, 0)) /* makes the bytes NUL-terminated */
    luaL_error(L, "not enough memory");
  sealed->secret = (struct secret){buf->data, buf->length};
  *buf = (struct buf){.secret = buf->secret};
  finish_secret(L, sealed);
}

/* secret(text) --> secret
 * Returns a sealed copy of a text, which unseal can show again. */
int secret_lua_new(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct sealed *sealed = new_secret(L);
  if (!secret_set(&sealed->secret, text, length))
    return luaL_error(L, "not enough memory");
  finish_secret(L, sealed);
  return 1;
}

/* What must be freed after a longjmp. */
struct opened {
  struct object object;
  struct unsealed unsealed;
  size_t count;
  struct sealed_range *ranges;
};

static int opened_gc(lua_State *L) {
  struct opened *opened = end_object(L, 1, OPENED_CLASS);
  if (!opened)
    return 0;
  unsealed_free(&opened->unsealed, opened->count);
  free(opened->ranges);
  opened->ranges = NULL;
  return 0;
}

/* Pushes one, which is freed when the calling function ends. */
static struct opened *new_opened(lua_State *L, size_t count) {
  struct opened *opened = new_object(L, sizeof *opened, 0, OPENED_CLASS);
  opened->count = count;
  lua_toclose(L, -1);
  return opened;
}

/* Pushes a table of the values that were found, by name. */
static void push_values(lua_State *L, struct opened *opened, const char *const names[]) {
  lua_newtable(L);
  for (size_t i = 0; i < opened->count; i++) {
    if (!opened->unsealed.secrets[i].bytes)
      continue;
    struct sealed *sealed = new_secret(L);
    sealed->secret = opened->unsealed.secrets[i];
    opened->unsealed.secrets[i] = (struct secret){0};
    seal_whole(L, sealed);
    finish_secret(L, sealed);
    lua_setfield(L, -2, names[i]);
  }
}

/* secret:unseal(names, "json" | "xml") --> text, { [name] = secret } | nil, err
 * Returns the text with *** in place of the values of these members (at any depth) or elements, and
 * these values: for each name, the first that is not empty. The text shows nothing that was sealed
 * before: of a joined secret, the members that contain its secrets must be named, and a value that
 * unseal returned cannot be unsealed again. err.code is "Malformed" or, where the text would show
 * such a value, "Sealed". The error contains nothing of the text. */
static int secret_unseal(lua_State *L) {
  static const char *const forms[] = {[UNSEAL_JSON] = "json", [UNSEAL_XML] = "xml", NULL};
  static const char *const shown[] = {[UNSEAL_JSON] = "JSON", [UNSEAL_XML] = "XML"};
  check_object(L, 1, SECRET_CLASS);
  enum unseal_form form = (enum unseal_form)luaL_checkoption(L, 3, NULL, forms);
  size_t count;
  const struct list_string *strings = push_strings(L, 2, "names", MAX_NAMES, &count);
  const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
  for (size_t i = 0; i < count; i++)
    names[i] = strings[i].bytes;
  struct opened *opened = new_opened(L, count);
  const struct sealed *sealed = check_sealed(L, 1);
  opened->unsealed.ranges = sealed->ranges;
  opened->unsealed.range_count = sealed->range_count;
  switch (unseal(&sealed->secret, form, names, count, &opened->unsealed)) {
  case UNSEAL_NO_MEMORY:
    return luaL_error(L, "not enough memory");
  case UNSEAL_SHOWS_SEALED:
    return push_error(L, "Sealed", "a sealed value is outside the named members");
  case UNSEAL_MALFORMED:
    if (sealed->range_count > 0) /* the position would say something about the sealed values */
      return push_error(L, "Malformed", "not valid %s", shown[form]);
    return push_error(L, "Malformed", "not valid %s (byte %d)", shown[form],
                      (int)opened->unsealed.error_offset + 1);
  case UNSEALED:
    break;
  }
  lua_pushlstring(L, opened->unsealed.text.data ? opened->unsealed.text.data : "",
                  opened->unsealed.text.length);
  push_values(L, opened, names);
  return 2;
}

/* Records a range of a joined text; the array grows by doubling. Returns false if there is not enough
 * memory. */
static bool add_range(struct opened *opened, size_t count, size_t start, size_t end) {
  if ((count & (count - 1)) == 0) {
    size_t size = (count ? 2 * count : 1) * sizeof *opened->ranges;
    struct sealed_range *longer = realloc(opened->ranges, size);
    if (!longer)
      return false;
    opened->ranges = longer;
  }
  opened->ranges[count] = (struct sealed_range){start, end};
  return true;
}

enum join_form { JOIN_PLAIN, JOIN_JSON, JOIN_XML, JOIN_FORM };

/* Appends a secret, escaped for what it becomes a part of. */
static void add_escaped(struct buf *buf, const struct secret *secret, enum join_form form) {
  if (form == JOIN_JSON)
    json_add_escaped(buf, secret->bytes, secret->length);
  else if (form == JOIN_XML)
    xml_add_escaped(buf, secret->bytes, secret->length, true);
  else if (form == JOIN_FORM)
    sigv4_uri_encode(secret->bytes, secret->length, buf);
  else
    buf_add(buf, secret->bytes, secret->length);
}

/* join({ text or secret, ... } [, "json" | "xml" | "form"]) --> secret
 * Concatenates texts and secrets. With a form, the secrets are escaped for the inside of a JSON string,
 * of an element or attribute in XML, or of a field of a form (percent-encoded). */
int secret_lua_join(lua_State *L) {
  static const char *const forms[] = {"plain", "json", "xml", "form", NULL};
  luaL_checktype(L, 1, LUA_TTABLE);
  enum join_form form = (enum join_form)luaL_checkoption(L, 2, "plain", forms);
  struct opened *opened = new_opened(L, 0);
  struct buf *buf = &opened->unsealed.text;
  buf->secret = true;
  size_t count = lua_rawlen(L, 1), range_count = 0;
  for (size_t i = 0; i < count; i++, lua_pop(L, 1)) {
    const char *bytes;
    size_t length;
    if (lua_rawgeti(L, 1, (lua_Integer)i + 1) == LUA_TSTRING) {
      bytes = lua_tolstring(L, -1, &length);
      buf_add(buf, bytes, length);
      continue;
    }
    const struct secret *secret = test_secret(L, -1);
    if (!secret)
      return luaL_error(L, "item %I is neither a text nor a secret", (LUAI_UACINT)i + 1);
    size_t start = buf->length;
    add_escaped(buf, secret, form);
    if (!add_range(opened, range_count++, start, buf->length))
      return luaL_error(L, "not enough memory");
  }
  struct sealed *sealed = new_secret(L);
  if (!buf_reserve(buf, 0)) /* makes the bytes NUL-terminated */
    return luaL_error(L, "not enough memory");
  sealed->secret = (struct secret){buf->data, buf->length};
  *buf = (struct buf){.secret = true};
  sealed->ranges = opened->ranges;
  sealed->range_count = range_count;
  opened->ranges = NULL;
  finish_secret(L, sealed);
  return 1;
}

static int secret_gc(lua_State *L) {
  struct sealed *sealed = end_object(L, 1, SECRET_CLASS);
  if (!sealed)
    return 0;
  secret_wipe(&sealed->secret);
  free(sealed->ranges);
  sealed->ranges = NULL;
  return 0;
}

/* secret == secret
 * Reports whether the bytes are equal. The time does not depend on where they differ. */
static int secret_equal(lua_State *L) {
  const struct secret *a = test_secret(L, 1), *b = test_secret(L, 2);
  use_library(L, LIBRARY_CRYPTO);
  lua_pushboolean(L, a && b && a->length == b->length && hash_equal(a->bytes, b->bytes, a->length));
  return 1;
}

static int secret_tostring(lua_State *L) {
  lua_pushliteral(L, "secret: ***");
  return 1;
}

void new_secret_classes(lua_State *L) {
  static const luaL_Reg methods[] = {{"unseal", secret_unseal}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", secret_gc},
                                  {"__close", secret_gc},
                                  {"__eq", secret_equal},
                                  {"__tostring", secret_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg opened_meta[] = {{"__gc", opened_gc}, {"__close", opened_gc}, {NULL, NULL}};
  new_class(L, SECRET_CLASS, methods, meta);
  new_class(L, OPENED_CLASS, NULL, opened_meta);
}
