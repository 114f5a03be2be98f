--- Hides the values of fields whose names mark them as secrets, whatever the format of the text.
---
---     secret_fields.hide '{"password":"hunter2","user":"ann"}'   --> '{"password":"***","user":"ann"}'
---     secret_fields.hide "Cookie: sid=1\nAccept: */*"            --> "Cookie: ***\nAccept: */*"
---     secret_fields.hide "--password hunter2 --user ann"         --> "--password *** --user ann"
---
--- A field is a member of JSON (also of JSON inside a JSON string) or of a Python dictionary, an XML element, a field
--- of a form or query string, a header, an option of a command, or a line of YAML, an INI file or shell variables. The
--- text can be truncated: a secret is hidden if its name is in the text. The time is linear in the length of the text.

local lists = require "lanyard.lists"
local values = require "lanyard.text.secret_values"

local M = {}

-- Names in lower case, without - and _. `token` is the session token of the instance and container endpoints.
local SECRET = lists.set [[
  secretaccesskey sessiontoken token accesstoken refreshtoken idtoken clientsecret devicecode subjecttoken
  authorizationtoken password webidentitytoken tokencode samlassertion assertion codeverifier tradeintoken
  authorization proxyauthorization cookie setcookie dpop signature
  xamzsecuritytoken xamzsignature xamzssobearertoken xawsec2metadatatoken xawsec2token
  awssecretaccesskey awssessiontoken authtoken secret apikey passphrase
  environment logevents privatekey privatekeybase64 secretstring secretbinary plaintext
  passwd pwd secretkey securitytoken bearertoken xapikey xauthtoken xcsrftoken xvaulttoken lanyardwebhook
]]

-- The ends of further names: dbPassword, STRIPE_API_KEY. `_TOKEN` counts in names of variables: nextToken is public.
local ENDS = {
  "password", "passwd", "passphrase", "clientsecret", "secretkey", "secretaccesskey", "apikey", "privatekey",
  "accesstoken", "authtoken", "sessiontoken", "securitytoken", "refreshtoken", "bearertoken",
}
local PAGE_TOKEN = { "NEXT", "PAGE", "PAGINATION", "CONTINUATION", "CLIENT", "REQUEST", "IDEMPOTENCY" }

-- Names with values of many lines or of any form, which are ordinary words in prose. Unquoted, they count only with =.
local STRUCTURED = lists.set "environment logevents plaintext assertion signature"

-- Headers: the value is the rest of the line.
local HEADER = lists.set [[ authorization proxyauthorization cookie setcookie dpop ]]

-- The schemes of an Authorization header, which precede the secret.
local SCHEME = lists.set "basic bearer digest dpop negotiate ntlm token apikey"

-- Words after the name of an option in prose.
local PROSE = lists.set "and or is are to of the for in with on as must can"

-- The longest name, in bytes.
local MAX_NAME = 200

