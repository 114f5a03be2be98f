--- Reads the comment of a function or a value.

local classes = require "lanyard.documentation.classes"
local tags = require "lanyard.documentation.tags"
local types = require "lanyard.documentation.types"

local M = {}

local function problem(member, line, message, ...)
  table.insert(member.problems, { file = member.file, line = line, message = message:format(...) })
end

-- Compares the documented parameters with the ones of the source.
local function check_params(item, member)
  local name, actual, documented = item.name or "the function", {}, {}
  for _, param in ipairs(item.params) do
    actual[param] = true
  end
  for _, param in ipairs(member.params) do
    if documented[param.name] then
      problem(member, member.line, "%s: the parameter '%s' is documented twice", name, param.name)
    elseif not actual[param.name] then
      problem(member, member.line, "%s: there is no parameter '%s'", name, param.name)
    end
    documented[param.name] = true
  end
  for i, param in ipairs(item.params) do
    if not documented[param] then
      problem(member, item.line, "%s: the parameter '%s' is not documented", name, param)
    elseif (member.params[i] or {}).name ~= param and #item.params == #member.params then
      problem(member, member.line, "%s: the parameter '%s' is not in its place", name, param)
    end
  end
end

-- A function type instead of @param and @return.
local function set_function(member, params, returns)
  member.kind, member.params, member.type = "function", {}, nil
  for i, param in ipairs(params) do
    member.params[i] = { name = param.name, type = param.type, optional = param.optional or nil, text = "" }
  end
  for i, kind in ipairs(returns) do
    member.returns[i] = { type = kind, text = "" }
  end
end

local READERS = {}

function READERS.param(member, tag)
  local param = tags.named(tag.text)
  if param then
    return table.insert(member.params, param)
  end
  problem(member, tag.line, "@param needs a name and a type: %s", tag.text)
end

READERS["return"] = function(member, tag)
  local list, ok = tags.returned(tag.text)
  table.move(list, 1, #list, #member.returns + 1, member.returns)
  if not ok then
    problem(member, tag.line, "@return needs a type: %s", tag.text)
  end
end

function READERS.type(member, tag)
  member.type = types.scan(tag.text)
  local params, returns = types.fun(member.type or "")
  if params then
    set_function(member, params, returns)
  elseif not member.type then
    problem(member, tag.line, "@type needs a type: %s", tag.text)
  end
end

function READERS.private(member)
  member.is_private = true
end

--- Returns what the comment of an item documents. Its problems count only if it is public.
---@param file string
---@param item documentation.Item
---@return documentation.Member?  nil without a comment
function M.read(file, item)
  if not item.doc then
    return nil
  end
  local member = classes.describe(file, item.doc, {
    kind = item.params and "function" or "value", name = item.name, separator = item.separator or ".",
    params = {}, returns = {}, problems = {},
  })
  for _, tag in ipairs(item.doc.tags) do
    if READERS[tag.name] then
      READERS[tag.name](member, tag)
    end
  end
  if #member.params > 0 or #member.returns > 0 then
    member.kind = "function"
  end
  if item.params and not member.is_private then
    check_params(item, member)
  end
  if member.kind == "value" then
    member.params, member.returns = nil, nil
  end
  return member
end

return M
