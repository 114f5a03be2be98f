--- Reads what an audit checks: repositories with their policies and the principals that can pull, container services,
--- and the images that they deploy.
---
---     local found = assert(inventory.open(region, { globs = { "team/*" } }))
---     inventory.read_policies(region, found, { unused_days = 90 }, function(repository, position) ... end)
---
--- A parsed policy takes much memory, and there may be ten thousand of them. So each repository is visited as it is
--- read and then released, unless a service deploys from it.

local absences = require "lanyard.audit.scan.absences"
local arn = require "lanyard.arn"
local deployments = require "lanyard.audit.scan.deployments"
local documents = require "lanyard.audit.scan.documents"
local expiry = require "lanyard.policy.expiry"
local grants = require "lanyard.access.grants"
local identities = require "lanyard.audit.scan.identities"
local images = require "lanyard.audit.scan.images"
local lists = require "lanyard.lists"
local outsiders = require "lanyard.audit.outsiders"
local overwritten = require "lanyard.access.overwritten"
local policy = require "lanyard.policy"
local principals = require "lanyard.access.principal"
local query = require "lanyard.audit.query"
local repository_names = require "lanyard.access.repositories"
local surroundings = require "lanyard.access.surroundings"
local statements = require "lanyard.access.statements"
local task = require "lanyard.task"

local M = {}

--- What is known of an account and Region. A field that ends in `_unknown` says why data could not be read.
---@class audit.Inventory
---@field account? string             nil when neither a repository nor STS names it
---@field region string
---@field now integer                 seconds since 1970
---@field complete boolean            whether all repositories of the Region were listed
---@field repositories access.Repository[]  at first all that were listed; at the end those from which services deploy
---@field services access.Service[]
---@field service_by_name { [string]: access.Service }
---@field services_unknown? string
---@field deployments_unknown? string  why the deployments of a service could not be read
---@field deployed audit.DeployedImage[]
---@field granted { [string]: true }  principals that an Allow statement of any repository gives a pull action
---@field overwritten access.OverwrittenFinder
---@field journal_unknown? string    why the journal of this machine could not be read
---@field absences audit.Absences      what the lists lack and AWS says does not exist
---@field has_unread boolean          whether a policy could not be read
---@field has_repositories boolean    whether any repository was listed
---@field surroundings access.Surroundings
---@field registry? access.Registry
---@field registry_unknown? string
---@field controls_error? aws.Error   why the resource control policies of the organization could not be read
---@field identities audit.Identities
---@field documents audit.Documents
---@field intern fun(text: string): string  returns one copy of equal texts
---@field profile? string             the requested profile
---@field role? string                the role that was assumed to read the account
---@field rules? rules.Asker          user rules that audits ask
---@field trusted_accounts? string[]
---@field trusted_organizations? string[]
---@field desired? desired.Desired
---@field desired_matched { [string]: true }  patterns of the desired-state file that matched a repository

--- What the audit adds to a repository of lanyard.access.
---@class audit.Repository : access.Repository
---@field doc? policy.Document        nil when there is no policy, or it could not be read. Repositories with the same
---  text share it, `statements`, `access` and `missing`, so nothing in them may be changed in place
---@field statements policy.Statement[]
---@field access audit.Access[]
---@field missing? { value: string, statement: policy.Statement }[]  principals that do not exist
---@field shared? table               what follows from the text of the policy and the inventory alone, for all
---  repositories with the same text; nil if `access` depends on the repository
---@field lost? access.Overwritten    grants of lanyard that another writer removed
---@field unknown? string             why the policy could not be read
---@field unknown_error? lanyard.Error  with `unknown`
---@field images_unknown? string
---@field by_registry? string[]       the services that the registry policy, and not the repository's, lets pull