local function decoded(name)
  return (name:sub(-MAX_NAME):gsub("\\+u00(%x%x)", "%%%1"):gsub("%%25(%x%x)", "%%%1")
    :gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

-- Returns the position after an escape of a letter, digit, - or _ in a name, or nil.
local function after_letter(text, position)
  local code, stop = text:match("^\\+u00(%x%x)()", position)
  if not code then
    code, stop = text:match("^%%25(%x%x)()", position)
  end
  if not code then
    code, stop = text:match("^%%(%x%x)()", position)
  end
  return code and string.char(tonumber(code, 16)):find "[%w_-]" and stop
end

-- Returns the last position of the name that begins at a position.
local function end_of_name(text, position)
  while true do
    local stop = text:match("^[%w_.-]*()", position)
    position = after_letter(text, stop)
    if not position then
      return stop - 1
    end
  end
end

-- Returns the sign between a name and its value, whether blanks surround it, and the position after them; or nil.
local function sign_at(text, position)
  local blanks, sign, after, stop = text:match("^([ \t]*)([:=]=?>?)([ \t]*)()", position)
  if sign then
    return sign, blanks ~= "" or after ~= "", stop
  end
  stop = text:match("^%%[25]*3[dD]()", position)
  if stop then
    return "%", false, stop
  end
  stop = text:match("^\\+u003[dD]()", position)
  return stop and "=", false, stop
end

local function plain(name)
  return (name:gsub("[-_]", ""):lower())
end

local function is_variable_token(name)
  local prefix = name:match "^([%u%d_]+)_TOKEN$"
  for _, word in ipairs(prefix and PAGE_TOKEN or {}) do
    if prefix:sub(-#word) == word then
      return false
    end
  end
  return prefix ~= nil
end

--- Reports whether a field, member, element or header of this name holds a secret.
--- Escapes in the name (JSON's \u00XX, percent-encoding) are decoded first. Of a dotted name the last part counts.
---@param name string
---@return boolean
function M.is_secret(name)
  name = decoded(name)
  name = name:match "^.*%.(.+)$" or name
  local short = plain(name)
  if SECRET[short] or is_variable_token(name) then
    return true
  end
  for _, ending in ipairs(ENDS) do
    if short:sub(-#ending) == ending then
      return true
    end
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Scanning. A scanner visits each word of the characters of names, and knows what precedes it on its line.

---@class secret_fields.Scanner
---@field text string
---@field parts string[]     the result
---@field copied integer     the bytes of the text in the result
---@field in_string boolean  a double quote precedes on this line
---@field at_start boolean   only blanks and marks precede on this line
---@field indent integer     the columns before the first word of this line
---@field after_escape boolean  the word before was an escaped line end
local Scanner = {}
Scanner.__index = Scanner

-- Replaces the text between two positions.
function Scanner:replace(first, stop, replacement)
  self.parts[#self.parts + 1] = self.text:sub(self.copied + 1, first - 1)
  self.parts[#self.parts + 1] = replacement
  self.copied = stop - 1
  return stop
end

-- Like M.is_secret, but decides once for each word.
function Scanner:is_secret(word)
  if self.known[word] == nil then
    self.known[word] = M.is_secret(word)
  end
  return self.known[word]
end

-- Notes what is between two words.
function Scanner:pass(gap)
  local line = gap:match "^.*\n(.*)$"
  if line then
    self.at_start, self.in_string, self.indent = true, false, #line
  end
  line = line or gap
  if self.after_escape then
    self.indent, self.after_escape = #line, false
  end
  self.at_start = self.at_start and line:find "^[ \t>*<|#;:-]*[\"']?[%$]?$" ~= nil
  self.in_string = self.in_string or line:find('"', 1, true) ~= nil
end

-- Replaces a quoted value. Returns the position after it, or nil.
function Scanner:hide_quoted(position)
  local prefix, slashes, quote, first = self.text:match("^([%$@uUbBrRfF]?[bBrR]?)(\\*)([\"'`])()", position)
  if not quote then
    return nil
  end
  local stop = values.quoted(self.text, first, quote, #slashes)
  return self:replace(position, stop, prefix .. slashes .. quote .. "***" .. slashes .. quote)
end

-- Replaces an unquoted value, after the scheme of a header. Returns the position after it.
function Scanner:hide_unquoted(position, place)
  local scheme, after = self.text:match("^(%a+)[ \t]+()", position)
  if scheme and SCHEME[scheme:lower()] then
    position = after
    local stop = self:hide_quoted(position)
    if stop then
      return stop
    end
  end
  local stop = values.unquoted(self.text, position, place)
  return stop > position and self:replace(position, stop, "***") or stop
end

-- ---------------------------------------------------------------------------------------------
-- The forms of a field. Each method returns the position after a field that it has hidden, or nil.

-- A member: "name": value, 'name' => value, ["name"] = value, ('name', value). `slashes` precede the quotes in nested
-- JSON strings.
function Scanner:hide_member(quote, slashes, word, first, last)
  local text = self.text
  local closing, position = text:match("^(\\*)" .. quote .. "+%]?%s*[:=]>?%s*()", last + 1)
  if not closing and text:find("^[(%[]", first - #slashes - 2) then -- a pair, not a list of names
    local stop
    closing, position, stop = text:match("^(\\*)" .. quote .. ",%s*()%a?\\*[\"'][^\"'\n]*[\"']?()", last + 1)
    closing = stop and (stop > #text or text:find("^%s*[)%]]", stop)) and closing
  end
  if not (closing and M.is_secret(word)) or #closing < #slashes then
    return nil
  end
  local stop = values.member(text, position, #slashes)
  local mark = slashes .. quote
  return self:replace(position, stop, mark .. "***" .. mark)
end

-- How XML is written in a text: as it is, in a JSON string of some libraries, in XML.
local MARKUP = {
  { before = "<", after = "^[^<>]*>()", close = "</" },
  { before = "u003c", after = "^\\u003[eE]()", close = "\\u003c/" },
  { before = "&lt;", after = "^&gt;()", close = "&lt;/" },
}

-- An XML element: <name>value</name>.
function Scanner:hide_element(first, markup)
  local text = self.text
  local full, last = text:match("^([%w_.:-]+)()", first)
  local start = full and M.is_secret(full:match "^.*:(.+)$" or full) and text:match(markup.after, last)
  if not start or text:byte(start - 2) == 0x2f then
    return nil
  end
  return self:replace(start, text:find(markup.close .. full, start, true) or #text + 1, "***")
end

-- An option with its value as the next word: --name value.
function Scanner:hide_option(word, last, place)
  local name = word:match "^%-+(%a.*)$"
  local position = name and self.text:match("^[ \t]+()", last + 1)
  if not position or not M.is_secret(name) or STRUCTURED[plain(name)] then
    return nil
  end
  position = self.text:match("^\\\r?\n[ \t]*()", position) or position
  if self.text:find("^%-%-%a", position) or self.text:find("^[\r\n|&;<>)%]]", position)
    or PROSE[self.text:match("^%a+%f[%A]", position) or ""] then
    return nil
  end
  return self:hide_quoted(position) or self:hide_unquoted(position, place)
end

-- A value that follows on deeper lines: a block of YAML, or the further lines of a value.
function Scanner:hide_block(position, single)
  local stop = self.at_start and values.indented_lines(self.text, position, self.indent, single)
  local line_end = self.text:match("^\\[\\nr]+n?", position) or "\n"
  return stop and self:replace(position, stop, line_end .. (" "):rep(self.indent + 2) .. "***")
end

-- A field: name=value, name: value, name = value.
function Scanner:hide_field(word, last, place)
  local text, name = self.text, word:gsub("^%-+", "")
  local sign, spaced, position = sign_at(text, last + 1)
  if not sign or not M.is_secret(name) then
    return nil
  end
  local short, has_colon = plain(decoded(name):match "^.*%.(.+)$" or decoded(name)), sign:sub(1, 1) == ":"
  if STRUCTURED[short] and (spaced or has_colon) and not text:find("^[%[{]", position) then
    return values.is_line_end(text, position) and self:hide_block(position, false) or nil
  end
  place.line = (spaced or has_colon) and self.at_start
  place.query, place.encoded = not has_colon and not (spaced and self.at_start), sign == "%"
  place.header = has_colon and (HEADER[short] or short:find "^x" ~= nil) or short:find "cookie$" ~= nil
  return self:hide_field_value(position, short, place)
end

function Scanner:hide_field_value(position, short, place)
  local text = self.text
  if short == "authorization" and text:find("^AWS4%-HMAC%-SHA256 ", position) then
    return nil -- only its Signature is a secret
  elseif text:find("^[%[{]", position) then
    return self:replace(position, values.member(text, position, 0), "***")
  end
  local block = text:match("^[|>][%d+-]*[ \t]*()", position) or position
  if values.is_line_end(text, block) then
    return self:hide_block(block, false) or nil
  end
  local stop = self:hide_quoted(position) or self:hide_unquoted(position, place)
  return self:hide_block(stop, true) or stop
end

-- The value of a pair whose name is the value of another member: "name": "DB_PASSWORD", "value": V. Also in YAML.
function Scanner:hide_pair(last, place)
  local text = self.text
  local position = text:match("^\\*[\"']?()", last + 1)
  position = text:match("^\\[nr]()", position) or text:match("^%s*()", position)
  position = text:match("^,%s*()", position) or text:match("^ +()", position) or position
  local slashes, name, stop = text:match("^(\\*)[\"']?(%a*)\\*[\"']?[ \t]*[:=]%s*()", position)
  if not name or not name:lower():find "value$" then
    return nil
  end
  local mark, quote = text:match("^(\\*)([\"'])", stop)
  if quote then
    return self:replace(stop, values.member(text, stop, #slashes), mark .. quote .. "***" .. mark .. quote)
  elseif text:find("^[%[{]", stop) then
    return self:replace(stop, values.member(text, stop, 0), "***")
  end
  return self:hide_unquoted(stop, place)
end

local LOGIN_OPTION = lists.set "-u --user -U --proxy-user"

-- The password of a login: -u user:password, --user=user:password.
function Scanner:hide_login(last, place)
  local quote, position = self.text:match("^[ \t=]+([\"']?)[^%s:\"'/]+:()[^%s\"'/]", last + 1)
  if not position then
    return nil
  end
  place.closer = quote ~= "" and quote or place.closer
  return self:replace(position, values.unquoted(self.text, position, place), "***")
end

-- Returns the position where a name begins in a word that an escape precedes: \n, \u0026, %26.
local function after_escape(text, first)
  local before = text:sub(first - 1, first - 1)
  local stop
  if before == "\\" then
    stop = text:match("^u00%x%x()", first) or text:match("^[nrt]()", first)
  elseif before == "%" then
    stop = text:match("^25%x%x()", first) or text:match("^%x%x()", first)
  end
  return stop
end

-- Hides the field that a word names. Returns the position after its value, or nil if it names none.
function Scanner:visit(first, last)
  local text, name_first = self.text, after_escape(self.text, first)
  if name_first and text:find("^\\[nr]", first - 1) then
    self.at_start, self.in_string, self.indent = true, true, 0
    self.after_escape = name_first > last
  end
  local word = text:sub(name_first or first, last)
  if LOGIN_OPTION[word] then
    return self:hide_login(last, { string = self.in_string })
  end
  if not self:is_secret(word) and text:byte(last + 1) ~= 0x3a then -- an XML name can have a prefix before its colon
    return nil
  end
  for _, markup in ipairs(MARKUP) do
    local start = name_first or first
    if text:sub(start - #markup.before, start - 1):lower() == markup.before then
      return self:hide_element(start, markup)
    end
  end
  local place = { string = self.in_string, closer = text:sub(first - 1, first - 1):match "[\"'`]" }
  if place.closer then
    local slashes = text:sub(math.max(first - 64, 1), first - 2):match "\\*$"
    local stop = self:hide_member(place.closer, slashes, word, first, last)
    if stop then
      return stop
    end
  end
  return self:hide_field(word, last, place) or self:hide_option(word, last, place)
    or self:hide_pair(last, place)
end

local function hide(text)
  local scanner = setmetatable({
    text = text, parts = {}, copied = 0, in_string = false, at_start = true, indent = 0, known = {},
  }, Scanner)
  local position = 1
  while true do
    local first = text:find("[%w_.-]", position)
    if not first then
      break
    end
    scanner:pass(text:sub(position, first - 1))
    local last = end_of_name(text, first)
    position = scanner:visit(first, last)
    scanner.at_start = not position and scanner.at_start
      and (scanner.after_escape or text:sub(first, last) == "export")
    position = position or last + 1
  end
  scanner.parts[#scanner.parts + 1] = text:sub(scanner.copied + 1)
  return table.concat(scanner.parts)
end

--- Hides secret values in a text of any of these formats, and the user and password of URLs.
---@param text string
---@return string
function M.hide(text)
  return (hide(text):gsub("://[^/?#%s\"]*@", "://***@"))
end

--- Hides the secret fields of a query string or of the value of a header. The same as hide.
M.hide_query = M.hide

return M
