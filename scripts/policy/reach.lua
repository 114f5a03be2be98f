local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List who a policy can ever allow.",
  category = "policies",
  description = [[
The list has the widest classes first: everyone, organizations, accounts,
patterns, services, principals. Together they contain every caller that some
request of the policy allows, and each of them is needed.
]],
  arguments = { { "file", help = "A policy file, or - for stdin." } },
  options = {
    { "--action", type = "text", value = "ACTION", target = "action_name",
      help = "Only what may use this action, such as ecr:PutImage or ecr:*." },
    { "--output", choices = { "table", "json" } },
  },
  exit = {
    { 0, "the list was printed" },
    { 1, "the file could not be read or is not a policy that AWS accepts" },
  },
  examples = { { "lanyard policy reach policy.json --action ecr:PutImage" } },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local policy_files = require "lanyard.cli.policy_files"
local results = require "lanyard.cli.print"
local witness = require "lanyard.policy.witness"

if options.action_name and not options.action_name:find "^[%w*?-]+:[%w*?]+$" then
  command:usage(("--action: '%s' is not an action: write SERVICE:ACTION, such as ecr:PutImage")
    :format(options.action_name), "InvalidValue")
elseif options.action_name then
  require("lanyard.cli.policy_actions").note_unknown(options.action_name)
end

-- Returns how a class is proved to be reached.
local function proof(class)
  if class.witness then
    return (class.certain and "" or "cannot be excluded: ") .. witness.text(class.witness.request)
  end
  return "cannot be excluded: " .. class.undecided
end

local function texts_of(classes)
  local texts = json.array {}
  for i, class in ipairs(classes) do
    texts[i] = class.text
  end
  return texts
end

-- Returns what else the requests of a class must satisfy, as objects.
local function restrictions_of(class)
  local items = json.array {}
  for i, demand in ipairs(class.restrictions) do
    items[i] = { operator = demand.operator, key = demand.key, values = json.array(demand.values) }
  end
  return items
end

local doc = policy_files.load(options.file)
policy_files.check_problem(doc, policy_files.name(options.file), "resource",
  ": only the policy of a resource names callers")
local classes = policy.reachable(doc, { action = options.action_name })
if options.output == "json" then
  local items = json.array {}
  for i, class in ipairs(classes) do
    items[i] = {
      kind = class.kind, id = class.id, text = class.text, source = class.source, network = class.network,
      restrictions = restrictions_of(class),
      except = texts_of(class.except), certain = class.certain, example = class.witness and class.witness.request,
    }
  end
  results.json(items)
elseif #classes == 0 then
  cli.out "nobody"
else
  for _, class in ipairs(classes) do
    local except = #class.except > 0 and ", except " .. table.concat(texts_of(class.except), ", ") or ""
    cli.out(escape.format("%s%s", class.text, except))
    cli.out(escape.format("    example: %s", proof(class)))
  end
end
