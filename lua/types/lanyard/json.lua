---@meta lanyard.json

--- Strict JSON (RFC 8259), as the commands read and write it.
---
--- ```lua
--- local json = require "lanyard.json"
--- local value = assert(json.decode '{ "tags": [], "size": 2 }')
--- print(value.size, #value.tags, json.encode(value))
--- --> 2	0	{"size":2,"tags":[]}
--- ```
---
--- Members of objects are encoded in the order of their names, bytewise. Text is UTF-8.
local json = {}

--- How a text is decoded.
---@class json.DecodeOptions
---@field order? boolean  return the order of the names, too
---@field deep? boolean   accept nesting of 128 levels; 64 by default
---@field nul? boolean    accept \u0000 in strings, as data of services can have it

--- How a value is encoded.
---@class json.EncodeOptions
---@field pretty? boolean  write one member or item per line, indented by two blanks
---@field deep? boolean    accept nesting of 128 levels; 64 by default

--- Decodes a text. An object becomes a table, an array a table that `is_array` accepts, and null `json.null`. An
--- integer that 64 bits can hold becomes an integer, and another number a float. A number that no float can hold is an
--- error.
---
--- ```lua
--- local value, err = json.decode "[1, 2"
--- print(value, err.code, err.line, err.column)
--- --> nil	InvalidJson	1	6
--- ```
--- With `order`, the second result has, for the table of each object, the list of its names in the order of the text:
---
--- ```lua
--- local value, order = json.decode('{ "b": 1, "a": 2 }', { order = true })
--- print(table.unpack(order[value]))
--- --> b	a
--- ```
---@param text string
---@param options? json.DecodeOptions
---@return any value  nil if the text is not JSON
---@return (lanyard.Error|table)? err  code "InvalidJson", with `line`, `column` and `offset` (bytes, from 0); or the
---  order
function json.decode(text, options) end

--- Encodes a value. A table is an array if `array` marked it or it has an element 1; any other table is an object.
--- Raises an error for a value that JSON cannot express: a function, a float that is not finite, text that is not
--- UTF-8, a table that contains itself.
---
--- ```lua
--- local value = { name = "web", images = json.array {} }
--- print(json.encode(value, { pretty = true }))
--- --> {
--- -->   "images": [],
--- -->   "name": "web"
--- --> }
--- ```
---@param value any
---@param options? json.EncodeOptions
---@return string text
function json.encode(value, options) end

--- Marks a table as an array, so that it is encoded as one even if it is empty. Returns the same table.
---@param list? table  a new table by default
---@return table list
function json.array(list) end

--- Reports whether a value is a table that `encode` writes as an array.
---@param value any
---@return boolean
function json.is_array(value) end

--- Represents null in tables, where nil would remove the field.
---@type userdata
json.null = nil

--- The metatable of tables that `array` marked.
---@type table
json.array_mt = {}

return json
