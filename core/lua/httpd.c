#include "net/httpd.h"
#include "base/descriptors.h"
#include "lua/http_header.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <math.h>
#include <string.h>

#define SERVER_CLASS "lanyard.httpd.server"
#define ACCEPT_CLASS "lanyard.httpd.accept"
#define REQUEST_CLASS "lanyard.httpd.request"

struct server_object {
  struct object object;
  struct httpd *server;
};

struct accept_object {
  struct operation operation;
  struct httpd_accept accept;
};

struct request_object {
  struct object object;
  struct httpd_request *request;
};

static struct httpd *check_server(lua_State *L) {
  struct server_object *object = check_object(L, 1, SERVER_CLASS);
  return object->server;
}

/* httpd.open { address = "127.0.0.1", port = 0, max_body = 1 MiB, max_held = 16 MiB + 4 * max_body,
 *              idle_timeout = 60, request_timeout = 30 } --> server | nil, err
 * max_held limits the bytes of all requests that are not answered. */
static int open_server(lua_State *L) {
  enum { MAX_SIZE = 1 << 30 };
  static const size_t MIB = (size_t)1024 * 1024;
  copy_table(L, 1);
  const char *address = opt_field_text(L, 1, "address");
  if (!address)
    address = "127.0.0.1";
  int port = (int)opt_field_int(L, 1, "port", 0, 65535, 0);
  struct httpd_limits limits = {
      .max_body = (size_t)opt_field_int(L, 1, "max_body", 0, MAX_SIZE, (lua_Integer)MIB),
      .idle_timeout = opt_field_range(L, 1, "idle_timeout", 0, HUGE_VAL, 60),
      .request_timeout = opt_field_range(L, 1, "request_timeout", 0, HUGE_VAL, 30),
  };
  lua_Integer held = (lua_Integer)(16 * MIB + 4 * limits.max_body);
  limits.max_held = (size_t)opt_field_int(L, 1, "max_held", 0, LUA_MAXINTEGER, held);
  struct loop *loop = lua_loop(L);
  struct server_object *object = new_object(L, sizeof *object, 0, SERVER_CLASS);
  object->server = httpd_open(loop, address, port, &limits);
  if (!object->server)
    return push_error(L, "CannotListen", "cannot listen on %s port %d: %s", address, port,
                      errno ? error_text(errno) : "not an address of this machine");
  return 1;
}

/* server:port() --> number */
static int server_port(lua_State *L) {
  lua_pushinteger(L, httpd_port(check_server(L)));
  return 1;
}

/* server:close(), also __gc and __close. It may be called again. */
static int server_close(lua_State *L) {
  struct server_object *object = end_object(L, 1, SERVER_CLASS);
  if (object && object->server)
    httpd_close(object->server);
  return 0;
}

static void stop_accept(struct operation *operation) {
  struct httpd_accept *accept = &((struct accept_object *)operation)->accept;
  httpd_accept_stop(accept);
  if (accept->request)
    httpd_request_free(accept->request);
  accept->request = NULL;
}

/* server:accept() --> op
 * The result of the operation is a request, or nil if the server was closed. */
static int server_accept(lua_State *L) {
  struct httpd *server = check_server(L);
  struct accept_object *object = new_object(L, sizeof *object, 1, ACCEPT_CLASS);
  object->operation.op = &object->accept.op;
  object->operation.stop = stop_accept;
  lua_pushvalue(L, 1); /* keeps the server alive while the operation waits */
  lua_setiuservalue(L, -2, 1);
  if (!httpd_accept_start(server, &object->accept))
    return luaL_error(L, "another accept is pending");
  lua_loop_retain(L);
  return 1;
}

/* op:result() --> request | nil */
static int accept_result(lua_State *L) {
  struct accept_object *accept = lua_loop_check_done(L, 1, ACCEPT_CLASS);
  if (!accept->accept.request) {
    luaL_pushfail(L);
    return 1;
  }
  struct request_object *object = new_object(L, sizeof *object, 1, REQUEST_CLASS);
  lua_getiuservalue(L, 1, 1);
  lua_setiuservalue(L, -2, 1);
  object->request = accept->accept.request;
  accept->accept.request = NULL;
  return 1;
}

