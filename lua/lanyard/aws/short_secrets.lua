--- Hides secrets that are too short to be searched for: "a" and "80" occur in words and numbers of any text. They are
--- hidden only where a request or a reply has a value, and only where they are the whole value.
---
---     short_secrets.hide('{"User":"a","Name":"ab"}', { a = true })   --> '{"User":"***","Name":"ab"}'

local M = {}

-- A JSON string that is not the name of a member.
local function in_quotes(text, first, last)
  local after = text:match('^\\*"()', last + 1)
  return text:sub(first - 1, first - 1) == '"' and after and not text:find("^%s*:", after)
end

-- A number of JSON.
local function is_number(text, first, last)
  return text:find("^%-?%d", first) and text:find("^%s?[,%]}]", last + 1)
    and text:sub(math.max(first - 2, 1), first - 1):find "[:%[,] ?$"
end

-- The text of an XML element.
local function in_element(text, first, last)
  return text:sub(first - 1, first - 1) == ">" and text:find("^</", last + 1)
end

-- A field of a form or a query string, or a part of a path.
local function in_target(text, first, last)
  local before = text:sub(first - 1, first - 1)
  return before == "=" and text:find("^[&%s]", last + 1) or before == "=" and last == #text
    or before == "/" and (last == #text or text:find("^[/?%s]", last + 1))
end

-- A text or bytes of CBOR, which begin with their length.
local function in_cbor(text, first, last)
  local length = last - first + 1
  local before = text:byte(first - 1)
  return length < 24 and (before == 0x60 + length or before == 0x40 + length)
end

local function is_value(text, first, last, is_cbor)
  if is_cbor then
    return in_cbor(text, first, last)
  end
  return in_quotes(text, first, last) or is_number(text, first, last) or in_element(text, first, last)
    or in_target(text, first, last)
end

local function hide_one(text, secret, is_cbor)
  local parts, from, position = {}, 1, 1
  while true do
    local first, last = text:find(secret, position, true)
    if not first then
      break
    end
    position = first + 1
    if first > 1 and is_value(text, first, last, is_cbor) then
      parts[#parts + 1] = text:sub(from, first - 1) .. "***"
      from, position = last + 1, last + 1
    end
  end
  return table.concat(parts) .. text:sub(from)
end

--- Returns a body or a URL with *** in place of the values that are one of the secrets.
---@param text string
---@param short table<string, boolean>  the secrets, in each form that they have on the wire
---@param is_cbor? boolean              the text is CBOR
---@return string
function M.hide(text, short, is_cbor)
  for secret in pairs(short) do
    text = hide_one(text, secret, is_cbor)
  end
  return text
end

return M
