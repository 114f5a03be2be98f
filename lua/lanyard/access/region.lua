--- A Region of an AWS account, with the operations that read and change access in it.
---
---     local region = assert(access.connect(session, { permit = false }))
---     local service = assert(region:service "web")
---     for _, repository in ipairs(assert(region:repositories { "team/*" })) do
---       print(repository.name, assert(region:grant(service, repository)).kind)
---     end
---
--- Fields are plain values; only methods call AWS. A method loads its module when it is called, so that a grant does
--- not load what only a deployment needs.

local changes = require "lanyard.access.region.changes"
local deployments = require "lanyard.access.region.deployments"
local observations = require "lanyard.access.region.observations"
local region_settings = require "lanyard.access.region_settings"
local service_methods = require "lanyard.access.region.services"

--- A Region of an account. Fields are plain values; only methods call AWS.
---@class access.Region
---@field name string                  for example "us-east-1"
---@field session aws.Session  whose credentials and Region are used
---@field ecr aws.Client  calls ECR
---@field ecr_once aws.Client          sends each request once: the safe write decides itself what to send again
---@field lightsail aws.Client  calls Lightsail
---@field clock lanyard.Clock  the time that is used, and sleeping
---@field parallel integer             the number of calls in flight when many repositories are read
---@field compact? boolean              whether listed repositories take little memory
---@field settle boolean               read a policy again after a write, when other writers have finished
---@field progress? fun(text: string)  receives a line about what a call waits for
---@field poll access.Poll  how often a service is read while something waits for it
---@field limits access.Limits  of the safe write
---@field journal_root? string         the folder of the journal, instead of $XDG_STATE_HOME/lanyard
---@field run string                   the id of the command run, for the journal
---@field private hooks { permit: false|function, prepare: function?, select: function?, observer: access.Observer?,
---  on_names: function? }
---@field private shared { account: string?, new_roles: table<string, number> }  shared with the regions made by `with`;
---  new_roles: when roles appeared, by ARN
local Region = {}
Region.__index = Region

for _, part in ipairs { changes, deployments, observations, service_methods } do
  for name, method in pairs(part.methods) do
    Region[name] = method
  end
end

local M = {}

--- Returns the region of a session.
---@param session aws.Session
---@param settings access.Settings  permit is required
---@return access.Region? region
---@return aws.Error? err  if a configured endpoint is not valid
function M.new(session, settings)
  local ecr, err = session:client "ecr"
  local lightsail
  if ecr then
    lightsail, err = session:client "lightsail"
  end
  if not lightsail then
    return nil, err
  end
  local region = setmetatable(region_settings.defaults(), Region)
  region.session = session
  region.name = session.region
  region.region = session.region -- what version 0.1 calls `name`
  region.ecr = ecr
  region.ecr_once = session:client("ecr", { max_attempts = 1 })
  region.lightsail = lightsail
  region.shared = { new_roles = {} }
  return region_settings.apply(region, settings)
end

--- Returns a region that differs in the given settings. The receiver does not change. Both use the same session and
--- clients, and share what is known about the account.
---@param settings access.Settings
---@return access.Region
function Region:with(settings)
  local copy = setmetatable({}, Region)
  for name, value in pairs(self) do
    copy[name] = value
  end
  return region_settings.apply(copy, settings)
end

-- ---------------------------------------------------------------------------------------------
-- Reading

--- Returns the id of the account, 12 digits.
---@return string? account
---@return aws.Error? err
function Region:account()
  local shared = self.shared
  if not shared.account then
    local account, err = self.session:account_id()
    if not account then
      return nil, err
    end
    shared.account = account
  end
  return shared.account
end

--- Returns the id of the account.
---@deprecated  Use `account`.
function Region:account_id()
  return self:account()
end

--- Returns the time in seconds since 1970, corrected by the Date header of ECR's replies. AWS's clock decides when a
--- grant expires, and the clock of this machine may be wrong.
---@return number
function Region:time()
  return self.clock.time() + self.ecr:clock_offset()
end

