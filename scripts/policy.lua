-- Show, format, compare, check and join policy files, without AWS.
--
-- A FILE holds the JSON text of a repository's policy; - is stdin.
--   show    lists its statements
--   fmt     prints it pretty-printed, and changes nothing else
--   diff    compares two by meaning, and prints what differs; exit status 3 when they do
--   lint    tells what is wrong, risky or odd in it (--fail-on: exit status 3)
--   merge   prints the first with the statements of the others that it has not

local cli = require "lanyard.cli"
local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local policy = require "lanyard.policy"
local report = require "lanyard.report"
local system = require "lanyard.system"

local command = cli.command(...)
command:argument("action", "What to do."):choices { "show", "fmt", "diff", "lint", "merge" }
command:argument("file", "A policy file, or - for stdin."):args "+"
command:option("--output", "How to print the result of show and lint."):choices { "table", "json" }
command:option("--fail-on", "lint: exit with 3 on a finding of this severity or a higher one.")
  :choices(lint.SEVERITIES):argname "SEVERITY"
local options = command:parse()

local function check_usage(action, count)
  local stdin = 0
  for _, file in ipairs(options.file) do
    stdin = stdin + (file == "-" and 1 or 0)
  end
  if stdin > 1 then
    command:usage "stdin (-) can be read once"
  elseif action == "diff" and count ~= 2 then
    command:usage "diff compares two files"
  elseif action == "merge" and count < 2 then
    command:usage "merge joins two files or more"
  elseif options.output and action ~= "show" and action ~= "lint" then
    command:usage("--output is for show and lint, not for " .. action)
  elseif options.fail_on and action ~= "lint" then
    command:usage("--fail-on is for lint, not for " .. action)
  end
end

local function name_of(file)
  return file == "-" and "stdin" or file
end

-- Reads and parses a file --> doc | nil, one line that says what is wrong and where
local function load_file(file)
  local text, err
  if file == "-" then
    text, err = io.read "a"
  else
    text, err = system.read_file(file)
  end
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

local function joined(list, negated)
  local text = table.concat(list, ", ")
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

function actions.diff()
  local old, new = table.unpack(load_all())
  if old:equivalent(new) then
    return cli.exit.ok
  end
  local diff = old:diff(new, { from = name_of(options.file[1]), to = name_of(options.file[2]) })
  cli.out(report.paint_diff(diff))
  return cli.exit.found
end

local COLOURS = { critical = "red", high = "red", medium = "yellow" }

function actions.lint()
  local findings, lines = json.array {}, {}
  local status = for_each(function(doc, file)
    for _, finding in ipairs(doc:lint()) do
      finding.file = file
      findings[#findings + 1] = finding
      lines[#lines + 1] = ("%s:%d:%d: %s: %s [%s]"):format(file, finding.line, finding.column,
        cli.paint(COLOURS[finding.severity], finding.severity), finding.message, finding.id)
      lines[#lines + 1] = "    fix: " .. finding.fix
    end
  end)
  if options.output == "json" then
    report.json(findings)
  elseif #findings > 0 then
    cli.out(table.concat(lines, "\n"))
  elseif status == cli.exit.ok then
    cli.out "no findings"
  end
  if status == cli.exit.ok and options.fail_on and lint.reaches(findings, options.fail_on) then
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
      cli.leave(cli.exit.failed, ("%s: %s"):format(name_of(options.file[i]), err.message))
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
