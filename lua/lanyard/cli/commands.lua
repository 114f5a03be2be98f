--- Finds commands. Built-in commands are inside the binary, and their declarations in its index; nothing replaces them.
--- Other commands are scripts of that name in one of the user's folders (lanyard.cli.search_path), or in
--- ./.lanyard/scripts if the user trusts it (lanyard.trust). `NAME/SUB.lua` beside `NAME.lua` is its sub-command SUB if
--- `NAME.lua` declares it.

local embedded = require "lanyard.embedded"
local exit = require "lanyard.cli.exit"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local search_path = require "lanyard.cli.search_path"
local system = require "lanyard.system"

local command_line = lazy "lanyard.cli.command"
local trust = lazy "lanyard.trust"

local M = {}

local NAME = "^[%w_-]+$"

-- The folder of scripts in a trusted .lanyard.
local SCRIPTS = "scripts/"

local function by_name(a, b)
  return a.name < b.name
end

---@class cli.Script
---@field name string    the words that call it, such as "policy lint"
---@field path string    where it was found
---@field source string
---@field built_in boolean
---@field embedded? string    its name in the binary, which has it as a function, too
---@field folder? string      the user's folder in which it was found
---@field place? trust.Place  the trusted place that has it

local function script_of(name, path, source, fields)
  local script = fields or {}
  script.name, script.path, script.source = name:gsub("/", " "), path, source
  script.built_in = script.built_in or false
  return script
end

-- --> script | nil where there is none | nil, err
local function read_script(folder, name)
  local path = ("%s/%s.lua"):format(folder, name)
  if not system.exists(path) then
    return nil
  end
  local source, err = search_path.read(path)
  if not source then
    return nil, err
  end
  return script_of(name, path, source, { folder = folder })
end

local function embedded_script(name)
  local source = embedded.script(name)
  return source and script_of(name, ("scripts/%s.lua"):format(name), source, { built_in = true, embedded = name })
    or nil
end

-- --> script | nil where there is none | nil, err, with the code Untrusted if it is not trusted
local function trusted_script(name)
  local place, path = trust.here(), ("%s%s.lua"):format(SCRIPTS, name)
  local source, err = place:read(path)
  if not source then
    return nil, err
  end
  return script_of(name, place.shown .. "/" .. path, source, { place = place })
end

-- Returns the script of a name, and the function that finds another script in the same folder; or nil and an error if
-- there is one that is not trusted.
local function find_one(name)
  local built_in = embedded_script(name)
  if built_in then
    return built_in, embedded_script
  end
  for _, folder in ipairs(search_path.folders()) do
    local script, err = read_script(folder, name)
    if err then
      exit.fail(err)
    elseif script then
      return script, function(other) return read_script(folder, other) end
    end
  end
  local script, err = trusted_script(name)
  if err and err.code ~= "Untrusted" then
    err = nil -- ./.lanyard is not a folder, or cannot be searched
  end
  return script, script and trusted_script or err
end

