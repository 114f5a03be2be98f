#include "net/httpd.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>

#define SERVER_CLASS "lanyard.httpd.server"
#define ACCEPT_CLASS "lanyard.httpd.accept"
#define REQUEST_CLASS "lanyard.httpd.request"

static struct httpd **check_server(lua_State *L) {
  struct httpd **slot = luaL_checkudata(L, 1, SERVER_CLASS);
  if (!*slot)
    luaL_error(L, "the server is closed");
  return slot;
}

/* httpd.open { address = "127.0.0.1", port = 0, max_body = 1 MiB } --> server | nil, err */
static int open_server(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *address = opt_field_string(L, 1, "address", NULL);
  if (!address)
    address = "127.0.0.1";
  lua_Number port = opt_field_number(L, 1, "port", 0);
  luaL_argcheck(L, port >= 0 && port <= 65535, 1, "port: 0 to 65535 expected");
  size_t max_body = (size_t)opt_field_number(L, 1, "max_body", 1024 * 1024);
  struct loop *loop = lua_loop(L);
  struct httpd **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, SERVER_CLASS);
  *slot = httpd_open(loop, address, (int)port, max_body);
  if (!*slot)
    return push_error(L, "CannotListen", "cannot listen on %s port %d: %s", address, (int)port,
                      errno ? strerror(errno) : "not an address of this machine");
  return 1;
}

/* server:port() --> number */
static int server_port(lua_State *L) {
  lua_pushinteger(L, httpd_port(*check_server(L)));
  return 1;
}

/* server:close(), also __gc and __close. It may be called again. */
static int server_close(lua_State *L) {
  struct httpd **slot = luaL_checkudata(L, 1, SERVER_CLASS);
  if (*slot)
    httpd_close(*slot);
  *slot = NULL;
  return 0;
}

/* server:accept() --> op
 * The result of the operation is a request, or nil if the server was closed. */
static int server_accept(lua_State *L) {
  struct httpd *server = *check_server(L);
  struct httpd_accept *accept = lua_newuserdatauv(L, sizeof *accept, 1);
  memset(accept, 0, sizeof *accept);
  luaL_setmetatable(L, ACCEPT_CLASS);
  lua_pushvalue(L, 1); /* keeps the server alive while the operation waits */
  lua_setiuservalue(L, -2, 1);
  if (!httpd_accept_start(server, accept))
    return luaL_error(L, "another accept is pending");
  lua_loop_retain(L, &accept->op);
  return 1;
}

static int accept_gc(lua_State *L) {
  struct httpd_accept *accept = luaL_checkudata(L, 1, ACCEPT_CLASS);
  if (accept->op.loop)
    httpd_accept_stop(accept);
  if (accept->request)
    httpd_request_free(accept->request);
  accept->request = NULL;
  accept->op.loop = NULL;
  return 0;
}

/* op:cancel() */
static int accept_cancel(lua_State *L) {
  struct httpd_accept *accept = luaL_checkudata(L, 1, ACCEPT_CLASS);
  if (accept->op.loop)
    lua_loop_release(L, &accept->op);
  return accept_gc(L);
}

/* op:result() --> request | nil */
static int accept_result(lua_State *L) {
  struct httpd_accept *accept = luaL_checkudata(L, 1, ACCEPT_CLASS);
  if (!accept->request) {
    luaL_pushfail(L);
    return 1;
  }
  struct httpd_request **slot = lua_newuserdatauv(L, sizeof *slot, 1);
  *slot = NULL;
  luaL_setmetatable(L, REQUEST_CLASS);
  lua_getiuservalue(L, 1, 1);
  lua_setiuservalue(L, -2, 1);
  *slot = accept->request;
  accept->request = NULL;
  return 1;
}

static struct httpd_request *check_request(lua_State *L) {
  struct httpd_request **slot = luaL_checkudata(L, 1, REQUEST_CLASS);
  return *slot;
}

static const char *method_name(enum evhttp_cmd_type type) {
  switch (type) {
  case EVHTTP_REQ_GET:
    return "GET";
  case EVHTTP_REQ_POST:
    return "POST";
  case EVHTTP_REQ_HEAD:
    return "HEAD";
  case EVHTTP_REQ_PUT:
    return "PUT";
  case EVHTTP_REQ_DELETE:
    return "DELETE";
  default:
    return "OTHER";
  }
}

/* request:read() --> { method, target, headers, body, remote, remote_port } | nil
 * Names of headers are in lowercase. Returns nil if the connection is gone. */
