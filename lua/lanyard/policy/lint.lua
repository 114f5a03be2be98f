--- The policy linter: reports what is wrong, risky or unusual in a policy.
---
---     for _, finding in ipairs(lint.check(doc, { account = "111122223333" })) do
---       print(finding.line, finding.severity, finding.message, finding.fix)
---     end
---
--- Other types of policies have other rules: { type = "identity" }. lint.guess(doc) returns the type that a document
--- looks like.
---
--- lint.catalogue has every check by id (lanyard.policy.lint.catalogue). What the linter knows about the principals of
--- an AWS service is registered with lint.register (lanyard.policy.lint.services).

--- A finding of the linter.
---@class policy.lint.Finding
---@field id string  as `lanyard help lint` lists it
---@field severity string  "critical", "high", "medium", "low" or "info"
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
--- What the linter knows about a document besides its text.
---@class policy.LintOptions
---@field account? string  the owner of the repository or role; with it, principals of other accounts are reported
---@field type? string     one of lint.TYPES; "repository" by default
---@field stored? boolean  the document was read from ECR, whose layout is longer than what was sent
---@field now? number      seconds since 1970, for conditions on the time; the present by default
---
---@alias policy.lint.Add fun(check: policy.lint.Check, node: table, message: string, fix: string, severity?: string)

--- A statement for the modules that check it.
---@class policy.lint.Scope
---@field kind policy.lint.Kind
---@field effect? "Allow"|"Deny"
---@field version string         the Version of the document
---@field account? string        the account that owns the resource
---@field doc policy.Document    the document
---@field denies policy.Statement[]  the Denies of the document
---@field allows integer         the number of its other statements
---@field budget policy.Budget   of the questions about whom they allow
---@field now? number            seconds since 1970, for conditions on the time; the present unless given
---@field node table             the statement's node of doc:tree()
---@field has table<string, table>  the nodes of its elements by name
---@field statement table        the statement, from doc:statements()
---@field tests policy.lint.Test[]  its conditions
---@field action_nodes table[]   the nodes of its actions
---@field add policy.lint.Add

local budgets = require "lanyard.policy.budget"
local actions = require "lanyard.policy.lint.actions"
local catalogue = require "lanyard.policy.lint.catalogue"
local grammar = require "lanyard.policy.lint.grammar"
local kinds = require "lanyard.policy.lint.kinds"
local lazy = require "lanyard.lazy"
local principals = require "lanyard.policy.lint.principals"
local services = require "lanyard.policy.lint.services"
local suggestions = require "lanyard.policy.lint.suggestions"

-- Most statements have none of the parts that these check.
local conditions = lazy "lanyard.policy.lint.conditions"
local overlap = lazy "lanyard.policy.lint.overlap"
local relations = lazy "lanyard.policy.lint.relations"
local resources = lazy "lanyard.policy.lint.resources"
local trust = lazy "lanyard.policy.lint.trust"
local variables = lazy "lanyard.policy.lint.variables"

-- Returns all checks by id: loads the modules that define some, and that are loaded when they are needed.
local function all_checks()
  require "lanyard.policy.lint.access"
  require "lanyard.policy.lint.arns"
  require "lanyard.policy.lint.conditions"
  require "lanyard.policy.lint.dates"
  require "lanyard.policy.lint.keys"
  require "lanyard.policy.lint.overlap"
  require "lanyard.policy.lint.relations"
  require "lanyard.policy.lint.resources"
  require "lanyard.policy.lint.trust"
  require "lanyard.policy.lint.values"
  require "lanyard.policy.lint.variables"
  return catalogue.checks
end

local NEARLY_FULL = catalogue.define {
  id = "nearly-full", severity = "low", summary = "more than 80 % of the characters that ECR accepts",
  help = "The next statement may not fit. Statements that differ only in their principal can be folded.",
}
local TOO_LARGE = catalogue.define {
  id = "too-large", severity = "high", summary = "more characters than AWS accepts",
  help = "AWS rejects the policy.",
}

local NOT_A_POLICY = catalogue.define {
  id = "not-a-policy", severity = "high", summary = "a file that is not a policy, or cannot be read",
  help = "AWS rejects a text that is not JSON, or that has no Statement. Nothing else of the file was checked.",
}

local M = {
  --- The checks by id.
  ---@type table<string, policy.lint.Check>
  catalogue = setmetatable({}, {
    __index = function(_, id) return catalogue.checks[id] or all_checks()[id] end,
    __pairs = function() return pairs(all_checks()) end,
  }),
  register = services.register,
  guess = kinds.guess,
  --- The types of policies.
  ---@type string[]
  TYPES = kinds.NAMES,
}

-- How many steps the questions about whom the statements allow take, about half a second.
local MOST_STEPS = 100000000

-- The part of the limit above which a policy is nearly full.
local NEAR = 0.8

