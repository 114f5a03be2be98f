-- The small changes of a C file, for mutants.lua.

local M = {}

-- Each change: a Lua pattern with the replaced part as its second capture, and what replaces it.
local CHANGES = {
  { "()( == )()", " != " }, { "()( != )()", " == " }, { "()( < )()", " <= " }, { "()( <= )()", " < " }, { "()( > )()", " >= " },
  { "()( >= )()", " > " }, { "()( && )()", " || " }, { "()( || )()", " && " }, { "%f[%w]()(return true)();", "return false" },
  { "%f[%w]()(return false)();", "return true" }, { "%f[%w]()(if %()()", "if (!" }, { "[%(%s]()(!)()[%a%(]", "" },
  { "()( %+ 1)()%f[%W]", "" }, { "()( %- 1)()%f[%W]", "" }, { "%f[%w]()(continue)();", "" }, { "%f[%w]()(break)();", "" },
  { "()( true)()%f[%W]", " false" }, { "()( false)()%f[%W]", " true" }, { "()( |= )()", " = " }, { "()( ~)()", " " },
}

-- Replaces comments and strings by blanks of the same length.
local function blank(text)
  local function blanks(s) return (s:gsub("[^\n]", " ")) end
  text = text:gsub("/%*.-%*/", blanks):gsub("//[^\n]*", blanks)
  return (text:gsub('"[^"\n]*"', blanks):gsub("#[^\n]*", blanks))
end

-- Returns the number and the code of the line at a position.
local function line_at(text, position)
  local _, number = text:sub(1, position):gsub("\n", "")
  local from = position
  while from > 1 and text:byte(from - 1) ~= 10 do from = from - 1 end
  return number + 1, text:match("[^\n]*", from):match "^%s*(.-)%s*$", from
end

-- Returns the name of the function around a position.
local function function_at(text, position)
  local name
  for start, found in text:gmatch "\n()[%a_][^\n(;]-([%w_]+)%(" do
    if start > position then break end
    name = found
  end
  return name
end

-- Returns the text with `if (!(...))`, or nil.
local function negated(text, code, stop)
  local closing = code:match("^%b()()", stop - 1)
  return closing and text:sub(1, stop - 1) .. "!(" .. text:sub(stop, closing - 2) .. ")" .. text:sub(closing - 1)
end

--- Returns the changes of a file: { path, line, code, name, text }. `code` is the line, after the name of its function
--- if it is a bare statement; `name` says what is replaced, and which one of several in the line. No two are the same text.
---@param path string
---@param text string
function M.of(path, text)
  local list, code, made = {}, blank(text), {}
  for _, change in ipairs(CHANGES) do
    local from, last_line, nth = 1, 0, 0
    while true do
      local first, last, start, found, stop = code:find(change[1], from)
      if not first then
        break
      end
      from = math.max(last, first + 1)
      local line, source = line_at(text, start)
      if source:find "^[%w ]+;$" then source = ("%s: %s"):format(function_at(text, start), source) end
      nth, last_line = line == last_line and nth + 1 or 1, line
      local changed = change[2] == "if (!" and negated(text, code, stop)
        or change[2] ~= "if (!" and text:sub(1, start - 1) .. change[2] .. text:sub(stop)
      list[#list + 1] = changed and not made[changed] and {
        path = path, line = line, code = source, text = changed,
        name = ("'%s' becomes '%s'%s"):format(found:match "^%s*(.-)%s*$", change[2]:match "^%s*(.-)%s*$", nth > 1 and " " .. nth or ""),
      } or nil
      made[changed or ""] = true
    end
  end
  return list
end

return M
