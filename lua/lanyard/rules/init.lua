--- User rules: a Lua file that decides before each change and during each audit.
---
---     local rules = require("lanyard.rules").new { path = "rules.lua" }
---     local ok, err = rules:permit(region, { on = "grant", repository = repository, after = text })
---
--- The file is read when it is needed first. If a named or existing file cannot be used, or is not trusted, it permits
--- no change.

local clock = require "lanyard.clock"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local lazy = require "lanyard.lazy"

local facts = lazy "lanyard.rules.facts"
local rules_file = lazy "lanyard.rules.file"

local M = {}

--- What a rule answered about a change.
---@class rules.Answer
---@field kind "deny"|"warn"|"finding"|"allow"
---@field rule rules.Rule
---@field text? string
---@field severity? string
---@field why? string
---@field fix? string
---@field failed? boolean  whether the rule raised an error, which denies

---@class rules.Settings
---@field path? string  the rules file; the one in use unless given
---@field on_warning? fun(text: string)  called with each warning of a rule, once
---@field check_mute? fun(mute: rules.Mute): true?, string?  checks each mute when the file is loaded
---@field for_review? boolean  load the file of the current directory also if it is not trusted

--- The rules that apply to changes.
---@class rules.Rules
---@field file? string  the path of the file, once it is loaded and exists
---@field digest? string  the SHA-256 of the file, once it is loaded
---@field contents rules.Contents  once it is loaded
---@field reasons? boolean       see rules.File
---@field organization? boolean  see rules.File
---@field untrusted? lanyard.Error  why the file is not trusted, if it was loaded for a review or is ignored
local Rules = {}
Rules.__index = Rules

--- Returns the rules of a file, which is not read yet.
---@param settings rules.Settings
---@return rules.Rules
function M.new(settings)
  return setmetatable({
    path = settings.path, on_warning = settings.on_warning or function() end, check_mute = settings.check_mute,
    for_review = settings.for_review, warned = {}, facts = {},
  }, Rules)
end

--- Reads the file, once.
---@return true? ok
---@return lanyard.Error? err  code InvalidRules or UntrustedRules
function Rules:load()
  if self.contents then
    return true
  end
  local file, err = rules_file.load(self.path, { check_mute = self.check_mute, for_review = self.for_review })
  if not file then
    return nil, err
  end
  self.file, self.box, self.contents, self.untrusted = file.path, file.box, file.contents, file.untrusted
  self.digest = file.digest
  self.reasons, self.organization = file.reasons, file.organization
  return true
end

--- Continues without a file that `load` reported as untrusted, for a command that changes nothing.
---@param err lanyard.Error  code UntrustedRules
function Rules:ignore(err)
  self.contents, self.untrusted = { rules = {}, mutes = {}, examples = {} }, err
  self.file = rules_file.DEFAULT_PATH
end

--- Reports whether any rule satisfies a predicate.
---@param predicate fun(rule: rules.Rule): boolean
---@return boolean
function Rules:any(predicate)
  for _, rule in ipairs(self.contents.rules) do
    if predicate(rule) then
      return true
    end
  end
  return false
end

--- Reports whether any rule applies to a kind of change.
---@param on string
---@return boolean
function Rules:concerns(on)
  return self:any(function(rule) return rule.on[on] end)
end

-- Runs the check of the rule at an index. A rule that raises an error denies.
local function ask_rule(self, index, change)
  local answers, err = self.box:call("ask", index, change)
  if answers then
    return answers
  end
  local unknown = change.unknown and ("; unknown: " .. change.unknown) or ""
  return { { kind = "deny", failed = true, text = "the rule failed: " .. err.message .. unknown } }
end

