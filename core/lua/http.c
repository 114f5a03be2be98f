#include "net/http.h"
#include "lua/credentials.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <ctype.h>
#include <string.h>

#define POOL_CLASS "lanyard.http.pool"
#define TRANSFER_CLASS "lanyard.http.transfer"

static const char pool_key;

static int pool_gc(lua_State *L) {
  struct http_pool **slot = luaL_checkudata(L, 1, POOL_CLASS);
  http_pool_free(*slot);
  *slot = NULL;
  return 0;
}

/* Returns the pool of this Lua state. It is created after the loop, so that it is collected before
 * it. */
static struct http_pool *get_pool(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &pool_key) == LUA_TUSERDATA) {
    struct http_pool **kept = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return *kept;
  }
  lua_pop(L, 1);
  struct loop *loop = lua_loop(L);
  struct http_pool **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, POOL_CLASS);
  *slot = http_pool_new(loop);
  if (!*slot)
    luaL_error(L, "cannot start the HTTP client");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &pool_key);
  return *slot;
}

/* Rejects header text that could begin another header. */
static void check_header(lua_State *L, const char *text, size_t length, const char *what) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\r' || text[i] == '\n' || text[i] == '\0')
      luaL_error(L, "a header %s must not contain line ends or NUL", what);
  }
}

static void add_headers(lua_State *L, int options, struct http_transfer *transfer) {
  bool typed = false;
  if (lua_getfield(L, options, "headers") == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      size_t name_length, value_length = 0;
      const struct secret *secret = test_secret(L, -1);
      if (lua_type(L, -2) != LUA_TSTRING || (!secret && !lua_isstring(L, -1)))
        luaL_error(L, "headers: names and values must be strings");
      const char *name = lua_tolstring(L, -2, &name_length);
      const char *value = secret ? secret->bytes : lua_tolstring(L, -1, &value_length);
      value_length = secret ? secret->length : value_length;
      check_header(L, name, name_length, "name");
      check_header(L, value, value_length, "value");
      typed = typed || strcasecmp(name, "Content-Type") == 0;
      if (!http_transfer_header(transfer, name, value))
        luaL_error(L, "not enough memory");
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  if (!http_transfer_no_header(transfer, "Expect") ||
      (!typed && !http_transfer_no_header(transfer, "Content-Type")))
    luaL_error(L, "not enough memory");
}

/* http.start { method, url, headers = {}, [body,] [connect_timeout = 5,] [timeout = 30,]
 * [ca_bundle,]
 *              [max_size = 64 MiB,] [direct = false,] [sealed = false] } --> op
 * Starts a request. The body and the values of headers are strings or secrets. With `sealed`, the
 * body of the reply is a secret. */
static int start(lua_State *L) {
  enum { OPTIONS = 1, TRANSFER = 2 };
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  lua_settop(L, OPTIONS);
  struct http_pool *pool = get_pool(L);
  struct http_transfer *transfer = lua_newuserdatauv(L, sizeof *transfer, 1);
  memset(transfer, 0, sizeof *transfer);
  luaL_setmetatable(L, TRANSFER_CLASS);
  transfer->header_text.secret = true; /* tokens may be among the headers */
  add_headers(L, OPTIONS, transfer);

  struct http_request request = {0};
  request.url = check_field_string(L, OPTIONS, "url", NULL);
  request.method = opt_field_string(L, OPTIONS, "method", NULL);
  lua_getfield(L, OPTIONS, "body");
  const struct secret *body = test_secret(L, -1);
  if (body) {
    request.body = body->bytes;
    request.body_length = body->length;
  } else {
    request.body = opt_field_string(L, OPTIONS, "body", &request.body_length);
  }
  lua_setiuservalue(L, TRANSFER, 1); /* keeps the body alive */
  request.sealed = opt_field_boolean(L, OPTIONS, "sealed", false);
  request.ca_bundle = opt_field_string(L, OPTIONS, "ca_bundle", NULL);
  request.connect_timeout = opt_field_number(L, OPTIONS, "connect_timeout", 5);
  request.timeout = opt_field_number(L, OPTIONS, "timeout", 30);
  request.max_size = (size_t)opt_field_number(L, OPTIONS, "max_size", 64 * 1024 * 1024);
  request.direct = opt_field_boolean(L, OPTIONS, "direct", false);
  if (!request.method)
    request.method = "GET";
  if (!http_transfer_start(pool, transfer, &request))
    return luaL_error(L, "cannot start a request to %s", request.url);
  lua_pushvalue(L, TRANSFER);
  lua_loop_retain(L, &transfer->op);
  return 1;
}

/* Pushes the headers of the reply as a table. Names are in lowercase; repeated headers are joined
 * by ", ". */
static void push_headers(lua_State *L, const struct buf *head) {
  lua_newtable(L);
  const char *line = head->data;
  const char *end = line ? line + head->length : line;
  while (line < end) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    stop = stop ? stop : end;
    const char *colon = memchr(line, ':', (size_t)(stop - line));
    if (colon) {
      const char *value = colon + 1;
      const char *value_end = stop;
      while (value < value_end && isspace((unsigned char)*value))
        value++;
      while (value_end > value && isspace((unsigned char)value_end[-1]))
        value_end--;
      luaL_Buffer name;
      char *lower = luaL_buffinitsize(L, &name, (size_t)(colon - line));
      for (size_t i = 0; i < (size_t)(colon - line); i++)
        lower[i] = (char)tolower((unsigned char)line[i]);
      luaL_pushresultsize(&name, (size_t)(colon - line));
      lua_pushvalue(L, -1);
      if (lua_rawget(L, -3) == LUA_TSTRING) {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, value, (size_t)(value_end - value));
        lua_concat(L, 3);
      } else {
        lua_pop(L, 1);
        lua_pushlstring(L, value, (size_t)(value_end - value));
      }
      lua_rawset(L, -3);
    }
    line = stop + 1;
  }
}

