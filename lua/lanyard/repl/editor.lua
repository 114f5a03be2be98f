--- Edits a line at the terminal: the keys of Emacs and readline, history, and completion with Tab.
---
---     local editor = editor.new { history = history, complete = complete, input = read, output = write, columns = 80 }
---     local line = editor:read "> "      -- nil at the end of the input; false if the line was discarded
---
--- The line is shown on one row of the terminal, which scrolls sideways. A line end in the text, of an entry of several
--- lines, is shown as an arrow.

local escape = require "lanyard.text.escape"
local width = require "lanyard.text.width"

local M = {}

---@class repl.EditorOptions
---@field history repl.History
---@field complete fun(text: string): string, string[]  the text before the cursor --> its part that is completed, and
---  the candidates for it
---@field input fun(): string  reads what was typed; "" at the end
---@field output fun(text: string)
---@field columns fun(): integer

---@class repl.Editor
---@field options repl.EditorOptions
---@field before string  the text before the cursor
---@field after string   the text after it
local Editor = {}
Editor.__index = Editor

-- ---------------------------------------------------------------------------------------------
-- The screen

local function shown(text)
  return (text:gsub("\n", "\u{21b5}"):gsub("[^\n]+", escape.printable))
end

-- The last characters of a text that fit into so many cells.
local function suffix(text, cells)
  while width.of(text) > cells do
    text = text:sub(width.prefix(text, 1) + 1)
  end
  return text
end

function Editor:draw()
  local room = math.max(10, self.options.columns() - width.of(self.prompt) - 1)
  local before = suffix(shown(self.before), room)
  local after = shown(self.after)
  local left = room - width.of(before)
  after = width.of(after) > left and (left > 0 and after:sub(1, width.prefix(after, left)) or "") or after
  local back = width.of(after)
  self.options.output(("\r\27[K%s%s%s%s"):format(self.prompt, before, after,
    back > 0 and ("\27[%dD"):format(back) or ""))
end

-- Shows lines above the one that is edited.
function Editor:print(text)
  self.options.output("\r\27[K" .. text .. "\n")
  self:draw()
end

-- ---------------------------------------------------------------------------------------------
-- Editing

local LAST_CHARACTER = "[%z\1-\127\194-\244][\128-\191]*$"

local function last_of(text)
  return text:match(LAST_CHARACTER) or text:sub(-1)
end

local function first_of(text)
  return text:match "^[%z\1-\127\194-\244][\128-\191]*" or text:sub(1, 1)
end

function Editor:insert(text)
  self.before = self.before .. text
end

