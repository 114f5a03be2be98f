-- AWS resource policies: lossless to edit, decided as IAM decides.
--
--   local doc, err = policy.parse(text)    policy.new() --> an empty document
--   doc:allow { sid =, principal =, actions = {}, condition = {} } --> changed, why, index
--   doc:revoke { principal = | match = } --> changed, statements touched
--   doc:set { sid = | index = | document = true, element =, within = {}, value = } --> changed, why not
--   doc:remove { sid = | index = }   doc:fold { sid =, match = }   doc:sort()   doc:append(other, index)
--   doc:can { principal =, action =, resource =, context = {}, account = } --> decision, statement, reason
--   policy.decide { resource_policy =, identity_policies = {}, ... } --> the same of all policies
--   doc:statements()  doc:statement(index)  doc:equivalent(other)  doc:compare(other)  doc:diff(other)  doc:lint()
--   doc:format()  doc:copy()  doc:empty()  doc:size()  tostring(doc)
--
-- What an edit does not touch keeps its bytes.

local compare = require "lanyard.policy.compare"
local core = require "lanyard.policy.core"
local decide = require "lanyard.policy.decide"
local diff = require "lanyard.text.diff"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
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
  -- The most bytes that are read as a policy.
  MOST_BYTES = core.MOST_BYTES,
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

-- doc:set { sid = | index = | document = true, element = NAME, within = { NAME... } | nil, value = }
--   --> changed, why not
-- Gives an element of a statement, or of the document (Version, Id), another value: what JSON can
-- spell, with json.array {} for an empty list; without a value the element goes. `within` names a
-- member inside the element by the names that lead to it, as in { "DateLessThan", "aws:CurrentTime" }
-- of a Condition: that alone changes, and only where it is there.
local set_element = core.methods.set
function core.methods.set(doc, options)
  return set_element(doc, with(options, {
    value = false, json = options.value ~= nil and json.encode(options.value),
  }))
end

-- doc:can { principal =, action =, resource =, context = {}, partial =, account = }
--   --> "allow" | "deny" | "implicit-deny" | "depends", { index, sid, effect } of the statement | nil, reason
--   --> "allow" | "deny" | "implicit-deny" | "depends", { index, sid, effect } of the statement | nil,
--   reason
-- lets in from another account, that account must let out. A condition key that is not in the context
-- is not in the request, or, with `partial`, not known; without a context only those are that follow
-- from principal and resource. What hangs on others makes the answer `depends`.
local ask = core.methods.can
local CAN_FIELDS = { principal = true, action = true, resource = true, context = true, partial = true, account = true }

-- What another account than the owner's must add to an Allow that names more than that account.
local function other_half(doc, options, request)
  local owner = request_of.resource_account(options.account, options.resource)
  local account = owner and request_of.caller(options.principal).account
  if account and account ~= owner and not doc:weigh(request).allow.account then
    return ("; account %s must allow it too"):format(account)
  end
  return ""
end

function core.methods.can(doc, options)
  if options.context == nil and options.account == nil and options.partial == nil then
    -- Mostly nothing hangs on a condition; then what follows from the request is not needed.
    local decision, statement, reason = ask(doc, options)
    if decision ~= "depends" then
      return decision, statement, decision == "allow" and reason .. other_half(doc, options, options) or reason
    end
  end
  for name in pairs(options) do
    if not CAN_FIELDS[name] then
      error(("can has no field '%s'"):format(tostring(name)), 2)
    end
  end
  local owner = request_of.resource_account(options.account, options.resource)
  local request = request_of.request(options, request_of.caller(options.principal), owner)
  local decision, statement, reason = ask(doc, request)
  return decision, statement, decision == "allow" and reason .. other_half(doc, options, request) or reason
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
  return require("lanyard.policy.lint").check(doc, options) -- large, and seldom asked for
end

local function conflict(conflicts, message)
  return nil, errors.new { code = "Conflict", message = message, conflicts = conflicts }
end

-- Whether a statement has a policy variable.
local function has_variable(statement)
  local function look(list)
    for _, text in ipairs(list) do
      if tostring(text):find("${", 1, true) then
        return true
      end
    end
    return false
  end
  local found = look(statement.resources)
  for _, condition in ipairs(statement.conditions) do
    found = found or look(condition.values)
  end
  return found
end

-- Gives `merged` the members of the document, but for Version, that only the second has; those that both
-- have with another value each are conflicts.
local function merge_members(merged, a, b, conflicts)
  local mine, theirs = compare.members(a), compare.members(b)
  for _, member in ipairs(b:tree()) do
    local name = member.key.value
    if name == "Statement" or name == "Version" or mine[name] == theirs[name] then
      goto continue
    elseif mine[name] or member.kind ~= "string" then
      conflicts[#conflicts + 1] = name
    else
      merged:set { document = true, element = name, value = member.value }
    end
    ::continue::
  end
end

-- The union of two documents: the bytes of the first, and what the second has beside it.
-- --> doc | nil, err { code = "Conflict", conflicts = { what, ... } }: Sids and members of the document
-- that both have, with another meaning each, or "Version" where a statement would mean something else
-- under the first one's (policy variables are plain text before 2012-10-17).
function M.merge(a, b)
  local merged = a:copy()
  local meanings, sids, conflicts = {}, {}, {}
  for _, statement in ipairs(a:statements()) do
    meanings[a:meaning(statement.index)] = true
    sids[statement.sid or false] = true
  end
  local mine, theirs = compare.members(a).Version, compare.members(b).Version
  for _, statement in ipairs(b:statements()) do
    local meaning = b:meaning(statement.index)
    if mine ~= theirs and has_variable(statement) then
      return conflict({ "Version" },
        ("statement %d of the second has a policy variable, and the Versions differ (%s, %s)")
          :format(statement.index, mine, theirs))
    elseif not meanings[meaning] and statement.sid and sids[statement.sid] then
      conflicts[#conflicts + 1] = statement.sid
    elseif not meanings[meaning] then
      meanings[meaning], sids[statement.sid or false] = true, true
      merged:append(b, statement.index)
    end
  end
  merge_members(merged, a, b, conflicts)
  if #conflicts > 0 then
    return conflict(conflicts, ("both have %s, and they mean different things"):format(table.concat(conflicts, ", ")))
  end
  return merged
end

return M