static struct httpd_request *check_request(lua_State *L) {
  const struct request_object *object = check_object(L, 1, REQUEST_CLASS);
  return object->request;
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

/* Pushes the body of a request. */
static void push_body(lua_State *L, struct evhttp_request *event) {
  struct evbuffer *body = evhttp_request_get_input_buffer(event);
  size_t length = evbuffer_get_length(body);
  luaL_Buffer text;
  char *bytes = luaL_buffinitsize(L, &text, length);
  evbuffer_copyout(body, bytes, length);
  luaL_pushresultsize(&text, length);
}

/* request:read() --> { method, target, headers, body, remote, remote_port } | nil
 * Names of headers are in lowercase. Returns nil if the connection is gone. */
static int request_read(lua_State *L) {
  struct httpd_request *request = check_request(L);
  struct evhttp_connection *connection =
      request->server ? evhttp_request_get_connection(request->event) : NULL;
  if (!connection) {
    luaL_pushfail(L);
    return 1;
  }
  struct evhttp_request *event = request->event;
  lua_createtable(L, 0, 6);
  lua_pushstring(L, method_name(evhttp_request_get_command(event)));
  lua_setfield(L, -2, "method");
  lua_pushstring(L, evhttp_request_get_uri(event));
  lua_setfield(L, -2, "target");
  char *remote = NULL;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(connection, &remote, &port);
  lua_pushstring(L, remote);
  lua_setfield(L, -2, "remote");
  lua_pushinteger(L, port);
  lua_setfield(L, -2, "remote_port");
  push_body(L, event);
  lua_setfield(L, -2, "body");
  lua_newtable(L);
  const struct evkeyvalq *headers = evhttp_request_get_input_headers(event);
  for (const struct evkeyval *header = headers->tqh_first; header; header = header->next.tqe_next)
    add_header(L, header->key, strlen(header->key), header->value, strlen(header->value));
  lua_setfield(L, -2, "headers");
  /* The server holds the body until the request is answered. */
  collect_for(L, evbuffer_get_length(evhttp_request_get_input_buffer(event)));
  return 1;
}

/* Copies the headers of a reply. The copy of their table, at `index`, keeps the strings alive. */
static size_t read_headers(lua_State *L, int index, struct httpd_header *headers, size_t max) {
  size_t count = 0;
  copy_table(L, index);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (count == max || lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "headers: up to %d names and values, all strings", (int)max);
    size_t name_length, value_length;
    headers[count].name = lua_tolstring(L, -2, &name_length);
    headers[count].value = lua_tolstring(L, -1, &value_length);
    check_header(L, headers[count].name, name_length, headers[count].value, value_length);
    count++;
  }
  return count;
}

/* request:reply(status, headers, body [, cut])
 * Answers the request. With `cut`, only that many bytes of the body are sent before the connection
 * is closed. */
static int request_reply(lua_State *L) {
  enum { MAX_HEADERS = 32, HEADERS = 3 };
  struct httpd_request *request = check_request(L);
  int status = (int)check_int(L, 2, 200, 999);
  size_t announced;
  const char *body = luaL_checklstring(L, 4, &announced);
  lua_Integer cut = luaL_optinteger(L, 5, (lua_Integer)announced);
  size_t length = cut < 0 ? 0 : (size_t)cut < announced ? (size_t)cut : announced;
  struct httpd_header headers[MAX_HEADERS];
  size_t count = read_headers(L, HEADERS, headers, MAX_HEADERS);
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
  struct request_object *object = end_object(L, 1, REQUEST_CLASS);
  if (object && object->request)
    httpd_request_free(object->request);
  return 0;
}

MODULE_API int luaopen_lanyard_httpd_core(lua_State *L) {
  static const luaL_Reg server_methods[] = {
      {"port", server_port}, {"close", server_close}, {"accept", server_accept}, {NULL, NULL}};
  static const luaL_Reg server_meta[] = {
      {"__gc", server_close}, {"__close", server_close}, {NULL, NULL}};
  static const luaL_Reg accept_methods[] = {{"result", accept_result}, {NULL, NULL}};
  static const luaL_Reg request_methods[] = {
      {"read", request_read}, {"reply", request_reply}, {"reset", request_reset}, {NULL, NULL}};
  static const luaL_Reg request_meta[] = {{"__gc", request_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", open_server}, {NULL, NULL}};
  lua_loop(L);
  new_class(L, SERVER_CLASS, server_methods, server_meta);
  lua_loop_class(L, ACCEPT_CLASS, accept_methods);
  new_class(L, REQUEST_CLASS, request_methods, request_meta);
  luaL_newlib(L, functions);
  return 1;
}
