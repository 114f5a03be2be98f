-- What is wrong, risky or odd in the policy of a repository.
--
-- A finding is { id, severity, message, fix, line, column, end_line, end_column, first, last,
-- statement = index | nil }: where its cause stands, by lines and columns (the end is behind the last
-- character) and by bytes (from 1). A rule looks at one statement, or at the whole document.
-- lanyard.policy.lint.catalogue lists what can be found.

local actions = require "lanyard.policy.lint.actions"
local catalogue = require "lanyard.policy.lint.catalogue"
local conditions = require "lanyard.policy.lint.conditions"
local core = require "lanyard.policy.core"
local grammar = require "lanyard.policy.lint.grammar"
local overlap = require "lanyard.policy.lint.overlap"
local principals = require "lanyard.policy.lint.principals"

local M = { catalogue = catalogue }

-- The part of the limit from which a policy is near it.
local NEAR = 0.8

local ROOM = "fold statements that differ only in their principal (lanyard policy fold), or remove white space"

local function check_size(doc, root, add)
  local size = doc:size()
  if size > core.LIMIT then
    add("too-large", root, ("%d characters, and ECR takes %d"):format(size, core.LIMIT), ROOM)
  elseif size > NEAR * core.LIMIT then
    add("nearly-full", root, ("%d characters of the %d that ECR takes"):format(size, core.LIMIT), ROOM)
  end
end

-- Line and column behind the last character of a place.
local function end_of(text, place)
  local part = text:sub(place.first, place.last):gsub("\r\n?", "\n")
  local _, breaks = part:gsub("\n", "")
  local tail = part:match "[^\n]*$"
  return place.line + breaks, (breaks == 0 and place.column or 1) + utf8.len(tail)
end

local function before(a, b)
  if a.first ~= b.first then
    return a.first < b.first
  end
  return a.id < b.id
end

-- lint.check(doc [, { account = }]) --> findings, in the order of the text
-- With the account that owns the repository, principals of others are told.
function M.check(doc, options)
  local findings, index, root, text = {}, nil, doc:tree(), tostring(doc)
  local function add(id, place, message, fix, severity)
    local end_line, end_column = end_of(text, place)
    findings[#findings + 1] = {
      id = id, severity = severity or catalogue[id][1], message = message, fix = fix, statement = index,
      line = place.line, column = place.column, end_line = end_line, end_column = end_column,
      first = place.first, last = place.last,
    }
  end

  check_size(doc, root, add)
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
