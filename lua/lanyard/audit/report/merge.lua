-- Reports put together: of several scopes in one run, and those that several runs left in files.
--
--   local reports = { assert(read.report "a.json"), assert(read.report "b.json") }
--   local report, notes, failed = merge.join(reports, { "a.json", "b.json" })
--
-- A report of less than all has `part`: { repositories = GLOBS, service = NAME, shard = "I/N" }, each where
-- it was given; one that is joined of unlike parts has an empty one, but for the service where any of them is
-- of one alone: nobody is to take for gone what such a report leaves out.

local audit = require "lanyard.audit"
local coverage = require "lanyard.audit.report.coverage"
local json = require "lanyard.json"
local severities = require "lanyard.severity"
local version = require "lanyard.version"
local whole = require "lanyard.audit.report.whole"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- One report

-- empty(time) --> a report that says nothing yet; time in seconds since 1970, or as reports have it
function M.empty(time)
  return {
    version = audit.VERSION,
    tool = "lanyard " .. version,
    time = type(time) == "string" and time or os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(time)),
    scopes = json.array {},
    findings = json.array {},
  }
end

-- Puts the findings in order, the worst first, and those of one severity as they came.
function M.sort(report)
  local position = {}
  for i, finding in ipairs(report.findings) do
    position[finding] = i
  end
  table.sort(report.findings, function(a, b)
    if a.severity ~= b.severity then
      return severities.RANK[a.severity] < severities.RANK[b.severity]
    end
    return position[a] < position[b]
  end)
end

-- ---------------------------------------------------------------------------------------------
-- Several

-- Puts items into a list by name, those of the latest report first. Of two that differ the first stays,
-- and differs(name) tells of it; one that could not be read gives way.
local function join_items(into, items, differs)
  local position = {}
  for i, item in ipairs(into) do
    position[item.name] = i
  end
  for _, item in ipairs(items) do
    local i = position[item.name]
    if not i then
      table.insert(into, item)
    elseif into[i].unknown and not item.unknown then
      into[i] = item
    elseif not item.unknown and json.encode(into[i]) ~= json.encode(item) then
      differs(item.name)
    end
  end
end

-- What is known where one of the reports knows it.
local UNKNOWN = { "services_unknown", "registry_unknown", "identities_unknown" }

