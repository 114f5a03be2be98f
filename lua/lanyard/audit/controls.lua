--- What resource control policies leave of the access of somebody outside.
---
---     local text = controls.effect(inventory, repository, outsider)
---     --> "the resource control policy 'perimeter' (p-12345678) keeps them out"
---
--- A finding stays: the repository policy still allows the access, and the organization can detach its policy.

local assemble = require "lanyard.policy.assemble"
local budgets = require "lanyard.policy.budget"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local outsiders = require "lanyard.audit.outsiders"
local policy = require "lanyard.policy"
local query = require "lanyard.audit.query"
local resource_controls = require "lanyard.access.resource_controls"
local surroundings = require "lanyard.access.surroundings"

local M = {}

-- At most this many audiences are named.
local MOST_NAMED = 3

-- The questions about one policy take about this many steps, 0.025 s; the ones of an audit of a Region, 5 s.
local MOST_STEPS, MOST_STEPS_IN_ALL = 5000000, 1000000000

-- What a Deny in a question costs, beside the steps that the question counts.
local STEPS_OF_DENY = 100000

-- ---------------------------------------------------------------------------------------------
-- Denies of a repository

-- Reports whether a Deny certainly applies to a resource.
local function covers_resource(statement, resource)
  local matched = false
  for _, pattern in ipairs(statement.resources) do
    if pattern:find("${", 1, true) then
      return false
    end
    matched = matched or match.glob(pattern, resource)
  end
  return matched ~= (statement.not_resource or false)
end

-- Returns a Deny for a question about one action and one resource: without its resources, which the policy of a
-- repository does not have, and for all actions. Many Denies differ in nothing else.
local function reduced(statement)
  local value = json.decode(statement.text)
  value.Resource, value.NotResource, value.NotAction, value.Sid = nil, nil, nil, nil
  value.Action = "*"
  return json.encode(value)
end

