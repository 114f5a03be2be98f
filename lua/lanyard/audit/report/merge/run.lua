--- Checks that reports belong together, as parts of one run of an audit.
---
---     local err = run.check(reports, paths, { max_age = 3600 })
---
--- A part that never started leaves the report of an earlier run in its file. Joined with the others, it would count as
--- new, and hide what has changed. So reports with a run id must have the same one. Reports without one must have been
--- made within `max_age` of each other.

local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- Seconds between the times of parts without a run id.
local MAX_AGE = 3600

local function shard_of(report)
  return report.partial and report.partial.shard
end

local function count_of(report)
  return shard_of(report) and math.tointeger(tonumber(shard_of(report):match "/(%d+)$"))
end

-- Returns the shards that no report is, for example "shard 2/3"; nil if all are there, or if no report is a shard.
local function missing_shards(reports)
  local known, count = {}, 0
  for _, report in ipairs(reports) do
    count = math.max(count, count_of(report) or 0)
    known[shard_of(report) or ""] = true
  end
  local missing = {}
  for i = 1, count do
    local shard = ("%d/%d"):format(i, count)
    missing[#missing + 1] = not known[shard] and shard or nil
  end
  return #missing > 0 and "shard " .. table.concat(missing, ", ") or nil
end

-- Returns the error that some reports do not belong to the others. `belongs` gets a report. `to` says what the others
-- are.
local function refuse(reports, paths, belongs, to)
  local others, names = {}, {}
  for i, report in ipairs(reports) do
    if belongs(report) then
      others[#others + 1] = report
    else
      local shard = shard_of(report) and "shard " .. shard_of(report) .. ", " or ""
      local id = report.run and "run " .. report.run or "no run id"
      names[#names + 1] = ("%s (%s%s, %s)"):format(paths[i], shard, id, report.time)
    end
  end
  local missing = missing_shards(others)
  return errors.new { code = "Usage", message = ("%s: not a part of %s%s"):format(table.concat(names, ", "), to,
    missing and ("; %s is missing: audit it again"):format(missing) or "") }
end

-- Returns the run id of the latest report that has one.
local function latest_id(reports)
  local latest
  for _, report in ipairs(reports) do
    if report.run and (not latest or report.time > latest.time) then
      latest = report
    end
  end
  return latest and latest.run
end

-- Returns the time of the latest report, in seconds since 1970.
local function latest_time(reports)
  local latest = 0
  for _, report in ipairs(reports) do
    latest = math.max(latest, timestamp.parse(report.time))
  end
  return latest
end

local function duration(seconds)
  for _, unit in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "m" } } do
    if seconds > 0 and seconds % unit[1] == 0 then
      return ("%d%s"):format(seconds // unit[1], unit[2])
    end
  end
  return ("%gs"):format(seconds)
end

-- Returns the first report that does not fulfil a condition.
local function first_without(reports, condition)
  for _, report in ipairs(reports) do
    if not condition(report) then
      return report
    end
  end
  return nil
end

--- Checks that reports are parts of one run.
---@param reports audit.Report[]
---@param paths string[]  the file of each
---@param options { run?: string, max_age?: number }  run: the id that all must have. max_age: seconds between the times
---  of the parts; unless given, an hour for parts without a run id, and no limit for others
---@return lanyard.Error?  with the code "Usage"; nil if they belong together
function M.check(reports, paths, options)
  local id = options.run or latest_id(reports)
  local function is_of_run(report)
    return report.run == id
  end
  if id and first_without(reports, is_of_run) then
    return refuse(reports, paths, is_of_run, "run " .. id)
  end
  local latest, max_age = latest_time(reports), options.max_age or not id and MAX_AGE
  local function is_recent(report)
    return latest - timestamp.parse(report.time) <= max_age
  end
  if max_age and first_without(reports, is_recent) then
    return refuse(reports, paths, is_recent, ("the run of %s: made more than %s before it (--max-age)")
      :format(timestamp.format(latest), duration(max_age)))
  end
  local of
  for _, report in ipairs(reports) do
    of = of or count_of(report)
  end
  local function is_of_count(report)
    return (count_of(report) or of) == of
  end
  return first_without(reports, is_of_count)
    and refuse(reports, paths, is_of_count, ("an audit in %d shards"):format(of)) or nil
end

return M
