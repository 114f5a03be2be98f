-- Tell when grants and findings came and went, from the runs that `lanyard audit --history DB` kept.
--
-- DB is that file, or else $LANYARD_HISTORY. Tells grants, with --findings these, with --runs the audits. A grant
-- that was there at the first look at its account and Region may be older: it came "before" that.
-- LAST SEEN is the last run that looked at it; one that is gone went between that and GONE.
--
-- --since is a time ago, as 12h or 7d, or a date, as 2026-11-25: what came or went since then.

local cli = require "lanyard.cli"
local clock = require "lanyard.clock"
local summary = require "lanyard.report.summary"
local csv = require "lanyard.report.csv"
local history = require "lanyard.audit.report.history"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"

-- "7d", "2026-11-25", "2026-11-25T01:00:00Z" --> the moment as reports have it
local function moment(text)
  local seconds = text:find "^%d+%.?%d*[smhd]$" and clock.time() - cli.duration(text)
    or timestamp.parse(text:find "^%d+%-%d+%-%d+$" and text .. "T00:00:00Z" or text)
  if not seconds or seconds < 0 then
    return nil, ("'%s' is no moment: write 12h, 7d, 2026-11-25 or 2026-11-25T01:00:00Z"):format(text)
  end
  return timestamp.format(seconds)
end

local command = cli.command(...):with_output { "table", "json", "csv" }
command:argument("db", "The file that audits were kept in."):args "?"
command.parser:mutex(
  command:flag("--grants", "Tell grants; unless one of the other two is given."),
  command:flag("--findings", "Tell findings."),
  command:flag("--runs", "Tell the audits that were kept."))
command:option("--repository", "Only of repositories of this name, or glob."):argname "GLOB"
command:option("--service", "Only what concerns this container service."):argname "NAME"
command:option("--principal", "Only what concerns this principal."):argname "ARN"
command:option("--since", "Only what came or went since."):argname "MOMENT":convert(moment)
local options = command:parse()

local what = options.runs and "runs" or options.findings and "findings" or "grants"
local path = options.db or os.getenv "LANYARD_HISTORY" or ""
if path == "" then
  command:usage "name the file that audit --history keeps its runs in, or set LANYARD_HISTORY"
elseif what == "runs" and (options.repository or options.service or options.principal) then
  command:usage "--repository, --service and --principal are not for --runs"
end

-- "2026-11-25T01:00:00Z" --> "2026-11-25 01:00Z"
local function short(time)
  return time and ("%s %sZ"):format(time:sub(1, 10), time:sub(12, 16)) or "-"
end

local function spans(items, columns, cells)
  local headings, rows = table.move({ "CAME", "LAST SEEN", "GONE" }, 1, 3, #columns + 1, columns), {}
  local first = items[1] or {}
  local places = false
  for _, item in ipairs(items) do
    places = places or item.account ~= first.account or item.region ~= first.region
  end
  for i, item in ipairs(items) do
    rows[i] = cells(item)
    local came = (item.at_first and "before " or "") .. short(item.came)
    table.move({ came, short(item.last_seen), short(item.gone) }, 1, 3, #rows[i] + 1, rows[i])
    if places then
      table.insert(rows[i], 1, summary.label(item))
    end
  end
  if places then
    table.insert(headings, 1, "WHERE")
  end
  report.rows(headings, rows)
end

local show = {}

function show.grants(items)
  spans(items, { "REPOSITORY", "WHO", "PULL", "STATEMENT" }, function(item)
    return { item.repository, item.service or item.principal, item.decision, item.statement or "-" }
  end)
end

function show.findings(items)
  spans(items, { "SEVERITY", "FINDING", "REPOSITORY", "WHO" }, function(item)
    return { item.severity, item.id, item.repository or "-", item.service or item.principal or "-" }
  end)
end

function show.runs(items)
  local rows = {}
  for i, item in ipairs(items) do
    rows[i] = { short(item.time), item.scopes, item.failed, item.part and "a part" or "all", item.repositories,
      item.grants, summary.severities(item) }
  end
  report.rows({ "TIME", "SCOPES", "FAILED", "LOOKED AT", "REPOSITORIES", "GRANTS", "FINDINGS" }, rows)
end

local kept <close> = cli.check(history.open(path, { readonly = true }))
local items = cli.check(kept[what](kept, options))
if options.output == "json" then
  report.json(json.array(items))
elseif options.output == "csv" then
  csv.rows(history.COLUMNS[what], items, cli.out)
else
  show[what](items)
  if #items == 0 then
    cli.note(("lanyard: no %s there"):format(what))
  end
end
return cli.exit.ok
