--- Checks a command line without running it: the command exists, and its options and arguments are valid. What a script
--- itself checks, for example that two options exclude each other, is not known here.
---
---     verify.problem { "grnat", "web" }   --> "there is no command 'grnat'; did you mean 'grant'?"

local command_line = require "lanyard.cli.command"
local commands = require "lanyard.cli.commands"
local declaration = require "lanyard.cli.declaration"
local leading_options = require "lanyard.cli.leading_options"
local system = require "lanyard.system"

local M = {}

-- Returns why a text is not Lua.
local function syntax_problem(source, chunk_name)
  local _, message = load((source:gsub("^#![^\n]*", "")), chunk_name, "t")
  return message and message:match "^[^\n]*"
end

-- Checks the words of a script by its declaration. A script that builds its options by calls has none.
local function check_script(name, declared, words)
  if not declared then
    return nil, ("the options of %s are not checked: it declares none"):format(name)
  end
  return command_line.problem(name, declared, words)
end

local function check_file(path, words)
  local source, err = system.read_file(path)
  if not source then
    return err.message
  end
  local problem = syntax_problem(source, "@" .. path)
  if problem then
    return problem
  end
  local declared, message = declaration.read(source, path)
  if message then
    return ("%s: the declaration is invalid: %s"):format(path, message)
  end
  return check_script(path, declared, words)
end

local function check_command(name, leading, words)
  local script, rest, err = commands.find(name, words)
  if not script then
    return require("lanyard.cli.unknown_command")(name, err)
  end
  local declared, message = commands.declaration(script)
  local problem = not script.built_in and syntax_problem(script.source, "@" .. script.path)
  if problem or message then
    return problem or ("%s: the declaration is invalid: %s"):format(script.path, message)
  end
  return check_script(script.name, declared, leading_options.joined(leading, rest))
end

--- Checks the words of a command line.
---@param words string[]  without `lanyard`
---@return string? problem
---@return string? note  what was not checked, if there is no problem
function M.problem(words)
  local own, leading, rest = leading_options.split(words)
  if not own then
    return leading
  end
  local first = own.first
  if not first then
    return "a command is missing"
  elseif first == "--version" or first == "--licenses" then
    return leading_options.unexpected(first, rest)
  elseif first == "-e" then
    return not rest[1] and "-e needs a line of Lua" or syntax_problem(rest[1], "=(command line)")
  elseif first:find "/" or first:find "%.lua$" then
    return check_file(first, leading_options.joined(leading, rest))
  end
  return check_command(first, leading, rest)
end

return M
