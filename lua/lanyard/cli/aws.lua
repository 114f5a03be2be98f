--- The command line of `lanyard aws`: reads it, describes it and completes it with the models of lanyard.awscli.

local catalogue = require "lanyard.awscli.catalogue"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local lazy = require "lanyard.lazy"
local requests = require "lanyard.awscli.request"
local terminal = require "lanyard.cli.terminal"

local command_line = lazy "lanyard.cli.command"
local layout = lazy "lanyard.text.layout"

local M = {}

-- Ends the script with a mistake in the words, and the page of help about what is known of them.
local function fail(mistake, topic)
  if mistake.err then
    exit.fail(mistake.err)
  end
  exit.problem(mistake.code, ("%s (lanyard help %s)"):format(escape.printable(mistake.message), topic))
end

-- Returns the words that name the page of help about a command line: as far as they name something.
local function topic_of(words)
  local names = {}
  for _, word in ipairs(words) do
    if word:sub(1, 1) ~= "-" then
      names[#names + 1] = word
    end
  end
  for count = math.min(#names, 3), 1, -1 do
    local start = table.move(names, 1, count, 1, {})
    start[#start + 1] = "help"
    local read = requests.read(start, catalogue)
    if read and (read.operation or count < 2 or read.waits) then
      return requests.topic(read)
    end
  end
  return "aws"
end

--- Reads a command line. A mistake in it ends the script.
---@param words string[]
---@return awscli.Request
function M.read(words)
  local request, mistake = requests.read(words, catalogue)
  if not request then
    fail(mistake, topic_of(words))
  end
  if request.line.globals.debug then
    command_line.debug = true
  end
  return request
end

--- Returns the input of a request. A mistake in it ends the script.
---@param request awscli.Request
---@param binary_format? string  of the profile
---@return awscli.Input
function M.input(request, binary_format)
  local input, mistake = requests.input(request, binary_format)
  if not input then
    fail(mistake, requests.topic(request))
  end
  return input
end

--- Returns the page of help that words name.
---@param words string[]
---@param width integer
---@return string? text  nil: the page of the command itself
function M.page(words, width)
  local all = table.move(words, 1, #words, 1, {})
  all[#all + 1] = not command_line.wants_help(words) and "help" or nil
  local request = M.read(all)
  if not request.service then
    return nil
  end
  local sections = require("lanyard.awscli.help").sections(request)
  sections[1].title = layout.hanging(sections[1].title, width, #"Usage: ")
  return require("lanyard.cli.help_modules").sections(sections, width)
end

--- Returns what follows the command's own page: the services.
---@param width integer
---@return string
function M.note(width)
  return "\nServices\n  " .. layout.hanging(table.concat(catalogue.names(), ", "), width, 2)
end

--- Prints the page of help that a request asks for.
---@param words string[]
---@return integer status
function M.print_page(words)
  local text = M.page(words, terminal.text_width())
  if text then
    terminal.out(text)
  else
    require("lanyard.cli.help_command").page { "aws" }
  end
  return exit.STATUS.ok
end

--- Checks words without a call.
---@param words string[]
---@return string? message
function M.problem(words)
  local request, mistake = requests.read(words, catalogue)
  local ok = request and (request.help or requests.input(request))
  if request and not ok then
    mistake = select(2, requests.input(request))
  end
  return not ok and (mistake.message or mistake.err.message) or nil
end

--- Completes words.
---@param words string[]
---@param prefix string
---@return completion.Candidate[] items
---@return completion.Files files
function M.candidates(words, prefix)
  return require("lanyard.awscli.completion").candidates(words, prefix, catalogue)
end

return M
