local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the rules, mutes and examples of a rules file.",
  category = "policies",
  description = [[
`lanyard help rules` describes the format of the file. No call is made to AWS.
]],
  arguments = {
    { "file", type = "file", args = "?",
      help = "Rules file; LANYARD_RULES or ./.lanyard/rules.lua unless given." },
  },
  options = { { "--output", choices = { "table", "json" } } },
  exit = {
    { 0, "success" },
    { 2, "the command line or the rules file is invalid" },
  },
  examples = { { "lanyard rules show", "List the content of the rules file in use." } },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local report = require "lanyard.cli.print"
local rules_file = require "lanyard.cli.rules"

local rules = rules_file.load(command, options.file)
local rows, items = {}, json.array {}
local function add(location, kind, name, about)
  rows[#rows + 1] = { location, kind, name, about }
  items[#items + 1] = { location = location, kind = kind, name = name, about = about }
end
for _, rule in ipairs(rules.contents.rules) do
  add(rule.location, "rule", rule.name, "on " .. table.concat(lists.sorted_names(rule.on), ", "))
end
for _, mute in ipairs(rules:mutes()) do
  add(mute.location, "mute", mute.finding, mute.reason .. (mute.ends and " (ends " .. mute.ends .. ")" or ""))
end
for _, example in ipairs(rules.contents.examples) do
  add(example.location, "example", example.name, "expects " .. example.expect)
end
if #rows == 0 then
  cli.note(escape.format("%s has no rules, mutes or examples", rules.file))
end
if options.output == "json" then
  report.json(items)
else
  report.rows({ "LOCATION", "KIND", "NAME", "" }, rows)
end
return cli.exit.ok
