--- The questions about every possible request, as `lanyard.policy` has them: checked arguments, and no proof about a
--- document that AWS refuses.
---
--- A mistake in an argument raises an error. A document that AWS refuses gives no access, whatever its text says: if
--- the search finds no request, the answer is "undecided", with what is wrong. A document never differs from itself.

local arguments = require "lanyard.policy.arguments"
local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"
local refusals = require "lanyard.policy.lint.refusal"

local M = {}

local NOTHING = core.new()
local REASON_OPTIONS = "accounts always kind limit"
local NEVER_PUBLIC = "options.kind: 'resource' expected, got 'identity': an identity policy is never public"

-- Raises an error at the caller of the question.
local function check(name, ...)
  for _, problem in ipairs { ... } do
    if problem then
      error(("%s: %s"):format(name, problem), 3)
    end
  end
end

local function kind_of(options)
  return options and options.kind or "resource"
end

-- Returns what makes AWS refuse one of two documents that differ.
local function refusal_of(a, b, options)
  local refused = refusals.reason({ a, b }, kind_of(options))
  return refused and not a:equivalent(b) and refused or nil
end

-- Returns what new_access returns, with "undecided" where there is no request and AWS refuses a document.
local function answer(options, before, after, found, undecided, reason)
  if found or undecided then
    return found, undecided, reason
  end
  local refused = refusal_of(before, after, options)
  if refused then
    return nil, "undecided", refused
  end
  return nil
end

---@see lanyard.policy.new_access
function M.new_access(before, after, options)
  check("new_access", arguments.document("before", before) or arguments.document("after", after)
    or arguments.options(options, REASON_OPTIONS))
  return answer(options, before, after, require("lanyard.policy.reason").new_access(before, after, options))
end

---@see lanyard.policy.equal_access
function M.equal_access(a, b, options)
  check("equal_access", arguments.document("a", a) or arguments.document("b", b)
    or arguments.options(options, REASON_OPTIONS))
  local equal, witness, reason = require("lanyard.policy.reason").equal_access(a, b, options)
  local refused = equal and refusal_of(a, b, options)
  if refused then
    return nil, "undecided", refused
  end
  return equal, witness, reason
end

---@see lanyard.policy.grants
function M.grants(doc, asked, options)
  check("grants", arguments.document("doc", doc) or arguments.asked(asked)
    or arguments.options(options, REASON_OPTIONS))
  return answer(options, NOTHING, doc, require("lanyard.policy.reference").grants(doc, asked, options))
end

---@see lanyard.policy.outside
function M.outside(doc, inside, options)
  check("outside", arguments.document("doc", doc) or arguments.inside(inside)
    or arguments.options(options, REASON_OPTIONS))
  return answer(options, NOTHING, doc, require("lanyard.policy.reference").outside(doc, inside, options))
end

---@see lanyard.policy.public
function M.public(doc, options)
  check("public", arguments.document("doc", doc) or arguments.options(options, REASON_OPTIONS)
    or kind_of(options) == "identity" and NEVER_PUBLIC or nil)
  return answer(options, NOTHING, doc, require("lanyard.policy.reference").public(doc, options))
end

---@see lanyard.policy.reachable
function M.reachable(doc, options)
  check("reachable", arguments.document("doc", doc)
    or arguments.options(options, "accounts action always before brief limit"))
  local refused = refusals.reason({ doc, options and options.before }, "resource")
  if refused then
    return nil, errors.new { code = "RefusedPolicy", message = refused }
  end
  return require "lanyard.policy.reachable"(doc, options)
end

---@see lanyard.policy.minimize
function M.minimize(doc, options)
  check("minimize", arguments.document("doc", doc) or arguments.options(options, REASON_OPTIONS))
  local refused = refusals.reason({ doc }, kind_of(options))
  if refused then
    return doc:copy(), {}, refused
  end
  return require "lanyard.policy.minimize"(doc, options)
end

return M
