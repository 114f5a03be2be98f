--- Hides the values of fields whose names mark them as secrets, whatever the format of the text.
---
---     secret_fields.hide '{"password":"hunter2","user":"ann"}'   --> '{"password":"***","user":"ann"}'
---     secret_fields.hide "Cookie: sid=1\nAccept: */*"            --> "Cookie: ***\nAccept: */*"
---     secret_fields.hide "--password hunter2 --user ann"         --> "--password *** --user ann"
---
--- A field is a member of JSON (also of JSON inside a JSON string) or of a Python dictionary, an XML element, a field
--- of a form or query string, a header, an option of a command, or a line of YAML, an INI file or shell variables. The
--- text can be truncated: a secret is hidden if its name is in the text. The time is linear in the length of the text.

local commands = require "lanyard.text.secret_commands"
local lists = require "lanyard.lists"
local names = require "lanyard.text.secret_names"
local pair = require "lanyard.text.secret_pairs"
local values = require "lanyard.text.secret_values"

local M = {}

-- Names with values of many lines or of any form, which are ordinary words in prose. Unquoted, they count only with =.
local STRUCTURED = lists.set "environment logevents plaintext assertion signature"

-- Headers: the value is the rest of the line.
local HEADER = lists.set [[ authorization proxyauthorization cookie setcookie dpop ]]

-- The schemes of an Authorization header, which precede the secret.
local SCHEME = lists.set "basic bearer digest dpop negotiate ntlm token apikey"

-- Words after the name of an option in prose.
local PROSE = lists.set "and or is are to of the for in with on as must can"

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

--- Reports whether a field, member, element or header of this name holds a secret.
---@type fun(name: string): boolean
M.is_secret = names.is_secret

-- ---------------------------------------------------------------------------------------------
-- Scanning. A scanner visits each word of the characters of names, and knows what precedes it on its line.

---@class secret_fields.Edit
---@field first integer
---@field stop integer  the position after the replaced part
---@field text string

---@class secret_fields.Scanner
---@field text string
---@field edits secret_fields.Edit[]  in the order of their positions
---@field in_string boolean  a double quote precedes on this line
---@field at_start boolean   only blanks and marks precede on this line
---@field indent integer     the columns before the first word of this line
---@field after_escape boolean  the word before was an escaped line end
---@field options? secret_commands.Options  of the command on this line
---@field quote? string                    before the name of that command
---@field name? secret_pairs.Member   the last name of a secret that is the text of a member
---@field value? secret_pairs.Member  the last value that may belong to a name
local Scanner = {}
Scanner.__index = Scanner

