--- The methods of a region that change access.

---@class access.Region
local Region = {}

--- How a puller role was turned on or off.
---@class access.RoleResult
---@field kind "enabled"|"disabled"|"would enable"|"would disable"|"requested"|"unchanged"  what was done
---@field service access.Service  as it is afterwards

--- Enables the puller role of a service, and waits until it is active, has an ARN, and the service has left UPDATING.
---@param name string
---@param options? access.RoleOptions
---@return access.RoleResult? result
---@return aws.Error? err
function Region:enable(name, options)
  return require("lanyard.access.roles").enable(self, name, options)
end

--- Disables the puller role of a service, and waits until it is off. Grants that name the role stay.
---@param name string
---@param options? access.RoleOptions
---@return access.RoleResult? result
---@return aws.Error? err
function Region:disable(name, options)
  return require("lanyard.access.roles").disable(self, name, options)
end

--- Grants a service pull access to a repository: adds one statement to its policy. A grant that exists changes nothing.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local repository = assert(region:repositories { "my-private-repo" })[1]
--- local service = assert(region:enable "my-container-service").service
--- local change = assert(region:grant(service, repository, { dry_run = true }))
--- print(change.kind)
--- --> would grant
--- for _ = 1, 2 do
---   print(assert(region:grant(service, repository)).kind)
--- end
--- --> granted
--- --> unchanged
--- ```
---@param service access.Service
---@param repository access.Repository
---@param options? access.GrantOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:grant(service, repository, options)
  return require("lanyard.access.grant").grant(self, service, repository, options)
end

--- Revokes access to a repository. Statements that lose their last principal are removed, and a policy that loses its
--- last statement is deleted.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local repository = assert(region:repositories { "my-private-repo" })[1]
--- local service = assert(region:enable "my-container-service").service
--- assert(region:grant(service, repository))
--- local change = assert(region:revoke({ service = service }, repository))
--- print(change.kind, change.touched, change.deleted_policy)
--- --> revoked	1	true
--- ```
---@param subject access.RevokeSubject
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:revoke(subject, repository, options)
  return require("lanyard.access.revoke").revoke(self, subject, repository, options)
end

--- Restores the policy that a repository had before the last change that lanyard made on this machine.
---@param repository access.Repository
---@param options? access.UndoOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:undo(repository, options)
  return require("lanyard.access.undo").undo(self, repository, options)
end

--- Finds what a command changed in the account and Region, from this machine's journal.
---@param run? string  the id of its run; without it, the last command that was not an undo
---@return access.CommandRun? command
---@return aws.Error? err
function Region:find_command(run)
  return require("lanyard.access.undo_command").find(self, run)
end

--- Undoes what a command changed in one repository.
---@param part access.CommandPart
---@param repository access.Repository
---@param options? access.UndoOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:undo_part(part, repository, options)
  return require("lanyard.access.undo_command").undo(self, part, repository, options)
end

--- Settles the changes that interrupted commands left in the journal of the account and Region.
---@return access.Settled[]? settled  the repositories that had such changes
---@return aws.Error? err
function Region:settle_interrupted()
  return require("lanyard.access.interrupted").settle(self)
end

--- Restores statements of others that another writer removed while lanyard changed a policy.
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:restore(repository, options)
  return require("lanyard.access.restore").restore(self, repository, options)
end

--- Removes the redundant parts of a repository's policy. It allows the same requests afterwards.
---@param repository access.Repository
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:minimize(repository, options)
  return require("lanyard.access.minimize").minimize(self, repository, options)
end

--- Changes the policy of a repository as a function says, which gets a document to change. It returns true if it
--- changed the document, false if nothing is to change, another document that replaces it, or nil and an error. It can
--- be called several times: its outcome must depend on the document alone. Rules decide about the change as about a
--- grant and as about a revocation.
---@param repository access.Repository
---@param edit fun(document: policy.Document, current: policy.Document?): boolean|policy.Document|nil, any
---  current: the policy of the repository; nil if it has none
---@param options? access.ChangeOptions
---@return access.PolicyChange? change
---@return aws.Error? err
function Region:edit(repository, edit, options)
  return require("lanyard.access.edit").edit(self, repository, edit, options)
end

--- Changes repositories in parallel. If one fails, the others are still changed.
---@param repositories access.Repository[]
---@param change fun(repository: access.Repository): access.PolicyChange?, aws.Error?
---@param observe? fun(index: integer, result: table?)  called when a change begins, and again with its result
---@return { repository: string, change: access.PolicyChange?, err: aws.Error? }[] results  in the order of the
---  repositories
function Region:change_each(repositories, change, observe) -- luacheck: no self
  return require("lanyard.access.change").each(repositories, change, observe)
end

return { methods = Region }
