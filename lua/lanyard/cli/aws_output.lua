--- Prints the output of `lanyard aws` in the format of --output, or what --query selects of it.
---
---     local output = aws_output.new(request)
---     output:print(value)   -- the whole output, or with text and jsonl a page

local environment = require "lanyard.environment"
local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"
local result = require "lanyard.cli.result"
local terminal = require "lanyard.cli.terminal"

local M = {}

--- The output of a command.
---@class cli.AwsOutput
---@field format string
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

--- Opens the output. A mistake in the query ends the script, before a call.
---@param request awscli.Request
---@param of_profile? string  the format of the profile
---@return cli.AwsOutput
function M.new(request, of_profile)
  local globals = request.line.globals
  local format = globals.output or environment.get "AWS_DEFAULT_OUTPUT" or of_profile
  format = PRINTERS[format] and format or "json"
  return setmetatable({
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
