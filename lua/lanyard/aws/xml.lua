--- Parses the XML of AWS's Query services: elements, text, predefined entities and numeric character references.
---
---     local root, message = xml.parse "<A><B>text</B></A>"
---     xml.value(root)   --> { B = "text" }
---
--- Document types are not supported, so there are no custom entities and nothing to fetch. Attributes are ignored.
--- Nesting is limited.

local M = {}

local DEEPEST = 32
local LONGEST_REFERENCE = 9 -- of the name; the longest character is #x10FFFF
local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function failure(what, position)
  return nil, ("byte %d: %s"):format(position, what)
end

-- Decodes character data | nil if it contains an invalid reference. Errors contain no text, since it can be secret.
local function unescape(text)
  local bad = false
  local plain = text:gsub("&([#%w]*)(;?)", function(name, stop)
    local code = tonumber(name:match "^#(%d+)$") or tonumber(name:match "^#x(%x+)$" or "", 16)
    local known = stop == ";" and #name <= LONGEST_REFERENCE
    if known and ENTITIES[name] then
      return ENTITIES[name]
    elseif known and code and code > 0 and code <= 0x10FFFF and not (code >= 0xD800 and code <= 0xDFFF) then
      return utf8.char(code)
    end
    bad = true
    return ""
  end)
  return not bad and plain or nil
end

-- Skips white space, declarations and comments.
local function skip_misc(text, position)
  while true do
    position = text:find("%S", position) or #text + 1
    local _, last = text:find("^<%?.-%?>", position)
    if not last then
      _, last = text:find("^<!%-%-.-%-%->", position)
    end
    if not last then
      return position
    end
    position = last + 1
  end
end

local Reader = {}
Reader.__index = Reader

-- Character data up to the next tag.
function Reader:read_text(element)
  local stop = self.text:find("<", self.position, true) or #self.text + 1
  local plain = unescape(self.text:sub(self.position, stop - 1))
  if not plain then
    return failure("invalid character reference", self.position)
  elseif not element then
    return failure("text outside the root element", self.position)
  end
  table.insert(element.pieces, plain)
  self.position = stop
  return true
end

function Reader:read_comment()
  local after = skip_misc(self.text, self.position)
  if after == self.position then
    return failure("unterminated comment", self.position)
  end
  self.position = after
  return true
end

function Reader:read_cdata(element)
  local stop = self.text:find("]]>", self.position, true)
  if not (stop and element) then
    return failure("misplaced CDATA section", self.position)
  end
  table.insert(element.pieces, self.text:sub(self.position + 9, stop - 1))
  self.position = stop + 3
  return true
end

function Reader:read_end_tag(element)
  local name, last = self.text:match("^</([%w_:.-]+)%s*>()", self.position)
  if not name or not element or element.name ~= name then
    return failure("end tag without a start tag", self.position)
  end
  element.text, element.pieces = table.concat(element.pieces), nil
  self.open[#self.open] = nil
  self.position = last
  return true
end

function Reader:read_start_tag(element)
  local stop = self.text:find("[<>]", self.position + 1)
  local tag = stop and self.text:byte(stop) == 62 and self.text:sub(self.position + 1, stop - 1)
  local name = tag and tag:match "^[%a_][%w_:.-]*"
  if not name then
    return failure("invalid start tag", self.position)
  elseif #self.open == DEEPEST then
    return failure("nesting too deep", self.position)
  elseif self.root and not element then
    return failure("second root element", self.position)
  end
  local child = { name = name, text = "" }
  if element then
    element[#element + 1] = child
  else
    self.root = child
  end
  if tag:sub(-1) ~= "/" then
    child.pieces = {}
    self.open[#self.open + 1] = child
  end
  self.position = stop + 1
  return true
end

-- How to read what begins at a position; the first match counts.
local BEGINNINGS = {
  { "^[^<]", Reader.read_text },
  { "^<!%-%-", Reader.read_comment },
  { "^<%?", Reader.read_comment },
  { "^<!%[CDATA%[", Reader.read_cdata },
  { "^</", Reader.read_end_tag },
  { "^<", Reader.read_start_tag },
}

---@class aws.XmlElement
---@field name string
---@field text string             the character data
---@field [integer] aws.XmlElement  the children

--- Parses a document.
---@param text string
---@return aws.XmlElement? root
---@return string? message
function M.parse(text)
  local reader = setmetatable({ text = text, position = skip_misc(text, 1), open = {} }, Reader)
  while reader.position <= #text do
    for _, beginning in ipairs(BEGINNINGS) do
      if text:find(beginning[1], reader.position) then
        local ok, message = beginning[2](reader, reader.open[#reader.open])
        if not ok then
          return nil, message
        end
        break
      end
    end
    if #reader.open == 0 then
      reader.position = skip_misc(text, reader.position)
    end
  end
  if not reader.root then
    return failure("no element", 1)
  elseif #reader.open > 0 then
    return failure(("unterminated element <%s>"):format(reader.open[#reader.open].name:sub(1, 40)), #text)
  end
  return reader.root
end

--- Returns the first child with a name, or nil.
---@param element aws.XmlElement
---@param name string
---@return aws.XmlElement?
function M.child(element, name)
  for _, child in ipairs(element) do
    if child.name == name then
      return child
    end
  end
  return nil
end

--- Returns the text of an element, or a table of its children by name. Items of a list (`member` in the Query protocol)
--- are keyed by position, entries of a map (`entry`) by their key.
---@param element aws.XmlElement
---@return string|table
function M.value(element)
  if #element == 0 then
    return element.text
  end
  local result = {}
  for i, child in ipairs(element) do
    local key = child.name == "entry" and M.child(child, "key")
    local value = key and M.child(child, "value")
    if value then
      result[key.text] = M.value(value)
    else
      result[child.name == "member" and i or child.name] = M.value(child)
    end
  end
  return result
end

return M
