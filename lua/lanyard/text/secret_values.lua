--- Finds the end of a value in a text of unknown format, for lanyard.text.secret_fields.
---
--- All positions are bytes of the text. Each function reads a byte a bounded number of times. A value that is cut
--- ends with the text. Where formats contradict each other, the longer value is assumed: a secret must not remain.

local M = {}

-- Returns how many backslashes precede a position, down to `first`.
local function backslashes_before(text, position, first)
  local count = 0
  while position - count > first and text:byte(position - count - 1) == 0x5c do
    count = count + 1
  end
  return count
end

-- Reports whether a value continues after its closing quote, at `position`: the quote is doubled, or a shell joins the
-- quoted text with what follows.
local function goes_on(text, position, quote, slashes)
  local next_char = text:sub(position, position)
  if next_char == "\\" then
    local count = #text:match("^\\*", position)
    local next_quote = text:sub(position + count, position + count)
    return next_quote == quote and (slashes == 0 and quote == "'" and count == 1 or slashes > 0 and count == slashes)
  end
  return next_char == quote and slashes == 0 or next_char:find "[%w+/=_~$-]" ~= nil
    or text:find("^[\"'][%w+/=_~$-]", position) ~= nil
end

--- Returns the position after the closing quote of a quoted value. Inside n nested JSON strings a quote is preceded by
--- 2^n - 1 backslashes, the number in `slashes`.
---@param text string
---@param position integer  after the opening quote
---@param quote string      the quote: ", ' or `
---@param slashes integer
---@return integer
function M.quoted(text, position, quote, slashes)
  local first = position
  while true do
    local at = text:find(quote, position, true)
    if not at then
      return #text + 1
    end
    position = at + 1
    if backslashes_before(text, at, first) % (2 * (slashes + 1)) == slashes then
      if not goes_on(text, position, quote, slashes) then
        return position
      elseif text:find("^\\?['\"`]", position) then
        position = text:match("^\\?['\"`]()", position) -- a doubled quote, or the next quoted part
      end
    end
  end
end

--- Returns the position after the value of a member of JSON, a Python dictionary or a similar object.
---@param text string
---@param position integer
---@param slashes integer  the backslashes before a quote
---@return integer
function M.member(text, position, slashes)
  local depth = 0
  while position <= #text do
    local prefix, quote, quote_end = text:match("^\\*[uUbBrRfF]?\\*()([\"'])()", position)
    local c = text:sub(position, position)
    if quote then
      position = M.quoted(text, quote_end, quote, math.min(slashes, prefix - position))
    elseif depth == 0 and c:find "[,%]})%s\\\"']" then
      return position
    else
      depth = depth + (c:find "[%[{(]" and 1 or c:find "[%]})]" and -1 or 0)
      position = position + 1
    end
    if depth == 0 and (quote or c:find "[%]})]") then
      return position
    end
  end
  return #text + 1
end

--- Where an unquoted value is.
---@class secret_values.Place
---@field string boolean   inside a JSON string: a quote, or an escaped line end, ends the value
---@field closer? string   the quote before the field's name, which ends the value
---@field line boolean     blanks belong to the value, which ends with the line or a comma
---@field header boolean   the value is the rest of the line
---@field query boolean    & can end the value
---@field encoded boolean  the query is percent-encoded: %26 ends the value

-- JSON's escapes of characters that end a value: a line end, a blank, a quote, &, <.
local ENDING_ESCAPE = { "^[nrt\"]", "^u00[02][9aAdD02]", "^u0026", "^u003[cC]" }

-- Returns whether the backslash at a position ends a value in a JSON string, and the position after what it escapes.
local function read_backslash(text, at, place)
  local position = text:match("^\\+()", at)
  if place.string then
    for _, pattern in ipairs(ENDING_ESCAPE) do
      if text:find(pattern, position) then
        return true
      end
    end
  end
  return place.closer ~= nil and text:sub(position, position) == place.closer, position + 1
end

-- Characters that end an unquoted value when this follows them.
local BEFORE_FIELD = "^[%w_.-]+[=:]"
local ENDS = {
  ["&"] = { "^$", "^%s", "^amp;", BEFORE_FIELD }, [","] = { "^$", "^[%s\"']", BEFORE_FIELD },
  [";"] = { "^$", "^%s", BEFORE_FIELD }, ["<"] = { "^/", "^%a" },
  [")"] = { "^$", "^[%s,;.)}%]\"'\\]" }, ["}"] = { "^$", "^[%s,;.)}%]\"'\\]" }, ["]"] = { "^$", "^[%s,;.)}%]\"'\\]" },
}

local function is_end(text, at, c, place)
  if c == "\n" or c == "\r" or c == place.closer or c == '"' and place.string then
    return true
  elseif place.header then
    return false
  elseif c:find "%s" then
    return not place.line
  elseif c == "%" then
    return place.encoded and text:find("^%%[25]*26", at) ~= nil
  elseif c == "&" and not place.query or c == ";" and place.line then
    return false
  end
  local rest = text:sub(at + 1, at + 65)
  for _, pattern in ipairs(ENDS[c] or {}) do
    if rest:find(pattern) then
      return true
    end
  end
  return false
end

-- Returns the position after a quoted part of an unquoted value that starts with this quote, if it ends on this line.
local function after_part(text, at, quote)
  local stop = text:find("[" .. quote .. "\n]", at + 1)
  return stop and text:sub(stop, stop) == quote and stop + 1 or at + 1
end

--- Returns the position after an unquoted value.
---@param text string
---@param position integer
---@param place secret_values.Place
---@return integer
function M.unquoted(text, position, place)
  local parts = true -- whether a quoted part can follow: once, so that each byte is read twice at most
  while true do
    local at = text:find("[%s\\\"'&,;<)}%]`%%]", position)
    if not at then
      return #text + 1
    end
    local c = text:sub(at, at)
    if c == "\\" then
      local ends, after = read_backslash(text, at, place)
      if ends then
        return at
      end
      position = after
    elseif is_end(text, at, c, place) then
      return at
    elseif parts and c:find "[\"']" then
      position = after_part(text, at, c)
      parts = position > at + 1
    else
      position = at + 1
    end
  end
end

--- Reports whether a line ends at a position: at a line end, also one that a JSON string escapes, or with the text.
---@param text string
---@param position integer
---@return boolean
function M.is_line_end(text, position)
  return text:find("^[^\r\n]", position) == nil or text:find("^\\+[nr]", position) ~= nil
end

-- Returns the blanks and the rest of the line after a line end, and the position after it; nil without a line end.
local function next_line(text, position)
  local blanks, rest, after = text:match("^\r?\n([ \t]*)([^\r\n]*)()", position)
  if blanks then
    return blanks, rest, after
  end
  local first
  blanks, first = text:match("^\\[\\nr]*n([ \t]*)()", position)
  if blanks then
    after = M.unquoted(text, first, { string = true, header = true })
    return blanks, text:sub(first, after - 1), after
  end
end

--- Returns the position after the lines that follow a position and are indented deeper than `indent` columns, or nil if
--- there is none. With `single` only lines of one word count.
---@param text string
---@param position integer  of a line end
---@param indent integer
---@param single boolean
---@return integer?
function M.indented_lines(text, position, indent, single)
  local stop
  while true do
    local blanks, rest, after = next_line(text, position)
    if not blanks or rest == "" and blanks == "" and after > #text then
      return stop
    elseif rest ~= "" and (#blanks <= indent or single and rest:find "[^%w+/=_.-]") then
      return stop
    end
    stop, position = rest ~= "" and after or stop, after
  end
end

return M
