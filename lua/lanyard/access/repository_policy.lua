--- Reads, writes and compares the policy of a repository.
---
--- ECR stores one text per repository. It has no conditional write and no version of the text; lanyard.access.write
--- makes changes safe in spite of that.

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local M = {}

-- What ECR rejects a call with if the repository has no policy. If another failure (access denied, a failing server, a
-- reply that was cut off) were taken for that, the next write would delete what the policy contains.
local NO_POLICY = "RepositoryPolicyNotFoundException"

--- Reads the text of a repository's policy, as it is stored.
---@param client aws.Client  of ECR
---@param name string  the repository's name
---@return string? text  nil without an error if the repository has no policy
---@return aws.Error? err
function M.text(client, name)
  local reply, err = client:GetRepositoryPolicy { repositoryName = name }
  if not reply then
    if answers.rejected(err, NO_POLICY) then
      return nil
    end
    return nil, err
  end
  if type(reply.policyText) ~= "string" then
    return answers.invalid({ service = "ecr", operation = "GetRepositoryPolicy" },
      ("ECR's reply for repository '%s' has no policyText"):format(name))
  end
  return reply.policyText
end

--- Parses a policy. The error names the repository.
---@param text string
---@param name string  the repository's name
---@return policy.Document? document
---@return aws.Error? err  code InvalidPolicy
function M.parse(text, name)
  local doc, err = policy.parse(text)
  if not doc then
    return nil, errors.new {
      code = "InvalidPolicy",
      message = ("cannot parse the policy of repository '%s': %s"):format(name, err.message),
      tip = "lanyard does not change a policy that it cannot parse; correct it by hand first",
      repository = name,
      line = err.line,
      column = err.column,
    }
  end
  return doc
end

--- Reads the policy of a repository.
---@param client aws.Client  of ECR
---@param name string  the repository's name
---@param parse? fun(text: string, name: string): policy.Document?, aws.Error?  instead of `parse`
---@param read? fun(client: aws.Client, name: string): string?, aws.Error?  instead of `text`
---@return policy.Document? document  nil without an error if the repository has no policy
---@return aws.Error? err
function M.read(client, name, parse, read)
  local text, err = (read or M.text)(client, name)
  if not text then
    return nil, err
  end
  return (parse or M.parse)(text, name)
end

--- Writes a policy, or deletes it. Deleting a policy that does not exist succeeds.
---@param client aws.Client  of ECR
---@param name string  the repository's name
---@param document? policy.Document  nil deletes the policy
---@return true? ok
---@return aws.Error? err
function M.write(client, name, document)
  local reply, err
  if document then
    reply, err = client:SetRepositoryPolicy { repositoryName = name, policyText = tostring(document) }
  else
    reply, err = client:DeleteRepositoryPolicy { repositoryName = name }
    if answers.rejected(err, NO_POLICY) then
      return true
    end
  end
  if not reply then
    return nil, err
  end
  return true
end

--- Reports whether two policies mean the same; nil is "no policy".
---@param a? policy.Document
---@param b? policy.Document
---@return boolean
function M.same(a, b)
  if a and b then
    return a:equivalent(b)
  end
  return a == b
end

--- Returns a function that reports whether a text means the same as a document; nil is "no policy".
---@param document? policy.Document
---@return fun(text: string?): boolean
function M.matcher(document)
  return function(text)
    return M.same(document, text and policy.parse(text))
  end
end

return M
