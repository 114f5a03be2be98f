--- Reports what became of each repository that a command was asked to change, also if the command is interrupted.
---
---     local changes <close> = collector.new(options, region)
---     changes:select(cli.check(region:repositories()))
---     changes:each(function(repository) return region:grant(service, repository) end)
---     return changes:report()

local cli = require "lanyard.cli"
local errors = require "lanyard.errors"
local exit = require "lanyard.cli.exit"
local meters = require "lanyard.meter"
local progress = require "lanyard.cli.progress"
local report = require "lanyard.cli.print"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Interruptions

--- Returns a value for a <close> variable that calls a function if the block is left by an interruption or an internal
--- error, not by an exit of the script.
---@param f fun()
---@return table
function M.on_interruption(f)
  return setmetatable({}, { __close = function(_, raised)
    if raised ~= nil and not exit.is_exit(raised) then
      cli.progress(nil)
      f()
    end
  end })
end

local ROLE_RESULTS = { requested = "requested", sending = "interrupted" }

--- Returns the result of a role by how far its change was when it was interrupted.
---@param state? "sending"|"requested"
---@return "requested"|"interrupted"|"not changed"
function M.role_result(state)
  return ROLE_RESULTS[state] or "not changed"
end

--- Prints on stderr what became of a role whose change was interrupted.
---@param service string
---@param verb "enable"|"disable"
---@param state? "sending"|"requested"|"enabled"
function M.note_role(service, verb, state)
  local wait = verb == "enable" and ("lanyard wait role %s waits for it"):format(service)
    or ("lanyard status %s shows its state"):format(service)
  local text = ("the puller role of '%s' was not changed"):format(service)
  if state == "enabled" then
    text = ("the puller role of '%s' was enabled"):format(service)
  elseif state == "requested" then
    text = ("the puller role of '%s' continues to be %sd: %s"):format(service, verb, wait)
  elseif state == "sending" then
    text = ("the request to %s the puller role of '%s' may have been received: %s"):format(verb, service, wait)
  end
  cli.note("lanyard: " .. text)
end

--- Returns a value for a <close> variable, and the function that notes how far a change of a role is (the option
--- `observe` of region:enable and region:disable). After an interruption it prints what continues by itself.
---@param service string
---@param verb "enable"|"disable"
---@param print? fun(result: string)  prints the result as well: "requested", "interrupted" or "not changed"
---@return table guard
---@return fun(state: "sending"|"requested"|"ended") observe
function M.role(service, verb, print)
  local state
  local guard = M.on_interruption(function()
    if state == "ended" then
      return
    end
    M.note_role(service, verb, state)
    if print then
      print(M.role_result(state))
    end
  end)
  return guard, function(now) state = now end
end

-- ---------------------------------------------------------------------------------------------
-- The collector

---@class cli.Changes
---@field package repositories? access.Repository[]  nil: not known yet
---@field package results table<integer, table>  by position, as they come
local Changes = {}
Changes.__index = Changes

--- Returns a collector that has no result yet.
---@param options { output: string, dry_run: boolean? }
---@param region access.Region
---@param repositories? access.Repository[]  later, by `select`, if they are not known yet
---@param around? table  JSON: the table that gets the changes as its member `repositories`
---@return cli.Changes
function M.new(options, region, repositories, around)
  return setmetatable({
    output = options.output, dry_run = options.dry_run, region = region, repositories = repositories, around = around,
    results = {}, started = {},
  }, Changes)
end

--- Sets the repositories that are to be changed.
---@param repositories access.Repository[]
---@return access.Repository[] repositories
function Changes:select(repositories)
  self.repositories = repositories
  return repositories
end

--- Takes the results of a rehearsal after which nothing is changed.
---@param results table[]  of region:change_each
function Changes:adopt(results)
  self.results = results
end

