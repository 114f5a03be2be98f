--- Finds commands: a script in one of the folders below is a command of that name, and `NAME/SUB.lua` beside `NAME.lua`
--- is its sub-command SUB. Built-in commands are inside the binary, and their declarations in its index.

local command_line = require "lanyard.cli.command"
local embedded = require "lanyard.embedded"
local exit = require "lanyard.cli.exit"
local system = require "lanyard.system"

local M = {}

local NAME = "^[%w_-]+$"

---@class cli.Script
---@field name string    the words that call it, such as "policy lint"
---@field path string    where it was found
---@field source string
---@field built_in boolean

-- The folders that may hold scripts of users. The first that has a name wins; built-in scripts come last.
local function folders()
  local home = os.getenv "HOME"
  local config = os.getenv "XDG_CONFIG_HOME"
  if not config or config == "" then
    config = home and home .. "/.config"
  end
  local list = { "./.lanyard/scripts" }
  for folder in (os.getenv "LANYARD_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = folder
  end
  list[#list + 1] = config and config .. "/lanyard/scripts"
  list[#list + 1] = embedded.prefix .. "/share/lanyard/scripts"
  return list
end

local function script_of(name, path, source, built_in)
  return { name = name:gsub("/", " "), path = path, source = source, built_in = built_in }
end

local function read_script(folder, name)
  local path = ("%s/%s.lua"):format(folder, name)
  if system.exists(path) then
    return script_of(name, path, exit.check(system.read_file(path)), false)
  end
  return nil
end

local function embedded_script(name)
  local source = embedded.script(name)
  return source and script_of(name, ("scripts/%s.lua"):format(name), source, true) or nil
end

-- Returns the script of a name, and the function that finds another script in the same folder.
local function find_one(name)
  for _, folder in ipairs(folders()) do
    local script = read_script(folder, name)
    if script then
      return script, function(other) return read_script(folder, other) end
    end
  end
  return embedded_script(name), embedded_script
end

-- Returns the declared options of a command and its sub-commands that take a value.
local function value_options(script)
  local found = {}
  local function add(declared)
    for _, option in ipairs(declared and declared.options or {}) do
      for _, one in ipairs(type(option) == "table" and { option } or require("lanyard.cli.options")[option]) do
        found[one[1]] = one.type ~= nil or one.choices ~= nil
      end
    end
  end
  add(M.declaration(script))
  for name, declared in pairs(script.built_in and M.index() or {}) do
    if name:find(script.name .. " ", 1, true) == 1 then
      add(declared)
    end
  end
  return found
end

-- The position of the first word that is neither an option nor the value of one | nil
local function first_operand(script, words)
  local takes_value
  local position = 1
  while words[position] do
    local word = words[position]
    if word == "--" then
      return nil
    elseif word:sub(1, 1) ~= "-" then
      return position
    end
    takes_value = takes_value or value_options(script)
    position = position + (takes_value[word] and 2 or 1)
  end
  return nil
end

--- Finds the script of a command, or of its sub-command where the first operand names one.
---@param name string
---@param words string[] what follows the command's name
---@return cli.Script? script nil where there is no such command
---@return string[] words without the sub-command's name
function M.find(name, words)
  if not name:find(NAME) then
    return nil, words
  end
  local script, beside = find_one(name)
  local position = script and first_operand(script, words)
  local operand = position and words[position]
  local sub = operand and operand:find(NAME) and beside(name .. "/" .. operand)
  if sub then
    local rest = table.move(words, 1, #words, 1, {})
    table.remove(rest, position)
    return sub, rest
  end
  return script, words
end

--- Returns the declarations of the built-in commands by name. The build makes the index; see core/embed.lua.
---@return table<string, cli.Declaration>
function M.index()
  return require "lanyard.cli.index"
end

--- Returns the declaration of a script; nil where it has none. No script is run for it.
---@param script cli.Script
---@return cli.Declaration?
function M.declaration(script)
  if script.built_in then
    return M.index()[script.name]
  end
  return (require("lanyard.cli.declaration").read(script.source, script.path))
end

--- Returns the summary of a script: its declaration's, or the first sentence of its first comment.
---@param script cli.Script
---@return string
function M.summary(script)
  local declared = M.declaration(script)
  return declared and declared.summary or (command_line.header(script.source))
end

local function names_in(folder)
  local names = {}
  for _, file in ipairs(system.list(folder) or {}) do
    local name = file:match "^(.*)%.lua$"
    if name and name:find(NAME) then
      names[#names + 1] = name
      for _, sub in ipairs(system.list(folder .. "/" .. name) or {}) do
        sub = sub:match "^(.*)%.lua$"
        names[#names + 1] = sub and sub:find(NAME) and name .. "/" .. sub or nil
      end
    end
  end
  return names
end

--- Lists every command once, sorted by name.
---@return cli.Script[]
function M.list()
  local found, list = {}, {}
  local function add(name, script)
    if script and not found[name] then
      found[name] = true
      list[#list + 1] = script
    end
  end
  for _, folder in ipairs(folders()) do
    for _, name in ipairs(names_in(folder)) do
      add(name, read_script(folder, name))
    end
  end
  for _, name in ipairs(embedded.scripts()) do
    add(name, embedded_script(name))
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return M
