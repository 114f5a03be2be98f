local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Compare two policies by what they mean.",
  category = "policies",
  description = [[
The order of statements and list items, a string for a list of one, and the case of actions are not differences.
With --effect the policies are compared by the requests that they allow, over every possible request. Each is judged
alone, whatever other policies of the account allow or deny.
]],
  arguments = {
    { "old", help = "A policy file, or - for stdin." },
    { "new", help = "A policy file, or - for stdin." },
  },
  options = {
    { "--effect", help = "Show a request that only the new policy allows, and one that only the old one allows." },
    { "--type", choices = { "repository", "resource", "identity" }, default = "repository",
      help = "With --effect: what the policies are attached to." },
    { "--output", choices = { "unified", "table", "json" } },
  },
  exit = {
    { 0, "the policies mean the same; with --effect: they allow the same requests" },
    { 1, "a file could not be read or is not a policy, or --effect cannot decide" },
    { 3, "the policies differ" },
  },
  examples = {
    { "lanyard policy diff old.json new.json --output table" },
    { "lanyard policy diff old.json new.json --effect", "Show what a change gives and takes." },
  },
}
local options = command:parse(...)

local effect = require "lanyard.policy.effect"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local policy_files = require "lanyard.cli.policy_files"
local results = require "lanyard.cli.print"
local witness = require "lanyard.policy.witness"

policy_files.check_stdin(command, { options.old, options.new })

local function rows_of(changes)
  local rows = {}
  for _, change in ipairs(changes) do
    for _, element in ipairs(change.elements) do
      for _, text in ipairs(element.removed) do
        rows[#rows + 1] = { change.label, change.kind, element.element, { "- " .. text, "red" } }
      end
      for _, text in ipairs(element.added) do
        rows[#rows + 1] = { change.label, change.kind, element.element, { "+ " .. text, "green" } }
      end
    end
  end
  return rows
end

local function items_of(changes)
  local items = json.array {}
  for i, change in ipairs(changes) do
    local elements = json.array {}
    for j, element in ipairs(change.elements) do
      elements[j] = {
        element = element.element, removed = json.array(element.removed), added = json.array(element.added),
      }
    end
    items[i] = {
      kind = change.kind, statement = change.label, sid = change.sid, elements = elements,
      from = change.from and change.from.index, to = change.to and change.to.index,
    }
  end
  return items
end

if options.type ~= "repository" and not options.effect then
  command:usage("--type needs --effect", "ConflictingOptions")
end
local old, new = policy_files.load(options.old), policy_files.load(options.new)

-- Returns one side of a change for JSON.
local function side_of(side)
  local gains = json.array {}
  for i, gain in ipairs(side.gains) do
    local class = gain.class
    gains[i] = {
      kind = class.kind, id = class.id, text = class.text, actions = json.array(gain.actions), partly = gain.partly,
      kept = gain.kept,
    }
  end
  return { gains = gains, example = side.witness and side.witness.request, undecided = side.undecided }
end

-- Without classes, the text is the example.
local function print_side(name, text, side)
  local is_example = side.witness and #side.gains == 0
  cli.out(escape.format("%s: %s%s", name, text, is_example and (" (%s)"):format(side.witness.because) or ""))
  if side.witness and not is_example then
    cli.out(escape.format("    example: %s (%s)", witness.text(side.witness.request), side.witness.because))
  end
end

-- Prints what only one of the policies allows, and ends the command.
local function show_effect()
  local kind = options.type == "identity" and "identity" or "resource"
  policy_files.check_problem(old, policy_files.name(options.old), options.type)
  policy_files.check_problem(new, policy_files.name(options.new), options.type)
  local change = effect.of(old, new, { kind = kind })
  if options.output == "json" then
    results.json { gives = side_of(change.gives), takes = side_of(change.takes) }
  else
    local gives, takes = effect.texts(change)
    print_side("gives", gives, change.gives)
    print_side("takes", takes, change.takes)
  end
  local same = effect.same(change)
  return same and cli.exit.ok or same == nil and cli.exit.failed or cli.exit.found
end

if options.effect then
  return show_effect()
end
local same = old:equivalent(new)
if options.output == "json" then
  results.json(items_of(old:compare(new)))
elseif options.output == "table" then
  results.rows({ "STATEMENT", "CHANGE", "ELEMENT", "DIFFERENCE" }, rows_of(old:compare(new)))
elseif not same then
  local diff = old:diff(new, { from = policy_files.name(options.old), to = policy_files.name(options.new) })
  cli.out(results.paint_diff(diff))
end
return same and cli.exit.ok or cli.exit.found
