--- Where commands and modules are found. Nothing is found by the current directory: relative entries of the variables
--- are dropped, with a line that names the variable.
---
---     search_path.install()                   -- before a script runs
---     for _, folder in ipairs(search_path.folders()) do ... end
---     search_path.beside("/home/a/scripts")   -- for the command that runs

local embedded = require "lanyard.embedded"
local escape = require "lanyard.text.escape"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"

local M = {}

local function is_absolute(path)
  return path:sub(1, 1) == "/"
end

local noted = {}

-- Prints which entry of a variable is not used, once.
local function note(variable, entry)
  if not noted[variable] then
    noted[variable] = true
    terminal.note(("lanyard: %s: the relative entry '%s' is ignored: only absolute paths are used"):format(variable,
      escape.printable(entry)))
  end
end

-- Splits a list of paths into the absolute ones and the first relative one. Empty entries are skipped.
local function split(text, separator)
  local absolute, relative = {}, nil
  for entry in text:gmatch("[^" .. separator .. "]+") do
    if is_absolute(entry) then
      absolute[#absolute + 1] = entry
    else
      relative = relative or entry
    end
  end
  return absolute, relative
end

-- ---------------------------------------------------------------------------------------------
-- Commands

--- Returns the folder in which the user's own scripts are by default.
---@return string? folder  absolute; nil without a usable XDG_CONFIG_HOME or HOME
function M.own_folder()
  for _, source in ipairs { { "XDG_CONFIG_HOME", "/lanyard/scripts" }, { "HOME", "/.config/lanyard/scripts" } } do
    local value = os.getenv(source[1]) or ""
    if is_absolute(value) then
      return value .. source[2]
    elseif value ~= "" then
      note(source[1], value)
    end
  end
  return nil
end

--- Returns the folders that may have scripts of the user, in the order in which they are searched.
---@return string[]
function M.folders()
  local list, relative = split(os.getenv "LANYARD_PATH" or "", ":")
  if relative then
    note("LANYARD_PATH", relative)
  end
  list[#list + 1] = M.own_folder()
  if is_absolute(embedded.prefix) then
    list[#list + 1] = embedded.prefix .. "/share/lanyard/scripts"
  end
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Modules

-- The variable that Lua takes a path from.
local function variable_of(name)
  return os.getenv(name .. "_5_4") and name .. "_5_4" or name
end

-- In a static binary, the system's loader would bring a second libc into the process.
local function refuse_c_modules()
  local function refuse(path)
    return nil, ("%s: a static binary loads no C modules. Use the package lanyard, or lua5.4"):format(path), "absent"
  end
  package.loadlib = refuse -- luacheck: ignore 122
  package.searchers[3] = function(name)
    local path, tried = package.searchpath(name, package.cpath)
    return path and error((select(2, refuse(path))), 0) or tried
  end
  package.searchers[4] = nil -- Lua's searcher of C modules in a common library
end

--- Removes the relative entries of package.path and package.cpath. Lua's default has some, which are dropped without a
--- word; entries of a variable are named when the first module is searched for. A static binary refuses C modules.
function M.install()
  if embedded.static then
    refuse_c_modules()
  end
  local dropped = {}
  for field, name in pairs { path = "LUA_PATH", cpath = "LUA_CPATH" } do
    package[field] = table.concat((split(package[field], ";")), ";")
    local variable = variable_of(name)
    local _, relative = split(os.getenv(variable) or "", ";")
    if relative then
      dropped[#dropped + 1] = { variable, relative }
    end
  end
  if #dropped > 0 then
    table.insert(package.searchers, 2, function()
      for _, entry in ipairs(dropped) do
        note(entry[1], entry[2])
      end
      return nil
    end)
  end
end

-- Inserts a searcher after the one of embedded modules, which cannot be replaced.
local function add_searcher(searcher)
  table.insert(package.searchers, 2, searcher)
end

local LUA_FORMS, C_FORM = { "%s.lua", "%s/init.lua" }, "%s.so"

local function load_text(text, path)
  local chunk, message = load(text, "@" .. path)
  if not chunk then
    error(message, 0)
  end
  return chunk, path
end

--- Reads a file of a user's folder, also through a link. A FIFO is an error: it would block the list of all commands.
---@param path string
---@return string? text
---@return lanyard.Error? err
function M.read(path)
  local target, err = system.real_path(path)
  local text
  if target then
    text, err = system.read_regular(target)
  end
  return text, not text and err or nil
end

--- Lets the command that runs require the modules beside its own file.
---@param folder string  an absolute path
function M.beside(folder)
  add_searcher(function(name)
    local base, tried = name:gsub("%.", "/"), {}
    for _, form in ipairs(LUA_FORMS) do
      local path = folder .. "/" .. form:format(base)
      local text = M.read(path)
      if text then
        return load_text(text, path)
      end
      tried[#tried + 1] = ("no file '%s'"):format(path)
    end
    local path = folder .. "/" .. C_FORM:format(base)
    if system.exists(path) then
      local opener, message = package.loadlib(path, "luaopen_" .. name:gsub("^[^-]*%-", ""):gsub("%.", "_"))
      return opener or error(message, 0), path
    end
    tried[#tried + 1] = ("no file '%s'"):format(path)
    return table.concat(tried, "\n\t")
  end)
end

--- Lets the command that runs require the trusted modules beside its own file. They are loaded from the bytes that are
--- trusted, so a C module, which the system loads from its file, is not.
---@param place trust.Place
---@param prefix string  the folder below .lanyard, such as "scripts/"
function M.beside_trusted(place, prefix)
  add_searcher(function(name)
    local base, tried = name:gsub("%.", "/"), {}
    for _, form in ipairs(LUA_FORMS) do
      local path = prefix .. form:format(base)
      local text = place:read(path)
      if text then
        return load_text(text, place.shown .. "/" .. path)
      end
      tried[#tried + 1] = ("no trusted file '%s/%s'"):format(place.shown, path)
    end
    return table.concat(tried, "\n\t")
  end)
end

return M
