#include "lua/policy.h"

#include "policy/cursor.h"

#include <lauxlib.h>

/* Sets first, last (bytes, from 1), line and column in the table at the top of the stack. */
static void set_location(lua_State *L, struct policy_cursor *cursor,
                         const struct json_value *value) {
  policy_cursor_move(cursor, value->start);
  lua_pushinteger(L, (lua_Integer)value->start + 1);
  lua_setfield(L, -2, "first");
  lua_pushinteger(L, (lua_Integer)value->end);
  lua_setfield(L, -2, "last");
  lua_pushinteger(L, (lua_Integer)cursor->line);
  lua_setfield(L, -2, "line");
  lua_pushinteger(L, (lua_Integer)cursor->column);
  lua_setfield(L, -2, "column");
}

static void set_strings(lua_State *L, const char *field, const struct policy_list *list) {
  lua_createtable(L, (int)list->count, 0);
  for (size_t i = 0; i < list->count; i++) {
    lua_pushlstring(L, list->items[i].string, list->items[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, field);
}

static void set_principals(lua_State *L, const struct policy_list *list) {
  lua_createtable(L, (int)list->count, 0);
  for (size_t i = 0; i < list->count; i++) {
    lua_createtable(L, 0, 2);
    lua_pushstring(L, list->items[i].type);
    lua_setfield(L, -2, "type");
    lua_pushlstring(L, list->items[i].string, list->items[i].length);
    lua_setfield(L, -2, "value");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "principals");
}

static void push_scalar(lua_State *L, const struct json_value *value) {
  if (value->type == JSON_STRING || value->type == JSON_NUMBER)
    lua_pushlstring(L, value->string, value->length);
  else
    lua_pushstring(L, value->type == JSON_TRUE ? "true" : value->type == JSON_FALSE ? "false" : "");
}

static void push_values(lua_State *L, const struct json_value *operands) {
  bool list = operands->type == JSON_ARRAY;
  const struct json_value *operand = list ? operands->first : operands;
  lua_createtable(L, list ? (int)operands->count : 1, 0);
  for (lua_Integer i = 1; operand; operand = list ? operand->next : NULL) {
    push_scalar(L, operand);
    lua_rawseti(L, -2, i++);
  }
}

static void set_boolean(lua_State *L, const char *field, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, field);
}

/* Reports whether an operand, or one of a list, has what looks like a policy variable. */
static bool looks_variable(const struct json_value *operands) {
  bool list = operands->type == JSON_ARRAY;
  const struct json_value *operand = list ? operands->first : operands;
  for (; operand; operand = list ? operand->next : NULL)
    for (size_t i = 0; operand->type == JSON_STRING && i + 1 < operand->length; i++)
      if (operand->string[i] == '$' && operand->string[i + 1] == '{')
        return true;
  return false;
}

/* Sets the conditions of a statement without flaws: { operator, key, values } for each key of each
 * operator. `literal` marks texts like "${aws:username}" that are not variables. */
static void set_conditions(lua_State *L, const struct policy_statement *statement, bool literal) {
  lua_Integer count = 0;
  bool any = statement->conditions.json && !statement->flaw;
  lua_createtable(L, any ? (int)statement->conditions.count : 0, 0);
  const struct json_value *test = any ? statement->conditions.json->first : NULL;
  for (; test; test = test->next)
    for (const struct json_value *key = test->first; key; key = key->next) {
      lua_createtable(L, 0, 3);
      lua_pushlstring(L, test->key->string, test->key->length);
      lua_setfield(L, -2, "operator");
      lua_pushlstring(L, key->key->string, key->key->length);
      lua_setfield(L, -2, "key");
      push_values(L, key);
      lua_setfield(L, -2, "values");
      if (literal && looks_variable(key))
        set_boolean(L, "literal", true);
      lua_rawseti(L, -2, ++count);
    }
  lua_setfield(L, -2, "conditions");
}

void set_statement_name(lua_State *L, const struct policy_statement *statement) {
  lua_pushinteger(L, (lua_Integer)statement->index + 1);
  lua_setfield(L, -2, "index");
  if (statement->sid) {
    lua_pushlstring(L, statement->sid->string, statement->sid->length);
    lua_setfield(L, -2, "sid");
  }
  if (statement->effect != POLICY_NO_EFFECT) {
    lua_pushstring(L, statement->effect == POLICY_ALLOW ? "Allow" : "Deny");
    lua_setfield(L, -2, "effect");
  }
}

static void push_statement_at(lua_State *L, const struct policy *doc,
                              const struct policy_statement *statement,
                              struct policy_cursor *cursor) {
  lua_createtable(L, 0, 20);
  set_statement_name(L, statement);
  set_principals(L, &statement->principals);
  set_boolean(L, "not_principal", statement->not_principal);
  set_strings(L, "actions", &statement->actions);
  set_boolean(L, "not_action", statement->not_action);
  set_strings(L, "resources", &statement->resources);
  set_boolean(L, "not_resource", statement->not_resource);
  set_boolean(L, "has_resource", statement->resources.json != NULL);
  set_boolean(L, "has_condition", statement->conditions.count > 0);
  set_strings(L, "condition_keys", &statement->conditions);
  set_conditions(L, statement, !policy_has_variables(doc));
  if (statement->flaw) {
    lua_pushstring(L, statement->flaw_text);
    lua_setfield(L, -2, "flaw");
  }
  set_location(L, cursor, statement->json);
  lua_pushlstring(L, cursor->text + statement->json->start,
                  statement->json->end - statement->json->start);
  lua_setfield(L, -2, "text");
}

void push_statement(lua_State *L, const struct policy *doc, size_t index) {
  const struct policy_statement *statement = policy_locate(doc, index);
  struct policy_cursor cursor = {
      .offset = statement->json->start,
      .line = statement->line,
      .column = statement->column,
  };
  cursor.text = policy_text(doc, &cursor.length);
  push_statement_at(L, doc, statement, &cursor);
}

void push_statements(lua_State *L, const struct policy *doc) {
  struct policy_cursor cursor = policy_cursor(doc);
  lua_createtable(L, (int)policy_count(doc), 0);
  for (size_t i = 0; i < policy_count(doc); i++) {
    push_statement_at(L, doc, policy_statement(doc, i), &cursor);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_node(lua_State *L, struct policy_cursor *cursor, const struct json_value *value) {
  static const char *const kinds[] = {
      [JSON_NULL] = "null",     [JSON_FALSE] = "boolean", [JSON_TRUE] = "boolean",
      [JSON_NUMBER] = "number", [JSON_STRING] = "string", [JSON_ARRAY] = "array",
      [JSON_OBJECT] = "object",
  };
  lua_createtable(L, (int)value->count, 8);
  lua_pushstring(L, kinds[value->type]);
  lua_setfield(L, -2, "kind");
  if (value->type == JSON_STRING || value->type == JSON_NUMBER) {
    lua_pushlstring(L, value->string, value->length);
    lua_setfield(L, -2, "value");
  } else if (value->type == JSON_TRUE || value->type == JSON_FALSE) {
    set_boolean(L, "value", value->type == JSON_TRUE);
  }
  if (value->key) {
    lua_createtable(L, 0, 6);
    lua_pushlstring(L, value->key->string, value->key->length);
    lua_setfield(L, -2, "value");
    set_location(L, cursor, value->key);
    lua_setfield(L, -2, "key");
  }
  set_location(L, cursor, value);
}

void push_tree(lua_State *L, const struct policy *doc) {
  const struct json_value *open[JSON_MAX_DEPTH + 1]; /* containers whose tables are on the stack */
  lua_Integer filled[JSON_MAX_DEPTH + 1];
  struct policy_cursor cursor = policy_cursor(doc);
  const struct json_value *value = json_root(policy_json(doc));
  int depth = 0;
  luaL_checkstack(L, JSON_MAX_DEPTH + 8, "policy too deep");
  for (;;) {
    push_node(L, &cursor, value);
    if (value->first) {
      open[depth] = value;
      filled[depth++] = 0;
      value = value->first;
      continue;
    }
    while (depth > 0 && !value->next) {
      lua_rawseti(L, -2, ++filled[depth - 1]);
      value = open[--depth];
    }
    if (depth == 0)
      return;
    lua_rawseti(L, -2, ++filled[depth - 1]);
    value = value->next;
  }
}
