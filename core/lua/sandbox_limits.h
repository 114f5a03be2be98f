#ifndef LANYARD_LUA_SANDBOX_LIMITS_H
#define LANYARD_LUA_SANDBOX_LIMITS_H

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

/* The number of instructions between two checks of the budget, and of steps between two of the
 * clock. */
#define SANDBOX_INTERVAL 250

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

/* sandbox_charge takes steps from the budget. It raises an error when the budget is exceeded, and
 * on each later call. */
void sandbox_charge(lua_State *L, size_t steps);

/* sandbox_kill marks the box as dead and records the current source location. A pcall inside the
 * box does not catch the error. */
void sandbox_kill(lua_State *L, const char *why);

/* sandbox_kill_for_time marks a box as dead that has used up its time. */
void sandbox_kill_for_time(lua_State *L);

/* sandbox_check_limits marks the box as dead if a protected call, of which `status` is the result,
 * exceeded the limit of steps or memory or, with `time_too`, ended after the deadline. */
void sandbox_check_limits(lua_State *L, int status, bool time_too);

/* sandbox_read_limits sets the limits of a box from the options of the host's state: steps, memory,
 * seconds. The option prelude is also allowed. It raises an error for a wrong option. */
void sandbox_read_limits(lua_State *L, int index, struct sandbox *box);

/* sandbox_new_state creates the state of a box that has its limits. It returns false if the memory
 * limit is too low. The caller closes the state. */
bool sandbox_new_state(struct sandbox *box);

/* sandbox_begin begins a run, with fresh steps and what is left of the time. */
void sandbox_begin(struct sandbox *box);

/* sandbox_end takes the time since the last sandbox_begin from the time of the box. */
void sandbox_end(struct sandbox *box);

#endif
