local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show when grants and findings began and ended.",
  category = "audit",
  description = [[
Reads the runs that `lanyard audit --history DB` stored. Without DB, the file in
$LANYARD_HISTORY is read.

  PRINCIPAL   the principal; for everyone or a service under a condition, who
              that is in effect, for example an organization
  FIRST SEEN  the first run with the grant or finding; "before" marks one that
              the first run of the account and Region already had
  LAST SEEN   the last run with it
  ENDED       the first later run without it: it ended between LAST SEEN and
              this run
]],
  arguments = { { "db", args = "?", help = "SQLite file of lanyard audit --history." } },
  options = {
    { "--grants", help = "Show grants (default)." },
    { "--findings", help = "Show findings." },
    { "--runs", help = "Show the stored audits." },
    { "--repository", type = "text", value = "GLOB", help = "Only repositories that match this name or glob." },
    { "--service", type = "text", value = "NAME", help = "Only what concerns this container service." },
    { "--principal", type = "text", value = "ARN", help = "Only what concerns this principal." },
    { "--since", type = "since",
      help = "Only what began or ended since a date or time (2026-11-25), or in the last 12h or 7d." },
    { "--output", choices = { "table", "json", "csv" } },
  },
  exit = {
    { 0, "the history was printed" },
    { 1, "the file is not a database, or cannot be read" },
    { 2, "the file does not exist or is not a history, or the command line is invalid" },
  },
  examples = {
    { "lanyard history audits.db --repository 'team/*' --since 7d", "Show what changed in a week." },
    { "lanyard history audits.db --findings --output csv > findings.csv" },
    { "lanyard history audits.db --runs" },
  },
}
local options = command:parse(...)

local csv = require "lanyard.report.csv"
local history = require "lanyard.audit.report.history"
local json = require "lanyard.json"
local results = require "lanyard.cli.print"
local summary = require "lanyard.report.summary"
local timestamp = require "lanyard.text.timestamp"

local KINDS = { "grants", "findings", "runs" }

local kind
for _, name in ipairs(KINDS) do
  if options[name] and kind then
    command:usage(("--%s and --%s cannot be used together"):format(kind, name), "ConflictingOptions")
  end
  kind = options[name] and name or kind
end
kind = kind or "grants"

local path = options.db or os.getenv "LANYARD_HISTORY" or ""
if path == "" then
  command:usage("name the file of lanyard audit --history, or set LANYARD_HISTORY", "MissingArgument")
elseif kind == "runs" and (options.repository or options.service or options.principal) then
  command:usage("--repository, --service and --principal cannot be used with --runs", "ConflictingOptions")
end

-- "2026-11-25T01:00:00Z" --> "2026-11-25 01:00Z"
local function short(time)
  local shown = time and timestamp.localized(time)
  return shown and ("%s %s%s"):format(shown:sub(1, 10), shown:sub(12, 16), shown:sub(20)) or "-"
end

-- Reports whether items are of several accounts or Regions.
local function has_several_scopes(items)
  for _, item in ipairs(items) do
    if item.account ~= items[1].account or item.region ~= items[1].region then
      return true
    end
  end
  return false
end

-- Prints a table of grants or findings. `cells` returns the first cells of an item.
local function print_table(items, columns, cells)
  local headings, rows = table.move({ "FIRST SEEN", "LAST SEEN", "ENDED" }, 1, 3, #columns + 1, columns), {}
  local with_label = has_several_scopes(items)
  for i, item in ipairs(items) do
    local row = cells(item)
    local first_seen = (item.at_first and "before " or "") .. short(item.came)
    table.move({ first_seen, short(item.last_seen), short(item.gone) }, 1, 3, #row + 1, row)
    if with_label then
      table.insert(row, 1, summary.label(item))
    end
    rows[i] = row
  end
  if with_label then
    table.insert(headings, 1, "ACCOUNT AND REGION")
  end
  results.rows(headings, rows)
end

local show = {}

function show.grants(items)
  print_table(items, { "REPOSITORY", "PRINCIPAL", "PULL", "STATEMENT" }, function(item)
    return { item.repository, item.service or item.audience or item.principal, item.decision, item.statement or "-" }
  end)
end

function show.findings(items)
  print_table(items, { "SEVERITY", "FINDING", "REPOSITORY", "PRINCIPAL" }, function(item)
    return { item.severity, item.id, item.repository or "-", item.service or item.principal or "-" }
  end)
end

function show.runs(items)
  local rows = {}
  for i, item in ipairs(items) do
    rows[i] = { short(item.time), item.scopes, item.failed, item.part and "partial" or "all", item.repositories,
      item.grants, summary.severities(item) }
  end
  results.rows({ "TIME", "SCOPES", "FAILED", "COVERED", "REPOSITORIES", "GRANTS", "FINDINGS" }, rows)
end

local stored <close> = cli.check(history.open(path, { readonly = true }))
local items = cli.check(stored[kind](stored, options))
if options.output == "json" then
  results.json(json.array(items))
elseif options.output == "csv" then
  csv.rows(history.COLUMNS[kind], items, cli.data)
else
  show[kind](items)
  if #items == 0 then
    cli.note(("lanyard: no %s match"):format(kind))
  end
end
return cli.exit.ok
