--- The repositories of a report as a list that takes little memory: a name and a reference for each. Thousands of
--- repositories may have equal policies.
---
---     local repositories = rows.new()
---     repositories[1] = { name = "web", arn = "...", access = ..., policy = ... }
---     for _, repository in ipairs(repositories) do print(repository.name) end
---
--- A repository is made whenever it is read, so two reads return equal tables and not the same one. `ipairs` and `#`
--- see the list; `pairs` and lanyard.json do not.

local M = {}

-- What repositories of a list have in common. Rows of a policy share the tables `access` and `policy`.
local SHARED = { access = true, policy = true }

-- Returns what is before the name in an ARN; nil if the row has members of its own.
local function arn_before_name(row)
  for member in pairs(row) do
    if not SHARED[member] and member ~= "name" and member ~= "arn" then
      return nil
    end
  end
  local name, arn = row.name, row.arn
  return arn:sub(-#name) == name and arn:sub(1, -#name - 1) or nil
end

-- Returns what a row has in common with others, or nil. `kinds` has this by its members: access, then policy.
local function kind_of(kinds, row)
  local arn = arn_before_name(row)
  local by_policy = kinds[row.access] or {}
  kinds[row.access] = by_policy
  local policy = row.policy or false
  by_policy[policy] = by_policy[policy] or arn and { arn = arn, access = row.access, policy = row.policy }
  return by_policy[policy] and by_policy[policy].arn == arn and by_policy[policy] or nil
end

--- Returns an empty list.
---@return table[]
function M.new()
  -- [position] = a name and what its row has in common with others, or false and the row itself
  local names, parts, kinds = {}, {}, {}
  return setmetatable({}, {
    __len = function() return #names end,
    __index = function(_, i)
      local name, part = names[i], parts[i]
      return name and { name = name, arn = part.arn .. name, access = part.access, policy = part.policy } or part
    end,
    __newindex = function(_, i, row)
      local kind = kind_of(kinds, row)
      names[i], parts[i] = kind and row.name or false, kind or row
    end,
  })
end

return M
