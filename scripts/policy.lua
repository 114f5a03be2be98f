-- Show, format, compare, check and join policy files, without AWS.
--
-- A FILE holds the JSON text of a repository's policy; - is stdin.
--   show    lists its statements
--   can     tells whether --principal may do --action, and why; exit status 3 when not
--   lint    tells what is wrong, risky or odd in it (--fail-on: exit status 3)
--   diff    compares two by meaning, and prints what differs; exit status 3 when they do
--   fmt     prints it pretty-printed, and changes nothing else
--   sort    prints it with statements, and the strings of each list, in order
--   fold    prints it with statements that differ only in their principal joined
--   merge   prints the first with the statements of the others that it has not

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local lists = require "lanyard.lists"
local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
require "lanyard.access.lightsail"
local report = require "lanyard.cli.print"
local severities = require "lanyard.severity"
local system = require "lanyard.system"

-- The formats of each action that has a choice, the first its default.
local FORMATS = {
  show = { "table", "json" }, can = { "table", "json" }, lint = { "table", "json", "sarif" },
  diff = { "unified", "table", "json" },
}
-- Options that belong to certain actions.
local OPTIONS = {
  principal = { "can" }, action_name = { "can" }, resource = { "can" }, context = { "can" },
  account = { "can", "lint" }, fail_on = { "lint" }, sid = { "fold" },
}

local command = cli.command(...)
command:argument("action", "What to do."):choices { "show", "can", "lint", "diff", "fmt", "sort", "fold", "merge" }
command:argument("file", "A policy file, or - for stdin."):args "+"
command:option("--output", "How to print the result: table or json; lint: also sarif; diff: also unified.")
  :choices { "table", "json", "sarif", "unified" }
command:option("--fail-on", "lint: exit with 3 on a finding of this severity or a higher one.")
  :choices(severities.LIST):argname "SEVERITY"
command:option("--account", "can, lint: the account that owns the repository."):argname "ID"
command:option("--principal", "can: an ARN, an account id, a service, or * for anyone."):argname "WHO"
command:option("--action", "can: such as ecr:BatchGetImage."):argname "NAME":target "action_name"
command:option("--resource", "can: the repository's ARN, where the policy names resources."):argname "ARN"
command:option("--context", "can: a condition key and its value, may be repeated.")
  :argname "KEY=VALUE":count "*"
command:option("--sid", "fold: the Sid that joined statements get."):argname "SID"
local options = command:parse()