function Editor:left()
  local character = last_of(self.before)
  self.before, self.after = self.before:sub(1, #self.before - #character), character .. self.after
end

function Editor:right()
  local character = first_of(self.after)
  self.before, self.after = self.before .. character, self.after:sub(#character + 1)
end

function Editor:backspace()
  self.before = self.before:sub(1, #self.before - #last_of(self.before))
end

function Editor:delete()
  self.after = self.after:sub(#first_of(self.after) + 1)
end

function Editor:home()
  self.before, self.after = "", self.before .. self.after
end

function Editor:stop()
  self.before, self.after = self.before .. self.after, ""
end

function Editor:word_left()
  local rest, word = self.before:match "^(.-)([%w_]*[^%w_]*)$"
  self.before, self.after = rest, word .. self.after
end

function Editor:word_right()
  local word, rest = self.after:match "^([^%w_]*[%w_]*)(.*)$"
  self.before, self.after = self.before .. word, rest
end

function Editor:kill_word()
  self.killed, self.before = self.before:match "(%S*%s*)$", self.before:match "^(.-)%S*%s*$"
end

function Editor:kill_before()
  self.killed, self.before = self.before, ""
end

function Editor:kill_after()
  self.killed, self.after = self.after, ""
end

function Editor:yank()
  self:insert(self.killed or "")
end

function Editor:clear_screen()
  self.options.output "\27[H\27[2J"
end

-- ---------------------------------------------------------------------------------------------
-- History

-- Shows the entry of the history at an index; one past its end is the line that was typed.
function Editor:show_entry(index)
  local history = self.options.history
  if index < 1 or index > #history + 1 then
    return
  end
  if self.entry == #history + 1 then
    self.typed = self.before .. self.after
  end
  self.entry = index
  self.before, self.after = history[index] or self.typed or "", ""
end

function Editor:previous()
  self:show_entry(self.entry - 1)
end

function Editor:next()
  self:show_entry(self.entry + 1)
end

-- Finds the last entry before an index that contains a text.
function Editor:find(text, below)
  for index = below, 1, -1 do
    if self.options.history[index]:find(text, 1, true) then
      return index
    end
  end
  return nil
end

-- Searches backwards for what is typed. Returns the key that ended the search; it is handled next.
function Editor:search()
  local text, found = "", nil
  local prompt, before, after = self.prompt, self.before, self.after
  while true do
    self.prompt = ("(search) '%s': "):format(text)
    self.before, self.after = found and self.options.history[found] or "", ""
    self:draw()
    local key = self:key()
    if key == "\18" then
      found = self:find(text, (found or 1) - 1) or found
    elseif key == "\127" or key == "\8" then
      text = text:sub(1, #text - #last_of(text))
      found = text ~= "" and self:find(text, #self.options.history) or nil
    elseif key and (key:byte() >= 32 and key:byte() ~= 127) then
      text = text .. key
      found = self:find(text, #self.options.history)
    else
      self.prompt = prompt
      if key == "\7" or key == "\3" or not found then
        self.before, self.after = before, after
        return (key == "\7" or key == "\3") and "" or key
      end
      self.entry = found
      return key
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Completion

-- The longest text with which all of a list begin.
local function common(list)
  local prefix = list[1]
  for _, text in ipairs(list) do
    while text:sub(1, #prefix) ~= prefix do
      prefix = prefix:sub(1, #prefix - #last_of(prefix))
    end
  end
  return prefix
end

local MOST_SHOWN = 200

-- Lays candidates out in columns.
local function columns_of(list, room)
  local cell = 0
  for _, text in ipairs(list) do
    cell = math.max(cell, width.of(text) + 2)
  end
  local per_row, rows = math.max(1, room // cell), {}
  for i, text in ipairs(list) do
    local row = (i - 1) // per_row + 1
    rows[row] = (rows[row] or "") .. text .. (" "):rep(cell - width.of(text))
  end
  return (table.concat(rows, "\n"):gsub(" +%f[\n%z]", ""))
end

function Editor:complete()
  local part, candidates = self.options.complete(self.before)
  if #candidates == 0 then
    return
  end
  local prefix = common(candidates)
  if #prefix > #part then
    self.before = self.before:sub(1, #self.before - #part) .. prefix
  elseif #candidates > 1 then
    local list = table.move(candidates, 1, math.min(#candidates, MOST_SHOWN), 1, {})
    local more = #candidates - #list
    self:print(columns_of(list, self.options.columns()) .. (more > 0 and ("\n... %d more"):format(more) or ""))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Keys

local KEYS = {
  ["\1"] = "home", ["\2"] = "left", ["\4"] = "delete", ["\5"] = "stop", ["\6"] = "right", ["\8"] = "backspace",
  ["\9"] = "complete", ["\11"] = "kill_after", ["\12"] = "clear_screen", ["\14"] = "next", ["\16"] = "previous",
  ["\21"] = "kill_before", ["\23"] = "kill_word", ["\25"] = "yank", ["\127"] = "backspace",
  ["\27[A"] = "previous", ["\27[B"] = "next", ["\27[C"] = "right", ["\27[D"] = "left", ["\27[H"] = "home",
  ["\27[F"] = "stop", ["\27OA"] = "previous", ["\27OB"] = "next", ["\27OC"] = "right", ["\27OD"] = "left",
  ["\27OH"] = "home", ["\27OF"] = "stop", ["\27[1~"] = "home", ["\27[4~"] = "stop", ["\27[3~"] = "delete",
  ["\27[7~"] = "home", ["\27[8~"] = "stop", ["\27b"] = "word_left", ["\27f"] = "word_right",
  ["\27[1;5D"] = "word_left", ["\27[1;5C"] = "word_right", ["\27[1;3D"] = "word_left", ["\27[1;3C"] = "word_right",
  ["\27\127"] = "kill_word",
}

-- The forms of keys: sequences of a terminal, escape with a character, characters of UTF-8, single bytes.
local FORMS = {
  "^\27%[[%d;?]*[%a~]", "^\27O%a", "^\27[^%[O]", "^[%z\1-\26\28-\127]", "^[\194-\223][\128-\191]",
  "^[\224-\239][\128-\191][\128-\191]", "^[\240-\244][\128-\191][\128-\191][\128-\191]",
}

-- Whether more bytes can make a key of these.
local function is_partial(bytes)
  local first = bytes:byte()
  return first == 27 and #bytes < 12 or first >= 194 and first <= 244 and #bytes < 4
end

-- Returns the next key; nil at the end of the input.
function Editor:key()
  while true do
    for _, form in ipairs(FORMS) do
      local key = self.pending:match(form)
      if key then
        self.pending = self.pending:sub(#key + 1)
        return key
      end
    end
    if self.pending ~= "" and not is_partial(self.pending) then
      local byte = self.pending:sub(1, 1)
      self.pending = self.pending:sub(2)
      return byte
    end
    local bytes = self.options.input()
    if bytes == "" then
      return nil
    end
    self.pending = self.pending .. bytes
  end
end

-- A terminal marks text that is pasted, so that its line ends and tabs are not keys.
local PASTE, PASTE_END, PASTE_ON, PASTE_OFF = "\27[200~", "\27[201~", "\27[?2004h", "\27[?2004l"

function Editor:paste()
  while not self.pending:find(PASTE_END, 1, true) do
    local bytes = self.options.input()
    if bytes == "" then
      break
    end
    self.pending = self.pending .. bytes
  end
  local first, last = self.pending:find(PASTE_END, 1, true)
  self:insert((self.pending:sub(1, (first or 0) - 1):gsub("\r\n?", "\n")))
  self.pending = self.pending:sub((last or #self.pending) + 1)
end

-- Handles a key. Returns whether the line has ended, and then the line, false or nil.
function Editor:handle(key)
  if not key then
    return true, nil
  elseif key == "\r" or key == "\n" then
    self:stop()
    return true, self.before
  elseif key == "\3" then
    return true, false
  elseif key == "\4" and self.before == "" and self.after == "" then
    return true, nil
  elseif key == "\18" then
    local next_key = self:search()
    if next_key ~= "" then
      return self:handle(next_key)
    end
  elseif key == PASTE then
    self:paste()
  elseif KEYS[key] then
    self[KEYS[key]](self)
  elseif key:byte() >= 32 and key:byte() ~= 127 then
    self:insert(key)
  end
  return false
end

--- Reads a line.
---@param prompt string
---@return string|false|nil line  nil at the end of the input (Ctrl-D); false if it was discarded (Ctrl-C)
function Editor:read(prompt)
  self.prompt, self.before, self.after, self.typed = prompt, "", "", nil
  self.entry = #self.options.history + 1
  self.options.output(PASTE_ON)
  while true do
    self:draw()
    local ended, line = self:handle(self:key())
    if ended then
      self:draw()
      self.options.output((line == false and "^C" or "") .. PASTE_OFF .. "\n")
      return line
    end
  end
end

--- Creates an editor.
---@param options repl.EditorOptions
---@return repl.Editor
function M.new(options)
  return setmetatable({ options = options, pending = "", before = "", after = "" }, Editor)
end

return M