--- Lists repositories, sorted by name. Globs and names select some of them. Without globs it lists what the setting
--- `select` returns, and all repositories if there is no such setting.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- for _, repository in ipairs(assert(region:repositories { "*-repo" })) do
---   print(repository.name, repository.mutability)
--- end
--- --> my-private-repo	MUTABLE
--- --> shared-repo	MUTABLE
--- ```
---@param globs? string[]  names, with * and ? for any characters and one character
---@param missing? table<string, aws.Error>  receives an error for each glob or name that matches nothing, the first 20
---  with a suggestion; without it, that glob or name is an error
---@param on_found? fun(found: access.Repository[])  gets the repositories found so far, in no order, after each page
---@return access.Repository[]? repositories
---@return aws.Error? err
function Region:repositories(globs, missing, on_found)
  local list, err
  local select, observer = self.hooks.select, self.hooks.observer
  if not globs and select then
    list, err = select(self)
  else
    list, err = require("lanyard.access.repositories").list(self, globs, missing, on_found)
  end
  if list and observer and observer.repositories then
    observer.repositories(list)
  end
  self:report_names("repositories", list, not globs and not select)
  return list, err
end

--- Passes the names of what was read to the setting `on_names`.
---@private
function Region:report_names(kind, list, is_complete)
  if list and self.hooks.on_names then
    local names = {}
    for i, one in ipairs(list) do
      names[i] = one.name
    end
    self.hooks.on_names(kind, names, is_complete)
  end
end

--- Reads the policy of a repository.
---@param repository access.Repository
---@param parse? fun(text: string, name: string): policy.Document?, aws.Error?  parses the text; gets the repository's
---  name for its error. Without it, lanyard.policy parses the text
---@param read? fun(client: aws.Client, name: string): string?, aws.Error?  returns the text that was read before.
---  Without it, ECR is asked
---@return policy.Document? document  nil without an error if the repository has no policy
---@return aws.Error? err
function Region:policy(repository, parse, read)
  local document, err = require("lanyard.access.repository_policy").read(self.ecr, repository.name, parse, read)
  local observer = self.hooks.observer
  if observer and observer.policy then
    observer.policy(repository, document, err)
  end
  return document, err
end

--- The policy of a repository, as `policies` returns it.
---@class access.RepositoryPolicy
---@field repository access.Repository  whose policy it is
---@field doc? policy.Document  nil without an error if the repository has no policy
---@field err? aws.Error        the policy could not be read

--- Reads the policies of repositories in parallel, in their order. A policy that cannot be read has an `err`.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local service = assert(region:enable "my-container-service").service
--- assert(region:grant(service, assert(region:repositories())[1]))
--- for _, item in ipairs(assert(region:policies())) do
---   print(item.repository.name, item.doc and #item.doc:statements())
--- end
--- --> my-private-repo	1
--- --> shared-repo	2
--- ```
---@param repositories? access.Repository[]  all that `repositories` lists, if absent
---@return access.RepositoryPolicy[]? policies
---@return aws.Error? err  if the repositories cannot be listed
function Region:policies(repositories)
  local err
  if not repositories then
    repositories, err = self:repositories()
    if not repositories then
      return nil, err
    end
  end
  return require("lanyard.access.grants").policies(self, repositories)
end

--- Returns the grants of a principal among policies. Reads the registry policy, once.
---@param principal_arn string
---@param policies access.RepositoryPolicy[]
---@return access.Grant[] grants
---@return access.RepositoryPolicy[] unread  the policies that could not be read; each may have a grant
function Region:grants_of(principal_arn, policies)
  local grants = require "lanyard.access.grants"
  return grants.grants_of(self, principal_arn, grants.index(policies))
end

--- Returns the names of the repositories from which only the registry policy lets a role pull.
---@param role_arn string
---@param policies access.RepositoryPolicy[]
---@return string[] names
function Region:registry_grants_of(role_arn, policies)
  return require("lanyard.access.grants").registry_grants_of(self, role_arn, policies)
end

--- Returns what prevents a role from pulling in spite of a grant, or may prevent it: by the policies of the repository
--- and the registry, and by the resource control policies where the caller may read them. Reads the last two once.
---@param change access.PolicyChange  of `grant`
---@param role_arn string
---@return string? warning
function Region:pull_warning(change, role_arn)
  local around = require("lanyard.access.surroundings").of(self)
  return require("lanyard.access.pull").warning(around, change, role_arn, self:time())
end