static int request_read(lua_State *L) {
  struct httpd_request *request = check_request(L);
  if (!request->server) {
    luaL_pushfail(L);
    return 1;
  }
  struct evhttp_request *event = request->event;
  lua_createtable(L, 0, 5);
  lua_pushstring(L, method_name(evhttp_request_get_command(event)));
  lua_setfield(L, -2, "method");
  lua_pushstring(L, evhttp_request_get_uri(event));
  lua_setfield(L, -2, "target");
  char *remote = NULL;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(evhttp_request_get_connection(event), &remote, &port);
  lua_pushstring(L, remote);
  lua_setfield(L, -2, "remote");
  lua_pushinteger(L, port);
  lua_setfield(L, -2, "remote_port");

  struct evbuffer *body = evhttp_request_get_input_buffer(event);
  size_t length = evbuffer_get_length(body);
  luaL_Buffer text;
  char *bytes = luaL_buffinitsize(L, &text, length);
  evbuffer_copyout(body, bytes, length);
  luaL_pushresultsize(&text, length);
  lua_setfield(L, -2, "body");

  lua_newtable(L);
  struct evkeyvalq *headers = evhttp_request_get_input_headers(event);
  for (struct evkeyval *header = headers->tqh_first; header; header = header->next.tqe_next) {
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "lower");
    lua_remove(L, -2);
    lua_pushstring(L, header->key);
    lua_call(L, 1, 1);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TSTRING) {
      lua_pushliteral(L, ", ");
      lua_pushstring(L, header->value);
      lua_concat(L, 3);
    } else {
      lua_pop(L, 1);
      lua_pushstring(L, header->value);
    }
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "headers");
  return 1;
}

/* request:reply(status, headers, body [, cut])
 * Answers the request. With `cut`, only that many bytes of the body are sent before the connection
 * is closed. */
static int request_reply(lua_State *L) {
  enum { MAX_HEADERS = 32, HEADERS = 3 };
  struct httpd_request *request = check_request(L);
  int status = (int)luaL_checkinteger(L, 2);
  luaL_checktype(L, HEADERS, LUA_TTABLE);
  size_t announced;
  const char *body = luaL_checklstring(L, 4, &announced);
  lua_Integer cut = luaL_optinteger(L, 5, (lua_Integer)announced);
  size_t length = cut < 0 ? 0 : (size_t)cut < announced ? (size_t)cut : announced;
  struct httpd_header headers[MAX_HEADERS];
  size_t count = 0;
  luaL_checkstack(L, MAX_HEADERS + 2, NULL);
  lua_pushnil(L);
  while (lua_next(L, HEADERS)) {
    if (count == MAX_HEADERS || lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      return luaL_error(L, "headers: up to %d names and values, all strings", MAX_HEADERS);
    headers[count].name = lua_tostring(L, -2);
    headers[count++].value = lua_tostring(L, -1); /* the table keeps both alive */
    lua_pop(L, 1);
  }
  httpd_reply(request, status, headers, count, body, length, announced);
  return 0;
}

/* request:reset()
 * Closes the connection without a reply. */
static int request_reset(lua_State *L) {
  httpd_reset(check_request(L));
  return 0;
}

static int request_gc(lua_State *L) {
  struct httpd_request **slot = luaL_checkudata(L, 1, REQUEST_CLASS);
  if (*slot)
    httpd_request_free(*slot);
  *slot = NULL;
  return 0;
}

MODULE_API int luaopen_lanyard_httpd_core(lua_State *L) {
  static const luaL_Reg server_methods[] = {
      {"port", server_port}, {"close", server_close}, {"accept", server_accept}, {NULL, NULL}};
  static const luaL_Reg server_meta[] = {
      {"__gc", server_close}, {"__close", server_close}, {NULL, NULL}};
  static const luaL_Reg accept_methods[] = {
      {"cancel", accept_cancel}, {"result", accept_result}, {NULL, NULL}};
  static const luaL_Reg accept_meta[] = {{"__gc", accept_gc}, {NULL, NULL}};
  static const luaL_Reg request_methods[] = {
      {"read", request_read}, {"reply", request_reply}, {"reset", request_reset}, {NULL, NULL}};
  static const luaL_Reg request_meta[] = {{"__gc", request_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", open_server}, {NULL, NULL}};
  lua_loop(L);
  new_class(L, SERVER_CLASS, server_methods, server_meta);
  new_class(L, ACCEPT_CLASS, accept_methods, accept_meta);
  new_class(L, REQUEST_CLASS, request_methods, request_meta);
  luaL_newlib(L, functions);
  return 1;
}
