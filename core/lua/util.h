#ifndef LANYARD_LUA_UTIL_H
#define LANYARD_LUA_UTIL_H

#include "base/buf.h"
#include "base/library.h"
#include "json/json.h"

#include <lauxlib.h>
#include <lua.h>

/* MODULE_API exports a luaopen_ function. All other symbols are hidden, so that a program that
 * loads lanyard.so may define functions with the same names. */
#define MODULE_API __attribute__((visibility("default")))

/* Helpers of the bindings. An expected failure is `nil, err`: err is a table with at least `code`
 * and `message`, and tostring(err) is the message. */

/* push_error pushes nil and an error table, and returns 2, the number of results. The caller may
 * set further fields of the table, which is at the top of the stack. */
int push_error(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* push_json_error is push_error for an error of the JSON reader. The table also has `line`, `column`
 * and `offset` of struct json_error. It raises an error if there was not enough memory. */
int push_json_error(lua_State *L, const char *code, const struct json_error *error);

/* push_buf pushes the bytes of a buffer as a string and returns 1. It frees the buffer, also if it
 * raises an error. */
int push_buf(lua_State *L, struct buf *buf);

/* use_library loads a library before the first call of one of its functions. It raises an error, which has no source
 * location, because every command shows it to a person, if the library cannot be loaded. */
void use_library(lua_State *L, enum library library);

/* ---- Objects ----
 *
 * Every userdata of a class begins with a struct object. A script can reach a userdata after its
 * end: from a finalizer, while the state is closed, or after close(). check_object raises an error
 * then, so that a method never sees freed memory:
 *
 *   struct thing { struct object object; struct inner *inner; };
 *
 *   static int method(lua_State *L) {
 *     struct thing *thing = check_object(L, 1, THING_CLASS);
 *     ...
 *   }
 *
 *   static int collect(lua_State *L) { // __gc, __close and close(): only the first call ends it
 *     struct thing *thing = end_object(L, 1, THING_CLASS);
 *     if (thing)
 *       inner_free(thing->inner);
 *     return 0;
 *   }
 */
struct object {
  const void *class; /* the address of the metatable; NULL after the end */
  const char *name;  /* the class by name: the text that new_object was called with */
};

/* new_class creates the metatable `name` with these methods as its __index, and the metamethods in
 * `meta`. Scripts cannot reach the metatable: getmetatable returns a table with __name only. */
void new_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

/* new_object pushes a userdata of a class with `values` user values. Its `size` bytes, which begin
 * with a struct object, are zero apart from it. */
void *new_object(lua_State *L, size_t size, int values, const char *class);

/* take_spare pushes the object that put_spare kept under a key of the registry, or a new one without user values. It is
 * for functions that need an object only until they return, so that what it owns is freed if an error is raised. */
void *take_spare(lua_State *L, const void *key, size_t size, const char *class);

/* put_spare keeps the object at a stack index for the next take_spare. */
void put_spare(lua_State *L, int index, const void *key);

/* check_object returns the userdata at a stack index, or raises an error if it is not of the class
 * or has ended. test_object returns NULL instead. */
void *check_object(lua_State *L, int index, const char *class);
void *test_object(lua_State *L, int index, const char *class);

/* end_object ends the userdata at a stack index and returns it, or NULL if it has ended before. The
 * caller frees what the userdata owns. It raises an error if the userdata is not of the class. */
void *end_object(lua_State *L, int index, const char *class);

/* collect_for reports to the collector of Lua that userdata now own `bytes` more bytes of C memory, which it
 * cannot see. The collector does the work that it does for so many bytes of its own. It may run
 * finalizers, and thus any Lua code. The caller reports memory after a userdata owns it, and does
 * not report its release. */
void collect_for(lua_State *L, size_t bytes);

/* ---- Arguments ----
 *
 * Lua code that runs while C reads a table (a metamethod, or a finalizer at any allocation) can
 * change the table. So a table is copied first, without metamethods; the copy takes the place of
 * the argument, and keeps its strings alive. */

/* check_int returns the integer at a stack index, or raises an error if it is not from `min` to
 * `max`. opt_int returns `otherwise` if the argument is absent or nil. */
lua_Integer check_int(lua_State *L, int index, lua_Integer min, lua_Integer max);
lua_Integer opt_int(lua_State *L, int index, lua_Integer min, lua_Integer max,
                    lua_Integer otherwise);

/* copy_table replaces the table at a stack index with a copy of its fields. It raises an error if
 * there is no table. */
void copy_table(lua_State *L, int index);

/* check_fields is copy_table, and raises an error for a field that is not in `known`, which ends
 * with NULL. Without it, a mistyped name would be ignored. */
void check_fields(lua_State *L, int index, const char *const known[]);

/* check_names raises an error for a field that is not in `known`, without a copy of the table. Every
 * field must then be read once only, because a finalizer can change the table. */
void check_names(lua_State *L, int index, const char *const known[]);

/* push_field pushes a field of the table at `index` without metamethods, and returns its type. */
int push_field(lua_State *L, int index, const char *field);

/* check_field_string and its variants return a field of the table at `index`, without metamethods.
 * An error names the field. A string stays on the stack, which keeps it alive; it is NULL if it is
 * absent and optional. A number must be from `min` to `max`, and is never NaN. */
const char *check_field_string(lua_State *L, int index, const char *field, size_t *length);
const char *opt_field_string(lua_State *L, int index, const char *field, size_t *length);
lua_Number opt_field_number(lua_State *L, int index, const char *field, lua_Number otherwise);
lua_Number opt_field_range(lua_State *L, int index, const char *field, lua_Number min,
                           lua_Number max, lua_Number otherwise);
lua_Integer opt_field_int(lua_State *L, int index, const char *field, lua_Integer min,
                          lua_Integer max, lua_Integer otherwise);
int opt_field_boolean(lua_State *L, int index, const char *field, int otherwise);

/* check_field_text and opt_field_text are for strings that C reads to their NUL. A string that
 * contains another NUL raises an error. */
const char *check_field_text(lua_State *L, int index, const char *field);
const char *opt_field_text(lua_State *L, int index, const char *field);

/* opt_field_choice returns the index of a field's value in `names`, which ends with NULL, or
 * `otherwise` if the field is absent. */
int opt_field_choice(lua_State *L, int index, const char *field, const char *const names[],
                     int otherwise);

/* check_text returns the string at a stack index. A string that contains NUL raises an error. */
const char *check_text(lua_State *L, int index);

/* A string of a list. Lua owns the bytes. */
struct list_string {
  const char *bytes;
  size_t length;
};

/* push_strings returns the strings of the list at `index`, at most `max`. It pushes one value, which
 * keeps the array and its strings alive. `what` names the list in errors. */
const struct list_string *push_strings(lua_State *L, int index, const char *what, size_t max,
                                       size_t *count);

#endif
