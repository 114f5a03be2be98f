-- The log of what goes over the wire, without a secret in it.
--
-- A secret is known by the name that it goes by, as a header, a field of a form or of a query string, a
-- member of JSON (also of JSON inside a string of JSON) or an element of XML; and by its value where it
-- is one of the session's own keys or a secret of the request, which the redactor knows. Sealed secrets show
-- as ***. What containers log is theirs: it may be a secret, too.

local lists = require "lanyard.lists"

local M = {}

-- In small letters, without - and _. `token` is the session token of the instance and container endpoints.
local SECRET = lists.set [[
  secretaccesskey sessiontoken token accesstoken refreshtoken idtoken clientsecret devicecode subjecttoken
  authorizationtoken password webidentitytoken tokencode samlassertion assertion codeverifier tradeintoken
  authorization proxyauthorization cookie setcookie dpop signature
  xamzsecuritytoken xamzsignature xamzssobearertoken xawsec2metadatatoken xawsec2token
  awssecretaccesskey awssessiontoken authtoken secret apikey passphrase
  environment logevents privatekey privatekeybase64 secretstring secretbinary plaintext
]]

local function is_secret(name)
  name = name:gsub("^u0026", ""):gsub("\\+u00(%x%x)", "%%%1")
    :gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
  return SECRET[name:gsub("[-_]", ""):lower()] or false
end

-- Replaces values: behind each match of the pattern hide(position, captures...) gives what to put there and
-- where the value ends, or nil.
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
    local shown, stop = hide(position, a, b, c)
    if shown then
      parts[#parts + 1], position = shown, stop
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- JSON. A quote in a string inside n strings has 2^n - 1 backslashes before it: `slashes`.

-- The position behind the quote that ends a string; `position` is behind the one that begins it.
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

-- The position behind the JSON value that begins at `position`; text that is cut ends it.
local function end_of_value(text, position, slashes)
  local depth = 0
  while position <= #text do
    local run = text:match('^\\*"()', position)
    local c = text:sub(position, position)
    if run then
      position = end_of_string(text, run, slashes)
    elseif depth == 0 and c:find "[,%]}%s\\]" then
      return position
    else
      depth = depth + (c:find "[%[{]" and 1 or c:find "[%]}]" and -1 or 0)
      position = position + 1
    end
    if depth == 0 and (run or c:find "[%]}]") then
      return position
    end
  end
  return #text + 1
end

local function hide_members(text)
  return replace(text, '%f[\\"](\\*)"([%w_.%%\\-]-)(\\*)"%s*:%s*', function(position, slashes, name, closing)
    if slashes == closing and is_secret(name) then
      return slashes .. '"***' .. slashes .. '"', end_of_value(text, position, #slashes)
    end
  end)
end

-- ---------------------------------------------------------------------------------------------
-- XML, forms and query strings

local function hide_elements(text)
  return replace(text, "<([%a_][%w_:.-]*)", function(position, name)
    local stop = is_secret(name:match "[^:]*$") and text:find("[<>]", position)
    if stop and text:find("^[^/]>", stop - 1) then
      return text:sub(position, stop) .. "***", text:find("</" .. name, stop, true) or #text + 1
    end
  end)
end

-- The position behind the value of a field: a query string may stand in JSON, where / may be \/ and & \u0026.
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

local function hide_fields(text)
  for _, sign in ipairs { "=", "\\u003[dD]", ":" } do
    text = replace(text, "%f[%w_.%%-]([%w_.%%-]+)" .. sign, function(position, name)
      -- With a colon only a header of AWS's, as the canonical request has it that some errors repeat; in
      -- JSON an escaped line end may stand before it.
      local field = sign == ":" and name:lower():match "x%-amz[%w-]*$" or sign ~= ":" and name
      if field and is_secret(field) then
        return "***", end_of_field(text, position)
      end
    end)
  end
  return (text:gsub("://[^/@%s\"]*@", "://***@"))
end

-- body(text) --> the text with what is secret in it hidden
function M.body(text)
  return hide_fields(hide_elements(hide_members(text)))
end

-- ---------------------------------------------------------------------------------------------
-- Requests and replies

local function header(name, value)
  if type(value) ~= "string" or is_secret(name) and not value:find "^AWS4%-HMAC%-SHA256 " then
    return "***"
  end
  return hide_fields(value)
end

local function lines_of(mark, first, headers, body, redactor)
  local names, lines = {}, { mark .. " " .. first }
  for name in pairs(headers) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("%s %s: %s"):format(mark, name, header(name, headers[name]))
  end
  if type(body) == "string" and body ~= "" then
    lines[#lines + 1] = mark .. " " .. M.body(body)
  elseif body and body ~= "" then
    lines[#lines + 1] = mark .. " ***"
  end
  -- What came may hold sequences that a terminal acts on.
  return (redactor:redact(table.concat(lines, "\n")):gsub("[\0-\8\11-\31\127]", "?"))
end

-- request(r { method, url, headers, body }, redactor) --> lines
function M.request(request, redactor)
  return lines_of(">", request.method .. " " .. hide_fields(request.url), request.headers, request.body, redactor)
end

-- reply(r { status, headers, body, elapsed }, redactor) --> lines
function M.reply(reply, redactor)
  return lines_of("<", ("%d (%.3f s)"):format(reply.status, reply.elapsed), reply.headers, reply.body, redactor)
end

return M
