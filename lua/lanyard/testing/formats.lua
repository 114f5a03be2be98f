--- Writes the results of specs as a list for people, as TAP, or as JUnit XML.
---
---     formats.tap(results)   --> text

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"

local M = {}

-- Calls f(file, test) for each test, and f(file, nil) for a file that was not run to its end.
local function each(results, f)
  for _, file in ipairs(results) do
    for _, test in ipairs(file.tests) do
      f(file, test, test.failure)
    end
    if file.failure then
      f(file, nil, file.failure)
    end
  end
end

local function text_of(failure)
  return (failure.location and failure.location .. ": " or "") .. failure.message
end

local function indented(text, margin)
  return margin .. escape.lines(text):gsub("\n", "\n" .. margin)
end

--- Counts tests.
---@param results testing.FileResult[]
---@return { passed: integer, failed: integer, pending: integer, tests: integer }
function M.count(results)
  local counts = { passed = 0, failed = 0, pending = 0, tests = 0 }
  each(results, function(_, test, failure)
    local kind = failure and "failed" or test.pending and "pending" or "passed"
    counts[kind] = counts[kind] + 1
    counts.tests = counts.tests + 1
  end)
  return counts
end

--- Returns the tests of one file, a line each, with the failures.
---@param file testing.FileResult
---@param paint fun(colour: string, text: string): string
---@return string
function M.file(file, paint)
  local lines = { escape.printable(file.file) }
  each({ file }, function(_, test, failure)
    local word = failure and paint("red", "FAILED") or test.pending and paint("yellow", "pending")
      or paint("green", "passed")
    lines[#lines + 1] = ("  %s  %s"):format(word, test and escape.printable(test.name) or "the spec itself")
    lines[#lines + 1] = failure and indented(text_of(failure), "          ") or nil
  end)
  return table.concat(lines, "\n")
end

--- Returns the last line of a run.
---@param results testing.FileResult[]
---@return string
function M.summary(results)
  local counts = M.count(results)
  return ("%d passed, %d failed%s"):format(counts.passed, counts.failed,
    counts.pending > 0 and (", %d pending"):format(counts.pending) or "")
end

local function failure_item(failure)
  return failure and {
    message = escape.utf8(failure.message), location = failure.location and escape.utf8(failure.location),
    timed_out = failure.timed_out or nil,
  } or nil
end

--- Returns the results as a value for JSON.
---@param results testing.FileResult[]
---@return table
function M.value(results)
  local items = json.array {}
  for i, file in ipairs(results) do
    local tests = json.array {}
    for j, test in ipairs(file.tests) do
      tests[j] = {
        name = escape.utf8(test.name), seconds = test.seconds, failure = failure_item(test.failure),
        result = test.failure and "failed" or test.pending and "pending" or "passed",
      }
    end
    items[i] = { file = escape.utf8(file.file), tests = tests, failure = failure_item(file.failure) }
  end
  return { counts = M.count(results), files = items }
end

-- A # begins a directive in TAP.
local function tap_name(text)
  return (escape.printable(text):gsub("[\\#]", "\\%0"))
end

--- Returns the results in TAP, version 14.
---@param results testing.FileResult[]
---@return string
function M.tap(results)
  local lines, number = { "TAP version 14", "1.." .. M.count(results).tests }, 0
  each(results, function(file, test, failure)
    number = number + 1
    lines[#lines + 1] = ("%s %d - %s: %s%s"):format(failure and "not ok" or "ok", number, tap_name(file.file),
      test and tap_name(test.name) or "the spec itself", test and test.pending and " # SKIP pending" or "")
    lines[#lines + 1] = failure and indented(text_of(failure), "# ") or nil
  end)
  return table.concat(lines, "\n")
end

local function case_of(file, test, failure)
  local head = ('    <testcase classname="%s" name="%s" time="%.3f"'):format(escape.markup(file.file),
    escape.markup(test and test.name or "the spec itself"), test and test.seconds or 0)
  if failure then
    local element = failure.is_error and "error" or "failure"
    return ('%s>\n      <%s type="%s" message="%s">%s</%s>\n    </testcase>\n'):format(head, element,
      failure.timed_out and "timeout" or element, escape.markup(failure.message:match "^[^\n]*"),
      escape.lines(text_of(failure)):gsub("[^\n\t]+", escape.markup), element)
  elseif test.pending then
    return head .. '>\n      <skipped message="pending"/>\n    </testcase>\n'
  end
  return head .. "/>\n"
end

local function suite_of(file)
  local cases, seconds = {}, 0
  local counts = { failure = 0, error = 0, skipped = 0 }
  each({ file }, function(_, test, failure)
    cases[#cases + 1] = case_of(file, test, failure)
    seconds = seconds + (test and test.seconds or 0)
    local kind = failure and (failure.is_error and "error" or "failure") or test.pending and "skipped"
    counts[kind or "passed"] = (counts[kind or "passed"] or 0) + 1
  end)
  return ('  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f">\n%s  </testsuite>\n')
    :format(escape.markup(file.file), #cases, counts.failure, counts.error, counts.skipped, seconds,
      table.concat(cases)), #cases, counts.failure, counts.error, seconds
end

--- Returns the results as JUnit XML: a suite for each file.
---@param results testing.FileResult[]
---@return string
function M.junit(results)
  local suites, tests, failures, errors, seconds = {}, 0, 0, 0, 0
  for i, file in ipairs(results) do
    local text, count, failed, broken, time = suite_of(file)
    suites[i] = text
    tests, failures, errors, seconds = tests + count, failures + failed, errors + broken, seconds + time
  end
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lanyard test" tests="%d" failures="%d" '
    .. 'errors="%d" time="%.3f">\n%s</testsuites>\n'):format(tests, failures, errors, seconds, table.concat(suites))
end

return M
