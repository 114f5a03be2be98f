--- Shards of an audit: a shard is one of N parts of all repositories.

local crypto = require "lanyard.crypto"
local environment = require "lanyard.environment"

local M = {}

---@class audit.Shard
---@field index integer  from 1
---@field count integer

-- The variables in which a job finds its index, from 0: indexed Jobs of Kubernetes, array jobs of AWS Batch.
local INDEX_VARIABLES = { "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX" }

-- Returns the index of this job, from 1.
local function job_index()
  for _, name in ipairs(INDEX_VARIABLES) do
    local value = environment.get(name)
    if value then
      local index = value:find "^%d+$" and math.tointeger(tonumber(value))
      return index and index + 1, ("%s is '%s', which is not an index"):format(name, value)
    end
  end
  return nil, "neither " .. table.concat(INDEX_VARIABLES, " nor ") .. " is set; write I/N, for example 1/4"
end

--- Parses a shard written as "I/N", or as "index/N" in a job that has an index.
---@param text string
---@return audit.Shard? shard
---@return string? message
function M.parse(text)
  local count_only = text:match "^index/(%d+)$"
  if count_only then
    local own, message = job_index()
    if not own then
      return nil, message
    end
    text = ("%d/%s"):format(own, count_only)
  end
  local index, count = text:match "^(%d+)/(%d+)$"
  index, count = math.tointeger(tonumber(index)), math.tointeger(tonumber(count))
  if not index or not count or index < 1 or index > count then
    return nil, ("'%s' is not a shard; write I/N, for example 1/4"):format(text)
  end
  return { index = index, count = count }
end

--- Reports whether a repository belongs to a shard. A repository always belongs to the same one of N shards, whatever
--- other repositories exist.
---@param shard audit.Shard
---@param account string
---@param region string
---@param name string  of the repository
---@return boolean
function M.contains(shard, account, region, name)
  local hash = crypto.sha256_hex(account .. "/" .. region .. "/" .. name)
  return tonumber(hash:sub(1, 8), 16) % shard.count + 1 == shard.index
end

return M
