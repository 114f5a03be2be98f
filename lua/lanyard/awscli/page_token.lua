--- The tokens of --starting-token, in botocore's form: the tokens of the service, and how many items of the page to
--- skip, as JSON in base64.
---
---     page_token.encode({ "NextToken" }, { NextToken = "abc" }, 2)
---     page_token.decode({ "NextToken" }, text)    --> { NextToken = "abc" }, 2
---
--- A text of another form is a token of the service itself, as the AWS CLI accepts it.

local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local SKIPPED = "boto_truncate_amount"

local function escaped(text)
  return (json.encode(text):gsub("[\xC2-\xF4][\x80-\xBF]+", function(sequence)
    local code = utf8.codepoint(sequence)
    if code < 0x10000 then
      return ("\\u%04x"):format(code)
    end
    code = code - 0x10000
    return ("\\u%04x\\u%04x"):format(0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
  end))
end

-- Writes JSON as Python does, so that tokens are the same.
local function dump(value, names)
  if type(value) == "string" then
    return escaped(value)
  elseif type(value) ~= "table" then
    return value == nil and "null" or json.encode(value)
  end
  local parts = {}
  if json.is_array(value) then
    for i, item in ipairs(value) do
      parts[i] = dump(item)
    end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  for i, name in ipairs(names or lists.sorted_names(value)) do
    parts[i] = escaped(name) .. ": " .. dump(value[name])
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- Returns the text for tokens.
---@param members string[]  of the request, which the tokens are for
---@param tokens table<string, any>
---@param skipped? integer  items of the page
---@return string
function M.encode(members, tokens, skipped)
  local all, names = { [SKIPPED] = skipped }, table.move(members, 1, #members, 1, {})
  for name, value in pairs(tokens) do
    all[name] = value
  end
  names[#names + 1] = skipped and SKIPPED or nil
  return crypto.base64(dump(all, names))
end

-- Reads the form of earlier versions of botocore: tokens and the number, joined by three underscores.
local function decode_plain(members, text)
  local parts, skipped = {}, 0
  for part in (text .. "___"):gmatch "(.-)___" do
    parts[#parts + 1] = part
  end
  if #parts == #members + 1 then
    local count = parts[#parts]:find "^%d+$" and math.tointeger(parts[#parts])
    if count then
      skipped, parts[#parts] = count, nil
    else
      parts = { text }
    end
  end
  if #parts > #members then
    return nil
  end
  local tokens = {}
  for i, part in ipairs(parts) do
    tokens[members[i]] = part ~= "None" and part or nil
  end
  return tokens, skipped
end

--- Returns the tokens of a text.
---@param members string[]
---@param text string
---@return table<string, any>? tokens  nil if the text cannot be a token
---@return integer? skipped
function M.decode(members, text)
  local decoded = crypto.base64_decode(text)
  local found = decoded and json.decode(decoded)
  if type(found) ~= "table" or json.is_array(found) then
    return decode_plain(members, text)
  end
  local tokens, skipped = {}, 0
  for name, value in pairs(found) do
    if name == SKIPPED then
      skipped = math.tointeger(value)
    elseif value ~= json.null then
      tokens[name] = value
    end
  end
  return skipped and tokens, skipped
end

return M
