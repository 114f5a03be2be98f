--- Reads the documentation comments of one Lua source.
---
---     local source = annotations.read(text)
---     source.header          --> the lines that describe the module
---     source.items[1]        --> { kind = "function", holder = "M", name = "run", params = { "words" }, doc = {...} }
---
--- A documentation comment is a run of lines that begin with three hyphens. It describes the statement after it: a
--- function, a field of a table, or a local variable that holds the methods of a class. A comment that no statement
--- follows describes the module, or the classes and aliases in it.

local M = {}

---@class documentation.Tag
---@field name string  without "@"
---@field text string  the lines after the name, joined by blanks
---@field lines string[] the same lines
---@field before? string[]  the lines between an empty line after the tag before and this tag
---@field line integer

---@class documentation.Comment
---@field line integer  the first line
---@field text string[] the lines before the first tag
---@field tags documentation.Tag[]

---@class documentation.Item
---@field kind "function"|"field"|"local"|"return"|"none"
---@field line integer
---@field holder? string    the table or class before the name
---@field name? string
---@field separator? string "." or ":"
---@field params? string[]  the parameters in the source
---@field value? string     what is assigned, on its first line
---@field doc? documentation.Comment

---@class documentation.Source
---@field header? documentation.Comment  describes the module
---@field meta? string                   the name after ---@meta
---@field items documentation.Item[]
---@field requires table<string, string> the modules that local variables hold
---@field returned? string               the local variable that the module returns

-- ---------------------------------------------------------------------------------------------
-- Comments

-- Returns the comment that begins at a line, and the position of the line after it.
local function read_comment(lines, position)
  local comment, before = { line = position, text = {}, tags = {} }, nil
  while lines[position] and lines[position]:find "^%s*%-%-%-" and not lines[position]:find "^%s*%-%-%-%-" do
    local text = lines[position]:match "^%s*%-%-%-(.*)$"
    local name, rest = text:match "^%s?@([%w]+)%s*(.*)$"
    local tag = comment.tags[#comment.tags]
    if name then
      table.insert(comment.tags, { name = name, text = rest, lines = { rest }, line = position, before = before })
      before = nil
    elseif tag and (before or text:find "^%s*$") then
      before = before or {}
      before[#before + 1] = #before + #text > 0 and text:gsub("^ ", "") or nil
    elseif tag then
      local more = text:match "^%s*(.-)%s*$"
      tag.text = tag.text .. " " .. more
      table.insert(tag.lines, more)
    else
      table.insert(comment.text, (text:gsub("^ ", ""):gsub("%s+$", "")))
    end
    position = position + 1
  end
  return comment, position
end

-- ---------------------------------------------------------------------------------------------
-- Statements

local function split_names(text)
  local names = {}
  for name in text:gmatch "[%w_.]+" do
    names[#names + 1] = name
  end
  return names
end

-- Returns the head of a function that begins at a line: its parameters can be on several lines.
local function head_at(lines, position)
  local head = lines[position]
  while not head:find "%b()" and lines[position + 1] do
    position = position + 1
    head = head .. " " .. lines[position]
  end
  return head
end

local function function_at(lines, position)
  if not lines[position]:find "^%s*function%s" then
    return nil
  end
  local holder, separator, name, params = head_at(lines, position):match
    "^%s*function%s+([%w_.]-)([.:]?)([%w_]+)%s*(%b())"
  return name and {
    kind = "function", line = position, holder = holder ~= "" and holder or nil, name = name,
    separator = separator ~= "" and separator or nil, params = split_names(params),
  }
end

local function returned_at(lines, position)
  local line = lines[position]
  if line:find "^return%s+function%s*%(" then
    return { kind = "return", line = position, params = split_names(head_at(lines, position):match "%b()") }
  end
  return line:find "^return%s+[{%[]" and { kind = "return", line = position } or nil
end

-- Returns what a line is, as far as a comment can describe it. container: the table constructor around it.
local function statement_at(lines, position, container)
  local line = lines[position] or ""
  local item = function_at(lines, position) or returned_at(lines, position)
  if item then
    return item
  end
  local name, value = line:match "^local%s+([%w_]+)%s*=%s*(.*)$"
  if name then
    return { kind = "local", line = position, name = name, value = value }
  end
  local holder
  holder, name, value = line:match "^([%w_.]+)%.([%w_]+)%s*=%s*(.*)$"
  if name then
    return { kind = "field", line = position, holder = holder, name = name, value = value }
  end
  name, value = line:match "^  ([%w_]+)%s*=%s*(.*)$"
  if container and name then
    return { kind = "field", line = position, holder = container, name = name, value = (value:gsub(",$", "")) }
  end
  return { kind = "none", line = position }
end

-- ---------------------------------------------------------------------------------------------
-- Sources

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\r\n", "\n") .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

-- Returns whether a line ends the table constructor that began before, or begins one: its new name.
local function container_at(line, container)
  if line:find "^}" then
    return nil
  end
  local name = line:match "^local%s+([%w_]+)%s*=%s*[%w_]*%(?{%s*$"
  return name or (line:find "^return%s+[%w_]*%(?{%s*$" and "return") or container
end

-- Adds a comment to the source: to its header, or as an item with the statement at `position`.
local function add_comment(source, comment, lines, position, container)
  local first = comment.tags[1]
  if first and first.name == "meta" then
    source.meta = first.text:match "^%S*"
    table.remove(comment.tags, 1)
    if #comment.text == 0 and #comment.tags == 0 then
      return nil
    end
  end
  local item = statement_at(lines, position, container)
  local alone = item.kind == "none" or item.kind == "local"
  if not source.header and alone and #comment.text > 0 and (not comment.tags[1] or comment.line == 1) then
    source.header = { line = comment.line, text = comment.text, tags = {} }
    comment = { line = comment.line, text = {}, tags = comment.tags }
  elseif not source.header and comment.line == 1 then
    source.header = { line = 1, text = comment.text, tags = {} }
    comment = { line = 1, text = item.params and comment.text or {}, tags = comment.tags }
  end
  item.doc = comment
  table.insert(source.items, item)
  return item
end

--- Reads a source.
---@param text string
---@return documentation.Source
function M.read(text)
  local source = { items = {}, requires = {} }
  local lines, position, container = lines_of(text), 1, nil
  while position <= #lines do
    local line = lines[position]
    if line:find "^%s*%-%-%-[^-]" or line:find "^%s*%-%-%-$" then
      local comment, after = read_comment(lines, position)
      local item = add_comment(source, comment, lines, after, container)
      position = item and item.kind ~= "none" and after + 1 or after
      container = container_at(lines[position - 1] or "", container)
    else
      local item = statement_at(lines, position, container)
      if item.kind == "function" or item.kind == "field" or item.kind == "return" then
        table.insert(source.items, item)
      end
      container = container_at(line, container)
      position = position + 1
    end
    local name, loader, module =
      (lines[position - 1] or ""):match "^local%s+([%w_]+)%s*=%s*(%a+)%s*%(?%s*[\"']([%w_.]+)[\"']"
    if loader == "require" or loader == "lazy" then
      source.requires[name] = module
    end
    source.returned = (lines[position - 1] or ""):match "^return%s+([%w_]+)%s*$" or source.returned
  end
  return source
end

return M
