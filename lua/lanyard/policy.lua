-- AWS resource policies: lossless to edit, decided as IAM decides.
--
--   local doc, err = policy.parse(text)    policy.new() --> an empty document
--   doc:allow { sid =, principal =, actions = {}, condition = {} } --> changed, why, index
--   doc:revoke { principal = | match = } --> changed, statements touched
--   doc:set { sid = | index = | document = true, element =, value = } --> changed, why not
--   doc:remove { sid = | index = }   doc:fold { sid =, match = }   doc:sort()   doc:append(other, index)
--   doc:can { principal =, action =, resource =, context = {}, account = } --> decision, statement, reason
--   policy.decide { resource_policy =, identity_policies = {}, ... } --> the same of all policies
--   doc:statements()  doc:equivalent(other)  doc:compare(other)  doc:diff(other)  doc:lint()
--   doc:format()  doc:copy()  doc:empty()  doc:size()  tostring(doc)
--
-- What an edit does not touch keeps its bytes.

local compare = require "lanyard.policy.compare"
local core = require "lanyard.policy.core"
local decide = require "lanyard.policy.decide"
local diff = require "lanyard.diff"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lint = require "lanyard.policy.lint"
local request_of = require "lanyard.policy.request"

local M = {
  new = core.new,
  parse = core.parse,
  -- decide { principal =, action =, resource =, resource_account =, context =, partial =,
  --          resource_policy =, identity_policies = {}, boundaries = {}, session_policies = {},
  --          scps = { {}, ... }, rcps = { {}, ... } }
  --   --> "allow" | "deny" | "implicit-deny" | "depends", statement (with `document`) | nil, reason
  --   | nil, err when a text is no policy
  -- Each policy is a text or a document; scps and rcps are lists of levels, the root's first, each a
  -- list of policies. A layer that is nil is not there; an empty one allows nothing. Without
  -- resource_account the resource's ARN tells it; where neither does, it is the principal's.
  decide = decide,
  -- The most characters of a repository's policy (ECR, SetRepositoryPolicy).
  LIMIT = core.LIMIT,
  -- What a pull takes, once the registry has let the caller in.
  PULL_ACTIONS = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
}

-- A table with some fields exchanged.
local function with(fields, exchanged)
  local copy = {}
  for name, value in pairs(fields) do
    copy[name] = value
  end
  for name, value in pairs(exchanged) do
    copy[name] = value or nil
  end
  return copy
end

-- doc:allow { sid =, principal =, actions = {}, condition = { [operator] = { [key] = value } } }
--   --> changed, why, index of the statement that allows it
-- Nothing changes where it is allowed already, unconditionally or by a statement of that meaning.
local add_statement = core.methods.allow
function core.methods.allow(doc, grant)
  if type(grant) ~= "table" or grant.condition == nil then
    return add_statement(doc, grant)
  end
  return add_statement(doc, with(grant, { condition = json.encode(grant.condition) }))
end

-- doc:set { sid = | index = | document = true, element = NAME, value = } --> changed, why not
-- Gives an element of a statement, or of the document (Version, Id), another value: what JSON can
-- spell, with json.array {} for an empty list; without a value the element goes.
local set_element = core.methods.set
function core.methods.set(doc, options)
  return set_element(doc, with(options, {
    value = false, json = options.value ~= nil and json.encode(options.value),
  }))
end

-- doc:can { principal =, action =, resource =, context = {}, partial =, account = }
--   --> "allow" | "deny" | "implicit-deny" | "depends", statement | nil, reason
-- What this policy alone says. `account` owns the resource (else the resource's ARN tells): whom it
-- lets in from another account, that account must let out. A condition key that is not in the context
-- is not in the request, or, with `partial`, not known; without a context only those are that follow
-- from principal and resource. What hangs on others makes the answer `depends`.
local ask, weigh = core.methods.can, core.methods.weigh
function core.methods.can(doc, options)
  local context, account = options.context, options.account
  if not (context or account) then
    local decision, statement, reason = ask(doc, options)
    if decision ~= "depends" then
      return decision, statement, reason
    end
  end
  local caller = request_of.caller(options.principal)
  local owner = request_of.resource_account(account, options.resource)
  local decision, statement, reason, namings = weigh(doc, with(options, {
    account = false,
    context = request_of.context(context or {}, options.principal, caller, owner),
    partial = options.partial or context == nil,
  }))
  if account and decision == "allow" and caller.account and caller.account ~= account and not namings.account then
    reason = ("%s; account %s must allow it too"):format(reason, caller.account)
  end
  return decision, statement, reason
end

-- doc:compare(other) --> the differences in meaning; see lanyard.policy.compare
core.methods.compare = compare

-- doc:diff(other, { from =, to = }) --> the difference of the two, each pretty-printed; "" for none
function core.methods.diff(doc, other, options)
  return diff.unified(doc:format() .. "\n", other:format() .. "\n", options)
end

-- doc:lint { account = } --> list of { id, severity, message, fix, line, column, statement = index | nil }
-- `account` owns the repository: principals of others are told.
function core.methods.lint(doc, options)
  return lint.check(doc, options)
end

local function conflict(conflicts, message)
  return nil, errors.new { code = "Conflict", message = message, conflicts = conflicts }
end

-- The union of two documents: the bytes of the first, and those statements of the second that it
-- has not. --> doc | nil, err { code = "Conflict", conflicts = { what, ... } }: Sids that both have,
-- with another meaning each, or "Version" where a statement would mean something else under the
-- first one's (policy variables are plain text before 2012-10-17).
function M.merge(a, b)
  local merged = a:copy()
  local meanings, sids, conflicts = {}, {}, {}
  for _, statement in ipairs(a:statements()) do
    meanings[a:meaning(statement.index)] = true
    if statement.sid then
      sids[statement.sid] = true
    end
  end
  local same_version = compare.version(a) == compare.version(b)
  for _, statement in ipairs(b:statements()) do
    if not same_version and statement.text:find("${", 1, true) then
      return conflict({ "Version" },
        ("statement %d of the second has a policy variable, and the Versions differ (%s, %s)")
          :format(statement.index, compare.version(a), compare.version(b)))
    elseif not meanings[b:meaning(statement.index)] then
      if statement.sid and sids[statement.sid] then
        conflicts[#conflicts + 1] = statement.sid
      else
        merged:append(b, statement.index)
      end
    end
  end
  if #conflicts > 0 then
    return conflict(conflicts, ("both have a statement with Sid %s, and they mean different things")
      :format(table.concat(conflicts, ", ")))
  end
  return merged
end

return M
