--- Writes and deletes repository policies of ECR for `lanyard aws` through the safe write: with rules about grants and
--- revocations, the journal, and a read-back, so that `lanyard undo` takes them back.
---
---     if aws_policy.handles(request) then reply = aws_policy.run(request, input, settings) end

local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local M = {}

local OPERATIONS = { SetRepositoryPolicy = true, DeleteRepositoryPolicy = true }

--- Reports whether a request changes the policy of a repository.
---@param request awscli.Request
---@return boolean
function M.handles(request)
  return request.service == "ecr" and OPERATIONS[request.operation.name] ~= nil and not request.waiter
end

-- Refuses what the safe write does not do.
local function check(input, repository)
  if input.force then
    cli.problem("InvalidValue", "--force is not supported: lanyard writes no policy that keeps its owner from changing "
      .. "it (lanyard help aws ecr set-repository-policy)")
  elseif input.registryId and input.registryId ~= repository.registry_id then
    cli.problem("InvalidValue", ("--registry-id: the registry of these credentials is %s; use the credentials of %s "
      .. "(lanyard help aws)"):format(repository.registry_id, input.registryId))
  end
end

local function no_policy(repository)
  return errors.new {
    code = "RepositoryPolicyNotFoundException", service = "ecr", operation = "DeleteRepositoryPolicy", status = 400,
    message = ("Repository policy does not exist for the repository with name '%s' in the registry with id '%s'")
      :format(repository.name, repository.registry_id),
  }
end

-- Returns what replaces the policy.
local function document_of(request, input)
  if request.operation.name == "DeleteRepositoryPolicy" then
    return policy.new()
  end
  local doc, err = policy.parse(input.policyText)
  if not doc then
    cli.problem("InvalidPolicy", ("--policy-text: %s (lanyard help aws ecr set-repository-policy)"):format(err.message))
  end
  return doc
end

--- Makes the change. A failure ends the script.
---@param request awscli.Request
---@param input table
---@param settings table  options of `cli.connect`
---@param dry_run? boolean
---@return table reply   as ECR returns it
---@return access.PolicyChange change
function M.run(request, input, settings, dry_run)
  local region = cli.connect(settings)
  local repository = cli.check(region:repositories { input.repositoryName })[1]
  check(input, repository)
  local wanted = document_of(request, input)
  local deletes = request.operation.name == "DeleteRepositoryPolicy"
  local change = cli.check(region:edit(repository, function(doc, current)
    if deletes and not current then
      return nil, no_policy(repository)
    end
    -- ECR changes the form of the text that it stores. A write of the same policy would be a change that undo restores
    -- in place of the last one that had an effect.
    return not (current and doc:equivalent(wanted)) and wanted or false
  end, { dry_run = dry_run }))
  local text = deletes and change.before or tostring(wanted)
  return { registryId = repository.registry_id, repositoryName = repository.name, policyText = text }, change
end

return M
