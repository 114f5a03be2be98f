--- Reads the words of a declared command that have no mistake, with the result of argparse. Most command lines are
--- such, and to load argparse takes longer than many commands: it reads the others, and says what is wrong with them.

local lists = require "lanyard.lists"
local shared = require "lanyard.cli.options"
local types = require "lanyard.cli.types"

local M = {}

-- The least and the largest number of words of an argument.
local BOUNDS = { ["?"] = { 0, 1 }, ["*"] = { 0, math.huge }, ["+"] = { 1, math.huge } }

--- Returns the options of a declaration in their order, including all of its groups.
---@param declared cli.Declaration
---@return cli.Option[]
function M.options(declared)
  local all = {}
  for _, option in ipairs(declared.options or {}) do
    for _, one in ipairs(type(option) == "table" and { option } or shared[option]) do
      all[#all + 1] = one
    end
  end
  return all
end

-- An option without type and choices is a flag.
local function is_flag(option)
  return not option.type and not option.choices
end

-- Returns the value of a word of an argument or option; nil for a mistake.
local function value_of(element, word)
  local kind = types[element.type or "text"]
  local choices = element.choices or kind.choices
  if not word or choices and not lists.contains(choices, word) then
    return nil
  elseif kind.convert then
    return (kind.convert(word))
  end
  return word
end

local function target_of(option)
  return option.target or option[1]:sub(3):gsub("-", "_")
end

-- ---------------------------------------------------------------------------------------------
-- Options

-- words: the command line; at: the position in it
-- options: by name; given: the options that were read
-- result: the values by name; plain: the words of arguments
local Reader = {}
Reader.__index = Reader

local function new_reader(declared, words)
  local self = setmetatable({ words = words, at = 1, options = {}, given = {}, result = {}, plain = {} }, Reader)
  self.all = M.options(declared)
  for _, option in ipairs(self.all) do
    self.options[option[1]] = option
    if option.repeated then
      self.result[target_of(option)] = is_flag(option) and 0 or {}
    end
  end
  return self
end

-- Stores a value, and reports whether there is one: the last value, a list of them, or how often a flag is given.
function Reader:store(option, value)
  local result, target = self.result, target_of(option)
  if value == nil then
    return false
  elseif not option.repeated then
    result[target] = value
  elseif is_flag(option) then
    result[target] = result[target] + 1
  else
    table.insert(result[target], value)
  end
  self.given[option] = true
  return true
end

-- Returns the next word, if it can be the value of an option.
function Reader:next_value()
  self.at = self.at + 1
  local word = self.words[self.at]
  return word and not word:find "^%-." and word or nil
end

-- Reads an option. Reports whether it has no mistake.
function Reader:option(word)
  local name, text = word:match "^(%-%-[^=]+)=(.*)$"
  local option = self.options[name or word]
  if word == "--debug" then
    self.is_debug = true
    return true
  elseif not option or name and is_flag(option) then
    return false
  elseif is_flag(option) then
    return self:store(option, true)
  elseif self.given[option] and not option.repeated then
    return false
  end
  return self:store(option, value_of(option, text or self:next_value()))
end

-- Reads all options. Reports whether they have no mistake.
function Reader:read_options()
  local words, plain = self.words, self.plain
  while words[self.at] do
    local word = words[self.at]
    if word == "--" then
      table.move(words, self.at + 1, #words, #plain + 1, plain)
      break
    elseif not word:find "^%-." then
      plain[#plain + 1] = word
    elseif not self:option(word) then
      return false
    end
    self.at = self.at + 1
  end
  return true
end

-- Stores the defaults of options, but not of --output, whose default depends on --query.
function Reader:add_defaults()
  for _, option in ipairs(self.all) do
    if option.default and not self.given[option] and option[1] ~= "--output"
      and not self:store(option, is_flag(option) or value_of(option, option.default)) then
      return false
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Arguments

-- Stores the words of an argument from a position on. Returns the position after them; nil for a mistake.
function Reader:argument(argument, from)
  local bounds = BOUNDS[argument.args] or { argument.args or 1, argument.args or 1 }
  local least, most = bounds[1], bounds[2]
  local last = math.min(from + most - 1, #self.plain)
  local values = {}
  for i = from, last do
    values[#values + 1] = value_of(argument, self.plain[i])
  end
  if most < 1 or #values < math.max(least, last - from + 1) or argument.default and #values == 0 then
    return nil
  elseif most == 1 then
    self.result[argument[1]] = values[1]
  else
    self.result[argument[1]] = values
  end
  return last + 1
end

-- Reads all arguments. Reports whether they have no mistake.
function Reader:read_arguments(arguments)
  local at = 1
  for _, argument in ipairs(arguments or {}) do
    at = self:argument(argument, at)
    if not at then
      return false
    end
  end
  return at > #self.plain
end

--- Reads the words of a command.
---@param declared cli.Declaration
---@param words string[]  without --help
---@return table? options  the values by name, arguments included; nil where argparse has to read the words
---@return boolean? is_debug  whether --debug is one of the words
function M.read(declared, words)
  local reader = new_reader(declared, words)
  if reader:read_options() and reader:read_arguments(declared.arguments) and reader:add_defaults() then
    return reader.result, reader.is_debug
  end
  return nil
end

return M
