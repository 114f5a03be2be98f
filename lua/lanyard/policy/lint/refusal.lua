--- Finds what makes AWS refuse to store a policy. Questions about a policy that AWS refuses prove nothing.
---
---     local refusal = refusals.find(doc, "repository")
---     print(refusals.text(refusal))   --> statement 1: 'allow' is not an Effect; AWS refuses the policy: write ...
---
--- The checks of the linter know the rules: a check with `refused` reports what AWS refuses. Rules that depend on the
--- service to which a policy belongs are not considered, such as the actions that it has.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html (the errors)

local actions = require "lanyard.policy.lint.actions"
local conditions = require "lanyard.policy.lint.conditions"
local grammar = require "lanyard.policy.lint.grammar"
local kinds = require "lanyard.policy.lint.kinds"
local principals = require "lanyard.policy.lint.principals"
local resources = require "lanyard.policy.lint.resources"
local suggestions = require "lanyard.policy.lint.suggestions"

local M = {}

--- What AWS refuses.
---@class policy.Refusal
---@field id string           of the check of the linter
---@field message string      what is wrong
---@field fix string          how to fix it
---@field statement? integer  nil: the document itself
---@field line integer
---@field column integer
---@field absent? boolean     an element of the statement is missing

-- The policy of a resource, of any service. S3 requires a Resource, and ECR accepts none.
local RESOURCE = { name = "resource", subject = "a resource's policy", principal = true, resource = true }

local function kind_of(name)
  return name == "resource" and RESOURCE or kinds.get(name)
end

-- What identity policies need or do not support, besides the grammar: IAM's messages are "Policy document should not
-- specify a principal", "Policy statement must contain resources" and "Statement IDs (SID) ... must be unique".
local function check_identity(scope, used)
  principals.check_element(scope)
  if not scope.has.Resource and not scope.has.NotResource then
    resources.check(scope)
  end
  grammar.check_sid(scope.node, scope.statement, used, scope.kind, scope.add)
end

-- Checks that report more than what AWS refuses, and are called here for that part only.
local REFUSED_HERE = { ["bad-resource"] = true }
local REFUSED_IN_IDENTITY = {
  ["unsupported-principal"] = true, ["no-resource"] = true, ["bad-sid"] = true, ["repeated-sid"] = true,
}

-- Returns a function that keeps what AWS refuses, the first of the text, in `found`.
local function collector(found, kind, is_ignored)
  return function(check, node, message, fix, severity)
    local refused = check.refused or REFUSED_HERE[check.id]
      or kind.name == "identity" and REFUSED_IN_IDENTITY[check.id] and (severity or check.severity) == "high"
    if refused and not is_ignored[check.id] and (not found.first or node.first < found.first.offset) then
      found.first = {
        id = check.id, message = message, fix = fix, statement = found.index, line = node.line, column = node.column,
        offset = node.first, absent = node == found.node,
      }
    end
  end
end

--- Finds the first part of a document that makes AWS refuse it.
---@param doc policy.Document
---@param type "repository"|"resource"|"identity"
---@param ignored? table<string, true>  checks that do not count
---@return policy.Refusal? refusal
function M.find(doc, type, ignored)
  local kind, found, used = kind_of(type), {}, {}
  local add = collector(found, kind, ignored or {})
  suggestions.start()
  local root, statements = doc:tree(), doc:statements()
  local nodes = grammar.check_document(root, kind, add)
  local version = grammar.members(root).Version
  for i, statement in ipairs(statements) do
    found.index, found.node = i, nodes[i]
    local scope = {
      kind = kind, statement = statement, effect = statement.effect,
      version = version and version.value or "2008-10-17", doc = doc, node = nodes[i],
      has = grammar.members(nodes[i]), tests = {}, action_nodes = {}, add = add,
    }
    grammar.check_statement(scope.node, kind, add)
    conditions.check_structure(scope)
    principals.check_entries(scope)
    actions.check_forms(scope)
    resources.check_forms(scope)
    if kind.name == "identity" then
      check_identity(scope, used)
    end
  end
  return found.first
end

-- An unknown operator is open in the answers themselves, and a document without statements allows nothing.
local NOT_COUNTED = { ["no-statement"] = true, ["unknown-operator"] = true }

-- The answers for the last texts, by type: questions are often about the same documents. Longer texts are not kept.
local MOST_KEPT, LONGEST_KEPT = 64, 32768
local kept, count = {}, 0

-- Returns what makes AWS refuse a document, as text | false
local function reason_of(doc, type)
  local key = type .. tostring(doc)
  local reason = kept[key]
  if reason == nil then
    local refusal = not doc:empty() and M.find(doc, type, NOT_COUNTED)
    reason = refusal and M.text(refusal) or false
    if count >= MOST_KEPT then
      kept, count = {}, 0
    end
    if #key <= LONGEST_KEPT then
      kept[key], count = reason, count + 1
    end
  end
  return reason
end

--- Returns what makes AWS refuse one of some documents, for questions about them.
---@param docs policy.Document[]
---@param type "resource"|"identity"
---@return string? reason
function M.reason(docs, type)
  for _, doc in ipairs(docs) do
    local reason = reason_of(doc, type)
    if reason then
      return reason
    end
  end
  return nil
end

--- Returns a refusal as text: what is wrong, and what to do.
---@param refusal policy.Refusal
---@return string
function M.text(refusal)
  local where = refusal.statement and ("statement %d: "):format(refusal.statement) or ""
  return ("%s%s; AWS refuses the policy: %s"):format(where, refusal.message, refusal.fix)
end

return M
