local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the statements of policy files.",
  category = "policies",
  arguments = { { "file", args = "+", help = "A policy file, or - for stdin." } },
  options = { { "--output", choices = { "table", "json" } } },
  exit = { { 0, "every file was listed" }, { 1, "a file could not be read or is not a policy" } },
  examples = { { "lanyard policy show policy.json" } },
}
local options = command:parse(...)

local json = require "lanyard.json"
local policy_files = require "lanyard.cli.policy_files"
local results = require "lanyard.cli.print"
local statement_text = require "lanyard.cli.statement_text"

policy_files.check_stdin(command, options.file)

local rows, items = {}, json.array {}
local status = policy_files.each(options.file, function(doc, name)
  local statements = json.array {}
  for i, statement in ipairs(doc:statements()) do
    statements[i] = policy_files.statement(statement)
    rows[#rows + 1] = {
      ("%s:%d"):format(name, statement.line),
      statement.sid or "-",
      statement.effect or { "?", "red" },
      statement_text.principals(statement),
      statement_text.joined(statement.actions, statement.not_action),
      statement_text.joined(statement.condition_keys),
    }
  end
  items[#items + 1] = { file = name, size = doc:size(), statements = statements }
end)

if #rows == 0 and status == cli.exit.ok then
  cli.note "no statement"
end
if options.output == "json" then
  results.json(items)
else
  results.rows({ "LOCATION", "SID", "EFFECT", "PRINCIPALS", "ACTIONS", "CONDITION KEYS" }, rows)
end
return status
