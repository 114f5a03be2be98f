#ifndef LANYARD_LUA_SANDBOX_H
#define LANYARD_LUA_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the parts of the sandbox share: the box, which is a Lua state of its own with a limit on
 * memory, on steps and on processor time.
 *
 * A step is an instruction of the virtual machine, 16 bytes allocated, or one turn of a loop in C.
 * The hook that counts instructions does not see what runs in C, and is not called at all in
 * finalizers and in message handlers: so no function of the library loops without charging for it,
 * the parser pays for its text, and there are no metatables and no xpcall. Processor time is the
 * last resort, for instructions that are long by themselves, such as comparing two texts of
 * megabytes. The longest is the growing of a table whose keys were chosen to collide: seconds, at 16
 * MiB some twenty. */

#define SANDBOX_STEP_BYTES 16

struct sandbox {
  lua_State *L;
  size_t memory; /* bytes in use */
  size_t memory_limit;
  int64_t steps; /* left of this call */
  int64_t step_limit;
  double seconds_limit;
  int64_t deadline; /* of the thread's processor time, in nanoseconds */
  size_t unseen;    /* steps charged since the last look at that time */
  char reason[256]; /* why it is dead; empty while it lives */
  char chunk[64];   /* Lua's name of the text: @ and the file's name, or its end */
  const char *name; /* that without the @ */
};

/* The box of a state that is one. */
struct sandbox *sandbox_of(lua_State *L);

/* Takes steps from the budget; raises when it is spent, and from then on always. */
void sandbox_charge(lua_State *L, size_t steps);

/* Marks the box as dead, with the place in the text that runs. No pcall inside survives it. */
void sandbox_kill(lua_State *L, const char *why);

/* pcall(f, ...) --> true, results | false, error; raises where the box is dead. */
int sandbox_pcall(lua_State *L);

/* string.find, match, gmatch and gsub, charged for each comparison. */
int sandbox_find(lua_State *L);
int sandbox_match(lua_State *L);
int sandbox_gmatch(lua_State *L);
int sandbox_gsub(lua_State *L);

/* Sets the globals of the box: the only ones it has. Raises when memory ends. */
void sandbox_open_library(lua_State *L);

/* The most that is copied at once from one state to another. */
struct sandbox_copy {
  size_t bytes;     /* left */
  char problem[64]; /* what could not be copied, where it ended in false */
  char member[64];  /* and in which member of a table, with a colon behind it; or empty */
};

/* Copies a value as plain data (nil, booleans, numbers, strings, tables of these) and pushes it onto
 * `to`. Reads `from` without running anything there, so it never raises in `from`; in `to` it raises
 * when memory ends. False, and nothing of use pushed, for what is no plain data. */
bool sandbox_copy(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to);

#endif
