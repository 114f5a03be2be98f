--- Questions that checks ask about an inventory (lanyard.audit.scan.inventory).
---
---     for repository, access in query.accesses(inventory) do ... end
---     for repository, statement in query.allow_statements(inventory) do ... end

local match = require "lanyard.match"

local M = {}

-- Iterates over a list that each repository has.
local function each(repositories, name)
  local list, i, j = {}, 0, 0
  return function()
    j = j + 1
    while not list[j] do
      i, j = i + 1, 1
      if not repositories[i] then
        return nil
      end
      list = repositories[i][name]
    end
    return repositories[i], list[j]
  end
end

--- Iterates over the principals that can pull, of every repository in the inventory.
---@param inventory audit.Inventory
---@return fun(): access.Repository, audit.Access
function M.accesses(inventory)
  return each(inventory.repositories, "access")
end

--- Iterates over the Allow statements of every repository in the inventory.
---@param inventory audit.Inventory
---@return fun(): access.Repository, policy.Statement
function M.allow_statements(inventory)
  local next_statement = each(inventory.repositories, "statements")
  return function()
    local repository, statement
    repeat
      repository, statement = next_statement()
    until not statement or statement.effect == "Allow"
    return repository, statement
  end
end

--- Reports whether the Action or NotAction element of a statement covers an action.
---@param statement policy.Statement
---@param action string  for example "ecr:BatchGetImage"
---@return boolean
function M.covers(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return not statement.not_action
    end
  end
  return statement.not_action
end

--- Returns what a principal can do with a repository, or nil when no statement allows it a pull action.
---@param repository access.Repository
---@param principal string
---@return audit.Access?
function M.access_of(repository, principal)
  for _, access in ipairs(repository.access) do
    if access.principal == principal then
      return access
    end
  end
  return nil
end

-- [list of deployed images] = { [service or repository] = its images }
local indexes = setmetatable({}, { __mode = "k" })

local function index_of(deployed)
  local index = {}
  for _, image in ipairs(deployed) do
    for _, subject in ipairs { image.service, image.repository } do
      index[subject] = index[subject] or {}
      table.insert(index[subject], image)
    end
  end
  return index
end

--- Returns the deployed images of a service, or of a repository.
---@param inventory audit.Inventory
---@param subject access.Service|access.Repository  one table for each, as the inventory has it
---@return audit.DeployedImage[]  in the order of the inventory
function M.deployed_images(inventory, subject)
  local deployed = inventory.deployed
  indexes[deployed] = indexes[deployed] or index_of(deployed)
  return indexes[deployed][subject] or {}
end

--- Reports whether a service with this role deploys an image of the repository.
---@param inventory audit.Inventory
---@param repository access.Repository
---@param role_arn string
---@return boolean
function M.is_needed(inventory, repository, role_arn)
  for _, image in ipairs(M.deployed_images(inventory, repository)) do
    if image.service.role.arn == role_arn then
      return true
    end
  end
  return false
end

--- Returns the principal of a statement that names exactly one, else nil.
---@param statement policy.Statement
---@return string?
function M.only_principal(statement)
  return #statement.principals == 1 and not statement.not_principal and statement.principals[1].value or nil
end

return M