-- The most statements that are compared with each other. No policy that AWS accepts has as many.
local MOST_STATEMENTS = 1000

local MAKE_ROOM = "fold statements that differ only in their principal (lanyard policy fold), or remove white space "
  .. "(lanyard policy fmt --compact)"

-- Returns the number of characters of a document that count for a limit. stored: the text is in ECR's layout, which is
-- longer than what was sent
local function size_of(doc, kind, stored)
  return (kind.dense or stored) and doc:compact_size() or doc:size()
end

local function check_size(doc, kind, root, stored, add)
  local size = size_of(doc, kind, stored)
  if size > kind.limit then
    add(TOO_LARGE, root, ("the policy has %d characters%s, and %s %d"):format(size,
      kind.dense and " without white space" or "", kind.limit_of, kind.limit),
      kind.ecr and MAKE_ROOM or "split the policy", kind.dense and "medium" or nil)
  elseif kind.ecr and size > NEAR * kind.limit then
    add(NEARLY_FULL, root, ("the policy has %d of the %d characters that ECR accepts"):format(size, kind.limit),
      MAKE_ROOM)
  end
end

-- Returns the line and column after the last character of a node.
local function end_of(text, node)
  local part = text:sub(node.first, node.last):gsub("\r\n?", "\n")
  local _, breaks = part:gsub("\n", "")
  local tail = part:match "^.*\n(.*)$" or part
  return node.line + breaks, (breaks == 0 and node.column or 1) + utf8.len(tail)
end

local function before(a, b)
  if a.first ~= b.first then
    return a.first < b.first
  end
  return a.id < b.id
end

--- Returns the name of a type of policies in a sentence: "an identity policy".
---@param type string
---@return string
function M.subject(type)
  return kinds.get(type).subject
end

--- Returns a finding for a file that is not a policy.
---@param failure { file: string, message: string, line?: integer, column?: integer }  without a line: it cannot be read
---@return policy.lint.Finding
function M.failure(failure)
  local line, column = failure.line or 1, failure.column or 1
  return {
    id = NOT_A_POLICY.id, severity = NOT_A_POLICY.severity, message = failure.message, file = failure.file,
    fix = failure.line and "correct the text" or "correct the name or the permissions of the file",
    line = line, column = column, end_line = line, end_column = column + 1,
  }
end

local function check_statement(scope)
  local has, kind = scope.has, scope.kind
  local has_resource = has.Resource or has.NotResource
  grammar.check_statement(scope.node, kind, scope.add)
  if has.Condition then
    conditions.check(scope)
  end
  if has.Condition or has_resource then
    variables.check(scope)
  end
  principals.check(scope)
  actions.check(scope)
  if kind.resource or has_resource then
    resources.check(scope)
  end
  if kind.resource or #scope.tests > 0 then
    relations.check(scope)
  end
  if kind.name == "trust" then
    trust.check(scope)
  end
end

local function denies_of(statements)
  local denies = {}
  for _, statement in ipairs(statements) do
    denies[#denies + 1] = statement.effect == "Deny" and statement or nil
  end
  return denies
end

--- Checks a document and returns the findings in the order of the text.
---@param doc policy.Document
---@param options? policy.LintOptions
---@return policy.lint.Finding[]
function M.check(doc, options)
  local findings, index, root, text = {}, nil, doc:tree(), tostring(doc)
  local kind = kinds.get(options and options.type or "repository")
  local ends = {} -- of nodes with findings: many findings can be about one long node
  local function add(check, node, message, fix, severity)
    ends[node] = ends[node] or { end_of(text, node) }
    local end_line, end_column = table.unpack(ends[node])
    findings[#findings + 1] = {
      id = check.id, severity = severity or check.severity, message = message, fix = fix, statement = index,
      line = node.line, column = node.column, end_line = end_line, end_column = end_column,
      first = node.first, last = node.last,
    }
  end

  suggestions.start()
  check_size(doc, kind, root, options and options.stored, add)
  local nodes = grammar.check_document(root, kind, add)
  local version = grammar.members(root).Version
  version = version and version.value or "2008-10-17"
  local statements, sids = doc:statements(), {}
  local denies, budget = denies_of(statements), budgets.new(MOST_STEPS)
  for i, statement in ipairs(statements) do
    index = i
    check_statement {
      kind = kind, effect = statement.effect, version = version, account = options and options.account,
      doc = doc, denies = denies, allows = #statements - #denies, budget = budget,
      now = options and options.now,
      node = nodes[i], has = grammar.members(nodes[i]), statement = statement, tests = {}, action_nodes = {}, add = add,
    }
    grammar.check_sid(nodes[i], statement, sids, kind, add)
  end
  if #statements > 1 and #statements <= MOST_STATEMENTS then
    overlap.check(doc, statements, function(i) index = i return nodes[i] end, add,
      kind.principal and "resource" or "identity")
  end
  table.sort(findings, before)
  return findings
end

return M
