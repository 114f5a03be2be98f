--- What `lanyard undo` does: lists the journal, and undoes changes of repositories or of a whole command.

local attribution = require "lanyard.access.journal.attribution"
local cli = require "lanyard.cli"
local collector = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The list

-- The entries of the named repositories, or of all; oldest first.
local function entries_of(region, names, damaged)
  if #names < 2 then
    return cli.check(region:history(names[1], { damaged = damaged, preview = true }))
  end
  local all = {}
  for _, name in ipairs(names) do
    local entries = cli.check(region:history(name, { damaged = damaged, preview = true }))
    table.move(entries, 1, #entries, #all + 1, all)
  end
  table.sort(all, function(a, b) return a.id < b.id end)
  return all
end

--- Prints the journal.
---@param region access.Region
---@param names string[]  repositories; all if empty
---@param output "table"|"json"
---@return integer status
function M.list(region, names, output)
  local rows, items, damaged = {}, json.array {}, {}
  for i, entry in ipairs(entries_of(region, names, damaged)) do
    local about = attribution.of(entry, region)
    local services = #about.services > 0 and table.concat(about.services, ", ") or "-"
    rows[i] = {
      entry.run or "-", entry.time, entry.repository, entry.action, entry.state, services,
      about.caller or entry.access_key or "-",
    }
    entry.services, entry.caller, entry.caller_unknown = about.services, about.caller, about.caller_unknown
    items[i] = entry
  end
  if output == "json" then
    report.json(items)
  elseif #rows == 0 and #damaged == 0 then
    cli.note(escape.format("lanyard: the journal has no change of %s in %s",
      #names > 0 and table.concat(names, ", ") or "a repository", region.name))
  else
    report.rows({ "RUN", "TIME", "REPOSITORY", "ACTION", "STATE", "SERVICE", "CALLER" }, rows)
  end
  report.damaged(damaged)
  return #damaged == 0 and cli.exit.ok or cli.exit.failed
end

-- ---------------------------------------------------------------------------------------------
-- Undoing

-- Selects repositories by name. Returns the errors of the missing ones, by name.
local function select(changes, region, names)
  local missing, by_name, selected = {}, {}, {}
  for _, repository in ipairs(cli.check(region:repositories(names, #names > 1 and missing or nil))) do
    by_name[repository.name] = repository
  end
  for _, name in ipairs(names) do
    selected[#selected + 1] = by_name[name] ~= false and (by_name[name] or { name = name }) or nil
    by_name[name] = false -- a name that is repeated counts once
  end
  changes:select(selected)
  return missing
end

-- Prints how the policies differ that others have changed since. JSON has the differences in its errors.
local function print_differences(results, output)
  for _, result in ipairs(results) do
    if result.err and result.err.diff and output ~= "json" then
      cli.out(report.paint_diff(result.err.diff))
    end
  end
end

--- Undoes the last change of one repository. The result is printed before the undo ends, and nothing can fail after its
--- end: if it is killed earlier, or memory runs out, the next undo prints the result, and undoes nothing else.
---@param region access.Region
---@param name string
---@param options table  of the command line
---@return integer status
function M.one(region, name, options)
  local changes <close> = collector.new(options, region)
  select(changes, region, { name })
  local status
  local results = changes:each(function(repository)
    return region:undo(repository, {
      dry_run = options.dry_run,
      defer = function(close)
        exit.at_end(function() report.damaged(close()) end)
      end,
      report = function(change) status = changes:report_result { repository = repository.name, change = change } end,
    })
  end)
  print_differences(results, options.output)
  return status or changes:report()
end

-- Two undos of several repositories run one after the other.
local function lock(region, options)
  return not options.dry_run and cli.check(require("lanyard.access.undo_command").lock(region)) or nil
end

--- Undoes the last change of each of several repositories. As with one repository, the undos end when the results are
--- printed.
---@param region access.Region
---@param names string[]
---@param options table
---@return integer status
function M.several(region, names, options)
  local _ <close> = lock(region, options)
  local changes <close> = collector.new(options, region)
  local missing = select(changes, region, names)
  local results = changes:each(function(repository)
    if missing[repository.name] then
      return nil, missing[repository.name]
    end
    return region:undo(repository, {
      dry_run = options.dry_run,
      defer = function(close)
        exit.at_end(function() report.damaged(close()) end)
      end,
    })
  end)
  print_differences(results, options.output)
  return changes:report()
end

--- Undoes what a command changed. What is undone already stays as it is, so that a repetition changes nothing.
---@param region access.Region
---@param run? string  the run of the command; without it, the last one that was not an undo
---@param options table
---@return integer status
function M.command(region, run, options)
  local _ <close> = lock(region, options)
  local command = cli.check(region:find_command(run))
  report.damaged(command.damaged)
  local parts, names = {}, {}
  for i, part in ipairs(command.parts) do
    parts[part.repository], names[i] = part, part.repository
  end
  local around = { command = { run = command.run, time = command.time, actions = json.array(command.actions) } }
  local changes <close> = collector.new(options, region, nil, around)
  if options.output ~= "json" then
    cli.note(escape.format("lanyard: command run %s of %s: %s in %d %s", command.run,
      timestamp.localized(command.time),
      table.concat(command.actions, ", "), #names, #names == 1 and "repository" or "repositories"))
  end
  local missing = select(changes, region, names)
  local results = changes:each(function(repository)
    if missing[repository.name] then
      return nil, missing[repository.name]
    end
    return region:undo_part(parts[repository.name], repository, { dry_run = options.dry_run })
  end)
  print_differences(results, options.output)
  return changes:report()
end

--- Restores what other writers removed from repositories while lanyard changed them.
---@param region access.Region
---@param names string[]
---@param options table
---@return integer status
function M.lost(region, names, options)
  local changes <close> = collector.new(options, region)
  local missing = select(changes, region, names)
  changes:each(function(repository)
    if missing[repository.name] then
      return nil, missing[repository.name]
    end
    return region:restore(repository, { dry_run = options.dry_run })
  end)
  return changes:report()
end

return M
