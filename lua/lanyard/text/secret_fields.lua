--- Hides the values of fields whose names mark them as secrets, in JSON, XML, forms and query strings.
---
---     secret_fields.hide '{"password":"hunter2","user":"ann"}'   --> '{"password":"***","user":"ann"}'
---     secret_fields.hide_query "x?token=abc&page=2"             --> "x?token=***&page=2"
---
--- A secret is recognized by the name of its JSON member (also in JSON inside a JSON string), XML element or form
--- field. The text can be truncated: a secret is hidden if its name is in the text.

local lists = require "lanyard.lists"

local M = {}

-- Names in lower case, without - and _. `token` is the session token of the instance and container endpoints.
local SECRET = lists.set [[
  secretaccesskey sessiontoken token accesstoken refreshtoken idtoken clientsecret devicecode subjecttoken
  authorizationtoken password webidentitytoken tokencode samlassertion assertion codeverifier tradeintoken
  authorization proxyauthorization cookie setcookie dpop signature
  xamzsecuritytoken xamzsignature xamzssobearertoken xawsec2metadatatoken xawsec2token
  awssecretaccesskey awssessiontoken authtoken secret apikey passphrase
  environment logevents privatekey privatekeybase64 secretstring secretbinary plaintext
]]

--- Reports whether a field, member, element or header of this name holds a secret.
--- Escapes in the name (JSON's \u00XX, percent-encoding) are decoded first.
---@param name string
---@return boolean
function M.is_secret(name)
  name = name:gsub("^u0026", ""):gsub("\\+u00(%x%x)", "%%%1")
    :gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
  return SECRET[name:gsub("[-_]", ""):lower()] or false
end

-- Replaces the text after each match of a pattern: hide(position, captures...) returns the replacement and the
-- position where the replaced text ends, or nil to leave the text as it is.
local function replace(text, pattern, hide)
  local parts, position = {}, 1
  while true do
    local first, last, a, b, c = text:find(pattern, position)
    if not first then
      parts[#parts + 1] = text:sub(position)
      return table.concat(parts)
    end
    parts[#parts + 1] = text:sub(position, last)
    position = last + 1
    local replacement, stop = hide(position, a, b, c)
    if replacement then
      parts[#parts + 1], position = replacement, stop
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- JSON. Inside n nested strings a quote is preceded by 2^n - 1 backslashes, the number in `slashes`.

-- Returns the position after the closing quote of a string. `position` is after its opening quote.
local function end_of_string(text, position, slashes)
  while true do
    local first, last = text:find('\\*"', position)
    if not first then
      return #text + 1
    elseif (last - first) % (2 * (slashes + 1)) == slashes then
      return last + 1
    end
    position = last + 1
  end
end

-- Returns the position after the JSON value that begins at `position`. A truncated value ends with the text.
local function end_of_value(text, position, slashes)
  local depth = 0
  while position <= #text do
    local quote_end = text:match('^\\*"()', position)
    local c = text:sub(position, position)
    if quote_end then
      position = end_of_string(text, quote_end, slashes)
    elseif depth == 0 and c:find "[,%]}%s\\]" then
      return position
    else
      depth = depth + (c:find "[%[{]" and 1 or c:find "[%]}]" and -1 or 0)
      position = position + 1
    end
    if depth == 0 and (quote_end or c:find "[%]}]") then
      return position
    end
  end
  return #text + 1
end

local function hide_members(text)
  return replace(text, '%f[\\"](\\*)"([%w_.%%\\-]-)(\\*)"%s*:%s*', function(position, slashes, name, closing)
    if slashes == closing and M.is_secret(name) then
      return slashes .. '"***' .. slashes .. '"', end_of_value(text, position, #slashes)
    end
  end)
end

-- ---------------------------------------------------------------------------------------------
-- XML, forms and query strings

local function hide_elements(text)
  return replace(text, "<([%a_][%w_:.-]*)", function(position, name)
    local stop = M.is_secret(name:match "[^:]*$") and text:find("[<>]", position)
    if stop and text:find("^[^/]>", stop - 1) then
      return text:sub(position, stop) .. "***", text:find("</" .. name, stop, true) or #text + 1
    end
  end)
end

-- Returns the position after the value of a field. In a query string inside JSON, / can be \/ and & can be \u0026.
local function end_of_field(text, position)
  while true do
    position = text:find('[&"<>%s\\]', position)
    if not position then
      return #text + 1
    elseif not text:find("^\\/", position) then
      return position
    end
    position = position + 2
  end
end

--- Hides the secret fields of forms and query strings, secret x-amz- headers in a canonical request that an error
--- repeats, and the user and password of URLs.
---@param text string
---@return string
function M.hide_query(text)
  for _, sign in ipairs { "=", "\\u003[dD]", ":" } do
    text = replace(text, "%f[%w_.%%-]([%w_.%%-]+)" .. sign, function(position, name)
      -- A colon is common in prose, so only an x-amz- header counts before it. In JSON an escaped line end can
      -- precede the header's name.
      local field = sign == ":" and name:lower():match "x%-amz[%w-]*$" or sign ~= ":" and name
      if field and M.is_secret(field) then
        return "***", end_of_field(text, position)
      end
    end)
  end
  return (text:gsub("://[^/@%s\"]*@", "://***@"))
end

--- Hides secret values in a text of any of these formats.
---@param text string
---@return string
function M.hide(text)
  return M.hide_query(hide_elements(hide_members(text)))
end

return M
