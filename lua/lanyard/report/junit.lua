--- An audit report as JUnit XML, which CI systems show as tests: a suite for each account and Region, a failed test for
--- each finding, a skipped test for each muted finding, a passed test for each repository and service without findings,
--- and an error for what could not be read.

local failures = require "lanyard.report.failures"
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

-- Returns a comment, in which two hyphens in a row are not allowed.
local function comment(text)
  local spaced = text and escape.markup(text):gsub("%-%-+", function(hyphens) return ("- "):rep(#hyphens) end)
  return spaced and ("<!-- %s -->\n"):format(spaced) or ""
end

local function case(suite, name, inside)
  local head = ("    <testcase%s"):format(attributes { { "classname", suite }, { "name", name },
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

-- Returns the findings of each account and Region with the muted ones last, the number that are not muted, and the
-- names of repositories and services that have findings.
local function by_scope(report)
  local found = {}
  local all = table.move(report.findings, 1, #report.findings, 1, {})
  for _, finding in ipairs(table.move(report.muted or {}, 1, #(report.muted or {}), #all + 1, all)) do
    local label = summary.label(finding)
    local group = found[label] or { repository = {}, service = {}, failed = 0 }
    found[label] = group
    table.insert(group, finding)
    group.failed = group.failed + (finding.muted and 0 or 1)
    for _, kind in ipairs { "repository", "service" } do
      if finding[kind] then
        group[kind][finding[kind]] = true
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

-- Returns a function that makes the names of the cases of a suite unique.
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

local function errors_of(scopes)
  local cases, unique = {}, namer()
  for _, scope in ipairs(scopes) do
    for _, one in ipairs(failures.of_scope(scope)) do
      cases[#cases + 1] = case(scopes.name, unique(one.kind), element("error", one.code, failures.text(one)))
    end
  end
  return cases
end

-- Returns the scopes of each account and Region: at most one that could be audited, and all that failed.
local function suites_of(report)
  local suites, by_label = {}, {}
  for _, scope in ipairs(summary.scopes(report)) do
    local label = summary.label(scope)
    if not by_label[label] then
      by_label[label] = { name = label }
      table.insert(suites, by_label[label])
    end
    table.insert(by_label[label], scope)
  end
  return suites
end

--- Writes a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
function M.write(report, out)
  local found, suites = by_scope(report), {}
  local tests, failed, errors = 0, 0, 0
  local time = report.time:gsub("Z$", "")
  for i, scopes in ipairs(suites_of(report)) do
    local mine = found[scopes.name] or { repository = {}, service = {}, failed = 0 }
    local cases, broken = cases_of(scopes, mine), errors_of(scopes)
    local all = #cases + #broken
    tests, failed, errors = tests + all, failed + mine.failed, errors + #broken
    suites[i] = ("  <testsuite%s>\n%s%s  </testsuite>\n"):format(attributes {
      { "name", scopes.name }, { "tests", all }, { "failures", mine.failed }, { "errors", #broken },
      { "skipped", #mine - mine.failed }, { "time", "0" }, { "timestamp", time },
    }, table.concat(cases), table.concat(broken))
  end
  out '<?xml version="1.0" encoding="UTF-8"?>\n'
  out(comment(summary.rules(report)))
  for _, sentence in ipairs(summary.considered(report)) do
    out(comment(sentence))
  end
  out(("<testsuites%s>\n"):format(attributes { { "name", "lanyard audit" }, { "tests", tests },
    { "failures", failed }, { "errors", errors }, { "time", "0" } }))
  out(table.concat(suites))
  out "</testsuites>\n"
end

return M