-- Joins what was looked at. `from` names the file of a report.
local function join_scopes(joined, ordered, from, notes)
  local by_key, first_of, lost = {}, {}, {}
  for _, report in ipairs(ordered) do
    for _, scope in ipairs(report.scopes) do
      local key = coverage.scope_key(scope)
      local into = by_key[key]
      if scope.error then
        goto continue
      elseif not into then
        into = { account = scope.account, region = scope.region, profile = scope.profile, role = scope.role,
          repositories = json.array {}, services = json.array {} }
        for _, name in ipairs(UNKNOWN) do
          into[name] = scope[name]
        end
        by_key[key], first_of[key] = into, report
        table.insert(joined.scopes, into)
      end
      for _, kind in ipairs { "repositories", "services" } do
        join_items(into[kind], scope[kind], function(name)
          notes[#notes + 1] = ("%s: %s is not the same in %s and %s; the later report counts")
            :format(key, name, from[first_of[key]], from[report])
          if kind == "repositories" then
            lost[report] = lost[report] or {}
            lost[report][key .. "/" .. name] = true
          end
        end)
      end
      for _, name in ipairs(UNKNOWN) do
        into[name] = into[name] and scope[name]
      end
      ::continue::
    end
  end
  return lost
end

-- All findings of a report, those that are muted last.
local function findings_of(report)
  local muted = report.muted or {}
  return table.move(muted, 1, #muted, #report.findings + 1, table.move(report.findings, 1, #report.findings, 1, {}))
end

-- Whether one of the later reports looked and did not find it; of a repository that it does not have nothing is known.
local function is_gone(finding, later)
  for _, one in ipairs(later) do
    local known = one.index[coverage.scope_key(finding)]
    if known and (not finding.repository or known.repositories[finding.repository])
      and coverage.would_have(one.report, one.index, finding) then
      return true
    end
  end
  return false
end

-- Whether a policy that one report could not read counts from another one.
local function is_read(index, finding)
  local known = finding.id == "unreadable-policy" and index[coverage.scope_key(finding)]
  local repository = known and known.repositories[finding.repository]
  return repository and repository.unknown == nil
end

-- Findings of one key are those of the latest report that has it, unless what it is about counts from
-- another one. What a later report looked for and did not find is gone.
local function join_findings(joined, ordered, lost)
  local taken, later, index = {}, {}, coverage.index(joined)
  for _, report in ipairs(ordered) do
    for _, finding in ipairs(findings_of(report)) do
      local place = ("%s/%s"):format(coverage.scope_key(finding), finding.repository or "")
      local owner = taken[finding.key]
      local counts = owner == report or not owner and not is_gone(finding, later)
      if counts and not (lost[report] and lost[report][place]) and not is_read(index, finding) then
        taken[finding.key] = report
        finding.state = nil
        joined.muted = joined.muted or finding.muted and json.array {}
        table.insert(finding.muted and joined.muted or joined.findings, finding)
      end
    end
    later[#later + 1] = { report = report, index = coverage.index(report) }
  end
end

-- What failed stays told, though another report has the scope: it may have been another part of it.
local function join_errors(joined, ordered, from, notes)
  local seen, failed = {}, false
  for _, report in ipairs(ordered) do
    for _, scope in ipairs(report.scopes) do
      local key = scope.error
        and table.concat({ coverage.scope_key(scope), scope.profile or "", scope.error.message }, " ")
      if key and not seen[key] then
        seen[key] = true
        table.insert(joined.scopes, scope)
        failed = failed or not scope.skipped
        if not scope.skipped then
          notes[#notes + 1] = ("%s failed in %s: %s"):format(scope.region or scope.profile or "a scope", from[report],
            scope.error.message)
        end
      end
    end
  end
  return failed
end

-- What all reports have as their part but for the shard, and whether it is the same of all
local function common_part(reports)
  local common, service
  local same = true
  for _, report in ipairs(reports) do
    local part = report.part or {}
    local own = json.encode { repositories = part.repositories, service = part.service }
    same = same and (common == nil or own == common)
    common, service = own, service or part.service
  end
  return same and json.decode(common) or { service = service }, same
end

-- The shards that reports are of, and of how many | nil where one is of no shard, or of others
local function shards_of(reports)
  local shards, count = {}, nil
  for _, report in ipairs(reports) do
    local shard = report.part and report.part.shard
    local of = shard and shard:match "^%d+/(%d+)$"
    if not of or count and of ~= count then
      return nil
    end
    count, shards[shard] = of, true
  end
  return shards, math.tointeger(tonumber(count))
end

-- What the joined report is a part of: shards that are all there, and none of which failed, are the whole of
-- what they were shards of. --> part | nil, the shards that are missing | nil where reports are no shards
local function join_parts(reports, failed)
  local part, same = common_part(reports)
  local missing = {}
  local shards, count = shards_of(reports)
  for i = 1, count or 0 do
    local name = ("%d/%d"):format(i, count)
    missing[#missing + 1] = not shards[name] and name or nil
  end
  local all = #missing == 0 and same and not next(part) and not (shards and failed)
  for _, report in ipairs(shards and {} or reports) do
    all = all and report.part == nil
  end
  return not all and part or nil, shards and missing
end

-- Adds what no shard could find by itself.
local function add_whole(joined, notes)
  for _, scope in ipairs(joined.scopes) do
    local found = scope.error and {} or whole.findings(scope)
    if found then
      table.move(found, 1, #found, #joined.findings + 1, joined.findings)
    else
      notes[#notes + 1] = ("%s: roles that none grants are not told: a shard is of an earlier lanyard")
        :format(coverage.scope_key(scope))
    end
  end
end

local function by_name(a, b)
  return a.name < b.name
end

-- join(reports, paths) --> report, notes, failed
-- Notes are lines for a person: what differs, failed or is missing; `failed` when the report lacks what
-- it should have. Each path names the report at the same place.
function M.join(reports, paths)
  local from, position, ordered = {}, {}, table.move(reports, 1, #reports, 1, {})
  for i, report in ipairs(reports) do
    from[report], position[report] = paths[i], i
  end
  table.sort(ordered, function(a, b)
    if a.time ~= b.time then
      return a.time > b.time
    end
    return position[a] < position[b]
  end)
  local joined, notes = M.empty(ordered[1].time), {}
  local lost = join_scopes(joined, ordered, from, notes)
  table.sort(joined.scopes, function(a, b) return coverage.scope_key(a) < coverage.scope_key(b) end)
  for _, scope in ipairs(joined.scopes) do
    table.sort(scope.repositories, by_name)
    table.sort(scope.services, by_name)
  end
  join_findings(joined, ordered, lost)
  local failed = join_errors(joined, ordered, from, notes)
  local missing
  joined.part, missing = join_parts(ordered, failed)
  if missing and #missing > 0 then
    notes[#notes + 1] = ("missing: shard %s (roles that none grants, and images of repositories that are not there, "
      .. "are told with all shards only)"):format(table.concat(missing, ", "))
    failed = true
  elseif missing and not joined.part then
    add_whole(joined, notes)
  end
  M.sort(joined)
  return joined, notes, failed
end

return M