--- A principal that Allow statements give a pull action.
---@class audit.Access
---@field principal string
---@field type string                 the member of Principal, for example "AWS"
---@field kind string                 see lanyard.access.principal
---@field decision string             of the whole policy, see lanyard.access.grants.decide
---  (a deleted identity is always denied)
---@field answers table               what the policy decides about each pull action
---@field statements string[]         labels of the statements
---@field given_by policy.Statement[]
---@field service? string             of a Lightsail role, as is region
---@field region? string
---@field account? string
---@field audience? string            who the principal is in effect, if conditions restrict everyone or a service
---@field audience_kind? string       its kind, with `audience`
---@field foreign? boolean            whether the account is not the one that is audited
---@field ends? integer               when the access expires, in seconds since 1970
---@field unused? boolean             no deployment needs it, and the last pull was long ago
---@field last_pull? number           seconds since 1970, 0 for never; with `unused`

local function allows_pull(statement)
  if statement.effect ~= "Allow" then
    return false
  end
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if query.covers(statement, action) then
      return true
    end
  end
  return false
end

local function everyone_but(statement)
  local excepted = {}
  for i, entry in ipairs(statement.principals) do
    excepted[i] = entry.value
  end
  return { type = "*", value = "everyone but " .. table.concat(excepted, ", ") }
end

-- Returns when an access expires: as soon as one of the two pull actions is no longer allowed.
local function deadline_of(access)
  local first = math.huge
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local last
    for _, statement in ipairs(access.given_by) do
      if query.covers(statement, action) then
        last = math.max(last or 0, expiry.ends(statement) or math.huge)
      end
    end
    first = math.min(first, last or math.huge)
  end
  return first < math.huge and first or nil
end

-- Returns the resource control policies, if any, with what is known of callers of an identity's account.
local function controls_for(inventory, identity)
  local controls = inventory.surroundings.controls
  if not controls or #controls.list == 0 then
    return nil
  end
  return { list = controls.list, context = identity.account == inventory.account and controls.context or {} }
end

local function new_access(inventory, repository, entry, is_exception)
  local value = is_exception and "*" or entry.value
  local identity = principals.classify(entry.type, value, inventory.account)
  local decision, answers = "deny", {}
  if identity.kind ~= "orphan" then
    decision, answers = grants.decide(repository.doc, value, repository.arn, inventory.now,
      identity.kind == "puller" and inventory.surroundings or nil, controls_for(inventory, identity))
  end
  return {
    principal = inventory.intern(entry.value), type = entry.type, kind = identity.kind, service = identity.service,
    region = identity.region, account = identity.account, foreign = identity.foreign or nil, statements = {},
    given_by = {}, decision = decision, answers = answers,
  }
end

-- The kinds of classes as reports name them. The first class of an audience is the widest one.
local KINDS = {
  everyone = "public", ["any-organization"] = "public", organization = "public", account = "account", root = "account",
  role = "role", user = "user", session = "session", ["federated-user"] = "federated", provider = "federated",
  service = "service",
}

