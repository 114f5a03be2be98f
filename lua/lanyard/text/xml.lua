--- Reads and writes XML: elements with attributes, text, namespaces by prefix.
---
---     local root, message = xml.parse '<A><B kind="x">text</B></A>'
---     xml.value(root)                           --> { B = "text" }
---     xml.attribute(xml.child(root, "B"), "kind")  --> "x"
---     xml.write { name = "A", { name = "B", text = "a & b" } }
---     --> "<A><B>a &amp; b</B></A>"
---
--- The reader is strict. It rejects document types, so there are no custom entities and nothing to fetch, encodings
--- other than UTF-8, and nesting deeper than 64. Names of elements have no prefix: services choose prefixes freely.

local core = require "lanyard.text.xml.core"
local lists = require "lanyard.lists"

local M = {}

---@class xml.Element
---@field name string  without its prefix; xml.write accepts a prefix
---@field text string  the character data
---@field attributes? table<string, string>  by name with prefix, declarations of namespaces (xmlns) among them
---@field [integer] xml.Element  the children

--- Parses a document. The message has a position, and no text of the document, since it can be secret.
---@param text string
---@return xml.Element? root
---@return string? message  "byte 17: invalid tag"
function M.parse(text)
  return core.parse(text)
end

--- Returns the first child with a name, or nil.
---@param element xml.Element
---@param name string
---@return xml.Element?
function M.child(element, name)
  for _, child in ipairs(element) do
    if child.name == name then
      return child
    end
  end
  return nil
end

--- Returns the value of an attribute, or nil. A prefix may differ: `xsi:type` also finds `i:type`.
---@param element xml.Element
---@param name string
---@return string?
---@return string? written  the name as the element has it
function M.attribute(element, name)
  local attributes = element.attributes
  if not attributes or attributes[name] then
    return attributes and attributes[name], name
  end
  local plain = name:match "[^:]*$"
  for _, written in ipairs(lists.sorted_names(attributes)) do
    if written:match "[^:]*$" == plain and not written:find "^xmlns:" then
      return attributes[written], written
    end
  end
  return nil
end

-- Returns the names of children that occur more than once.
local function repeated_names(element)
  local seen, repeated = {}, {}
  for _, child in ipairs(element) do
    repeated[child.name] = seen[child.name]
    seen[child.name] = true
  end
  return repeated
end

--- Returns the text of an element, or a table of its children by name. Items of a list (`member` in the Query protocol)
--- are keyed by position, entries of a map (`entry`) by their key. Other children with the same name become a list.
---@param element xml.Element
---@return string|table
function M.value(element)
  if #element == 0 then
    return element.text
  end
  local result, repeated = {}, repeated_names(element)
  for i, child in ipairs(element) do
    local key = child.name == "entry" and M.child(child, "key")
    local value = key and M.child(child, "value")
    if value then
      result[key.text] = M.value(value)
    elseif child.name == "member" then
      result[i] = M.value(child)
    elseif repeated[child.name] then
      result[child.name] = result[child.name] or {}
      table.insert(result[child.name], M.value(child))
    else
      result[child.name] = M.value(child)
    end
  end
  return result
end

-- ---------------------------------------------------------------------------------------------
-- Writing

--- Escapes a text for the inside of an element. Line ends are written so that a reader does not change them.
---@param text string  UTF-8, without NUL
---@return string
function M.escape(text)
  return core.escape(text)
end

--- Escapes a text for the inside of an attribute with double quotes.
---@param text string  UTF-8, without NUL
---@return string
function M.escape_attribute(text)
  return core.escape(text, true)
end

--- Returns a start tag. Attributes are in the order of their names.
---@param name string
---@param attributes? table<string, string>
---@return string
function M.open(name, attributes)
  local parts = { "<", name }
  for _, attribute in ipairs(attributes and lists.sorted_names(attributes) or {}) do
    parts[#parts + 1] = (' %s="%s"'):format(attribute, M.escape_attribute(attributes[attribute]))
  end
  parts[#parts + 1] = ">"
  return table.concat(parts)
end

local function add(parts, element)
  parts[#parts + 1] = M.open(element.name, element.attributes)
  parts[#parts + 1] = M.escape(element.text or "")
  for _, child in ipairs(element) do
    add(parts, child)
  end
  parts[#parts + 1] = ("</%s>"):format(element.name)
end

--- Writes an element, without a declaration. Its text precedes its children.
---@param element xml.Element  `text` is optional
---@return string
function M.write(element)
  local parts = {}
  add(parts, element)
  return table.concat(parts)
end

return M
