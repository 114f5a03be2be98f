/* lanyard.sqlite: SQLite databases (https://sqlite.org/c3ref/intro.html).
 *
 *   local db <close> = assert(sqlite.open("runs.db", { busy = 10 }))
 *   local insert = assert(db:prepare "INSERT INTO runs (time, tool) VALUES (?, ?)")
 *   assert(insert:run(1769860800, "lanyard"))
 *   local later = assert(db:prepare "SELECT tool FROM runs WHERE time > ?")
 *   for _, row in ipairs(assert(later:query(0))) do print(row[1]) end
 *
 * Failures are `nil, err`. err.code is "Busy", "NotDatabase", "ReadOnly", "CannotOpen",
 * "Constraint" or "SqliteError", and the message is SQLite's. A build without libsqlite3 has this
 * module too, but cannot open a database. */

#include "lua/util.h"

int luaopen_lanyard_sqlite(lua_State *L);

#ifdef LANYARD_SQLITE

#include <sqlite3.h>

#define DATABASE_CLASS "lanyard.sqlite.database"
#define STATEMENT_CLASS "lanyard.sqlite.statement"
#define MAX_BUSY 3600 /* seconds */
#define MIN_COST 1024 /* bytes, for what SQLite does not count */

static int sqlite_error(lua_State *L, sqlite3 *db, int result) {
  const char *code = "SqliteError";
  switch (result & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    code = "Busy";
    break;
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    code = "NotDatabase";
    break;
  case SQLITE_READONLY:
    code = "ReadOnly";
    break;
  case SQLITE_CANTOPEN:
    code = "CannotOpen";
    break;
  case SQLITE_CONSTRAINT:
    code = "Constraint";
    break;
  default:
    break;
  }
  return push_error(L, code, "%s", db ? sqlite3_errmsg(db) : sqlite3_errstr(result));
}

/* ---- databases ---- */

struct database {
  struct object object;
  sqlite3 *handle;
};

static sqlite3 *check_database(lua_State *L) {
  const struct database *database = check_object(L, 1, DATABASE_CLASS);
  return database->handle;
}

/* Reports to the collector how much memory SQLite has allocated since `before`. */
static void collect_since(lua_State *L, sqlite3_int64 before) {
  sqlite3_int64 after = sqlite3_memory_used();
  collect_for(L, MIN_COST + (after > before ? (size_t)(after - before) : 0));
}

/* open(path [, { readonly = false, busy = 0 }]) --> db | nil, err
 * Opens a database, and creates the file unless `readonly` is set. With `readonly`, statements
 * cannot write, but a transaction that a crash interrupted is still rolled back if the file is
 * writable. `busy` is the number of seconds to wait for the lock of another process; nothing else
 * runs meanwhile. The schema is not trusted: it cannot call functions with side effects, and
 * extensions cannot be loaded. */
static int sqlite_open(lua_State *L) {
  static const char *const known[] = {"readonly", "busy", NULL};
  const char *path = check_text(L, 1);
  int readonly = 0;
  lua_Number busy = 0;
  if (!lua_isnoneornil(L, 2)) {
    check_fields(L, 2, known);
    readonly = opt_field_boolean(L, 2, "readonly", 0);
    busy = opt_field_range(L, 2, "busy", 0, MAX_BUSY, 0);
  }
  struct database *database = new_object(L, sizeof *database, 0, DATABASE_CLASS);
  sqlite3_int64 before = sqlite3_memory_used();
  int flags = SQLITE_OPEN_READWRITE | (readonly ? 0 : SQLITE_OPEN_CREATE);
  int result = sqlite3_open_v2(path, &database->handle, flags, NULL);
  sqlite3 *handle = database->handle;
  if (result != SQLITE_OK)
    return sqlite_error(L, handle, result);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, (int)(busy * 1000));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (readonly)
    sqlite3_exec(handle, "PRAGMA query_only = 1", NULL, NULL, NULL);
  collect_since(L, before);
  return 1;
}