-- Returns the policies that have Denies for a resource, with these Denies.
local function for_resource(controls, resource)
  local found = {}
  for _, control in ipairs(controls) do
    local one = { id = control.id, name = control.name, denies = {} }
    for _, statement in ipairs(control.doc:statements()) do
      if statement.effect == "Deny" and covers_resource(statement, resource) then
        control.reduced = control.reduced or {}
        control.reduced[statement.index] = control.reduced[statement.index] or reduced(statement)
        table.insert(one.denies, { statement = statement, text = control.reduced[statement.index] })
      end
    end
    found[#found + 1] = #one.denies > 0 and one or nil
  end
  return found
end

-- Returns the texts of the Denies of an action, each once.
local function denies_of(controls, action)
  local texts, known = {}, {}
  for _, control in ipairs(controls) do
    for _, deny in ipairs(control.denies) do
      if not known[deny.text] and query.covers(deny.statement, action) then
        known[deny.text] = true
        texts[#texts + 1] = deny.text
      end
    end
  end
  return texts
end

-- ---------------------------------------------------------------------------------------------
-- What is left

--- A question about the policy of a repository, or of the registry, with the answers so far.
---@class audit.ControlsSubject
---@field inventory audit.Inventory
---@field doc policy.Document
---@field denies policy.Statement[]  of the document
---@field arn string                 the resource that the question is about
---@field controls table[]           of for_resource
---@field known table<string, policy.Audience>
---@field budget policy.Budget

local subjects = setmetatable({}, { __mode = "k" })

local function subject_of(inventory, subject)
  local one = subjects[subject.doc]
  if not one then
    local around = inventory.surroundings
    around.controls_budget = around.controls_budget or budgets.new(MOST_STEPS_IN_ALL)
    one = { inventory = inventory, doc = subject.doc, denies = {}, known = {},
      budget = around.controls_budget:part(MOST_STEPS_IN_ALL // MOST_STEPS) }
    for _, statement in ipairs(subject.doc:statements()) do
      one.denies[#one.denies + 1] = statement.effect == "Deny" and statement or nil
    end
    subjects[subject.doc] = one
  end
  if one.arn ~= subject.arn then -- several repositories can share a document
    one.arn, one.controls = subject.arn, for_resource(inventory.surroundings.controls.list, subject.arn)
  end
  return one
end

-- Returns whom a statement can ever allow an action, beside the Denies of policies. Only what decides about the action
-- is in the question, so that many actions and repositories have the same one.
local function audience_beside(self, statement, action, controls)
  local added, own = denies_of(controls, action), { statement.text }
  for _, deny in ipairs(self.denies) do
    own[#own + 1] = query.covers(deny, action) and deny.text or nil
  end
  local key = table.concat(own, "\n") .. "\0" .. table.concat(added, "\n")
  if not self.known[key] then
    self.budget:spend(STEPS_OF_DENY * #added)
    local denies = #added > 0
      and assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(added, ",") .. "]}"))
    local joined = surroundings.join(assert(assemble(self.doc, own)), nil,
      denies and { { id = "", name = "", doc = denies } } or {})
    self.known[key] = outsiders.audience(self.inventory, joined:document(), { index = 1 }, {
      action = action, budget = self.budget, organization = self.inventory.surroundings.controls.organization,
    })
  end
  return self.known[key]
end

-- Reports whether a class can be what is left of another one.
local function is_part(class, of)
  return of.kind == "everyone" or of.kind == "any-organization" or of.kind == "organization" or class.id == of.id
end

-- Returns whether policies take an action from somebody, and the texts of who is left.
local function taken(self, one, action, controls)
  local left = {}
  for _, statement in ipairs(one.statements) do
    local classes = query.covers(statement, action) and audience_beside(self, statement, action, controls) or {}
    for _, class in ipairs(classes) do
      if class.text == one.class.text then
        return false
      end
      left[#left + 1] = is_part(class, one.class) and class.text or nil
    end
  end
  return true, left
end

-- Returns the name of a policy that takes an action away alone, or of all if only several do, and whether these do.
local function closing(self, one, action)
  local names = {}
  for i, control in ipairs(self.controls) do
    names[i] = resource_controls.describe(control)
    if denies_of({ control }, action)[1] and taken(self, one, action, { control }) then
      return names[i], false
    end
  end
  return table.concat(names, " and "), #names > 1
end

-- Returns the texts of the classes that are new: what is left of the audience.
local function remains(self, one, action, left)
  local before, new = {}, {}
  for _, statement in ipairs(one.statements) do
    for _, class in ipairs(query.covers(statement, action) and audience_beside(self, statement, action, {}) or {}) do
      before[class.text] = true
    end
  end
  for _, text in ipairs(left) do
    new[#new + 1] = not before[text] and #new < MOST_NAMED and text or nil
    before[text] = true
  end
  return new
end

--- Describes what resource control policies leave of the access of somebody outside.
---@param inventory audit.Inventory
---@param subject { doc: policy.Document, arn: string }  a repository, or the registry policy with a repository's ARN
---@param one audit.Outsider
---@return string? text  nil if they leave all of it
function M.effect(inventory, subject, one)
  local all = inventory.surroundings and inventory.surroundings.controls
  if not all or #all.list == 0 then
    return nil
  end
  local self = subject_of(inventory, subject)
  if #self.controls > 0 and self.inventory.surroundings.controls_budget:is_spent() then
    return "the resource control policies in force may leave less of it"
  end
  local gone, kept, left = {}, false, nil
  for _, action in ipairs(lists.sorted_names(one.actions)) do
    local is_gone, rest = taken(self, one, action, self.controls)
    gone[#gone + 1] = is_gone and action or nil
    kept, left = kept or not is_gone, left or rest
  end
  if #gone == 0 then
    return nil
  end
  local names, several = closing(self, one, gone[1])
  if kept then
    return ("%s %s them %s"):format(names, several and "deny" or "denies", table.concat(gone, ", "))
  end
  local rest = remains(self, one, gone[1], left)
  if #rest > 0 then
    return ("%s %s only %s"):format(names, several and "leave" or "leaves", table.concat(rest, " and "))
  end
  return ("%s %s them out"):format(names, several and "keep" or "keeps")
end

--- Returns `effect` as the end of a sentence: "; TEXT", or "".
---@param inventory audit.Inventory
---@param subject { doc: policy.Document, arn: string }
---@param one audit.Outsider
---@return string
function M.note(inventory, subject, one)
  local text = M.effect(inventory, subject, one)
  return text and "; " .. text or ""
end

return M
