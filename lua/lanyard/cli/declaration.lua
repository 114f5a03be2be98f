--- Reads the declaration of a command out of its script, without running the script.
---
--- A script begins with one literal table:
---
---     local cli = require "lanyard.cli"
---
---     local command = cli.command {
---       summary = "Grant a container service pull access to ECR repositories.",
---       category = "access",
---       arguments = { { "service", help = "Name of the container service." } },
---       options = { "aws", { "--all", help = "Select every repository of the Region." } },
---       exit = { { 0, "every repository is granted, or was already" } },
---       examples = { { "lanyard grant web my-private-repo", "Grant one repository." } },
---     }
---
--- The table is cut out by a lexer and evaluated in an empty environment, so that help, completion and the
--- build's index learn about a command without running it.

local M = {}

--- The categories, in the order in which `lanyard help` lists them.
M.CATEGORIES = { "access", "audit", "desired state", "policies", "operations", "development" }

--- What a command declares about itself: a literal table, which help, completion and the manual read without running
--- the script. Every command also has --help and --debug.
---@class cli.Declaration
---@field summary string      one sentence, with its full stop
---@field category? string    "access", "audit", "desired state", "policies", "operations" or "development"; help lists
---  the
---  commands of other scripts together
---@field description? string paragraphs; a line that begins with two blanks is kept as it is
---@field usage? string[]     how it is called, after the name, where this does not follow from `arguments`
---@field arguments? cli.Argument[]  in their order
---@field options? (cli.Group|cli.Option)[]  a string is a group of options that several commands share
---@field commands? string[]  the sub-commands, in the order in which help lists them: NAME/SUB.lua beside NAME.lua
---@field grammar? string   the module that reads the words instead of `arguments` and `options` (lanyard.cli.grammars)
---@field exit? table[]       { status, when } pairs; help adds 2 and 130
---@field examples? table[]   { command line, what it does } pairs

--- An argument of a command.
---@class cli.Argument
---@field [1] string          its name, in `options` and in help
---@field help string         one sentence
---@field type? cli.TypeName  "text" unless given
---@field args? string|integer "?" (none or one), "*" (any number), "+" (at least one) or a number; 1 unless given. With
---  more than one, the value is a list
---@field choices? string[]   the accepted values

--- An option of a command.
---@class cli.Option
---@field [1] string          its name, such as "--all"
---@field help? string        one sentence
---@field type? cli.TypeName  without type and choices it is a flag, whose value is true
---@field value? string       the placeholder in help, instead of the type's
---@field choices? string[]   the first one is the default of --output; json implies text, yaml and the option --query
---@field default? string     as text, converted like a given one
---@field repeated? boolean   may be given several times; the values are a list
---@field list? boolean       accepts a list that is separated by commas, for completion
---@field hidden? boolean     accepted, but not listed in help
---@field target? string      its name in the result of `Command:parse`; its own, with _ for -, unless given

--- The type of an argument or option: which texts it accepts, and the value that they become.
---@alias cli.TypeName
---| "text"               any text
---| "file"               the name of a file, which completion completes
---| "integer"            a whole number from 0
---| "positive-integer"   a whole number from 1
---| "days"               a whole number of days from 1
---| "duration"           90s, 10m, 2h or 1d, as seconds
---| "positive-duration"  the same without 0
---| "seconds"            seconds; 0 means no limit
---| "since"              12h, 7d, 2026-11-25 or 2026-11-25T01:00:00Z, as the timestamp
---| "expiry"             2027-01-31, 2027-01-31T00:00Z, 30d or 12h, as seconds since 1970; never as false
---| "account"            12 digits
---| "port"               0 to 65535
---| "version"            a whole number from 1
---| "severity"           critical, high, medium, low or info
---| "role-name"          the name of an IAM role
---| "external-id"        the external id of a trust policy
---| "run-id"             1 to 128 of A-Z a-z 0-9 . _ : -
---| "shard"              I/N, as { index, count }
---| "query"              an expression of JMESPath (lanyard help output)
---| "report-format"      a format of audit reports
---| "graph-format"       a format of graphs of grants

