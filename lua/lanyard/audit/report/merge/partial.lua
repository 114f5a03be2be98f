--- Determines what a merged report covers: everything, or a part.

local json = require "lanyard.json"

local M = {}

-- Returns the selection that all reports share, apart from the shard, and whether they do. When they differ, only the
-- service is retained: a report restricted to a service must not resolve findings of other services.
local function common_selection(reports)
  local common, service
  local same = true
  for _, report in ipairs(reports) do
    local selection = report.partial or {}
    local own = json.encode { repositories = selection.repositories, service = selection.service }
    same = same and (common == nil or own == common)
    common, service = own, service or selection.service
  end
  return same and json.decode(common) or { service = service }, same
end

-- Returns the shards that the reports are, and of how many. Returns nil when a report is not a shard, or one of another
-- number of shards.
local function shards_of(reports)
  local shards, count = {}, nil
  for _, report in ipairs(reports) do
    local shard = report.partial and report.partial.shard
    local of = shard and shard:match "^%d+/(%d+)$"
    if not of or count and of ~= count then
      return nil
    end
    count, shards[shard] = of, true
  end
  return shards, math.tointeger(tonumber(count))
end

--- Returns the `partial` of the merged report. All shards of an audit, none of which failed, are the whole audit.
---@param reports audit.Report[]
---@param failed boolean whether a scope of any report failed
---@return table? partial nil when the merged report covers everything
---@return string[]? missing the shards that are missing; nil when the reports are not shards
function M.join(reports, failed)
  local selection, same = common_selection(reports)
  local missing = {}
  local shards, count = shards_of(reports)
  for i = 1, count or 0 do
    local name = ("%d/%d"):format(i, count)
    missing[#missing + 1] = not shards[name] and name or nil
  end
  local is_whole = #missing == 0 and same and not next(selection) and not (shards and failed)
  for _, report in ipairs(shards and {} or reports) do
    is_whole = is_whole and report.partial == nil
  end
  return not is_whole and selection or nil, shards and missing
end

return M
