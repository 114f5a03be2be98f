--- What resource control policies leave of the access of somebody outside.
---
---     local text = controls.effect(inventory, repository, outsider)
---     --> "the resource control policy 'perimeter' (p-12345678) keeps them out"
---
--- A finding stays: the repository policy still allows the access, and the organization can detach its policy.

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

-- Returns a Deny without its resources: the policy of a repository, which it is joined with, has none.
local function without_resource(statement)
  local value = json.decode(statement.text)
  value.Resource, value.NotResource, value.Sid = nil, nil, nil
  return json.encode(value)
end

-- Returns the policies with the Denies that apply to a repository. Repositories to which the same ones apply share the
-- result.
local function for_repository(inventory, resource)
  local texts, known = {}, inventory.surroundings.known_controls or {}
  inventory.surroundings.known_controls = known
  local found = {}
  for _, control in ipairs(inventory.surroundings.controls.list) do
    local denies = {}
    for _, statement in ipairs(control.doc:statements()) do
      denies[#denies + 1] = statement.effect == "Deny" and covers_resource(statement, resource)
        and without_resource(statement) or nil
    end
    found[#found + 1] = #denies > 0 and { id = control.id, name = control.name, texts = denies } or nil
    table.move(denies, 1, #denies, #texts + 1, texts)
  end
  local key = table.concat(texts, "\n")
  if not known[key] then
    for _, one in ipairs(found) do
      one.doc = assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(one.texts, ",") .. "]}"))
    end
    known[key] = found
  end
  return known[key]
end

-- ---------------------------------------------------------------------------------------------
-- What is left

-- Returns the classes outside that statements allow an action, beside some policies: a set of texts, and a list.
local function classes_beside(inventory, doc, one, action, controls)
  local joined = surroundings.join(doc, nil, controls):document()
  local texts, list = {}, {}
  for _, statement in ipairs(one.statements) do
    if query.covers(statement, action) then
      local audience = outsiders.audience(inventory, joined, statement, {
        action = action, organization = inventory.surroundings.controls.organization,
      })
      for _, class in ipairs(audience) do
        list[#list + 1] = not texts[class.text] and class.text or nil
        texts[class.text] = true
      end
    end
  end
  return texts, list
end

-- Returns the actions of somebody that policies take away, the ones that stay, and who is left for the taken ones.
local function split(inventory, doc, one, actions, controls)
  local taken, kept, left = {}, {}, {}
  for _, action in ipairs(actions) do
    local texts, list = classes_beside(inventory, doc, one, action, controls)
    if texts[one.class.text] then
      kept[#kept + 1] = action
    else
      taken[#taken + 1] = action
      for _, text in ipairs(list) do
        left[#left + 1] = not left[text] and text or nil
        left[text] = true
      end
    end
  end
  return taken, kept, left
end

-- Returns the names of the policies each of which takes an action away alone, or of all if only several do.
local function closing(inventory, doc, one, action, controls)
  local names = {}
  for _, control in ipairs(controls) do
    local taken = split(inventory, doc, one, { action }, { control })
    names[#names + 1] = taken[1] and resource_controls.describe(control) or nil
  end
  if #names == 0 then
    for i, control in ipairs(controls) do
      names[i] = resource_controls.describe(control)
    end
    return table.concat(names, " and "), #names > 1
  end
  return names[1], false
end

-- Returns the texts of the classes that are new: what is left of the audience.
local function remains(left, before)
  local new = {}
  for _, text in ipairs(left) do
    if not before[text] then
      new[#new + 1] = #new < MOST_NAMED and text or nil
    end
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
  local controls = all and #all.list > 0 and for_repository(inventory, subject.arn) or {}
  if #controls == 0 then
    return nil
  end
  local actions = lists.sorted_names(one.actions)
  local taken, kept, left = split(inventory, subject.doc, one, actions, controls)
  if #taken == 0 then
    return nil
  end
  local names, several = closing(inventory, subject.doc, one, taken[1], controls)
  if #kept > 0 then
    return ("%s %s them %s"):format(names, several and "deny" or "denies", table.concat(taken, ", "))
  end
  local rest = remains(left, (classes_beside(inventory, subject.doc, one, taken[1], {})))
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