-- Replaces the text between two positions.
function Scanner:replace(first, stop, replacement)
  self.edits[#self.edits + 1] = { first = first, stop = stop, text = replacement }
  return stop
end

-- Replaces the text between two positions that were passed, and what was replaced between them.
function Scanner:replace_passed(first, stop, replacement)
  local later = {}
  while #self.edits > 0 and self.edits[#self.edits].first >= first do
    local edit = table.remove(self.edits)
    if edit.first >= stop then
      table.insert(later, 1, edit)
    end
  end
  self:replace(first, stop, replacement)
  table.move(later, 1, #later, #self.edits + 1, self.edits)
end

-- Returns the text with its replacements.
function Scanner:result()
  local parts, position = {}, 1
  for _, edit in ipairs(self.edits) do
    parts[#parts + 1] = self.text:sub(position, edit.first - 1)
    parts[#parts + 1] = edit.text
    position = edit.stop
  end
  parts[#parts + 1] = self.text:sub(position)
  return table.concat(parts)
end

-- Like names.is_secret, but decides once for each word.
function Scanner:is_secret(word)
  if self.known[word] == nil then
    self.known[word] = names.is_secret(word)
  end
  return self.known[word]
end

-- Notes what is between two words. `first` is the position of the second one.
function Scanner:pass(gap, first)
  if self.options and commands.ends_in(gap, self.text, first) then
    self.options = nil
  end
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
  if not (closing and names.is_secret(word)) or #closing < #slashes then
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
  local start = full and names.is_secret(full:match "^.*:(.+)$" or full) and text:match(markup.after, last)
  if not start or text:byte(start - 2) == 0x2f then
    return nil
  end
  return self:replace(start, text:find(markup.close .. full, start, true) or #text + 1, "***")
end

-- An option with its value as the next word: --name value.
function Scanner:hide_option(word, last, place)
  local name = word:match "^%-+(%a.*)$"
  local position = name and self.text:match("^[ \t]+()", last + 1)
  if not position or not names.is_secret(name) or STRUCTURED[names.plain(name)] then
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
  if not sign or not names.is_secret(name) then
    return nil
  end
  local short, has_colon = names.plain(name), sign:sub(1, 1) == ":"
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
  position = text:match("^\\+[nr]()", position) or text:match("^%s*()", position)
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

-- Notes a word that names a secret as the text of a member, and hides its value if that precedes it. Returns whether it
-- has hidden one.
function Scanner:note_name(first, last)
  local name = pair.name_at(self.text, first, last)
  local value = name and self.value
  if value then
    local start, stop, mark = pair.before_name(self.text, value, name)
    if start then
      self:replace_passed(start, stop, mark .. "***" .. mark)
      self.name, self.value = nil, nil
      return true
    end
  end
  self.name = name
  self.value = not name and self.value or nil
  return false
end

-- Notes a word that may be the key of a value, and hides the value of the name that precedes it.
function Scanner:visit_value(first, last)
  local text = self.text
  local value = pair.value_at(text, first, last)
  local name = value and self.name
  self.name = nil
  self.value = value or self.value
  if not name or not pair.is_pair(text, name, value) then
    return nil
  elseif value.kind == "element" then
    return self:replace(value.start, text:find("</", value.start, true) or #text + 1, "***")
  end
  return self:hide_quoted(value.start) or self:hide_unquoted(value.start, {
    string = self.in_string, line = value.kind == "plain" and self.at_start, query = true,
  })
end

-- A password in an option of a command: mysql -pPASSWORD.
function Scanner:hide_argument(first, last)
  local position = commands.password_at(self.options, self.text, first, last)
  if not position then
    return nil
  end
  return self:hide_quoted(position) or self:hide_unquoted(position, {
    string = self.in_string, closer = self.text:sub(first - 1, first - 1):match "[\"'`]" or self.quote,
  })
end

-- Notes the name of a command whose options can have passwords, and the quote before it, as in sh -c 'mysql ...'.
function Scanner:note_command(word, first)
  local options = commands.options(word)
  if options then
    self.options, self.quote = options, self.text:sub(first - 1, first - 1):match "[\"'`]"
  end
end

local LOGIN_OPTION = lists.set "-u --user -U --proxy-user"

-- The password of a login: -u user:password, --user=user:password; for Samba -U user%password.
function Scanner:hide_login(word, last, place)
  local sign = word == "-U" and "[:%%]" or ":"
  local quote, position = self.text:match("^[ \t=]+([\"']?)[^%s:\"'/%%]+" .. sign .. "()[^%s\"'/]", last + 1)
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
    if not text:find("^\\\\\\", first - 3) then -- the line end itself is not escaped
      self.options = nil
    end
  end
  local word = text:sub(name_first or first, last)
  if LOGIN_OPTION[word] then
    return self:hide_login(word, last, { string = self.in_string })
  end
  local stop = self.options and self:hide_argument(name_first or first, last)
  self:note_command(word, first)
  if not stop and word:find "[vV][aA][lL][uU][eE]$" then
    stop = self:visit_value(name_first or first, last)
  end
  if stop then
    return stop
  elseif not self:is_secret(word) and text:byte(last + 1) ~= 0x3a then -- an XML name can have a prefix before its colon
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
    stop = self:hide_member(place.closer, slashes, word, first, last)
    if stop then
      return stop
    end
  end
  stop = self:hide_field(word, last, place) or self:hide_option(word, last, place)
  if not stop and self:is_secret(word) then
    stop = not self:note_name(name_first or first, last) and self:hide_pair(last, place) or nil
    self.name = not stop and self.name or nil
  end
  return stop
end

local function hide(text)
  local scanner = setmetatable({
    text = text, edits = {}, in_string = false, at_start = true, indent = 0, known = {},
  }, Scanner)
  local position = 1
  while true do
    local first = text:find("[%w_.-]", position)
    if not first then
      break
    end
    scanner:pass(text:sub(position, first - 1), first)
    local last = end_of_name(text, first)
    position = scanner:visit(first, last)
    scanner.at_start = not position and scanner.at_start
      and (scanner.after_escape or text:sub(first, last) == "export")
    position = position or last + 1
  end
  return scanner:result()
end

-- Hides the user and password of the first URL in a word also if the password has a /, ? or # that is not encoded. In
-- https://host:443/a@b the host has a port.
local function hide_login(word)
  if not word:find("@", 1, true) then
    return nil
  end
  local before, user, password, after = word:match "^(.-://)([^/?#@:%[]+):([^@]*)(@.*)$"
  if user and not password:find "^%d+[/?#]" then
    return before .. "***" .. after
  end
  return nil
end

--- Hides secret values in a text of any of these formats, and the user and password of URLs.
---@param text string
---@return string
function M.hide(text)
  text = hide(text):gsub("://[^/?#%s\"]*@", "://***@")
  return (text:gsub("[^%s\"]+", hide_login))
end

--- Hides the secret fields of a query string or of the value of a header. The same as hide.
M.hide_query = M.hide

return M
