--- Prints the output of `lanyard aws` in the format of --output, or what --query selects of it.
---
---     local output = aws_output.new(request)
---     output:print(value)   -- the whole output, or with text and jsonl a page

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local exit = require "lanyard.cli.exit"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local result = require "lanyard.cli.result"
local terminal = require "lanyard.cli.terminal"
local time_text = require "lanyard.awscli.time_text"

local M = {}

--- The output of a command.
---@class cli.AwsOutput
---@field format string
---@field time fun(timestamp: number|string): number|string  writes the timestamps of replies
---@field by_page boolean  whether each page is printed by itself
---@field private query? jmespath.Query
---@field private title string  of a table
local Output = {}
Output.__index = Output

local PRINTERS = {}

function PRINTERS.json(_, value)
  terminal.json(ordered.encode(value))
end

function PRINTERS.jsonl(_, value)
  local lines = {}
  for i, item in ipairs(json.is_array(value) and value or { value }) do
    lines[i] = json.encode(item) .. "\n"
  end
  terminal.json(table.concat(lines))
end

function PRINTERS.text(_, value)
  terminal.out(require("lanyard.text.tabbed").encode(value))
end

function PRINTERS.yaml(_, value)
  terminal.data(require("lanyard.text.yaml").encode(value))
end

function PRINTERS.table(self, value)
  terminal.out(require "lanyard.awscli.table"(self.title, value, terminal.text_width()))
end

local TIMES = { iso8601 = time_text.iso8601, wire = time_text.wire, none = time_text.wire }

-- Returns the function that writes timestamps.
local function time_of(profile, name)
  return TIMES[name or "iso8601"] or exit.fail(errors.new {
    code = "InvalidConfig",
    message = ("cli_timestamp_format of profile '%s' is '%s': iso8601 or wire is expected"):format(profile.name, name),
  })
end

--- Opens the output. A mistake in the query ends the script, before a call.
---@param request awscli.Request
---@param profile? aws.Profile  nil: for what was not received
---@return cli.AwsOutput
function M.new(request, profile)
  local globals, values = request.line.globals, profile and profile.values or {}
  local format = globals.output or environment.get "AWS_DEFAULT_OUTPUT" or values.output
  format = PRINTERS[format] and format or "json"
  return setmetatable({
    time = time_of(profile, values.cli_timestamp_format),
    format = format, by_page = format == "text" or format == "jsonl", title = request.operation.name,
    query = globals.query and result.compile(globals.query, "aws"),
  }, Output)
end

--- Prints a value. An empty output prints nothing.
---@param value table
function Output:print(value)
  if self.query then
    value = result.search(self.query, value)
  elseif next(value) == nil then
    terminal.used = true
    return
  end
  PRINTERS[self.format](self, value)
end

--- Prints the token for what is left after the last page.
---@param token string
function Output:print_token(token)
  local value = self.format == "text" and { NextToken = { NextToken = token } } or { NextToken = token }
  self:print(value)
end

return M