--- Runs the rules for a change.
---@param change rules.Change
---@param predicate? fun(rule: rules.Rule): boolean  selects the rules; by default, the rules that apply to the change
---@return rules.Answer[]
function Rules:ask(change, predicate)
  predicate = predicate or function(rule) return rule.on[change.on] end
  local answers = {}
  for index, rule in ipairs(self.contents.rules) do
    if predicate(rule) then
      for _, answer in ipairs(ask_rule(self, index, change)) do
        answer.rule = rule
        answers[#answers + 1] = answer
      end
    end
  end
  return answers
end

-- A change as the object of a sentence, by its kind: with a service, with a repository, with both.
local PHRASES = {
  grant = { both = "granting service '%s' access to '%s'" },
  revoke = { both = "revoking the access of service '%s' to '%s'", repository = "revoking access to '%s'" },
  enable = { service = "enabling the puller role of service '%s'" },
  disable = { service = "disabling the puller role of service '%s'" },
  deploy = { service = "deploying service '%s'" },
  undo = { repository = "undoing a change of '%s'" },
}

local ACTIONS = { create = "creating", update = "changing", delete = "deleting" }

-- Describes a change: "granting service 'web' access to 'prod/web'".
local function subject(change)
  if change.call then
    return ("calling %s:%s"):format(change.call.service, change.call.operation)
  end
  local service, repository = change.service and change.service.name, change.repository
  if change.image and service then
    return ("deleting image '%s' of service '%s'"):format(change.image, service)
  elseif ACTIONS[change.action] and service then
    return ("%s service '%s'"):format(ACTIONS[change.action], service)
  end
  local form = service and repository and "both" or service and "service" or "repository"
  local phrase = PHRASES[change.on] and PHRASES[change.on][form]
  if phrase then
    return phrase:format(service or repository, repository)
  end
  local names = {}
  names[1] = service and ("service '%s'"):format(service)
  names[#names + 1] = repository and ("repository '%s'"):format(repository)
  return change.on .. (#names > 0 and " on " .. table.concat(names, ", ") or "")
end

-- Describes an answer in one line: the rule, what it says, and about which change.
local function describe(answer, verb, change)
  local rule = answer.rule
  return escape.printable(("%s: rule \"%s\" %s %s: %s"):format(rule.location, rule.name, verb,
    subject(change), answer.text))
end

-- Reports a warning once, even when the same change is rehearsed and attempted several times.
local function warn(self, answer, position, change)
  local key = table.concat({ answer.rule.location, answer.rule.name, subject(change), position }, "\n")
  if not self.warned[key] then
    self.warned[key] = true
    self.on_warning(describe(answer, "warns about", change))
  end
end

-- Returns the facts of an account and Region, which are kept as long as the region.
local function facts_of(self, region)
  self.facts[region] = self.facts[region] or facts.new(region, self)
  return self.facts[region]
end

local function denial(answer, change)
  return errors.new {
    code = "RefusedByRule",
    message = describe(answer, "denies", change),
    tip = change.call and "the call was not made" or "this change was not made",
    rule = answer.rule.name,
  }
end

--- Reports whether the rules permit a change.
---@param region access.Region
---@param change access.Change
---@return true? permitted
---@return lanyard.Error? err  code RefusedByRule, InvalidRules or UntrustedRules
function Rules:permit(region, change)
  local ok, err = self:load()
  if not ok then
    return nil, err
  elseif not self:concerns(change.on) then
    return true
  end
  local known = facts_of(self, region):of(change)
  for position, answer in ipairs(self:ask(known)) do
    if answer.kind == "deny" then
      return nil, denial(answer, known)
    elseif answer.kind ~= "allow" then
      warn(self, answer, position, known)
    end
  end
  return true
end

--- Reports whether the rules permit a call of AWS.
---@param session aws.Session
---@param call rules.Call
---@return true? permitted
---@return lanyard.Error? err  code RefusedByRule, InvalidRules or UntrustedRules
function Rules:permit_call(session, call)
  self.callers = self.callers or setmetatable({}, { __mode = "k" })
  local place = self.callers[session] or { session = session, clock = session.options.clock or clock,
    name = session.region }
  self.callers[session] = place
  return self:permit(place, { on = "call", call = call })
end

--- Returns a function for the option `permit` of a client: the rules decide about each call.
---@return fun(client: aws.Client, operation: string, input: table): true?, lanyard.Error?
function Rules:permit_calls()
  return function(client, operation, input)
    return self:permit_call(client.session, require("lanyard.rules.call").facts(client, operation, input))
  end
end

--- Reads the facts that rules need about a change, so that `permit` makes no call later.
---@param region access.Region
---@param change table
---@return true? ok
---@return lanyard.Error? err  code InvalidRules or UntrustedRules
function Rules:prepare(region, change)
  local ok, err = self:load()
  if not ok then
    return nil, err
  elseif self:concerns(change.on) then
    facts_of(self, region):of(change)
  end
  return true
end

--- Returns the mutes of the file, for lanyard.audit.mutes.
---@return rules.Mute[]
function Rules:mutes()
  return self.contents.mutes
end

return M
