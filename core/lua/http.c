#include "net/http.h"
#include "lua/credentials.h"
#include "lua/http_header.h"
#include "lua/loop.h"
#include "lua/stream.h"
#include "lua/util.h"
#include "net/http_syntax.h"

#include <ctype.h>
#include <string.h>

#define POOL_CLASS "lanyard.http.pool"
#define TRANSFER_CLASS "lanyard.http.transfer"

/* The user values of a transfer: what libcurl reads until the transfer has ended. */
enum { KEPT_BODY = 1, KEPT_BEFORE, KEPT_AFTER, KEPT_VALUES = KEPT_AFTER };

enum { MAX_PUSHED = 20, USUAL_HEADERS = 8 };

static const char pool_key;

struct pool_object {
  struct object object;
  struct http_pool *pool;
};

struct transfer_object {
  struct operation operation;
  struct http_transfer transfer;
  bool taken; /* the result was returned */
};

static int pool_gc(lua_State *L) {
  struct pool_object *object = end_object(L, 1, POOL_CLASS);
  if (object)
    http_pool_free(object->pool);
  return 0;
}

static void stop(struct operation *operation) {
  http_transfer_free(&((struct transfer_object *)operation)->transfer);
}

/* Returns the pool of this Lua state. The first call creates it, because most commands load the module and start no
 * request. */
static struct http_pool *get_pool(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &pool_key) == LUA_TNIL) {
    struct loop *loop = lua_loop(L);
    lua_pop(L, 1);
    use_library(L, LIBRARY_CURL);
    struct pool_object *object = new_object(L, sizeof *object, 0, POOL_CLASS);
    object->pool = http_pool_new(loop);
    if (!object->pool)
      luaL_error(L, "cannot start the HTTP client: not enough memory or file descriptors");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &pool_key);
  }
  const struct pool_object *object = check_object(L, -1, POOL_CLASS);
  lua_pop(L, 1);
  return object->pool;
}

/* Copies the headers into the transfer. */
static void add_headers(lua_State *L, int headers, struct http_transfer *transfer) {
  bool typed = false, expects = false;
  for (lua_pushnil(L); lua_next(L, headers); lua_pop(L, 1)) {
    size_t name_length, value_length = 0;
    bool is_text = lua_isstring(L, -1);
    const struct secret *secret = is_text ? NULL : test_secret(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING || (!secret && !is_text))
      luaL_error(L, "headers: names and values must be strings");
    const char *name = lua_tolstring(L, -2, &name_length);
    const char *value = secret ? secret->bytes : lua_tolstring(L, -1, &value_length);
    value_length = secret ? secret->length : value_length;
    check_header(L, name, name_length, value, value_length);
    typed = typed || strcasecmp(name, "Content-Type") == 0;
    expects = expects || strcasecmp(name, "Expect") == 0;
    if (!http_transfer_header(transfer, name, value))
      luaL_error(L, "not enough memory");
  }
  if ((!expects && !http_transfer_no_header(transfer, "Expect")) ||
      (!typed && !http_transfer_no_header(transfer, "Content-Type")))
    luaL_error(L, "not enough memory");
}

/* Keeps the value at the top of the stack alive as long as the transfer. */
static void keep(lua_State *L, int object, int user_value) {
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, object, user_value);
}

/* Reads the body: a string, a secret or a stream, which libcurl reads as long as the transfer runs. */
static void read_body(lua_State *L, int options, int object, struct http_request *request,
                      struct http_source *source) {
  if (push_field(L, options, "body") != LUA_TUSERDATA) {
    request->body = opt_field_string(L, options, "body", &request->body_length);
    keep(L, object, KEPT_BODY);
    return;
  }
  keep(L, object, KEPT_BODY);
  const struct secret *body = test_secret(L, -1);
  if (body) {
    request->body = body->bytes;
    request->body_length = body->length;
    return;
  }
  const struct stream *stream = test_stream(L, -1);
  luaL_argcheck(L, stream && !stream->writes, options, "body: a stream to read expected");
  *source = (struct http_source){.fd = stream->fd, .length = stream->length};
  source->before = opt_field_string(L, options, "body_before", &source->before_length);
  keep(L, object, KEPT_BEFORE);
  source->after = opt_field_string(L, options, "body_after", &source->after_length);
  keep(L, object, KEPT_AFTER);
  request->source = source;
}

/* Reads the descriptor that gets the reply, and what belongs to long transfers. */
static void read_files(lua_State *L, int options, struct http_request *request, int *sink) {
  if (push_field(L, options, "to") != LUA_TNIL) {
    const struct stream *stream = test_stream(L, -1);
    luaL_argcheck(L, stream && stream->writes, options, "to: a stream to write expected");
    *sink = stream->fd;
    request->sink = sink;
  }
  request->as_stored = opt_field_boolean(L, options, "as_stored", false);
  request->stall_timeout = opt_field_number(L, options, "stall_timeout", 0);
}

/* Reads the options of a request, each once: a finalizer can change the table. The texts stay on the stack. */
static struct http_request read_request(lua_State *L, int options) {
  const lua_Integer max_size = (lua_Integer)1 << 40;
  struct http_request request = {.method = opt_field_text(L, options, "method")};
  if (!request.method)
    request.method = "GET";
  if (!http_is_token(request.method, strlen(request.method)))
    luaL_error(L, "field 'method': not a valid HTTP method");
  request.url = check_field_text(L, options, "url");
  request.sealed = opt_field_boolean(L, options, "sealed", false);
  request.ca_bundle = opt_field_text(L, options, "ca_bundle");
  request.connect_timeout = opt_field_number(L, options, "connect_timeout", 5);
  request.timeout = opt_field_number(L, options, "timeout", 30);
  request.max_size =
      (size_t)opt_field_int(L, options, "max_size", 0, max_size, (lua_Integer)64 * 1024 * 1024);
  request.direct = opt_field_boolean(L, options, "direct", false);
  return request;
}

