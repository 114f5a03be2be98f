-- The one policy text of a repository, as ECR keeps it: read, set, delete. ECR has no conditional
-- write and no version; lanyard.access.write makes that safe.

local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local M = {}

-- text(client, repository name) --> text | nil when there is no policy | nil, err
-- Only RepositoryPolicyNotFoundException means that there is none: whoever takes another answer
-- (AccessDenied, a cut reply) for "none" wipes the policy with the next write.
function M.text(client, name)
  local reply, err = client:GetRepositoryPolicy { repositoryName = name }
  if not reply then
    if err.code == "RepositoryPolicyNotFoundException" then
      return nil
    end
    return nil, err
  end
  if type(reply.policyText) ~= "string" then
    return nil, errors.new {
      code = "InvalidResponse",
      message = ("ECR's answer for repository '%s' has no policyText"):format(name),
      operation = "GetRepositoryPolicy",
    }
  end
  return reply.policyText
end

-- parse(text, repository name) --> document | nil, err
function M.parse(text, name)
  local doc, err = policy.parse(text)
  if not doc then
    return nil, errors.new {
      code = "InvalidPolicy",
      message = ("the policy of repository '%s' cannot be read: %s"):format(name, err.message),
      tip = "lanyard changes no policy that it does not understand; put it right by hand first",
      repository = name,
      line = err.line,
      column = err.column,
    }
  end
  return doc
end

-- read(client, repository name) --> document | nil when there is no policy | nil, err
function M.read(client, name)
  local text, err = M.text(client, name)
  if not text then
    return nil, err
  end
  return M.parse(text, name)
end

-- write(client, repository name, document | nil) --> true | nil, err
-- Without a document the policy is deleted; one that is gone already is fine.
function M.write(client, name, doc)
  local reply, err
  if doc then
    reply, err = client:SetRepositoryPolicy { repositoryName = name, policyText = tostring(doc) }
  else
    reply, err = client:DeleteRepositoryPolicy { repositoryName = name }
    if err and err.code == "RepositoryPolicyNotFoundException" then
      return true
    end
  end
  if not reply then
    return nil, err
  end
  return true
end

-- Whether two policies mean the same; nil stands for no policy.
function M.same(a, b)
  if a and b then
    return a:equivalent(b)
  end
  return a == b
end

-- is(document | nil) --> f(text | nil): whether a policy of that text means the same
function M.is(found)
  return function(text)
    return M.same(found, text and policy.parse(text))
  end
end

return M
