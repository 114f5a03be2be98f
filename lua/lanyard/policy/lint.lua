--- The policy linter: reports what is wrong, risky or unusual in a repository policy.
---
---     for _, finding in ipairs(lint.check(doc, { account = "111122223333" })) do
---       print(finding.line, finding.severity, finding.message, finding.fix)
---     end
---
--- lint.catalogue has every check by id (lanyard.policy.lint.catalogue). What the linter knows about the principals of
--- an AWS service is registered with lint.register (lanyard.policy.lint.services).
---
---@class policy.lint.Finding
---@field id string
---@field severity string
---@field message string      what is wrong
---@field fix string          how to fix it
---@field statement? integer  index of the statement; nil for a finding about the whole document
---@field line integer        position of the cause, from 1
---@field column integer
---@field end_line integer    position after its last character
---@field end_column integer
---@field first integer       position of its first byte
---@field last integer        position of its last byte
---
---@alias policy.lint.Add fun(check: policy.lint.Check, node: table, message: string, fix: string, severity?: string)

local actions = require "lanyard.policy.lint.actions"
local catalogue = require "lanyard.policy.lint.catalogue"
local conditions = require "lanyard.policy.lint.conditions"
local core = require "lanyard.policy.core"
local grammar = require "lanyard.policy.lint.grammar"
local overlap = require "lanyard.policy.lint.overlap"
local principals = require "lanyard.policy.lint.principals"
local services = require "lanyard.policy.lint.services"

local NEARLY_FULL = catalogue.define {
  id = "nearly-full", severity = "low", summary = "more than 80 % of the characters that ECR accepts",
}
local TOO_LARGE = catalogue.define {
  id = "too-large", severity = "high", summary = "more characters than ECR accepts",
}

local M = {
  catalogue = catalogue.checks,
  register = services.register,
}

-- The part of the limit above which a policy is nearly full.
local NEAR = 0.8

local MAKE_ROOM = "fold statements that differ only in their principal (lanyard policy fold), or remove white space "
  .. "(lanyard policy fmt --compact)"

-- stored: the text is in ECR's layout, and its white space does not count
local function check_size(doc, root, stored, add)
  local size = stored and doc:compact_size() or doc:size()
  if size > core.LIMIT then
    add(TOO_LARGE, root, ("the policy has %d characters, and ECR accepts %d"):format(size, core.LIMIT), MAKE_ROOM)
  elseif size > NEAR * core.LIMIT then
    add(NEARLY_FULL, root, ("the policy has %d of the %d characters that ECR accepts"):format(size, core.LIMIT),
      MAKE_ROOM)
  end
end

-- Returns the line and column after the last character of a node.
local function end_of(text, node)
  local part = text:sub(node.first, node.last):gsub("\r\n?", "\n")
  local _, breaks = part:gsub("\n", "")
  local tail = part:match "[^\n]*$"
  return node.line + breaks, (breaks == 0 and node.column or 1) + utf8.len(tail)
end

local function before(a, b)
  if a.first ~= b.first then
    return a.first < b.first
  end
  return a.id < b.id
end

--- Checks a document and returns the findings in the order of the text.
---@param doc policy.Document
---@param options? { account?: string, stored?: boolean }  account: the owner of the repository; with it, principals
---  of other accounts are reported; stored: the document was read from ECR, whose layout is longer than what was sent
---@return policy.lint.Finding[]
function M.check(doc, options)
  local findings, index, root, text = {}, nil, doc:tree(), tostring(doc)
  local function add(check, node, message, fix, severity)
    local end_line, end_column = end_of(text, node)
    findings[#findings + 1] = {
      id = check.id, severity = severity or check.severity, message = message, fix = fix, statement = index,
      line = node.line, column = node.column, end_line = end_line, end_column = end_column,
      first = node.first, last = node.last,
    }
  end

  check_size(doc, root, options and options.stored, add)
  local nodes = grammar.check_document(root, add)
  local version = grammar.members(root).Version
  version = version and version.value or "2008-10-17"
  local statements, sids = doc:statements(), {}
  for i, statement in ipairs(statements) do
    index = i
    grammar.check_statement(nodes[i], add)
    grammar.check_sid(nodes[i], statement, sids, add)
    principals.check(nodes[i], statement, options and options.account, add)
    actions.check(nodes[i], statement, add)
    conditions.check(nodes[i], version, add)
  end
  overlap.check(doc, statements, function(i) index = i return nodes[i] end, add)
  table.sort(findings, before)
  return findings
end

return M
