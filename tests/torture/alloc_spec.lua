-- An allocation fails, once or from then on: the command succeeds, or fails with an error and exit status 1. It does not
-- crash, writes no policy without its journal entry, and succeeds when it is run again.

local stages = require "stage"
local torture = require "torture"
local workflows = require "workflows"

local CASES = torture.choose(6, 400) -- per workflow

local random = torture.random()

local function ending_problem(result)
  local text = result.out .. result.errors
  local internal = stages.internal_error(text)
  if internal then
    return "an internal error: " .. internal
  elseif result.status ~= 0 and result.status ~= 1 then
    return ("exit status %d: %s"):format(result.status, text)
  elseif result.status == 1 and result.errors == "" and not result.out:find "failed" then
    return "exit status 1 without an error"
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
  local failed = stage:run(words, { mode = "alloc", at = case.at, when = case.when })
  local problem = ending_problem(failed) or stage:unjournaled_change(before)
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

-- Returns the number of cases, and what was wrong in which.
local function check_workflow(workflow)
  local stage <close> = stages.new()
  local words = workflows.prepare(stage, workflow)
  local count = math.tointeger(stage:calls(words, { mode = "alloc" })[1])
  local expected = stage:outcome()
  local wrong = {}
  for number = 1, CASES do
    -- One allocation of each of CASES equal ranges.
    local from, to = (number - 1) * count // CASES, number * count // CASES
    local case = { at = from + random(to - from), when = number % 2 == 0 and "once" or "always" }
    local problem = check_case(stage, workflow, words, expected, case)
    wrong[#wrong + 1] = problem and ("%s, allocation %d: %s"):format(case.when, case.at, problem) or nil
  end
  return CASES, wrong
end

describe("a command for which an allocation fails does not crash, loses nothing, and succeeds when it is run again:", function()
  for _, workflow in ipairs(workflows.all) do
    it(workflow.name, function()
      local cases, wrong = check_workflow(workflow)
      torture.report("allocation " .. workflow.name, cases)
      assert.equal("", table.concat(wrong, "\n"), ("%d of %d cases"):format(#wrong, cases))
    end)
  end
end)
