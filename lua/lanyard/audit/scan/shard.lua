--- Shards of an audit: a shard is one of N parts of all repositories.

local crypto = require "lanyard.crypto"

local M = {}

---@class audit.Shard
---@field index integer  from 1
---@field count integer

--- Parses a shard written as "I/N".
---@param text string
---@return audit.Shard? shard
---@return string? message
function M.parse(text)
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
  local hash = crypto.sha256_hex(("%s/%s/%s"):format(account, region, name))
  return tonumber(hash:sub(1, 8), 16) % shard.count + 1 == shard.index
end

return M