/* db:close(), also __gc and __close. It may be called again. The file stays open until the last
 * statement is collected. Uncommitted changes are rolled back. */
static int database_close(lua_State *L) {
  struct database *database = end_object(L, 1, DATABASE_CLASS);
  if (database)
    sqlite3_close_v2(database->handle);
  return 0;
}

/* db:exec(sql) --> true | nil, err
 * Runs one or more statements and ignores their rows. */
static int database_exec(lua_State *L) {
  sqlite3 *db = check_database(L);
  int result = sqlite3_exec(db, check_text(L, 2), NULL, NULL, NULL);
  if (result != SQLITE_OK)
    return sqlite_error(L, db, result);
  lua_pushboolean(L, 1);
  return 1;
}

/* db:id() --> integer
 * Returns the rowid of the last inserted row. */
static int database_id(lua_State *L) {
  lua_pushinteger(L, sqlite3_last_insert_rowid(check_database(L)));
  return 1;
}

struct statement {
  struct object object;
  sqlite3_stmt *handle;
  bool running;
};

/* db:prepare(sql) --> statement | nil, err
 * Compiles one statement. */
static int database_prepare(lua_State *L) {
  const char *sql = check_text(L, 2);
  struct statement *statement = new_object(L, sizeof *statement, 0, STATEMENT_CLASS);
  sqlite3 *db = check_database(L);
  sqlite3_int64 before = sqlite3_memory_used();
  int result = sqlite3_prepare_v2(db, sql, -1, &statement->handle, NULL);
  if (result != SQLITE_OK)
    return sqlite_error(L, db, result);
  luaL_argcheck(L, statement->handle != NULL, 2, "it contains no statement");
  collect_since(L, before);
  return 1;
}

/* ---- statements ---- */

/* Returns the statement at stack index 1. A finalizer of the script may call it while its rows are
 * pushed. */
static struct statement *check_statement(lua_State *L) {
  struct statement *statement = check_object(L, 1, STATEMENT_CLASS);
  if (!statement->handle)
    luaL_error(L, "the statement is closed");
  if (statement->running)
    luaL_error(L, "the statement is running");
  return statement;
}

static int statement_gc(lua_State *L) {
  struct statement *statement = end_object(L, 1, STATEMENT_CLASS);
  if (statement)
    sqlite3_finalize(statement->handle);
  return 0;
}

/* statement:close(), also __close. It may be called again. */
static int statement_close(lua_State *L) {
  const struct statement *statement = test_object(L, 1, STATEMENT_CLASS);
  if (statement && statement->running)
    return luaL_error(L, "the statement is running");
  return statement_gc(L);
}

static int bind_value(lua_State *L, sqlite3_stmt *statement, int place, int index) {
  size_t length;
  const char *text;
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    return sqlite3_bind_null(statement, place);
  case LUA_TBOOLEAN:
    return sqlite3_bind_int(statement, place, lua_toboolean(L, index));
  case LUA_TNUMBER:
    if (lua_isinteger(L, index))
      return sqlite3_bind_int64(statement, place, lua_tointeger(L, index));
    return sqlite3_bind_double(statement, place, lua_tonumber(L, index));
  case LUA_TSTRING:
    text = lua_tolstring(L, index, &length);
    return sqlite3_bind_text64(statement, place, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
  default:
    return luaL_argerror(L, index, "nil, boolean, number or string expected");
  }
}

/* Binds the values from stack index 2 on, one for each `?`. Returns a SQLite result code. */
static int bind_values(lua_State *L, sqlite3_stmt *statement) {
  int count = lua_gettop(L) - 1, result = SQLITE_OK;
  if (count != sqlite3_bind_parameter_count(statement))
    luaL_error(L, "%d values expected, got %d", sqlite3_bind_parameter_count(statement), count);
  sqlite3_reset(statement);
  for (int i = 1; i <= count && result == SQLITE_OK; i++)
    result = bind_value(L, statement, i, i + 1);
  return result;
}

