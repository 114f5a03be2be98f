--- Finds commands: a script in one of the folders below is a command of that name, and `NAME/SUB.lua` beside `NAME.lua`
--- is its sub-command SUB if `NAME.lua` declares it. Built-in commands are inside the binary, and their declarations in
--- its index.

local command_line = require "lanyard.cli.command"
local embedded = require "lanyard.embedded"
local exit = require "lanyard.cli.exit"
local lists = require "lanyard.lists"
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

-- --> script | nil where there is none | nil, err
local function read_script(folder, name)
  local path = ("%s/%s.lua"):format(folder, name)
  if not system.exists(path) then
    return nil
  end
  local source, err = system.read_file(path)
  if not source then
    return nil, err
  end
  return script_of(name, path, source, false)
end

local function embedded_script(name)
  local source = embedded.script(name)
  return source and script_of(name, ("scripts/%s.lua"):format(name), source, true) or nil
end

-- Returns the script of a name, and the function that finds another script in the same folder.
local function find_one(name)
  for _, folder in ipairs(folders()) do
    local script, err = read_script(folder, name)
    if err then
      exit.fail(err)
    elseif script then
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

-- --> the position of the first word that is neither an option nor the value of one | nil, whether it follows "--"
local function first_operand(script, words)
  local takes_value
  local position = 1
  while words[position] do
    local word = words[position]
    if word == "--" then
      return words[position + 1] and position + 1, true
    elseif word:sub(1, 1) ~= "-" then
      return position
    end
    takes_value = takes_value or value_options(script)
    position = position + (takes_value[word] and 2 or 1)
  end
  return nil
end

-- Returns whether a script that was found beside another one is its sub-command. The folder of a user's script can hold
-- other files, so the user's script must declare the sub-command. After "--" a word is an operand if the command has
-- arguments.
local function is_sub_command(script, name, after_dashes)
  local declared = (after_dashes or not script.built_in) and M.declaration(script)
  if after_dashes and declared and declared.arguments then
    return false
  end
  return script.built_in or declared and lists.contains(declared.commands or {}, name) or false
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
  if not script then
    return nil, words
  end
  local position, after_dashes = first_operand(script, words)
  local operand = position and words[position]
  local sub = operand and operand:find(NAME) and beside(name .. "/" .. operand)
  if sub and is_sub_command(script, operand, after_dashes) then
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
---@return string? message what is wrong with the declaration
function M.declaration(script)
  if script.built_in then
    return M.index()[script.name]
  end
  return require("lanyard.cli.declaration").read(script.source, script.path)
end

--- Returns the summary of a script: its declaration's, or the first sentence of its first comment.
---@param script cli.Script
---@return string
function M.summary(script)
  local declared = M.declaration(script)
  return declared and declared.summary or (command_line.header(script.source))
end

-- The names of the scripts in a folder, without sub-commands.
local function names_in(folder)
  local names = {}
  for _, file in ipairs(system.list(folder) or {}) do
    local name = file:match "^(.*)%.lua$"
    names[#names + 1] = name and name:find(NAME) and name or nil
  end
  return names
end

-- Adds the scripts of a folder that no earlier folder has. One that cannot be read is listed without a summary.
local function add_folder(list, found, folder)
  for _, name in ipairs(names_in(folder)) do
    if not found[name] then
      found[name] = true
      local script = read_script(folder, name)
        or script_of(name, ("%s/%s.lua"):format(folder, name), "", false)
      list[#list + 1] = script
      local declared = M.declaration(script)
      for _, sub in ipairs(declared and declared.commands or {}) do
        list[#list + 1] = sub:find(NAME) and read_script(folder, name .. "/" .. sub) or nil
      end
    end
  end
end

--- Lists every command once, sorted by name.
---@return cli.Script[]
function M.list()
  local list, found = {}, {}
  for _, folder in ipairs(folders()) do
    add_folder(list, found, folder)
  end
  for _, name in ipairs(embedded.scripts()) do
    if not found[name:match "^[^/]+"] then
      list[#list + 1] = embedded_script(name)
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return M
