--- Reads the words after `lanyard aws`: the service, the operation or waiter, and their options.
---
---     request.read({ "ecr", "describe-images", "--repository-name", "web" }, catalogue)
---     --> { service = "ecr", model = ..., operation = ..., options = ..., line = ... }
---
---     request.input(read, "base64")   --> its input, see lanyard.awscli.input
---
--- A page of help takes the place of an operation: `aws ecr help` has { help = true, service = "ecr", ... }.

local globals = require "lanyard.awscli.globals"
local lazy = require "lanyard.lazy"
local names = require "lanyard.awscli.names"
local suggest = require "lanyard.text.suggest"
local words = require "lanyard.awscli.words"

local options = lazy "lanyard.awscli.options"

local M = {}

local mistake = words.mistake

--- What a command line asks for.
---@class awscli.Request
---@field service? string      as in the AWS CLI
---@field model? model.Service
---@field command? string      the operation, as in the AWS CLI
---@field operation? model.Operation
---@field waiter? string       the name in the model, of `wait NAME`
---@field waits? boolean       the words name `wait`
---@field options? awscli.Options
---@field line awscli.Line
---@field outfile? string      the file for the stream of the output
---@field help? boolean        a page of help is asked for

-- ---------------------------------------------------------------------------------------------
-- Names

local function aws_only()
  return require "lanyard.awscli.aws_only"
end

local function near(word, known)
  local found = suggest(word, known)
  return found and ("; did you mean '%s'?"):format(found) or ""
end

-- Returns the word after the first one that is equal to `word`.
local function following(rest, word)
  for i, one in ipairs(rest) do
    if one == word then
      return rest[i + 1]
    end
  end
end

local function find_service(request, word, catalogue, rest)
  local model, err
  if word ~= "s3" then -- the model of this name is s3api
    model, err = catalogue.load(word)
  end
  if not model and err and err.code ~= "UnknownService" then
    return nil, { err = err }
  elseif not model then
    local message = aws_only().service(word, following(rest, word))
    return mistake("UnknownCommand", "%s", message
      or ("there is no service '%s'%s"):format(word, near(word, catalogue.names())))
  end
  request.service, request.model = word, model
  return true
end

