-- Each system call on the state folder fails with each error of a full, broken or read-only disk: the command ends
-- with an error that says why, writes no policy without its journal entry, and succeeds when it is run again.

local stages = require "stage"
local torture = require "torture"
local workflows = require "workflows"

local ERRORS = {
  { name = "ENOSPC", number = 28, text = "No space left on device" },
  { name = "EIO", number = 5, text = "Input/output error" },
  { name = "EROFS", number = 30, text = "Read-only file system" },
  { name = "EDQUOT", number = 122, text = "Disk quota exceeded" },
  { name = "EMFILE", number = 24, text = "Too many open files" },
}

local BOUNDED_CASES = 6

local random = torture.random()

-- What SQLite reports instead of the error of the system call.
local SQLITE_TEXTS = { "disk I/O error", "unable to open database file", "database or disk is full", "readonly database",
  "database is locked", "a part of this database is damaged or cannot be read" }

local function says_why(text, err)
  if text:find(err.text, 1, true) then
    return true
  end
  for _, sqlite in ipairs(SQLITE_TEXTS) do
    if text:find(sqlite, 1, true) then
      return true
    end
  end
  return false
end

-- Returns what is wrong with how a command ended.
local function ending_problem(result, err)
  local text = result.out .. result.errors
  local internal = stages.internal_error(text)
  if internal then
    return "an internal error: " .. internal
  elseif result.status ~= 0 and result.status ~= 1 then
    return ("exit status %d: %s"):format(result.status, text)
  elseif result.status == 1 and not says_why(text, err) then
    return "the error does not say why: " .. text
  end
  return nil
end

-- Returns what is wrong after a command that reported success. An entry that could not be finished stays open.
local function success_problem(stage, expected)
  local outcome = stage:outcome()
  outcome.journal = expected.journal
  return stages.difference(expected, outcome)
end

local function check_case(stage, workflow, words, expected, case)
  stage:reset()
  local before = stage:policies()
  local failed = stage:run(words, {
    mode = "disk", below = stage.home .. "/state", at = case.at, when = case.when, errno = case.err.number,
  })
  local problem = ending_problem(failed, case.err) or stage:unjournaled_change(before)
    or failed.status == 0 and success_problem(stage, expected)
  if problem or failed.status == 0 and workflow.repeats then
    return problem -- another undo would undo another change
  end
  local again = stage:run(words)
  if again.status ~= 0 then
    return ("exit status %d of the second run: %s"):format(again.status, again.errors)
  end
  return stages.difference(expected, stage:outcome())
end

-- Returns the cases of a workflow: { at, when, err }. Each call fails once with each error, and with one of them it and
-- all further calls fail.
local function cases_of(count)
  local cases = {}
  for at = 1, count do
    for _, err in ipairs(ERRORS) do
      cases[#cases + 1] = { at = at, err = err, when = "once" }
    end
    cases[#cases + 1] = { at = at, err = ERRORS[random(#ERRORS)], when = "always" }
  end
  return torture.long and cases or torture.sample(cases, BOUNDED_CASES, random)
end

-- Returns the number of cases, and what was wrong in which.
local function check_workflow(workflow)
  local stage <close> = stages.new()
  local words = workflows.prepare(stage, workflow)
  local calls = stage:calls(words, { mode = "disk", below = stage.home .. "/state" })
  local expected = stage:outcome()
  local cases, wrong = cases_of(#calls), {}
  for _, case in ipairs(cases) do
    local problem = check_case(stage, workflow, words, expected, case)
    wrong[#wrong + 1] = problem
      and ("%s %s, call %d (%s): %s"):format(case.err.name, case.when, case.at, calls[case.at], problem) or nil
  end
  return #cases, wrong
end

describe("a command whose state folder fails reports it, loses nothing, and succeeds when it is run again:", function()
  for _, workflow in ipairs(workflows.all) do
    it(workflow.name, function()
      local cases, wrong = check_workflow(workflow)
      -- A workflow without state has no case. That it makes no call is what is tested then.
      assert.equal(workflow.stateless or false, cases == 0)
      torture.report("disk " .. workflow.name, cases)
      assert.equal("", table.concat(wrong, "\n"), ("%d of %d cases"):format(#wrong, cases))
    end)
  end
end)

describe("an undo whose entry cannot be closed", function()
  it("reports it after its result, in one line, and the next one undoes nothing else", function()
    local stage <close> = stages.new()
    stage:must { "grant", "web", "shared" }
    stage:must { "grant", "jobs", "shared" }
    stage:keep()
    local state = stage.home .. "/state"
    local calls = stage:calls({ "undo", "shared" }, { mode = "disk", below = state })
    local expected, last = stage:outcome(), #calls
    while not calls[last]:find "unlink" do last = last - 1 end
    stage:reset()
    local result = stage:run({ "undo", "shared" }, { mode = "disk", below = state, at = last, when = "once", errno = 5 })
    assert.equal(0, result.status)
    assert.matches("shared +undone +grant of ", result.out)
    assert.matches("^lanyard: warning: cannot use the journal: [^\n]+%.open%.json: Input/output error; the next undo of the "
      .. "repository reports this one again, and undoes nothing else; check the disk\n$", result.errors)
    result = stage:must { "undo", "shared" }
    assert.matches("interrupted; it took effect\n$", result.errors)
    assert.is_nil(stages.difference(expected, stage:outcome()))
    stage:must { "undo", "shared" }
    assert.equal(stages.OTHERS, stage:policy "shared")
  end)
end)
