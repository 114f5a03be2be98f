-- The examples of a rules file: changes, and what the rules shall answer to them.

local audit = require "lanyard.rules.audit"
local clock = require "lanyard.clock"
local timestamp = require "lanyard.text.timestamp"
local policy = require "lanyard.policy"

local M = {}

-- From the answer that outweighs the others to the least.
local ORDER = { "deny", "warn", "finding", "allow" }

-- Puts in what an example leaves out, in a copy of the tables that it gives.
local function filled(given, defaults)
  local value = {}
  for name, default in pairs(defaults) do
    value[name] = default
  end
  for name, member in pairs(given) do
    value[name] = member
  end
  return value
end

-- A policy as rules see it, of an example's: a text, or { text } or { statements }.
local function policy_of(given)
  local text = type(given) == "string" and given or type(given) == "table" and not given.statements and given.text
  local doc = text and policy.parse(text)
  return doc and { text = text, statements = doc:statements() } or given
end

-- A change as rules see it, of an example's.
local function change_of(example)
  local change = example.change
  local now = change.epoch or math.floor(clock.time())
  local account = change.caller and change.caller.account or "111122223333"
  local region = change.caller and change.caller.region or "us-east-1"
  change = filled(change, { dry_run = false, time = timestamp.format(now), epoch = now })
  change.caller = filled(change.caller or {}, { account = account, region = region,
    arn = ("arn:aws:iam::%s:user/example"):format(account) })
  if change.service then
    change.service = filled(change.service, { name = "example", region = region, state = "RUNNING", tags = {},
      role = { active = true } })
  end
  if change.repository then
    change.repository_details = filled(change.repository_details or {}, { name = change.repository, region = region,
      account = account, mutability = "MUTABLE", tags = {},
      arn = ("arn:aws:ecr:%s:%s:repository/%s"):format(region, account, change.repository) })
  end
  change.before, change.after = policy_of(change.before), policy_of(change.after)
  return change
end

-- The answer that counts. --> kind, text, failed
local function outcome(answers)
  for _, kind in ipairs(ORDER) do
    for _, answer in ipairs(answers) do
      if answer.kind == kind then
        return kind, answer.text, answer.failed
      end
    end
  end
  return "allow"
end

-- run(rules) --> list of { place, example = name, expected, answer, passed }, in the file's order
-- A rule that fails answers no example as expected, unless its text is expected.
function M.run(rules)
  local results = {}
  for i, example in ipairs(rules.contents.examples) do
    local change = change_of(example)
    local concerned = change.on == "audit" and audit.concerned(change.repository, change.service) or nil
    local answers = rules:ask(change, concerned)
    local kind, text, failed = outcome(answers)
    local says = example.text and (text or ""):find(example.text, 1, true) ~= nil
    results[i] = {
      place = example.place,
      example = example.name,
      expected = example.expect .. (example.text and ": " .. example.text or ""),
      answer = kind .. (text and ": " .. text or ""),
      passed = kind == example.expect and (says or not example.text and not failed),
    }
  end
  return results
end

return M
