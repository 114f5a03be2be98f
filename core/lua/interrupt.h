#ifndef LANYARD_LUA_INTERRUPT_H
#define LANYARD_LUA_INTERRUPT_H

#include <lua.h>
#include <stdbool.h>

/* Signals in Lua code that does not wait. The event loop hands a signal to the task that waits for it. Code that
 * computes without end never gets there, so the signal handler also sets a hook in the thread that runs: after
 * some time, the hook raises an error in it. */

/* interrupt_track replaces coroutine.resume and coroutine.wrap of a state by functions that record which thread
 * runs. Without it, signals do not reach code that does not wait. A process tracks one state. */
void interrupt_track(lua_State *L);

/* interrupt_delivered forgets a signal: the loop has it. */
void interrupt_delivered(void);

/* interrupt_overdue reports whether the code has not returned to the loop for a second of processor time after a
 * signal. Code in another Lua state, which no hook of the thread reaches, asks and ends. */
bool interrupt_overdue(void);

/* interrupt_check raises the error of a signal in the thread that runs if one is overdue. */
void interrupt_check(lua_State *L);

/* interrupt_raise raises the error of a signal that has ended a system call, in the thread that runs. It returns if
 * no signal is pending. */
void interrupt_raise(lua_State *L);

/* loop.interruptible(value, f, ...) --> true, results | false, error
 * Calls f in protected mode. After SIGINT, SIGTERM or SIGHUP, code that does not return to the loop gets `value`
 * raised. */
int interrupt_call(lua_State *L);

/* loop.interrupted() --> "INT" | "TERM" | "HUP" | nil
 * Returns the signal for which an error was raised. */
int interrupt_name(lua_State *L);

#endif
