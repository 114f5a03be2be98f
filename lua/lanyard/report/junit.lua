-- An audit's report as JUnit's XML, which CI shows as tests: a suite for each account and Region, a failed test
-- for each finding, a skipped one for each that is muted, a passed one for each repository and service without
-- any, and an error for what could not be looked at.

local summary = require "lanyard.report.summary"
local escape = require "lanyard.text.escape"

local M = {}

local function attributes(list)
  local words = {}
  for i, pair in ipairs(list) do
    words[i] = (' %s="%s"'):format(pair[1], escape.markup(pair[2]))
  end
  return table.concat(words)
end

local function case(place, name, inside)
  local head = ("    <testcase%s"):format(attributes { { "classname", place }, { "name", name },
    { "time", "0" } })
  return inside and ("%s>\n      %s\n    </testcase>\n"):format(head, inside) or head .. "/>\n"
end

local function element(name, kind, message, text)
  return ("<%s%s>%s</%s>"):format(name, attributes { { "type", kind }, { "message", message } }, text or "", name)
end

local function name_of(finding)
  local words = { finding.id }
  for _, name in ipairs { "repository", "service", "principal", "statement" } do
    words[#words + 1] = finding[name]
  end
  return table.concat(words, " ")
end

-- The findings of each account and Region, those that are muted last, how many fail, and the names of repositories
-- and services that have any.
local function by_scope(report)
  local found = {}
  local all = table.move(report.findings, 1, #report.findings, 1, {})
  for _, finding in ipairs(table.move(report.muted or {}, 1, #(report.muted or {}), #all + 1, all)) do
    local place = summary.place(finding)
    found[place] = found[place] or { repository = {}, service = {}, failed = 0 }
    table.insert(found[place], finding)
    found[place].failed = found[place].failed + (finding.muted and 0 or 1)
    for _, kind in ipairs { "repository", "service" } do
      if finding[kind] then
        found[place][kind][finding[kind]] = true
      end
    end
  end
  return found
end

local function failure(finding)
  return element("failure", finding.severity, finding.message, ("%swhy: %s\nfix: %s"):format(
    finding.state and finding.state .. " since the baseline\n" or "", escape.markup(finding.why),
    escape.markup(finding.fix)))
end

local function skipped(finding)
  local message = ("%s: %s; muted %s"):format(finding.severity, finding.message, summary.mute(finding))
  return ("<skipped%s/>"):format(attributes { { "message", message } })
end

-- A function that gives each case of a suite a name of its own.
local function namer()
  local taken = {}
  return function(name)
    taken[name] = (taken[name] or 0) + 1
    return taken[name] == 1 and name or ("%s (%d)"):format(name, taken[name])
  end
end

local function cases_of(scopes, found)
  local cases, unique = {}, namer()
  for i, finding in ipairs(found) do
    cases[i] = case(scopes.name, unique(name_of(finding)), finding.muted and skipped(finding) or failure(finding))
  end
  local function add_passed(kind, items)
    for _, item in ipairs(items or {}) do
      if not found[kind][item.name] then
        cases[#cases + 1] = case(scopes.name, kind .. " " .. item.name)
      end
    end
  end
  for _, scope in ipairs(scopes) do
    add_passed("repository", scope.repositories)
    add_passed("service", scope.services)
  end
  return cases
end

-- The cases of what could not be looked at.
local function errors_of(scopes)
  local cases, unique = {}, namer()
  local function add(name, kind, message)
    cases[#cases + 1] = case(scopes.name, unique(name), element("error", kind, message))
  end
  for _, scope in ipairs(scopes) do
    if scope.error then
      add("audit", scope.error.code, scope.error.message)
    end
    for _, unknown in ipairs(summary.unknown(scope)) do
      add(unknown.what, "unknown", ("%s: %s"):format(unknown.sentence, unknown.why))
    end
  end
  return cases
end

-- The scopes of each account and Region: one that could be looked at, and those that failed.
local function places_of(report)
  local places, at = {}, {}
  for _, scope in ipairs(summary.scopes(report)) do
    local place = summary.place(scope)
    if not at[place] then
      at[place] = { name = place }
      table.insert(places, at[place])
    end
    table.insert(at[place], scope)
  end
  return places
end

-- write(report, out): out(text) takes whole lines.
function M.write(report, out)
  local found, suites = by_scope(report), {}
  local tests, failures, errors = 0, 0, 0
  local time = report.time:gsub("Z$", "")
  for i, scopes in ipairs(places_of(report)) do
    local mine = found[scopes.name] or { repository = {}, service = {}, failed = 0 }
    local cases, wrong = cases_of(scopes, mine), errors_of(scopes)
    local all = #cases + #wrong
    tests, failures, errors = tests + all, failures + mine.failed, errors + #wrong
    suites[i] = ("  <testsuite%s>\n%s%s  </testsuite>\n"):format(attributes {
      { "name", scopes.name }, { "tests", all }, { "failures", mine.failed }, { "errors", #wrong },
      { "skipped", #mine - mine.failed }, { "time", "0" }, { "timestamp", time },
    }, table.concat(cases), table.concat(wrong))
  end
  out '<?xml version="1.0" encoding="UTF-8"?>\n'
  out(("<testsuites%s>\n"):format(attributes { { "name", "lanyard audit" }, { "tests", tests },
    { "failures", failures }, { "errors", errors }, { "time", "0" } }))
  out(table.concat(suites))
  out "</testsuites>\n"
end

return M
