--- Makes the value of a member of the words on a command line, by its shape.
---
---     values.read(shape, { "Key=a,Value=b", "Key=c,Value=d" })
---     --> { { Key = "a", Value = "b" }, { Key = "c", Value = "d" } }
---
--- A value of several parts is JSON if it begins with a bracket, else shorthand. A single word can name a file.
--- lanyard.model.validate checks what is made here: of the types, only texts are converted.

local file_value = require "lanyard.awscli.file_value"
local json = require "lanyard.json"
local shorthand = require "lanyard.awscli.shorthand"
local typed = require "lanyard.awscli.typed"

local M = {}

local COMPLEX = { structure = true, list = true, map = true }

-- Documents are any JSON, and so are lists and maps of documents.
local function holds_documents(shape)
  if shape.type == "list" then
    return holds_documents(shape.item)
  elseif shape.type == "map" then
    return holds_documents(shape.value)
  end
  return shape.type == "structure" and shape.document == true
end

--- Reports whether a member is written as JSON only.
---@param shape model.Shape
---@return boolean
function M.is_json(shape)
  return shape.jsonvalue == true or holds_documents(shape)
end

--- Reports whether a member can be written in the shorthand syntax.
---@param shape model.Shape
---@return boolean
function M.has_shorthand(shape)
  local kind = shape.type == "list" and shape.item.type or shape.type
  return COMPLEX[kind] ~= nil and not M.is_json(shape)
end

local function decode_json(text)
  local value, err = json.decode(text)
  if value == nil then
    return nil, "invalid JSON: " .. err.message
  end
  return value
end

local function begins_json(text)
  return type(text) == "string" and text:find "^%s*[%[{]" ~= nil
end

-- Structures that need no key: of one member of text, such as the Value of an attribute of EC2.
local function only_member(shape)
  local member = shape.type == "structure" and #shape.members == 1 and shape.members[1]
  return member and not COMPLEX[member.type] and member.member or nil
end

-- Returns one part of a value: of a list an item.
local function read_part(shape, text)
  if M.is_json(shape) then
    return decode_json(text)
  elseif not COMPLEX[shape.type] then
    return typed.scalar(shape, text)
  elseif begins_json(text) then
    return decode_json(text)
  end
  local name = only_member(shape)
  if name and not text:find "=" then
    return typed.convert(shape, { [name] = text })
  end
  local value, message = shorthand.parse(text, file_value.read)
  if not value then
    return nil, message
  end
  return typed.convert(shape, value)
end

local function read_list(shape, words)
  if #words == 1 and (words[1]:find "^%s*%[" or M.is_json(shape)) then
    return decode_json(words[1])
  end
  local list = json.array {}
  for i, word in ipairs(words) do
    local value, message = read_part(shape.item, word)
    if value == nil then
      return nil, #words > 1 and ("value %d: %s"):format(i, message) or message
    end
    list[i] = value
  end
  return list
end

--- Returns the value of a member.
---@param shape model.Shape
---@param words string[]  one word, or of a list any number
---@return any value
---@return string? message
function M.read(shape, words)
  if #words == 1 then
    local content, message = file_value.read(words[1])
    if content == nil then
      return nil, message
    elseif file_value.is_bytes(content) then
      return content
    end
    words = { content }
  end
  if shape.type == "list" then
    return read_list(shape, words)
  end
  return read_part(shape, words[1])
end

return M
