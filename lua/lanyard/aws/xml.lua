-- A small reader for the XML that AWS's Query services answer with: elements, text, the predefined
-- and numeric character references. No document type, hence no entities of its own and nothing to
-- fetch; attributes are passed over. Nesting is bounded.

local M = {}

local DEEPEST = 32
local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function failure(what, position)
  return nil, ("byte %d: %s"):format(position, what)
end

local function unescape(text)
  local bad
  local plain = text:gsub("&([^;&]*);?", function(name)
    if ENTITIES[name] then
      return ENTITIES[name]
    end
    local code = tonumber(name:match "^#(%d+)$") or tonumber(name:match "^#x(%x+)$" or "", 16)
    if code and code > 0 and code <= 0x10FFFF and not (code >= 0xD800 and code <= 0xDFFF) then
      return utf8.char(code)
    end
    bad = name
    return ""
  end)
  if bad then
    return nil, ("'&%s;' is no character"):format(bad)
  end
  return plain
end

-- Skips what is no element: white space, declarations, comments.
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

-- parse(text) --> root { name, text, children... } | nil, what is wrong
-- `text` is the character data of an element; its children are its list items.
function M.parse(text)
  local position = skip_misc(text, 1)
  local root, open = nil, {}
  while position <= #text do
    local element = open[#open]
    if text:sub(position, position) ~= "<" then
      local stop = text:find("<", position, true) or #text + 1
      local plain, why = unescape(text:sub(position, stop - 1))
      if not plain then
        return failure(why, position)
      elseif not element then
        return failure("text outside the root element", position)
      end
      element.text = element.text .. plain
      position = stop
    elseif text:find("^<!%-%-", position) or text:find("^<%?", position) then
      local after = skip_misc(text, position)
      if after == position then
        return failure("a comment has no end", position)
      end
      position = after
    elseif text:find("^<!%[CDATA%[", position) then
      local stop = text:find("]]>", position, true)
      if not (stop and element) then
        return failure("a CDATA section out of place", position)
      end
      element.text = element.text .. text:sub(position + 9, stop - 1)
      position = stop + 3
    elseif text:find("^</", position) then
      local name, last = text:match("^</([%w_:.-]+)%s*>()", position)
      if not name or not element or element.name ~= name then
        return failure("an end tag that ends nothing", position)
      end
      open[#open] = nil
      position = last
    else
      local name, rest, last = text:match("^<([%a_][%w_:.-]*)([^<>]*)>()", position)
      if not name then
        return failure("no element", position)
      elseif #open == DEEPEST then
        return failure("nested too deeply", position)
      elseif root and not element then
        return failure("a second root element", position)
      end
      local child = { name = name, text = "" }
      if element then
        element[#element + 1] = child
      else
        root = child
      end
      if rest:sub(-1) ~= "/" then
        open[#open + 1] = child
      end
      position = last
    end
    if #open == 0 then
      position = skip_misc(text, position)
    end
  end
  if not root then
    return failure("no element", 1)
  elseif #open > 0 then
    return failure(("<%s> has no end"):format(open[#open].name), #text)
  end
  return root
end

-- value(element) --> its text, or a table of its children by name; the children of a list, which the
-- Query protocol calls `member`, by position
function M.value(element)
  if #element == 0 then
    return element.text
  end
  local result = {}
  for i, child in ipairs(element) do
    result[child.name == "member" and i or child.name] = M.value(child)
  end
  return result
end

-- The child of that name, or nil.
function M.child(element, name)
  for _, child in ipairs(element) do
    if child.name == name then
      return child
    end
  end
  return nil
end

return M