-- Returns who a principal is in effect, if the policy restricts it: everyone under a condition, a service for a source.
local function audience_of(inventory, repository, access)
  if access.principal ~= "*" and access.kind ~= "service" or access.decision == "deny" then
    return nil
  end
  local texts, known, widest, is_nobody = {}, {}, nil, true
  for _, statement in ipairs(access.given_by) do
    local manifest, layer = policy.PULL_ACTIONS[1], policy.PULL_ACTIONS[2]
    local audience = outsiders.audience(inventory, repository.doc, statement, {
      action = query.covers(statement, manifest) and manifest or layer,
    })
    is_nobody = is_nobody and #audience == 0
    for _, class in ipairs(audience) do
      local is_own = access.kind == "public" or class.id == access.principal
      texts[#texts + 1] = is_own and not known[class.text] and class.text or nil
      widest = widest or is_own and KINDS[class.type or class.kind] or nil
      known[class.text] = true
    end
  end
  if is_nobody then
    return "nobody", "unknown"
  end
  local text = table.concat(texts, "; ")
  return text ~= "" and text ~= "everyone" and inventory.intern(text) or nil, widest
end

local function access_of(inventory, repository)
  local list, by_principal = {}, {}
  for _, statement in ipairs(repository.statements) do
    local entries = statement.not_principal and { everyone_but(statement) } or statement.principals
    for _, entry in ipairs(allows_pull(statement) and entries or {}) do
      local key = entry.type .. " " .. entry.value
      local access = by_principal[key]
      if not access then
        access = new_access(inventory, repository, entry, statement.not_principal)
        by_principal[key] = access
        list[#list + 1] = access
      end
      table.insert(access.statements, statements.label(statement))
      table.insert(access.given_by, statement)
    end
  end
  for _, access in ipairs(list) do
    access.ends = deadline_of(access)
    access.audience, access.audience_kind = audience_of(inventory, repository, access)
  end
  return list
end

-- Reports whether a decision about a repository depends on the text of its policy alone: no other policy, whose
-- statements name resources, decides, and no statement names the repository itself.
local function is_decided_by_text(inventory, list)
  local around = inventory.surroundings
  if around.registry and around.registry.decides or around.controls and #around.controls.list > 0 then
    return false
  end
  for _, statement in ipairs(list) do
    if statement.has_resource then
      return false
    end
  end
  return true
end

-- Sets what the policy, if there is one, says about a repository.
local function take_policy(inventory, repository, doc)
  local facts = inventory.documents:facts_of(doc)
  facts.statements = facts.statements or doc and doc:statements() or {}
  repository.doc, repository.statements = doc, facts.statements
  if facts.access then
    repository.access = facts.access
  else
    repository.access = access_of(inventory, repository)
    facts.access = is_decided_by_text(inventory, facts.statements) and repository.access or nil
  end
  facts.missing = facts.missing or inventory.identities:missing(facts.statements, inventory.account)
  repository.missing = facts.missing
  repository.shared = facts.access and facts
end

-- Returns the services that can pull because of the registry policy alone, or nil.
local function services_by_registry(inventory, repository)
  local names = {}
  for _, service in ipairs(inventory.surroundings:registry_allows() and inventory.services or {}) do
    local role = service.role.arn
    if role and grants.by_registry(inventory.surroundings, repository.doc, role, repository.arn, inventory.now) then
      inventory.granted[role] = true
      names[#names + 1] = service.name
    end
  end
  return names[1] and names
end

local function ask_for_service(inventory, name)
  if not inventory.services_unknown and not inventory.service_by_name[name] then
    inventory.absences:ask("service", name)
  end
end

local function read_policy(region, inventory, repository, read)
  repository.access, repository.statements = {}, {}
  local doc, err = region:policy(repository, inventory.documents:parser(), read)
  if err then
    repository.unknown, repository.unknown_error = tostring(err), err
    inventory.has_unread = true
  else
    take_policy(inventory, repository, doc)
  end
  if not err then
    repository.by_registry = services_by_registry(inventory, repository)
    local lost, journal_err = inventory.overwritten:find(repository, doc)
    repository.lost = lost
    inventory.journal_unknown = inventory.journal_unknown or journal_err and tostring(journal_err)
  end
  for _, access in ipairs(repository.access) do
    inventory.granted[access.principal] = true
    if access.kind == "puller" and access.region == inventory.region then
      ask_for_service(inventory, access.service)
    end
  end
end

-- Asks for the services and repositories that deployments and the desired-state file name and the lists lack.
local function ask_for_missing(region, inventory)
  local listed, missing = lists.by_name(inventory.repositories), {}
  for _, image in ipairs(inventory.complete and inventory.deployed or {}) do
    if image.is_local and not image.repository then
      missing[image.uri.repository] = true
    end
  end
  for _, grant in ipairs(inventory.desired and inventory.desired.grants or {}) do
    ask_for_service(inventory, grant.service)
    for _, pattern in ipairs(inventory.complete and grant.repositories or {}) do
      if not listed[pattern] and not repository_names.is_glob(pattern) then
        missing[pattern] = true
      end
    end
  end
  task.map(lists.sorted_names(missing), function(name)
    inventory.absences:ask("repository", name)
  end, { limit = region.parallel })
end

-- Returns a function that returns one copy of equal texts. Lua keeps a copy of a long string for each time it is
-- made, and thousands of policies contain the ARN of the same role.
local function interner()
  local known = {}
  return function(text)
    known[text] = known[text] or text
    return known[text]
  end
end

-- Returns why the registry policy, or what it decides, could not be read.
local function registry_problem(around)
  local err = around.registry_err or around.registry.scope_err
  return err and tostring(err)
end

--- Lists repositories, and reads services with what they deploy and the registry policy. What cannot be read is
--- unknown; only the list of repositories is required. No repository policy is read.
---@param region access.Region
---@param options { globs?: string[], partial?: boolean, identities?: table, controls?: function,
---  organization?: access.OrganizationReader, ahead?: audit.Ahead }  partial: the region itself lists only some
---  repositories; identities: see lanyard.audit.scan.identities; controls: returns the resource control policies of an
---  account | nil, err; ahead: reads policies from the first page on
---@return audit.Inventory? inventory
---@return aws.Error? err
function M.open(region, options)
  local listed, services, services_err
  local err, around, deployments_unknown
  local function on_found(found)
    if options.ahead then
      options.ahead:add(found)
    end
  end
  task.all {
    function()
      listed, err = region:repositories(options.globs, nil, on_found)
      on_found(listed or {})
    end,
    function()
      services, services_err = region:services()
      deployments_unknown = deployments.read(region, services or {})
    end,
    function() around = surroundings.read(region, options.organization) end,
  }
  if not listed then
    return nil, err
  end
  services = services or {}
  local inventory = {
    account = listed[1] and arn.parse(listed[1].arn).account or region:account(),
    region = region.name,
    now = math.floor(region.clock.time()),
    complete = not (options.globs or options.partial),
    repositories = listed,
    services = services,
    service_by_name = lists.by_name(services),
    services_unknown = services_err and tostring(services_err) or nil,
    deployments_unknown = deployments_unknown,
    surroundings = around,
    registry = around.registry,
    registry_unknown = registry_problem(around),
    identities = identities.new(region.session:client "iam", options.identities or {}),
    documents = documents.new(),
    overwritten = overwritten.new(region),
    absences = absences.new(region),
    granted = {},
    has_unread = false,
    has_repositories = listed[1] ~= nil,
    intern = interner(),
    desired_matched = {},
  }
  if options.controls and inventory.account then
    around.controls, inventory.controls_error = options.controls(inventory.account)
  end
  inventory.deployed = images.deployed(inventory, lists.by_name(listed))
  return inventory
end

--- Reads the policy of each repository, several in parallel, and visits the repository. Afterwards the inventory has
--- only the repositories from which services deploy; these are visited last.
---@param region access.Region
---@param inventory audit.Inventory
---@param options { unused_days: integer, gate?: task.Semaphore, ahead?: audit.Ahead }  gate: limits the repositories
---  read in parallel; ahead: has read the first policies, and is stopped
---@param visit fun(repository: audit.Repository, position: integer)
function M.read_policies(region, inventory, options, visit)
  local listed, retained = inventory.repositories, {}
  for _, image in ipairs(inventory.deployed) do
    retained[image.repository or false] = true
  end
  ask_for_missing(region, inventory)
  images.check_existence(region, inventory.deployed, options.gate)
  if options.ahead then
    options.ahead:stop()
  end
  local read = options.ahead and options.ahead:read()
  task.map(listed, function(repository, i)
    local _ <close> = options.gate and options.gate:acquire() or nil
    read_policy(region, inventory, repository, read)
    images.mark_unused_grants(region, inventory, repository, options.unused_days)
    if not retained[repository] then
      listed[i] = false
      visit(repository, i)
    end
  end, { limit = region.parallel })
  inventory.repositories = {}
  for i, repository in ipairs(listed) do
    if repository then
      table.insert(inventory.repositories, repository)
      visit(repository, i)
    end
  end
end

return M
