--- Repositories that take little memory, for lists of ten thousand of them.
---
---     local repository = compact_repository.new {
---       name = "web", arn = "arn:aws:ecr:us-east-1:111122223333:repository/web", uri = "...", ...
---     }
---     print(repository.arn)
---
--- A repository has only what differs: its name and when it was created. The rest follows from its name and from what
--- the repositories of a registry have in common, so `pairs` and lanyard.json do not see it.

local M = {}

-- [what repositories have in common, as a text] = their metatable
local kinds = setmetatable({}, { __mode = "v" })

-- Returns what is before the name at the end of a text, or nil.
local function before(text, name)
  return text:sub(-#name) == name and text:sub(1, -#name - 1) or nil
end

local function new_kind(arn, uri, registry_id, mutability)
  local shared = { registry_id = registry_id, mutability = mutability }
  return {
    __index = function(self, field)
      if field == "arn" then
        return arn .. self.name
      elseif field == "uri" then
        return uri .. self.name
      end
      return shared[field]
    end,
  }
end

--- Returns a repository with the same fields. It is the given one if its ARN or URI does not end with its name.
---@param full access.Repository
---@return access.Repository
function M.new(full)
  local arn, uri = before(full.arn, full.name), before(full.uri, full.name)
  if not (arn and uri) then
    return full
  end
  local key = ("%s\n%s\n%s\n%s"):format(arn, uri, full.registry_id, full.mutability)
  -- The collector can remove the metatable from `kinds` at any time before a repository has it.
  local kind = kinds[key] or new_kind(arn, uri, full.registry_id, full.mutability)
  kinds[key] = kind
  return setmetatable({ name = full.name, created = full.created }, kind)
end

return M
