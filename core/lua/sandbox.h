#ifndef LANYARD_LUA_SANDBOX_H
#define LANYARD_LUA_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The box of a sandbox: a Lua state with limits on memory, steps and processor time.
 *
 * A step is an instruction of the virtual machine, 16 bytes allocated, or one iteration of a loop
 * in C. The hook that counts instructions does not see C code, and is not called in finalizers and
 * message handlers. Therefore every library function with a loop charges for it, the parser is
 * charged for its text, and there are no metatables and no xpcall. Processor time is the last
 * resort, for single instructions that take long, such as a comparison of texts of megabytes. The
 * longest is growing a table whose keys were chosen to collide: Lua does not hash numbers with a seed.
 * So the keys of a table and the numbers in a text are limited. */

#define SANDBOX_STEP_BYTES 16

struct sandbox {
  lua_State *L;
  size_t memory; /* bytes in use */
  size_t memory_limit;
  int64_t steps; /* left in this call */
  int64_t step_limit;
  double seconds_limit;
  int64_t started;    /* of the last run, in nanoseconds of the thread's processor time */
  int64_t deadline;   /* of the last run, likewise */
  int64_t time_left;  /* for all further runs, in nanoseconds */
  size_t table_limit; /* keys of a table */
  bool large_table;   /* a table with more keys was refused */
  bool parsing;
  size_t unseen;    /* steps charged since the last check of that time */
  char reason[256]; /* why the box is dead; empty while it is alive */
  char chunk[64];   /* Lua's name of the text: @ and the end of the file name */
  const char *name; /* the same without @ */
};

/* sandbox_of returns the box of a state, which must be the state of a box. */
struct sandbox *sandbox_of(lua_State *L);

/* sandbox_clock returns the processor time of this thread in nanoseconds. */
int64_t sandbox_clock(void);

/* sandbox_count_numbers returns how many numbers of five or more characters a Lua text contains, not
 * counting strings and comments. */
size_t sandbox_count_numbers(const char *text, size_t length);

/* sandbox_charge takes steps from the budget. It raises an error when the budget is exceeded, and
 * on each later call. */
void sandbox_charge(lua_State *L, size_t steps);

/* sandbox_kill marks the box as dead and records the current source location. A pcall inside the
 * box does not catch the error. */
void sandbox_kill(lua_State *L, const char *why);

/* pcall(f, ...) --> true, results | false, error. Raises an error if the box is dead. */
int sandbox_pcall(lua_State *L);

/* string.find, match, gmatch and gsub. They charge for each comparison. */
int sandbox_find(lua_State *L);
int sandbox_match(lua_State *L);
int sandbox_gmatch(lua_State *L);
int sandbox_gsub(lua_State *L);

/* sandbox_open_library sets the globals of the box. It raises an error if there is not enough
 * memory. */
void sandbox_open_library(lua_State *L);

/* The limits and the outcome of a copy from one state to another. */
struct sandbox_copy {
  size_t bytes;     /* left */
  int64_t deadline; /* by sandbox_clock */
  size_t values;    /* copied */
  bool late;        /* after a failure: the deadline has passed */
  char problem[64]; /* after a failure: the kind of value that cannot be copied */
  char member[64];  /* after a failure: the member of a table, with a colon; or empty */
};

/* sandbox_copy copies a value as plain data (nil, booleans, numbers, strings, tables of these) and
 * pushes it onto `to`. It only reads `from` and runs nothing there, so it never raises an error in
 * `from`; in `to` it raises one if there is not enough memory. It returns false, without a usable
 * value, if the value is not plain data. */
bool sandbox_copy(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to);

#endif