--- Returns the commands of the operations of a service, sorted, with their names in the model.
---@param model model.Service
---@param prefix? string  the letters that a command begins with; others can be left out
---@return string[] commands
---@return table<string, string> operations
function M.commands(model, prefix)
  local commands, operations = {}, {}
  local letters = (prefix or ""):gsub("-", "") -- a command differs from the operation's name in hyphens and case
  for _, name in ipairs(model:operation_names()) do
    if name:sub(1, #letters):lower() == letters then
      local command = names.operation(name)
      commands[#commands + 1], operations[command] = command, name
    end
  end
  table.sort(commands)
  return commands, operations
end

--- Returns the names of the waiters of a service, sorted, with their names in the model.
---@param model model.Service
---@return string[] waiters
---@return table<string, string> by_waiter
function M.waiters(model)
  local waiters, by_waiter = {}, {}
  for _, name in ipairs(model:waiter_names()) do
    local waiter = names.operation(name)
    waiters[#waiters + 1], by_waiter[waiter] = waiter, name
  end
  table.sort(waiters)
  return waiters, by_waiter
end

local function find_operation(request, word)
  local commands, operations = M.commands(request.model)
  local current = names.current(word)
  local name = operations[word] or operations[current]
  if not name then
    commands[#commands + 1] = M.waiters(request.model)[1] and "wait" or nil
    return mistake("UnknownCommand", "%s", aws_only().command(request.service, word)
      or ("%s has no operation '%s'%s"):format(request.service, word, near(word, commands)))
  end
  request.command, request.operation = word, request.model:operation(name)
  return true
end

local function find_waiter(request, word)
  local waiters, by_waiter = M.waiters(request.model)
  local name = by_waiter[word]
  if not name then
    return mistake("UnknownCommand", "%s has no waiter '%s'%s", request.service, word, near(word, waiters))
  end
  request.waiter = name
  request.operation = request.model:operation(request.model.waiters[name].operation)
  request.command = names.operation(request.operation.name)
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Words

local function no_option()
  return nil
end

local function merge(line, more)
  for name, value in pairs(more.globals) do
    if line.globals[name] ~= nil then
      return mistake("RepeatedOption", "option '--%s' is given twice", name)
    end
    line.globals[name] = value
  end
  return true
end

-- Reads the options up to the next word, which `find` looks up. Returns the words after it; nil without a word.
local function step(request, rest, find)
  local line, after = words.split(rest, no_option, 1)
  if not line then
    if after.code == "UnknownOption" and not request.operation and after.message:find "^unknown" then
      after.message = after.message .. ("; options of an operation follow its name")
    end
    return nil, after
  end
  local ok, wrong = merge(request.line, line)
  local word = line.rest[1]
  if not ok then
    return nil, wrong
  elseif request.line.globals.help or word == "help" then
    request.help = true
  end
  if not word or word == "help" then
    return false
  end
  ok, wrong = find(word)
  return ok and after or nil, wrong
end

-- Describes an unknown option with the nearest one.
local function unknown_option(request, wrong)
  local word = wrong.code == "UnknownOption" and wrong.message:match "^unknown option '%-%-(.*)'$"
  if word then
    local known = options.shown(request.options)
    for _, global in ipairs(globals.list) do
      known[#known + 1] = global.name
    end
    local found, hint = suggest(word, known), aws_only().option(request.service, request.command, word)
    wrong.message = wrong.message .. (hint and "; " .. hint or found and ("; did you mean '--%s'?"):format(found) or "")
  end
  return nil, wrong
end

local function read_options(request, rest)
  request.options = options.of(request.service, request.model, request.operation, request.command)
  local line, wrong = words.split(rest, function(name) return options.find(request.options, name) end)
  if not line then
    return unknown_option(request, wrong)
  end
  local ok
  ok, wrong = merge(request.line, line)
  if not ok then
    return nil, wrong
  end
  request.line.given, request.line.rest = line.given, line.rest
  request.help = request.help or request.line.globals.help ~= nil or line.rest[1] == "help"
  return M.place(request)
end

--- Takes the words that belong to no option: the name of the file for a stream.
---@private
---@param request awscli.Request
---@return awscli.Request?
---@return awscli.Mistake?
function M.place(request)
  local rest = request.line.rest
  local takes_file = request.options.outfile and not request.waiter
  if request.help or request.line.globals["generate-cli-skeleton"] then
    return request
  elseif takes_file and (rest[1] or "") == "" then
    return mistake("MissingArgument", "the name of the file for %s is missing: write it after the options, - for "
      .. "standard output", request.options.outfile)
  elseif rest[takes_file and 2 or 1] then
    return mistake("TooManyArguments", "the word '%s' belongs to no option", rest[takes_file and 2 or 1])
  end
  request.outfile = takes_file and rest[1] or nil
  return request
end

--- Reads a command line.
---@param rest string[]
---@param catalogue { load: fun(service: string): model.Service?, lanyard.Error?, names: fun(): string[] }
---@return awscli.Request?
---@return awscli.Mistake?  with `err` instead of a code and a message if a model cannot be read
function M.read(rest, catalogue)
  local request = { line = { globals = {}, given = {}, rest = {} } }
  local steps = {
    function(word) return find_service(request, word, catalogue, rest) end,
    function(word)
      request.waits = word == "wait" and M.waiters(request.model)[1] ~= nil
      if request.waits then
        return true
      end
      return find_operation(request, word)
    end,
    function(word) return find_waiter(request, word) end,
  }
  local WHAT = { "a service", "an operation", "a waiter" }
  local after, wrong = rest
  for i = 1, 3 do
    if i == 3 and not request.waits then
      break
    end
    after, wrong = step(request, after, steps[i])
    if after == nil then
      return nil, wrong
    elseif not after and request.help then
      return request
    elseif not after then
      return mistake("MissingArgument", "the name of %s is missing", WHAT[i])
    end
  end
  return read_options(request, after)
end

--- Makes the input of a request.
---@param request awscli.Request
---@param binary_format? string  of the profile
---@return awscli.Input?
---@return awscli.Mistake?
function M.input(request, binary_format)
  local line = request.line
  return require("lanyard.awscli.input").make(request.options, request.operation, line, {
    binary_format = line.globals["cli-binary-format"] or binary_format or "base64",
    is_sample = line.globals["generate-cli-skeleton"] == "input",
  })
end

--- Returns the page of help about a request: "aws ecr describe-images".
---@param request awscli.Request
---@return string
function M.topic(request)
  local parts = { "aws", request.service, request.waits and "wait" or nil }
  parts[#parts + 1] = request.waiter and names.operation(request.waiter) or request.command
  return table.concat(parts, " ")
end

return M
