-- What is wrong, risky or odd in the policy of a repository.
--
-- A finding is { id, severity, message, fix, line, column, statement = index | nil }. A rule looks
-- at one statement, or at the whole document, and adds findings, each where its cause stands.

local actions = require "lanyard.policy.lint.actions"
local core = require "lanyard.policy.core"
local grammar = require "lanyard.policy.lint.grammar"
local principals = require "lanyard.policy.lint.principals"

local M = {}

-- From the worst to the least.
M.SEVERITIES = { "critical", "high", "medium", "low", "info" }

-- The part of the limit from which a policy is near it.
local NEAR = 0.8

local RANK = {}
for rank, severity in ipairs(M.SEVERITIES) do
  RANK[severity] = rank
end

-- Whether any finding is at least as severe as `floor`.
function M.reaches(findings, floor)
  for _, finding in ipairs(findings) do
    if RANK[finding.severity] <= RANK[floor] then
      return true
    end
  end
  return false
end

local function check_size(doc, root, add)
  local size = doc:size()
  if size > core.LIMIT then
    add("too-large", "high", root, ("%d characters, and ECR takes %d"):format(size, core.LIMIT),
      "join statements that allow the same, or remove white space")
  elseif size > NEAR * core.LIMIT then
    add("nearly-full", "low", root,
      ("%d characters of the %d that ECR takes"):format(size, core.LIMIT),
      "join statements that allow the same, or remove white space")
  end
end

local function before(a, b)
  if a.line ~= b.line then
    return a.line < b.line
  elseif a.column ~= b.column then
    return a.column < b.column
  end
  return a.id < b.id
end

-- lint.check(doc) --> findings, in the order of the text
function M.check(doc)
  local findings, index, root = {}, nil, doc:tree()
  local function add(id, severity, place, message, fix)
    findings[#findings + 1] = {
      id = id, severity = severity, message = message, fix = fix,
      line = place.line, column = place.column, statement = index,
    }
  end

  check_size(doc, root, add)
  local nodes = grammar.check_document(root, add)
  local sids = {}
  for i, statement in ipairs(doc:statements()) do
    index = i
    grammar.check_statement(nodes[i], add)
    grammar.check_sid(nodes[i], statement, sids, add)
    principals.check(nodes[i], statement, add)
    actions.check(nodes[i], statement, add)
  end
  table.sort(findings, before)
  return findings
end

return M
