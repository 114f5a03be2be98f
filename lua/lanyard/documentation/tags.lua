--- Reads the text of the annotations @param, @field, @return and @alias.
---
---     tags.named "size? integer  bytes"   --> { name = "size", type = "integer", optional = true, text = "bytes" }

local types = require "lanyard.documentation.types"

local M = {}

--- Splits "name? type  text" or "[1] type  text".
---@param text string
---@return documentation.Parameter?
function M.named(text)
  local name, mark, rest = text:match "^([%w_.]+)(%??)%s+(.*)$"
  if not name then
    name, mark, rest = text:match "^(%b[])(%??)%s+(.*)$"
  end
  local kind, description = types.scan(rest or "")
  if not kind then
    return nil
  end
  return { name = name, type = kind, optional = mark == "?" or nil, text = description }
end

--- Splits "type name  text" or "type, type": one entry for each type.
---@param text string
---@return { type: string, name?: string, text: string }[] list
---@return boolean ok  every type could be read
function M.returned(text)
  local list = {}
  while true do
    local kind, rest = types.scan(text)
    if not kind then
      return list, #list > 0
    end
    local more = rest:match "^,%s*(.*)$"
    if not more then
      local name, description = rest:match "^([%a_][%w_]*)%s*$", ""
      if not name then
        name, description = rest:match "^([%a_][%w_]*)  +(.*)$"
      end
      list[#list + 1] = { type = kind, name = name, text = name and description or rest }
      return list, true
    end
    list[#list + 1] = { type = kind, text = "" }
    text = more
  end
end

--- Reads "@alias NAME type  text", or a name with one alternative on each further line.
---@param tag documentation.Tag
---@return documentation.Class?
function M.alias(tag)
  local name, rest = tag.lines[1]:match "^([%w_.]+)%s*(.*)$"
  if not name then
    return nil
  end
  local class = { name = name, parents = {}, fields = {}, methods = {} }
  if rest ~= "" then
    local joined = tag.text:match "^[%w_.]+%s+(.*)$"
    class.alias, class.alias_text = types.scan(joined)
    return class
  end
  local kinds = {}
  class.choices = {}
  for i = 2, #tag.lines do
    local kind, text = types.scan((tag.lines[i]:gsub("^|%s*", "")))
    kinds[#kinds + 1] = kind
    class.choices[#class.choices + 1] = kind and { type = kind, text = (text:gsub("^#%s*", "")) }
  end
  class.alias = table.concat(kinds, "|")
  return class
end

return M
