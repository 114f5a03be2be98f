#include "lua/terminal.h"

#include "lua/files.h"
#include "lua/util.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

#define RAW_CLASS "lanyard.raw_terminal"

struct raw {
  int fd; /* -1 once the terminal is restored */
  struct termios before;
};

/* raw_terminal(fd) --> guard | nil, err
 * Makes a terminal deliver each key at once, without an echo and without signals for keys. guard:close(), <close> and
 * the collection of the guard restore it. */
static int system_raw_terminal(lua_State *L) {
  int fd = (int)check_int(L, 1, 0, INT_MAX);
  struct raw *raw = lua_newuserdatauv(L, sizeof *raw, 0);
  raw->fd = -1;
  luaL_setmetatable(L, RAW_CLASS);
  if (tcgetattr(fd, &raw->before) != 0)
    return push_system_error(L, "read", "the settings of the terminal", errno);
  struct termios wanted = raw->before;
  wanted.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
  wanted.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
  wanted.c_cc[VMIN] = 1;
  wanted.c_cc[VTIME] = 0;
  /* What was typed before stays: TCSADRAIN does not discard it. */
  if (tcsetattr(fd, TCSADRAIN, &wanted) != 0)
    return push_system_error(L, "change", "the settings of the terminal", errno);
  raw->fd = fd;
  return 1;
}

static int raw_close(lua_State *L) {
  struct raw *raw = luaL_checkudata(L, 1, RAW_CLASS);
  int result;
  if (raw->fd >= 0) {
    do
      result = tcsetattr(raw->fd, TCSADRAIN, &raw->before);
    while (result != 0 && errno == EINTR);
  }
  raw->fd = -1;
  return 0;
}

/* read(fd) --> bytes | nil, err
 * Reads the available bytes, at most 4096 bytes, without a buffer; "" at the end. It blocks unless task.readable has
 * waited. */
static int system_read(lua_State *L) {
  int fd = (int)check_int(L, 1, 0, INT_MAX);
  char bytes[4096];
  ssize_t count;
  do
    count = read(fd, bytes, sizeof bytes);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return push_system_error(L, "read", "the input", errno);
  lua_pushlstring(L, bytes, (size_t)count);
  return 1;
}

static const luaL_Reg raw_methods[] = {{"close", raw_close}, {NULL, NULL}};
static const luaL_Reg raw_meta[] = {{"__gc", raw_close}, {"__close", raw_close}, {NULL, NULL}};

const luaL_Reg terminal_functions[] = {
    {"raw_terminal", system_raw_terminal}, {"read", system_read}, {NULL, NULL}};

void terminal_classes(lua_State *L) {
  new_class(L, RAW_CLASS, raw_methods, raw_meta);
}
