--- The operations of ECR on the tags of repositories.

local arn = require "lanyard.arn"
local exception = require "lanyard.emulator.exception"
local invalid = require "lanyard.emulator.ecr.invalid"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"

---@type table<string, emulator.Operation>
local M = {}

-- Finds the repository that a request names by its ARN.
local function find_by_arn(world, request, context)
  local parsed = arn.parse(request.resourceArn)
  local name = parsed and parsed.service == "ecr" and parsed.resource:match "^repository/(.+)$"
  if not name or not names.repository(name) then
    return nil, invalid("resourceArn", "Invalid ARN")
  elseif parsed.account ~= world.account or parsed.region ~= context.region then
    return nil, repositories.not_found(name, parsed.account)
  end
  local repository = repositories.of(world, context.region)[name]
  if not repository then
    return nil, repositories.not_found(name, world.account)
  end
  return repository
end

M.TagResource = {
  writes = true,
  input = shape.structure {
    resourceArn = shape.string { required = true },
    tags = shape.list(repositories.tag_list.item, { required = true }),
  },
  call = function(world, request, context)
    local repository, failure = find_by_arn(world, request, context)
    if not repository then
      return nil, failure
    end
    local tags = {}
    for name, value in pairs(repository.tags) do
      tags[name] = value
    end
    for _, tag in ipairs(request.tags) do
      tags[tag.Key] = tag.Value
    end
    if #lists.sorted_names(tags) > 50 then
      return nil, exception("TooManyTagsException", "The list of tags on the repository is over the limit of 50 tags.")
    end
    repository.tags = tags
    return {}
  end,
}

M.ListTagsForResource = {
  input = shape.structure { resourceArn = shape.string { required = true } },
  call = function(world, request, context)
    local repository, failure = find_by_arn(world, request, context)
    if not repository then
      return nil, failure
    end
    local list = json.array {}
    for i, key in ipairs(lists.sorted_names(repository.tags)) do
      list[i] = { Key = key, Value = repository.tags[key] }
    end
    return { tags = list }
  end,
}

return M