static int push_failure(lua_State *L, const struct http_transfer *transfer) {
  static const struct {
    const char *code;
    bool retryable;
  } failures[] = {
      [HTTP_OK] = {"", false},
      [HTTP_INVALID_URL] = {"InvalidUrl", false},
      [HTTP_NAME_RESOLUTION] = {"NameResolution", true},
      [HTTP_PROXY] = {"Proxy", true},
      [HTTP_CONNECTION_REFUSED] = {"ConnectionRefused", true},
      [HTTP_CONNECTION] = {"Connection", true},
      [HTTP_PROXY_REFUSED] = {"Proxy", false},
      [HTTP_TLS] = {"Tls", true},
      [HTTP_CERTIFICATE] = {"Tls", false},
      [HTTP_TIMEOUT] = {"Timeout", true},
      [HTTP_BODY_CUT] = {"BodyCut", true},
      [HTTP_TOO_LARGE] = {"TooLarge", false},
  };
  push_error(L, failures[transfer->failure].code, "%s", transfer->detail);
  lua_pushboolean(L, failures[transfer->failure].retryable);
  lua_setfield(L, -2, "retryable");
  lua_pushboolean(L, transfer->sent);
  lua_setfield(L, -2, "sent");
  if (transfer->proxy_status >= 300) {
    lua_pushinteger(L, transfer->proxy_status);
    lua_setfield(L, -2, "proxy_status");
  }
  return 2;
}

/* op:result() --> { status, headers, body, elapsed } | nil, err
 * Returns the reply. err has code, message, retryable and sent, and proxy_status if a proxy refused
 * to connect. The result can be taken once: its memory is freed at once, because Lua's collector
 * does not know how large it is. */
static int result(lua_State *L) {
  struct http_transfer *transfer = luaL_checkudata(L, 1, TRANSFER_CLASS);
  if (!transfer->op.completed)
    return luaL_error(L, "the request has not completed");
  if (transfer->failure != HTTP_OK) {
    buf_free(&transfer->body);
    return push_failure(L, transfer);
  }
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, transfer->status);
  lua_setfield(L, -2, "status");
  lua_pushnumber(L, transfer->elapsed);
  lua_setfield(L, -2, "elapsed");
  if (transfer->body.secret)
    push_secret_buf(L, &transfer->body);
  else
    lua_pushlstring(L, transfer->body.data ? transfer->body.data : "", transfer->body.length);
  lua_setfield(L, -2, "body");
  push_headers(L, &transfer->head);
  lua_setfield(L, -2, "headers");
  buf_free(&transfer->body);
  buf_free(&transfer->head);
  buf_free(&transfer->header_text);
  return 1;
}

/* op:cancel() */
static int cancel(lua_State *L) {
  struct http_transfer *transfer = luaL_checkudata(L, 1, TRANSFER_CLASS);
  http_transfer_free(transfer);
  lua_loop_release(L, &transfer->op);
  return 0;
}

static int transfer_gc(lua_State *L) {
  http_transfer_free(luaL_checkudata(L, 1, TRANSFER_CLASS));
  return 0;
}

/* http.limit(count)
 * Sets the number of concurrent requests to one host. Further requests wait. */
static int limit(lua_State *L) {
  lua_Integer connections = luaL_checkinteger(L, 1);
  luaL_argcheck(L, connections >= 1 && connections <= 1000, 1, "1 to 1000 connections");
  http_pool_limit(get_pool(L), (unsigned)connections);
  return 0;
}

MODULE_API int luaopen_lanyard_http_core(lua_State *L) {
  static const luaL_Reg methods[] = {{"result", result}, {"cancel", cancel}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", transfer_gc}, {NULL, NULL}};
  static const luaL_Reg pool_meta[] = {{"__gc", pool_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"start", start}, {"limit", limit}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* registers the class of secrets */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  new_class(L, POOL_CLASS, NULL, pool_meta);
  new_class(L, TRANSFER_CLASS, methods, meta);
  get_pool(L);
  luaL_newlib(L, functions);
  return 1;
}
