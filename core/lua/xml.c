/* lanyard.text.xml.core: the XML reader (xml/xml.h), as a tree of tables. */

#include "xml/xml.h"
#include "base/buf.h"
#include "lua/util.h"
#include "xml/write.h"

#include <string.h>

#define TREE_CLASS "lanyard.text.xml.tree"

/* The character data of an open element: a slice of the text, or a copy if it is in pieces or has
 * references. */
struct level {
  struct xml_slice piece;
  struct buf copy;
  bool copied;
  lua_Integer children;
};

struct tree {
  struct object object;
  struct xml_reader reader;
  struct level levels[XML_MAX_DEPTH];
};

/* Frees the tree at a stack index. */
static void end_tree(lua_State *L, int index) {
  struct tree *tree = end_object(L, index, TREE_CLASS);
  for (size_t i = 0; tree && i < XML_MAX_DEPTH; i++)
    buf_free(&tree->levels[i].copy);
}

static int tree_gc(lua_State *L) {
  end_tree(L, 1);
  return 0;
}

static void check_memory(lua_State *L, const struct buf *buf) {
  if (buf->failed)
    luaL_error(L, "not enough memory");
}

/* Adds character data to the innermost open element. */
static void add_text(lua_State *L, struct tree *tree) {
  const struct xml_reader *reader = &tree->reader;
  struct level *level = &tree->levels[reader->depth - 1];
  if (reader->content.length == 0)
    return;
  if (!level->copied && level->piece.length == 0 &&
      xml_is_plain(reader->content, reader->verbatim)) {
    level->piece = reader->content;
    return;
  }
  if (!level->copied) {
    buf_add(&level->copy, level->piece.bytes, level->piece.length);
    level->copied = true;
  }
  xml_decode(&level->copy, reader->content, reader->verbatim, false);
  check_memory(L, &level->copy);
}

/* Sets the field `attributes` of the element at the top of the stack. */
static void set_attributes(lua_State *L, struct tree *tree) {
  const struct xml_reader *reader = &tree->reader;
  struct buf *copy = &tree->levels[reader->depth - 1].copy;
  lua_createtable(L, 0, (int)reader->attribute_count);
  for (size_t i = 0; i < reader->attribute_count; i++) {
    const struct xml_attribute *attribute = &reader->attributes[i];
    lua_pushlstring(L, attribute->name.bytes, attribute->name.length);
    buf_reset(copy);
    xml_decode(copy, attribute->value, false, true);
    check_memory(L, copy);
    lua_pushlstring(L, copy->length > 0 ? copy->data : "", copy->length);
    lua_rawset(L, -3);
  }
  buf_reset(copy);
  lua_setfield(L, -2, "attributes");
}

/* Pushes the table of an element that begins. */
static void open_element(lua_State *L, struct tree *tree) {
  const struct xml_reader *reader = &tree->reader;
  struct level *level = &tree->levels[reader->depth - 1];
  level->piece = (struct xml_slice){"", 0};
  buf_reset(&level->copy);
  level->copied = false;
  level->children = 0;
  lua_createtable(L, 0, reader->attribute_count > 0 ? 3 : 2);
  lua_pushlstring(L, reader->name.bytes, reader->name.length);
  lua_setfield(L, -2, "name");
  if (reader->attribute_count > 0)
    set_attributes(L, tree);
}

/* Completes the element at the top of the stack, and puts it into its parent unless it is the root. */
static void close_element(lua_State *L, struct tree *tree) {
  size_t depth = tree->reader.depth;
  const struct level *level = &tree->levels[depth];
  if (level->copied)
    lua_pushlstring(L, level->copy.length > 0 ? level->copy.data : "", level->copy.length);
  else
    lua_pushlstring(L, level->piece.bytes, level->piece.length);
  lua_setfield(L, -2, "text");
  if (depth > 0)
    lua_rawseti(L, -2, ++tree->levels[depth - 1].children);
}

/* core.parse(text) --> element | nil, message
 * An element is { name, text, attributes?, child... }; see lanyard.text.xml. */
static int parse(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  lua_settop(L, 1);
  luaL_checkstack(L, XML_MAX_DEPTH + 8, "XML nested too deep");
  struct tree *tree = new_object(L, sizeof *tree, 0, TREE_CLASS);
  xml_begin(&tree->reader, text, length);
  for (;;) {
    switch (xml_next(&tree->reader)) {
    case XML_OPEN:
      open_element(L, tree);
      break;
    case XML_CLOSE:
      close_element(L, tree);
      break;
    case XML_TEXT:
      add_text(L, tree);
      break;
    case XML_END:
      end_tree(L, 2);
      return 1;
    case XML_ERROR:
      lua_pushnil(L);
      lua_pushfstring(L, "byte %I: %s", (LUAI_UACINT)tree->reader.at + 1, tree->reader.message);
      end_tree(L, 2);
      return 2;
    }
  }
}

/* core.escape(text [, attribute]) --> text
 * Escapes a text for the inside of an element, or of an attribute with double quotes. */
static int escape(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct buf buf = {0};
  xml_add_escaped(&buf, text, length, lua_toboolean(L, 2));
  if (buf.length == 0 && !buf.failed) {
    lua_pushliteral(L, "");
    return 1;
  }
  return push_buf(L, &buf);
}

static const luaL_Reg functions[] = {
    {"escape", escape},
    {"parse", parse},
    {NULL, NULL},
};

MODULE_API int luaopen_lanyard_text_xml_core(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", tree_gc}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{NULL, NULL}};
  new_class(L, TREE_CLASS, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}