--- A group of options that several commands share.
---@alias cli.Group
---| "aws"      --profile, --region, --endpoint-url, --ca-bundle and the timeouts, as the AWS CLI has them
---| "targets"  the same, for commands that accept lists of profiles and Regions
---| "dry-run"  --dry-run; every command has it that changes something
---| "rules"    --rules; every command has it that changes access
---| "yes"      --yes
---| "yes-all"  --yes, where only --all asks
---| "settle"   --settle
---| "report"   --output, --output-file, --fail-on, --baseline, --history and --service of an audit

-- ---------------------------------------------------------------------------------------------
-- The lexer

-- The position after the long bracket that opens at `position` | nil where none opens there.
local function after_long_bracket(source, position)
  local level = source:match("^%[(=*)%[", position)
  if not level then
    return nil
  end
  local _, last = source:find("]" .. level .. "]", position, true)
  return (last or #source) + 1
end

local function after_quoted(source, position)
  local quote = source:sub(position, position)
  local at = position + 1
  while at <= #source do
    local c = source:sub(at, at)
    if c == quote or c == "\n" then
      break
    end
    at = at + (c == "\\" and 2 or 1)
  end
  return at + 1
end

-- The kind of the token at `position` ("name", "skip" for space and comments, "text", or a character of
-- punctuation) and the position after it.
local function token_at(source, position)
  local last = select(2, source:find("^%s+", position))
  if last then
    return "skip", last + 1
  elseif source:find("^%-%-", position) then
    return "skip", after_long_bracket(source, position + 2) or (source:find("\n", position, true) or #source) + 1
  elseif source:find("^[\"']", position) then
    return "text", after_quoted(source, position)
  end
  last = select(2, source:find("^[%a_][%w_]*", position))
  if last then
    return "name", last + 1
  end
  local long = after_long_bracket(source, position)
  if long then
    return "text", long
  end
  return source:sub(position, position), position + 1
end

--- Iterates over the tokens of Lua source, without blanks and comments: "name", "text" for strings, or a character of
--- punctuation; and the text of the token.
---@param source string
---@return fun(): string?, string?
function M.tokens(source)
  local position = 1
  return function()
    while position <= #source do
      local kind, after = token_at(source, position)
      local text = source:sub(position, after - 1)
      position = after
      if kind ~= "skip" then
        return kind, text
      end
    end
  end
end

local START = { "cli", ".", "command", "{" }

--- Cuts the literal of the first `cli.command { ... }` out of a script.
---@param source string the text of a script
---@return string? literal the table, including braces; nil if the script has none, or it is unterminated
function M.cut(source)
  local position, matched, depth, first = 1, 0, 0, nil
  while position <= #source do
    local kind, after = token_at(source, position)
    if first then
      depth = depth + (kind == "{" and 1 or kind == "}" and -1 or 0)
      if depth == 0 then
        return source:sub(first, after - 1)
      end
    elseif kind ~= "skip" then
      local text = source:sub(position, after - 1)
      matched = text == START[matched + 1] and matched + 1 or text == START[1] and 1 or 0
      if matched == #START then
        first, depth = position, 1
      end
    end
    position = after
  end
  return nil
end

--- Checks a declaration, and completes its option --output (lanyard.cli.output_option).
---@param value any
---@return cli.Declaration? declaration the value; nil where it is not a declaration
---@return string? message what is wrong with it
function M.check(value)
  local message = require "lanyard.cli.declaration_check"(value)
  if message then
    return nil, message
  end
  value.options = value.options and require("lanyard.cli.output_option").complete(value.options)
  return value
end

-- Evaluates a literal without access to globals, and within limits of steps and memory.
local function evaluate(literal, name)
  return require("lanyard.sandbox").value("return " .. literal, name)
end

--- Reads the declaration of a script.
---@param source string the text of the script
---@param name string the script's name, for messages
---@param load_literal? fun(literal: string, name: string): any, any evaluates the table; the sandbox unless given
---@return cli.Declaration? declaration nil where the script declares nothing, or not a declaration
---@return string? message why it is not one
function M.read(source, name, load_literal)
  local literal = M.cut(source)
  if not literal then
    return nil
  end
  local value, err = (load_literal or evaluate)(literal, name)
  if value == nil then
    return nil, tostring(err)
  end
  return M.check(value)
end

return M
