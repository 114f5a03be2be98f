/* The userdata of a policy document: its readers, edits and end. */

#include "lua/policy.h"

#include <stdlib.h>

/* A document that was replaced while a function read it. */
struct policy_retired {
  struct policy *doc;
  struct policy_retired *next;
};

static struct policy_object *check_policy_object(lua_State *L, int index) {
  struct policy_object *object = check_object(L, index, POLICY_CLASS);
  if (!object->doc)
    luaL_error(L, "the policy is closed");
  return object;
}

const struct policy *check_policy(lua_State *L, int index) {
  return check_policy_object(L, index)->doc;
}

/* Gives the document of an object to its readers, and the object a copy. */
static void retire(lua_State *L, struct policy_object *object) {
  struct policy_retired *retired = malloc(sizeof *retired);
  struct policy *copy = retired ? policy_copy(object->doc) : NULL;
  if (!copy) {
    free(retired);
    luaL_error(L, "not enough memory");
    return;
  }
  *retired = (struct policy_retired){object->doc, object->retired};
  object->retired = retired;
  object->doc = copy;
}

static void free_retired(struct policy_object *object) {
  while (object->retired) {
    struct policy_retired *next = object->retired->next;
    policy_free(object->retired->doc);
    free(object->retired);
    object->retired = next;
  }
}

struct policy *edit_policy(lua_State *L, int index) {
  struct policy_object *object = check_policy_object(L, index);
  if (object->readers > 0)
    retire(L, object);
  return object->doc;
}

void edited_policy(lua_State *L, int index) {
  struct policy_object *object = check_policy_object(L, index);
  size_t memory = policy_memory(object->doc);
  if (memory <= object->reported)
    return;
  size_t more = memory - object->reported;
  object->reported = memory;
  collect_for(L, more);
}

const struct policy *read_policy(lua_State *L, int index) {
  struct policy_object *object = check_policy_object(L, index);
  object->readers++;
  return object->doc;
}

void stop_reading(lua_State *L, int index) {
  struct policy_object *object = check_policy_object(L, index);
  if (--object->readers == 0)
    free_retired(object);
}

struct policy_object *new_policy_object(lua_State *L) {
  return new_object(L, sizeof(struct policy_object), 0, POLICY_CLASS);
}

int finish_policy(lua_State *L) {
  const struct policy_object *object = lua_touserdata(L, -1);
  if (!object->doc)
    return luaL_error(L, "not enough memory");
  edited_policy(L, -1);
  return 1;
}

int policy_lua_collect(lua_State *L) {
  struct policy_object *object = end_object(L, 1, POLICY_CLASS);
  if (!object)
    return 0;
  free_retired(object);
  policy_free(object->doc);
  object->doc = NULL;
  return 0;
}