static void push_column(lua_State *L, sqlite3_stmt *statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_INTEGER:
    lua_pushinteger(L, sqlite3_column_int64(statement, column));
    break;
  case SQLITE_FLOAT:
    lua_pushnumber(L, sqlite3_column_double(statement, column));
    break;
  case SQLITE_NULL:
    lua_pushnil(L);
    break;
  default: {
    const char *bytes = sqlite3_column_blob(statement, column);
    lua_pushlstring(L, bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column));
    break;
  }
  }
}

/* statement:run(value, ...) --> count | nil, err
 * Returns the number of changed rows. */
static int statement_run(lua_State *L) {
  sqlite3_stmt *statement = check_statement(L)->handle;
  sqlite3 *db = sqlite3_db_handle(statement);
  int result = bind_values(L, statement);
  if (result == SQLITE_OK) {
    do
      result = sqlite3_step(statement);
    while (result == SQLITE_ROW);
  }
  if (result != SQLITE_DONE) {
    sqlite_error(L, db, result);
    sqlite3_reset(statement);
    return 2;
  }
  sqlite3_reset(statement);
  lua_pushinteger(L, sqlite3_changes(db));
  return 1;
}

/* Steps through a statement and pushes a list of its rows and the last result code. */
static int push_rows(lua_State *L) {
  sqlite3_stmt *statement = lua_touserdata(L, 1);
  int result, columns = sqlite3_column_count(statement);
  lua_newtable(L);
  for (lua_Integer i = 1; (result = sqlite3_step(statement)) == SQLITE_ROW; i++) {
    lua_createtable(L, columns, 0);
    for (int column = 0; column < columns; column++) {
      push_column(L, statement, column);
      lua_rawseti(L, -2, column + 1);
    }
    lua_rawseti(L, -2, i);
  }
  lua_pushinteger(L, result);
  return 2;
}

/* statement:query(value, ...) --> rows | nil, err
 * Returns a list of rows. A row is a list of column values, with nil for NULL. */
static int statement_query(lua_State *L) {
  struct statement *statement = check_statement(L);
  int result = bind_values(L, statement->handle);
  lua_settop(L, 1);
  if (result == SQLITE_OK) {
    statement->running = true;
    lua_pushcfunction(L, push_rows);
    lua_pushlightuserdata(L, statement->handle);
    int raised = lua_pcall(L, 1, 2, 0); /* for example, not enough memory for the rows */
    statement->running = false;
    if (raised) {
      sqlite3_reset(statement->handle);
      return lua_error(L);
    }
    result = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  if (result != SQLITE_DONE) {
    sqlite_error(L, sqlite3_db_handle(statement->handle), result);
    sqlite3_reset(statement->handle);
    return 2;
  }
  sqlite3_reset(statement->handle);
  return 1;
}

static const luaL_Reg database_methods[] = {
    {"exec", database_exec},   {"id", database_id}, {"prepare", database_prepare},
    {"close", database_close}, {NULL, NULL},
};
static const luaL_Reg database_meta[] = {
    {"__gc", database_close}, {"__close", database_close}, {NULL, NULL}};
static const luaL_Reg statement_methods[] = {
    {"run", statement_run}, {"query", statement_query}, {"close", statement_close}, {NULL, NULL}};
static const luaL_Reg statement_meta[] = {
    {"__gc", statement_gc}, {"__close", statement_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", sqlite_open}, {NULL, NULL}};

MODULE_API int luaopen_lanyard_sqlite(lua_State *L) {
  new_class(L, DATABASE_CLASS, database_methods, database_meta);
  new_class(L, STATEMENT_CLASS, statement_methods, statement_meta);
  luaL_newlib(L, functions);
  return 1;
}

#else

static int sqlite_open(lua_State *L) {
  return push_error(
      L, "NoSqlite",
      "cannot open %s: this lanyard was built without SQLite (install libsqlite3-dev, "
      "and build it again)",
      luaL_checkstring(L, 1));
}

static const luaL_Reg functions[] = {{"open", sqlite_open}, {NULL, NULL}};

MODULE_API int luaopen_lanyard_sqlite(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}

#endif