/* http.start { method, url, headers = {}, [body,] [connect_timeout = 5,] [timeout = 30,]
 * [ca_bundle,]
 *              [max_size = 64 MiB,] [direct = false,] [sealed = false,] [body_before,] [body_after,]
 *              [to,] [as_stored = false,] [stall_timeout] } --> op
 * Starts a request. The body and the values of headers are strings or secrets. With `sealed`, the
 * body of the reply is a secret. The body can be a stream (lanyard.stream), with `body_before` and
 * `body_after` around it. `to` is a stream that gets the body of a reply with status 2xx. With
 * `as_stored`, the reply is not compressed for the transfer, and is not decompressed. */
static int start(lua_State *L) {
  enum { OPTIONS = 1, HEADERS = 2, OBJECT = 3 };
  lua_settop(L, OPTIONS);
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  struct http_pool *pool = get_pool(L);
  if (push_field(L, OPTIONS, "headers") == LUA_TNIL) {
    lua_newtable(L);
    lua_replace(L, HEADERS);
  }
  luaL_checktype(L, HEADERS, LUA_TTABLE);
  struct transfer_object *object = new_object(L, sizeof *object, KEPT_VALUES, TRANSFER_CLASS);
  struct http_transfer *transfer = &object->transfer;
  object->operation.op = &transfer->op;
  object->operation.stop = stop;
  transfer->header_text.secret = true; /* tokens may be among the headers */
  add_headers(L, HEADERS, transfer);
  luaL_checkstack(L, MAX_PUSHED, NULL);
  struct http_request request = read_request(L, OPTIONS);
  struct http_source source = {0};
  int sink = -1;
  read_body(L, OPTIONS, OBJECT, &request, &source);
  read_files(L, OPTIONS, &request, &sink);
  if (!http_transfer_start(pool, transfer, &request))
    return luaL_error(L, "cannot start a request to %s", request.url);
  lua_settop(L, OBJECT);
  lua_loop_retain(L);
  return 1;
}

/* Pushes the headers of the reply as a table. Names are in lowercase; repeated headers are joined
 * by ", ". */
static void push_headers(lua_State *L, const struct buf *head) {
  lua_createtable(L, 0, USUAL_HEADERS);
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
      add_header(L, line, (size_t)(colon - line), value, (size_t)(value_end - value));
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
      [HTTP_TOO_MANY_OPEN_FILES] = {"TooManyOpenFiles", false},
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
      [HTTP_FILE] = {"SystemError", false},
  };
  push_error(L, failures[transfer->failure].code, "%s", transfer->detail);
  lua_pushboolean(L, failures[transfer->failure].retryable);
  lua_setfield(L, -2, "retryable");
  lua_pushboolean(L, transfer->sent);
  lua_setfield(L, -2, "sent");
  if (transfer->proxy_certificate) {
    lua_pushboolean(L, true);
    lua_setfield(L, -2, "proxy_certificate");
  }
  if (transfer->without_authorities) {
    lua_pushboolean(L, true);
    lua_setfield(L, -2, "without_authorities");
  }
  if (transfer->proxy_status >= 300) {
    lua_pushinteger(L, transfer->proxy_status);
    lua_setfield(L, -2, "proxy_status");
  }
  return 2;
}

/* op:result() --> { status, headers, body, elapsed } | nil, err
 * Returns the reply. err has code, message, retryable and sent, proxy_status if a proxy refused to
 * connect, proxy_certificate if the certificate of a proxy was rejected, and without_authorities if the
 * file of CA certificates cannot be used. The result can be taken once: its memory is freed at once,
 * because Lua's collector does not know how large it is. */
static int result(lua_State *L) {
  struct transfer_object *object = lua_loop_check_done(L, 1, TRANSFER_CLASS);
  struct http_transfer *transfer = &object->transfer;
  if (object->taken)
    return luaL_error(L, "the result was taken");
  object->taken = true;
  int results = 2;
  if (transfer->failure != HTTP_OK) {
    push_failure(L, transfer);
  } else {
    results = 1;
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
  }
  http_transfer_free(transfer);
  return results;
}

/* http.limit(count)
 * Sets the number of concurrent requests to one host. Further requests wait. */
static int limit(lua_State *L) {
  lua_Integer connections = check_int(L, 1, 1, 1000);
  http_pool_limit(get_pool(L), (unsigned)connections);
  return 0;
}

MODULE_API int luaopen_lanyard_http_core(lua_State *L) {
  static const luaL_Reg methods[] = {{"result", result}, {NULL, NULL}};
  static const luaL_Reg pool_meta[] = {{"__gc", pool_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"start", start}, {"limit", limit}, {NULL, NULL}};
  static const char *const needed[] = {"lanyard.credentials",
                                       "lanyard.stream"}; /* for their classes */
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    lua_getglobal(L, "require");
    lua_pushstring(L, needed[i]);
    lua_call(L, 1, 0);
  }
  lua_loop(L);
  new_class(L, POOL_CLASS, NULL, pool_meta);
  lua_loop_class(L, TRANSFER_CLASS, methods);
  luaL_newlib(L, functions);
  return 1;
}
