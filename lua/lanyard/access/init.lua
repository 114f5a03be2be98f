-- The domain: container services and their puller roles, repositories and who may pull from them,
-- in one Region of one account.
--
--   local access = require "lanyard.access"
--   local here = assert(access.connect(session))
--   local service = assert(region:service "web")
--   for _, repository in ipairs(assert(region:repositories { "team/*" })) do
--     local change = assert(region:grant(service, repository))
--     print(repository.name, change.kind)
--   end

local changes = require "lanyard.access.change"
local deploy = require "lanyard.access.deploy"
local deploy_plan = require "lanyard.access.deploy_plan"
local deployments = require "lanyard.access.deployments"
local diagnosis = require "lanyard.access.diagnosis"
local errors = require "lanyard.errors"
local follow = require "lanyard.access.follow"
local grant = require "lanyard.access.grant"
local grants = require "lanyard.access.grants"
require "lanyard.access.lightsail"
local names = require "lanyard.aws.names"
local repositories = require "lanyard.access.repositories"
local revoke = require "lanyard.access.revoke"
local roles = require "lanyard.access.roles"
local rules = require "lanyard.rules"
local services = require "lanyard.access.services"
local state = require "lanyard.access.state"
local store = require "lanyard.access.store"
local undo = require "lanyard.access.undo"
local waiting = require "lanyard.access.wait"
local write = require "lanyard.access.write"

local M = {}

-- How many calls run at once when many repositories are read.
local PARALLEL = 16

local methods = {
  enable = roles.enable,
  disable = roles.disable,
  grant = grant.grant,
  revoke = revoke.revoke,
  change_each = changes.each,
  policies = grants.policies,
  grants_of = grants.grants_of,
  grant_rows = grants.grant_rows,
  undo = undo.undo,
  history = undo.history,
  services = services.list,
  service = services.find,
  plan_deployment = deploy_plan.plan,
  deploy = deploy.deploy,
  deployments = deployments.list,
  choose_deployment = follow.choose,
  follow_deployment = follow.follow,
  explain_deployment = diagnosis.explain,
  wait_for_service = waiting.for_service,
  wait_for_role = waiting.for_role,
}

-- Lists repositories. Without globs it lists what the setting `select` returns, and all repositories if there is no
-- such setting.
function methods:repositories(globs, missing)
  local list, err
  if not globs and self.select then
    list, err = self.select(self)
  else
    list, err = repositories.list(self, globs, missing)
  end
  if list and self.observer and self.observer.repositories then
    self.observer.repositories(list)
  end
  return list, err
end

-- region:policy(repository) --> document | nil when there is no policy | nil, err
function methods:policy(repository)
  local document, err = store.read(self.ecr, repository.name)
  if self.observer and self.observer.policy then
    self.observer.policy(repository, document, err)
  end
  return document, err
end

-- region:account() --> the id of the account, 12 digits | nil, err
function methods:account()
  if self.known_account then
    return self.known_account
  end
  local id, err = self.session:account_id()
  if not id then
    return nil, err
  end
  self.known_account = id
  return id
end

-- Records the account that a reply named, so that `account` needs no call.
function methods:learn_account(id)
  self.known_account = self.known_account or id
end

-- permit(asked) --> true | nil, err: asked before each change. err.code is RefusedByRule where a rule says no.
-- asked: { on = "grant" | "revoke" | "enable" | "disable" | "deploy" | "undo", service, repository (of
-- lanyard.access), before, after (policy texts), grant (the journal's record of it), deployment (a request),
-- dry_run }, as far as it concerns them.
function methods:permit(asked)
  return self.rules:permit(self, asked)
end

-- Whether a change looks once more when rivals have settled.
function methods:settles(options)
  if options.settle == nil then
    return self.settle
  end
  return options.settle
end

-- The folder of the journals of this account and Region | nil, err
function methods:region_folder(account)
  local root, err = state.root(self.journal_root)
  if not root then
    return nil, err
  end
  if not account then
    account, err = self:account()
    if not account then
      return nil, err
    end
  end
  return state.region_folder(root, self.ecr.endpoint, account, self.name)
end

-- The folder of a repository's lock and journal | nil, err
function methods:state_folder(repository)
  local ok, why = names.repository(repository.name)
  if not ok then
    return nil, errors.new { code = "InvalidName", message = why }
  end
  local folder, err = self:region_folder(repository.registry_id)
  if not folder then
    return nil, err
  end
  return state.repository_folder(folder, repository.name)
end

-- What time it is for AWS, as far as ECR's answers told, in seconds since 1970: what ends a grant is AWS's
-- clock, and this machine's may be wrong.
function methods:time()
  return self.clock.time() + self.ecr:clock_offset()
end

local Region = { __index = methods }

-- connect(session [, settings]) --> region | nil, err where an endpoint is configured that is none
-- settings: journal_root (instead of $XDG_STATE_HOME/lanyard), settle (look once more after each
-- write), progress(text), poll (see lanyard.access.wait), limits (see write.LIMITS), parallel, clock (see
-- lanyard.clock), rules (see lanyard.rules; those of the usual files unless given), select(region) (the repositories
-- to list without globs), observer = { repositories(list), policy(repository, document, err) }.
function M.connect(session, settings)
  settings = settings or {}
  local ecr, lightsail, err
  ecr, err = session:client "ecr"
  if ecr then
    lightsail, err = session:client "lightsail"
  end
  if err then
    return nil, err
  end
  return setmetatable({
    session = session,
    name = session.region,
    ecr = ecr,
    -- For the safe write, which decides itself what may be sent again.
    ecr_once = session:client("ecr", { max_attempts = 1 }),
    lightsail = lightsail,
    select = settings.select,
    observer = settings.observer,
    journal_root = settings.journal_root,
    settle = settings.settle or false,
    progress = settings.progress,
    parallel = settings.parallel or PARALLEL,
    rules = settings.rules or rules.new {},
    poll = setmetatable(settings.poll or {}, { __index = waiting.POLL }),
    limits = setmetatable(settings.limits or {}, { __index = write.LIMITS }),
    clock = settings.clock or require "lanyard.clock",
    -- The roles that appeared in this run, by ARN, with the moment.
    fresh = {},
  }, Region)
end

return M