--- Changes the repositories in parallel, and keeps the results.
---@param change fun(repository: access.Repository): access.PolicyChange?, aws.Error?
---@return table[] results  of region:change_each
function Changes:each(change)
  local meter = meters.new { what = "repositories", total = #self.repositories }
  meter.tally = false -- an interruption lists each repository
  return progress.during(meter, self.region.change_each, self.region, self.repositories, change, function(index, result)
    self.started[index], self.results[index] = true, result
    if result then
      cli.progress(nil)
      meter:step()
    end
  end)
end

--- Like `each`, for a dry run whose results are not kept.
---@param change fun(repository: access.Repository): access.PolicyChange?, aws.Error?
---@return table[] results
function Changes:rehearse(change)
  local meter = meters.new { what = "repositories", verb = "were checked", total = #self.repositories }
  return progress.during(meter, self.region.change_each, self.region, self.repositories, change, function(_, result)
    if result then
      meter:step()
    end
  end)
end

-- What becomes of a repository whose change has no result.
local function unfinished(name, started)
  local change = { kind = "not changed", why = "the command was interrupted before it began", diff = "" }
  if started then
    change.kind, change.why = "interrupted", "the change may have been made; run the command again to finish it"
  end
  return { repository = name, change = change }
end

--- Returns the result of each repository, in their order. One without a result was interrupted, or not begun.
---@param repositories access.Repository[]
---@param results table<integer, table>  by position
---@param started table<integer, boolean>
---@return table[]
function M.complete(repositories, results, started)
  local all = {}
  for i, repository in ipairs(repositories) do
    all[i] = results[i] or unfinished(repository.name, started[i])
  end
  return all
end

--- Prints the result of each repository. A repository without one is a failure.
---@return integer status  the exit status
function Changes:report()
  self.reported = true
  for i, repository in ipairs(self.repositories) do
    if not self.results[i] or self.results[i].repository ~= repository.name then
      self.results[i] = { repository = repository.name, err = errors.new {
        code = "NoResult", message = "there is no result for this repository; run the command again",
      } }
    end
  end
  if #self.repositories == 0 then
    cli.note(("lanyard: no repository was selected in %s; nothing was changed"):format(self.region.name))
  end
  return report.changes(self.output, M.complete(self.repositories, self.results, self.started), self.around)
end

--- Prints the result of the only repository, before its change has ended.
---@param result { repository: string, change: access.PolicyChange }
---@return integer status  the exit status
function Changes:report_result(result)
  self.results[1] = result
  return self:report()
end

-- The parts of the tally, in order.
local TALLY = {
  { "changed", "changed" }, { "interrupted", "may have changed" }, { "failed", "failed" },
  { "unchanged", "needed no change" }, { "not changed", "were not begun" },
}

-- Prints how many repositories an interrupted command has changed, and how many it has not.
local function note_tally(results)
  local counts, parts = { interrupted = 0, failed = 0, unchanged = 0, changed = 0, ["not changed"] = 0 }, {}
  for _, result in ipairs(results) do
    local kind = result.err and "failed" or result.change.kind
    kind = counts[kind] and kind or "changed"
    counts[kind] = counts[kind] + 1
  end
  for _, part in ipairs(TALLY) do
    parts[#parts + 1] = counts[part[1]] > 0 and ("%d %s"):format(counts[part[1]], part[2]) or nil
  end
  if #results > 0 then
    cli.note(("lanyard: of %d repositories, %s"):format(#results, table.concat(parts, ", ")))
  end
end

-- The most repositories whose change was not begun that a table lists. The tally has their number.
local MOST_LISTED = 20

-- Returns the results without the ones of changes that were not begun, if these are many.
local function begun(results)
  local list = {}
  for _, result in ipairs(results) do
    if result.err or result.change.kind ~= "not changed" then
      list[#list + 1] = result
    end
  end
  return #results - #list > MOST_LISTED and list or results
end

function Changes:__close(raised)
  if raised ~= nil and not exit.is_exit(raised) and not self.reported and not self.dry_run then
    cli.progress(nil)
    if not self.repositories then
      cli.note "lanyard: the repositories were not listed yet; nothing was changed"
    end
    if self.repositories or self.output == "json" then
      local results = M.complete(self.repositories or {}, self.results, self.started)
      local listed = self.output == "json" and results or begun(results)
      if self.output == "json" or #listed > 0 then
        report.changes(self.output, listed, self.around)
      end
      note_tally(results)
    end
  end
end

return M
