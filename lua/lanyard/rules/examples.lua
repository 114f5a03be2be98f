--- Runs the examples of a rules file: changes, with the answer that the rules are expected to give.
---
---     for _, result in ipairs(examples.run(rules)) do print(result.example, result.passed) end

local access_facts = require "lanyard.rules.access_facts"
local audit = require "lanyard.rules.audit"
local clock = require "lanyard.clock"
local policy = require "lanyard.policy"
local timestamp = require "lanyard.text.timestamp"

local M = {}

---@class rules.ExampleResult
---@field location string  FILE:LINE
---@field example string  its name
---@field expected string
---@field answer string
---@field passed boolean

-- The kinds of answers, from the one that outweighs the others.
local ORDER = { "deny", "warn", "finding", "allow" }

-- Returns a copy of a table with defaults for absent members.
local function with_defaults(value, defaults)
  local copy = {}
  for name, default in pairs(defaults) do
    copy[name] = default
  end
  for name, member in pairs(value) do
    copy[name] = member
  end
  return copy
end

-- Returns the policy of an example as a document, if it has a text.
local function document_of(value)
  local text = type(value) == "string" and value or type(value) == "table" and not value.statements and value.text
  return text and policy.parse(text) or nil, text
end

-- Returns the policy that a rule gets for the policy of an example: a text, { text } or { statements }.
local function policy_of(value)
  local doc, text = document_of(value)
  return doc and { text = text, statements = doc:statements() } or value
end

-- Returns the state of a service that a rule gets for an example.
local function state_of(value)
  return value and with_defaults(value, { power = "nano", scale = 1, disabled = false, role = { active = false },
    tags = {}, domains = {} })
end

-- Returns the change that a rule gets for an example.
local function change_of(example, reasons)
  local change = example.change
  local now = change.epoch or math.floor(clock.time())
  local account = change.caller and change.caller.account or "111122223333"
  local region = change.caller and change.caller.region or "us-east-1"
  change = with_defaults(change, { dry_run = false, time = timestamp.format(now), epoch = now })
  change.caller = with_defaults(change.caller or {}, {
    account = account, region = region, arn = ("arn:aws:iam::%s:user/example"):format(account),
  })
  if change.service or change.on == "service" then
    change.service = with_defaults(change.service or {}, {
      name = "example", region = region, state = "RUNNING", tags = {}, role = { active = true },
    })
  end
  if change.repository then
    change.repository_details = with_defaults(change.repository_details or {}, {
      name = change.repository, region = region, account = account, mutability = "MUTABLE", tags = {},
      arn = ("arn:aws:ecr:%s:%s:repository/%s"):format(region, account, change.repository),
    })
  end
  if change.repository and reasons then
    change.unknown = access_facts.add(change, document_of(change.before), document_of(change.after)) or change.unknown
  end
  local part = change.on == "service" and state_of or policy_of
  change.before, change.after = part(change.before), part(change.after)
  return change
end

-- Returns the answer that decides: its kind, its text, and whether the rule failed.
local function deciding_answer(answers)
  for _, kind in ipairs(ORDER) do
    for _, answer in ipairs(answers) do
      if answer.kind == kind then
        return kind, answer.text, answer.failed
      end
    end
  end
  return "allow"
end

-- Runs one example. A rule that raises an error passes an example only when the example expects its text.
local function run_example(rules, example)
  local change = change_of(example, rules.reasons)
  local selector = change.on == "audit" and audit.selector(change.repository, change.service) or nil
  local kind, text, failed = deciding_answer(rules:ask(change, selector))
  local has_text = example.text and (text or ""):find(example.text, 1, true) ~= nil
  return {
    location = example.location,
    example = example.name,
    expected = example.expect .. (example.text and ": " .. example.text or ""),
    answer = kind .. (text and ": " .. text or ""),
    passed = kind == example.expect and (has_text or not example.text and not failed),
  }
end

--- Runs all examples.
---@param rules rules.Rules  loaded
---@return rules.ExampleResult[]  in the order of the file
function M.run(rules)
  local results = {}
  for i, example in ipairs(rules.contents.examples) do
    results[i] = run_example(rules, example)
  end
  return results
end

return M