--- Returns the scripts that have the name of a built-in command, and that it hides.
---@param name string
---@return cli.Script[] scripts
---@return lanyard.Error? err  about a script in the current directory that is not trusted
function M.hidden(name)
  local list = {}
  for _, folder in ipairs(search_path.folders()) do
    list[#list + 1] = read_script(folder, name)
  end
  if not system.exists(("./%s/%s%s.lua"):format(trust.FOLDER, SCRIPTS, name)) then
    return list
  end
  local script, err = trusted_script(name)
  list[#list + 1] = script
  return list, err
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
---@return lanyard.Error? err  about a script of this name that is not trusted
function M.find(name, words)
  if not name:find(NAME) then
    return nil, words
  end
  local script, beside = find_one(name)
  if not script then
    return nil, words, beside
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

--- Returns the declarations of the built-in commands by name, each loaded when it is read. The build makes the index;
--- see core/embed.lua.
---@return table<string, cli.Declaration>
function M.index()
  return require "lanyard.cli.index"
end

--- Returns what lists of commands show of the built-in ones, by name. It is one module, so that a list loads no
--- declaration. The build makes it, too.
---@return table<string, { summary: string, category: string? }>
function M.summaries()
  return require "lanyard.cli.index_summaries"
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
  local declared = script.built_in and M.summaries()[script.name] or M.declaration(script)
  return declared and declared.summary or (command_line.header(script.source))
end

-- Returns the names of the scripts among files, without sub-commands.
local function names_in(files)
  local names = {}
  for _, file in ipairs(files) do
    local name = file:match "^(.*)%.lua$"
    names[#names + 1] = name and name:find(NAME) and name or nil
  end
  return names
end

-- Adds scripts by name, unless a script of that name was found before, which hides it. read: finds a script.
local function add(found, names, read)
  for _, name in ipairs(names) do
    local script = read(name)
    if found.by_name[name] then
      found.hidden[#found.hidden + 1] = found.by_name[name].built_in and script or nil
    else
      found.by_name[name] = script
      found.list[#found.list + 1] = script
      local declared = M.declaration(script)
      for _, sub in ipairs(declared and declared.commands or {}) do
        found.list[#found.list + 1] = sub:find(NAME) and read(name .. "/" .. sub, true) or nil
      end
    end
  end
end

-- A script that cannot be read is listed without a summary.
local function add_folder(found, folder)
  add(found, names_in(system.list(folder) or {}), function(name, is_sub)
    return read_script(folder, name)
      or not is_sub and script_of(name, ("%s/%s.lua"):format(folder, name), "", { folder = folder }) or nil
  end)
end

-- Returns why the scripts of the current directory are not listed, if it has any.
local function add_trusted(found)
  local place = trust.here()
  local names = names_in(place:names(SCRIPTS))
  if place.state == "trusted" then
    add(found, names, function(name) return (trusted_script(name)) end)
  elseif names[1] then
    return select(2, trusted_script(names[1]))
  elseif place.state == "refused" and system.exists(place.shown .. "/" .. SCRIPTS) then
    return place.err
  end
  return nil
end

--- Returns the names of commands without sub-commands, sorted, and the summaries of built-in ones. No script is read,
--- except to find out whether the ones of the current directory are trusted.
---@return { name: string, summary: string? }[]
function M.names()
  local found, list = {}, {}
  local function add_name(name, summary)
    if not found[name] then
      found[name] = true
      list[#list + 1] = { name = name, summary = summary }
    end
  end
  for name, declared in pairs(M.summaries()) do
    if not name:find " " then
      add_name(name, declared.summary)
    end
  end
  for _, folder in ipairs(search_path.folders()) do
    for _, name in ipairs(names_in(system.list(folder) or {})) do
      add_name(name)
    end
  end
  local place = trust.here()
  for _, name in ipairs(place.state == "trusted" and names_in(place:names(SCRIPTS)) or {}) do
    add_name(name)
  end
  table.sort(list, by_name)
  return list
end

-- Adds the user's scripts. Returns why the scripts of the current directory are not listed.
local function add_own(found)
  for _, folder in ipairs(search_path.folders()) do
    add_folder(found, folder)
  end
  return add_trusted(found)
end

--- Returns what an overview shows of each command, sorted by name. No built-in script is read.
---@return { name: string, summary: string, category: string? }[]
---@return lanyard.Error? err  why the scripts of the current directory are not listed
function M.overview()
  local list, own = {}, { list = {}, hidden = {}, by_name = {} }
  for name, one in pairs(M.summaries()) do
    own.by_name[name] = { built_in = true }
    list[#list + 1] = { name = name, summary = one.summary, category = one.category }
  end
  local err = add_own(own)
  for _, script in ipairs(own.list) do
    list[#list + 1] = { name = script.name, summary = M.summary(script) }
  end
  table.sort(list, by_name)
  return list, err
end

--- Lists every command once, sorted by name.
---@return cli.Script[] commands
---@return cli.Script[] hidden  scripts that a built-in command of the same name hides
---@return lanyard.Error? err  why the scripts of the current directory are not listed
function M.list()
  local found = { list = {}, hidden = {}, by_name = {} }
  for _, name in ipairs(embedded.scripts()) do
    local script = embedded_script(name)
    found.list[#found.list + 1], found.by_name[name] = script, script
  end
  local err = add_own(found)
  table.sort(found.list, by_name)
  return found.list, found.hidden, err
end

return M