--- Reads a container service.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local service = assert(region:service "my-container-service")
--- print(service.state, service.role.active)
--- --> READY	false
--- local none, err = region:service "nothing"
--- print(none, err.code)
--- --> nil	NotFoundException
--- ```
---@param name string
---@return access.Service? service
---@return aws.Error? err  code NotFoundException if it does not exist
function Region:service(name)
  local service, err = require("lanyard.access.services").find(self, name)
  self:report_names("services", { service }, false)
  return service, err
end

--- Lists container services: all of them sorted by name, or the named ones in the given order.
---@param names? string[]
---@param missing? aws.Error[]  receives an error for each name that does not exist, the first 20 with a suggestion;
---  without it, the first one is an error of the call
---@return access.Service[]? services
---@return aws.Error? err
function Region:services(names, missing)
  local list, err = require("lanyard.access.services").list(self, names, missing)
  self:report_names("services", list, not names)
  return list, err
end

--- Returns the entries of this machine's journal, oldest first.
---@param repository? access.Repository|string  only its entries
---@param options? access.HistoryOptions
---@return journal.Entry[]? entries
---@return aws.Error? err
function Region:history(repository, options)
  return require("lanyard.access.undo").history(self, repository, options)
end

--- Returns the journal's entry of what lanyard last wrote to a repository from this machine.
---@param repository access.Repository
---@param document? policy.Document  the current policy; nil: there is none
---@return journal.Entry? entry  nil without an error if there is none
---@return aws.Error? err
function Region:last_written(repository, document)
  local directory, err = self:repository_directory(repository)
  if not directory then
    return nil, err
  end
  return require("lanyard.access.journal").open(directory, self.clock, repository.name)
    :last_written(require("lanyard.access.repository_policy").matcher(document))
end

-- ---------------------------------------------------------------------------------------------
-- For the modules of lanyard.access

--- Records the account that a reply named, so that `account` needs no call.
---@private
---@param account string
function Region:learn_account(account)
  self.shared.account = self.shared.account or account
end

--- Calls the setting `permit` for a change.
---@private
---@param change access.Change
---@return true? permitted
---@return aws.Error? err  code RefusedByRule if a rule denies the change
function Region:permit(change)
  if not self.hooks.permit then
    return true
  end
  return self.hooks.permit(self, change)
end

--- Announces a change that permit is going to be asked about to the setting `prepare`.
---@private
---@param change access.Change
---@return true? ok
---@return aws.Error? err
function Region:prepare_permit(change)
  if not self.hooks.prepare then
    return true
  end
  return self.hooks.prepare(self, change)
end

--- Reports whether a change reads the policy again when other writers have finished.
---@private
---@param options { settle?: boolean }
---@return boolean
function Region:settles(options)
  if options.settle == nil then
    return self.settle
  end
  return options.settle
end

-- Returns the directory for the journals of an account and Region, or nil and an error. Only this user can change it.
local function checked_directory(self, account)
  local state_directory = require "lanyard.access.state_directory"
  local root, err = state_directory.root(self.journal_root)
  if root and not account then
    account, err = self:account()
  end
  if not (root and account) then
    return nil, err
  end
  local directory = state_directory.region(root, self.ecr.endpoint, account, self.name)
  local ok
  ok, err = state_directory.check_below(root, directory)
  return ok and directory, err
end

--- Returns the directory for the journals of this account and Region. A change needs it, so that a caller can check it
--- before other steps.
---@private
---@param account? string
---@return string? directory
---@return aws.Error? err
function Region:journal_directory(account)
  local directory, err = checked_directory(self, account)
  local ok
  if directory then
    ok, err = require("lanyard.access.journal").recover(directory)
  end
  return ok and directory, err
end

--- Returns the same directory for reading. Journals that a crash of the system has damaged, and that cannot be restored
--- because they cannot be written, do not keep a caller from reading the other ones.
---@private
---@param account? string
---@return string? directory
---@return table<string, aws.Error>|aws.Error stale  by the folder of a journal, why its last entries may be missing
function Region:readable_journals(account)
  local directory, err = checked_directory(self, account)
  if not directory then
    return nil, err
  end
  local ok
  ok, err = require("lanyard.access.journal").recover(directory)
  local stale = ok and {} or err.code ~= "UnsafeStateFolder" and require("lanyard.access.journal.log").stale(directory)
  if not stale then
    return nil, err
  end
  for folder in pairs(stale) do
    stale[folder] = err
  end
  return directory, stale
end

--- Returns the directory for a repository's lock and journal.
---@private
---@param repository access.Repository
---@return string? directory
---@return aws.Error? err
function Region:repository_directory(repository)
  local ok, message = require("lanyard.aws.names").repository(repository.name)
  if not ok then
    return nil, require("lanyard.errors").new { code = "InvalidName", message = message }
  end
  local directory, err = self:journal_directory(repository.registry_id)
  if not directory then
    return nil, err
  end
  local state_directory = require "lanyard.access.state_directory"
  directory = state_directory.repository(directory, repository.name)
  ok, err = state_directory.check(directory)
  return ok and directory, err
end

return M