-- Options that another action has are mistakes, as is what an action lacks.
local function check_usage(action, count)
  local stdin = 0
  for _, file in ipairs(options.file) do
    stdin = stdin + (file == "-" and 1 or 0)
  end
  for name, actions in pairs(OPTIONS) do
    local value = options[name]
    if value and not (type(value) == "table" and #value == 0) and not lists.contains(actions, action) then
      command:usage(("--%s is for %s, not for %s")
        :format(name == "action_name" and "action" or name:gsub("_", "-"), table.concat(actions, " and "), action))
    end
  end
  if stdin > 1 then
    command:usage "stdin (-) can be read once"
  elseif action == "diff" and count ~= 2 then
    command:usage "diff compares two files"
  elseif action == "merge" and count < 2 then
    command:usage "merge joins two files or more"
  elseif action == "can" and count ~= 1 then
    command:usage "can asks one file"
  elseif action == "can" and not (options.principal and options.action_name) then
    command:usage "can needs --principal and --action"
  elseif action == "can" and not principals.check(options.principal) then
    command:usage("--principal: " .. select(2, principals.check(options.principal)))
  elseif action == "can" and not options.action_name:find "^[%w-]+:%w+$" then
    command:usage(("--action: '%s' is no action: write one as ecr:BatchGetImage"):format(options.action_name))
  elseif options.sid and not utf8.len(options.sid) then
    command:usage "--sid: a Sid is UTF-8"
  elseif options.account and not options.account:find "^%d%d%d%d%d%d%d%d%d%d%d%d$" then
    command:usage(("--account: '%s' is no account id, which has 12 digits"):format(options.account))
  elseif options.output and not lists.contains(FORMATS[action] or {}, options.output) then
    command:usage(FORMATS[action] and ("--output: %s prints %s"):format(action, table.concat(FORMATS[action], ", "))
      or ("--output is not for %s, which prints the policy"):format(action))
  end
end

local function name_of(file)
  return file == "-" and "stdin" or escape.printable(file)
end

-- Reads and parses a file --> doc | nil, one line that says what is wrong and where
local function load_file(file)
  local text, err = system.read_file(file, policy.MOST_BYTES)
  if not text then
    return nil, tostring(err)
  end
  local doc, flaw = policy.parse(text)
  if not doc then
    return nil, ("%s:%d:%d: %s"):format(name_of(file), flaw.line, flaw.column, flaw.expected)
  end
  return doc
end

-- Loads each file and hands it to `use`; goes on past one that cannot be loaded.
local function for_each(use)
  local status = cli.exit.ok
  for _, file in ipairs(options.file) do
    local doc, why = load_file(file)
    if doc then
      use(doc, name_of(file))
    else
      cli.note("lanyard: " .. why)
      status = cli.exit.failed
    end
  end
  return status
end

local function load_all()
  local docs = {}
  for i, file in ipairs(options.file) do
    docs[i] = cli.check(load_file(file))
  end
  return docs
end

local function joined(items, negated)
  local text = table.concat(items, ", ")
  return negated and "all but " .. text or text
end

local function who(statement)
  local names = {}
  for i, principal in ipairs(statement.principals) do
    local plain = principal.type == "*" or principal.type == "AWS"
    names[i] = plain and principal.value or principal.type .. ":" .. principal.value
  end
  return joined(names, statement.not_principal)
end

-- A statement as JSON shows it: lists stay lists when they are empty.
local function plain(statement)
  return {
    index = statement.index,
    sid = statement.sid,
    effect = statement.effect,
    principals = json.array(statement.principals),
    not_principal = statement.not_principal,
    actions = json.array(statement.actions),
    not_action = statement.not_action,
    resources = json.array(statement.resources),
    not_resource = statement.not_resource,
    condition_keys = json.array(statement.condition_keys),
    flaw = statement.flaw,
    line = statement.line,
    column = statement.column,
  }
end

local actions = {}

function actions.show()
  local rows, items = {}, json.array {}
  local status = for_each(function(doc, file)
    local statements = json.array {}
    for i, statement in ipairs(doc:statements()) do
      statements[i] = plain(statement)
      rows[#rows + 1] = {
        ("%s:%d"):format(file, statement.line),
        statement.sid or "-",
        statement.effect or { "?", "red" },
        who(statement),
        joined(statement.actions, statement.not_action),
        joined(statement.condition_keys),
      }
    end
    items[#items + 1] = { file = file, size = doc:size(), statements = statements }
  end)
  if options.output == "json" then
    report.json(items)
  else
    report.rows({ "PLACE", "SID", "EFFECT", "WHO", "ACTIONS", "CONDITION ON" }, rows)
  end
  return status
end

function actions.fmt()
  return for_each(function(doc) cli.out(doc:format()) end)
end

function actions.sort()
  return for_each(function(doc)
    doc:sort()
    cli.out(tostring(doc))
  end)
end

function actions.fold()
  return for_each(function(doc, file)
    local _, gone = doc:fold { sid = options.sid }
    cli.note(gone == 0 and ("lanyard: %s: no two statements differ only in their principal"):format(file)
      or ("lanyard: %s: %d %s joined to others"):format(file, gone, gone == 1 and "statement" or "statements"))
    cli.out(tostring(doc))
  end)
end

-- "KEY=VALUE" words as a context; a key given twice has several values.
local function context_of(words)
  if #words == 0 then
    return nil
  end
  local context = {}
  for _, word in ipairs(words) do
    local key, value = word:match "^([^=]+)=(.*)$"
    if not key then
      command:usage(("--context: '%s' is not KEY=VALUE"):format(word))
    end
    context[key] = context[key] or {}
    table.insert(context[key], value)
  end
  return context
end

local DECISIONS = { allow = "green", deny = "red", ["implicit-deny"] = "red", depends = "yellow" }

function actions.can()
  local request = {
    principal = options.principal, action = options.action_name, resource = options.resource,
    account = options.account, context = context_of(options.context), partial = true,
  }
  local doc = cli.check(load_file(options.file[1]))
  local decision, statement, reason = doc:can(request)
  if options.output == "json" then
    report.json {
      decision = decision, reason = reason, statement = statement and plain(doc:statement(statement.index)),
    }
  else
    cli.out(("%s: %s"):format(cli.paint(DECISIONS[decision], decision), escape.printable(reason)))
  end
  return decision == "allow" and cli.exit.ok or cli.exit.found
end

local function change_rows(changes)
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

local function plain_changes(changes)
  local items = json.array {}
  for i, change in ipairs(changes) do
    local elements = json.array {}
    for j, element in ipairs(change.elements) do
      elements[j] = { element = element.element, removed = json.array(element.removed),
        added = json.array(element.added) }
    end
    items[i] = { kind = change.kind, statement = change.label, sid = change.sid, elements = elements,
      from = change.from and change.from.index, to = change.to and change.to.index }
  end
  return items
end

function actions.diff()
  local old, new = table.unpack(load_all())
  local same = old:equivalent(new)
  if options.output == "json" then
    report.json(plain_changes(old:compare(new)))
  elseif options.output == "table" then
    report.rows({ "STATEMENT", "CHANGE", "ELEMENT", "WHAT" }, change_rows(old:compare(new)))
  elseif not same then
    local diff = old:diff(new, { from = name_of(options.file[1]), to = name_of(options.file[2]) })
    cli.out(report.paint_diff(diff))
  end
  return same and cli.exit.ok or cli.exit.found
end

function actions.lint()
  local findings = json.array {}
  local status = for_each(function(doc, file)
    for _, finding in ipairs(doc:lint { account = options.account }) do
      finding.file = file
      findings[#findings + 1] = finding
    end
  end)
  if options.output == "json" then
    report.json(findings)
  elseif options.output == "sarif" then
    report.json(require("lanyard.report.sarif").log(lint.catalogue, findings))
  elseif #findings > 0 then
    report.findings(findings)
  elseif status == cli.exit.ok then
    cli.out "no findings"
  end
  if status == cli.exit.ok and options.fail_on and severities.reaches(findings, options.fail_on) then
    return cli.exit.found
  end
  return status
end

function actions.merge()
  local docs = load_all()
  local merged = docs[1]
  for i = 2, #docs do
    local joint, err = policy.merge(merged, docs[i])
    if not joint then
      cli.leave(cli.exit.failed, ("%s: %s"):format(name_of(options.file[i]), escape.printable(err.message)))
    end
    merged = joint
  end
  if merged:size() > policy.LIMIT then
    cli.note(("lanyard: the result has %d characters, and ECR takes %d"):format(merged:size(), policy.LIMIT))
  end
  cli.out(tostring(merged))
  return cli.exit.ok
end

check_usage(options.action, #options.file)
return actions[options.action]()
