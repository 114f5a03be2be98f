-- AWS resource policies: lossless to edit, decided as IAM decides.
--
--   local doc, err = policy.parse(text)    policy.new() --> an empty document
--   doc:allow { sid =, principal =, actions = {} } --> changed, why, index
--   doc:revoke { principal = } --> changed, statements touched
--   doc:can { principal =, action =, resource =, context = {} } --> decision, statement, reason
--   policy.decide { resource_policy =, identity_policies = {}, ... } --> the same of all policies
--   doc:statements()  doc:equivalent(other)  doc:diff(other)  doc:lint()  doc:format()
--   doc:remove { sid = | index = }  doc:copy()  doc:empty()  doc:size()  tostring(doc)
--
-- What an edit does not touch keeps its bytes.

local core = require "lanyard.policy.core"
local decide = require "lanyard.policy.decide"
local diff = require "lanyard.diff"
local errors = require "lanyard.errors"
local lint = require "lanyard.policy.lint"

local M = {
  new = core.new,
  parse = core.parse,
  -- decide { principal =, action =, resource =, resource_account =, context =, resource_policy =,
  --          identity_policies = {}, boundaries = {}, session_policies = {}, scps = { {}, ... },
  --          rcps = { {}, ... } }
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

-- doc:diff(other, { from =, to = }) --> the difference of the two, each pretty-printed; "" for none
function core.methods.diff(doc, other, options)
  return diff.unified(doc:format() .. "\n", other:format() .. "\n", options)
end

-- doc:lint() --> list of { id, severity, message, fix, line, column, statement = index | nil }
function core.methods.lint(doc)
  return lint.check(doc)
end

local function version_of(doc)
  for _, member in ipairs(doc:tree()) do
    if member.key.value == "Version" then
      return member.value
    end
  end
  return "2008-10-17"
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
  local same_version = version_of(a) == version_of(b)
  for _, statement in ipairs(b:statements()) do
    if not same_version and statement.text:find("${", 1, true) then
      return conflict({ "Version" },
        ("statement %d of the second has a policy variable, and the Versions differ (%s, %s)")
          :format(statement.index, version_of(a), version_of(b)))
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
