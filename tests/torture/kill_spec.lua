-- Every command that writes is killed before and after each system call that writes, renames, syncs, removes, creates
-- or sends, and run again. The second run leaves what an undisturbed run leaves.

local json = require "lanyard.json"
local stages = require "stage"
local torture = require "torture"
local workflows = require "workflows"

local KILLED = 128 + 9
local BOUNDED_CASES = 5

local random = torture.random()

-- An audit that was killed after its commit is in the history, and the next one too.
local function history_problem(stage, words)
  local history = stage:must { "history", words[3], "--runs", "--output", "json" }
  local runs = #json.decode(history.out)
  return (runs < 1 or runs > 2) and ("the history has %d runs"):format(runs)
end

-- Kills the command at a call, runs it again, and returns what is wrong afterwards. The second result is whether the
-- command ended before that call.
local function check_case(stage, workflow, words, expected, at, when)
  stage:reset()
  local killed = stage:run(words, { mode = "kill", at = at, when = when })
  if killed.status == 0 then
    return stages.difference(expected, stage:outcome()), true
  elseif killed.status ~= KILLED and killed.status ~= workflow.failure then
    return ("exit status %d instead of the kill"):format(killed.status)
  end
  if workflow.repeats and killed.out ~= "" and not stages.difference(expected, stage:outcome()) then
    return nil -- the run was complete and reported; another run would make another change
  end
  local again = stage:run(words)
  if again.status ~= 0 then
    return ("exit status %d of the second run: %s"):format(again.status, again.errors)
  end
  return stages.difference(expected, stage:outcome()) or workflow.keeps_runs and history_problem(stage, words)
end

-- Returns the cases of a workflow: { at, when }. A bounded run has all calls of `grant`, and a sample of the rest.
local function cases_of(workflow, count)
  local cases = {}
  for _, when in ipairs { "before", "after" } do
    for at = 1, count do
      cases[#cases + 1] = { at = at, when = when }
    end
  end
  if torture.long then
    return cases
  elseif workflow.name == "grant" then
    return { table.unpack(cases, 1, count) }
  end
  return torture.sample(cases, BOUNDED_CASES, random)
end

-- The statements of other tools are in the policies that an undisturbed run leaves.
local function check_others(stage)
  for _, repository in ipairs { "shared", "team/b" } do
    for _, statement in ipairs(stages.OTHER_STATEMENTS) do
      assert.is_truthy(stage:policy(repository):find(statement, 1, true), "a statement of another tool was changed")
    end
  end
end

-- Returns the number of cases, and what was wrong in which.
local function check_workflow(workflow)
  local stage <close> = stages.new()
  local words = workflows.prepare(stage, workflow)
  local count = #stage:calls(words, { mode = "kill" })
  assert.is_true(count > 0)
  local expected = stage:outcome()
  check_others(stage)
  local wrong, cases = {}, 0
  local function check(at, when)
    local problem, ended = check_case(stage, workflow, words, expected, at, when)
    cases = cases + 1
    wrong[#wrong + 1] = problem and ("%s call %d: %s"):format(when, at, problem) or nil
    return ended
  end
  for _, case in ipairs(cases_of(workflow, count)) do
    check(case.at, case.when)
  end
  -- The number of calls depends on what arrives together: continue until one run is undisturbed.
  local at = count + 1
  while torture.long and not check(at, "before") do
    at = at + 1
  end
  return cases, wrong
end

local all = table.move(workflows.local_state, 1, #workflows.local_state, #workflows.all + 1,
  table.move(workflows.all, 1, #workflows.all, 1, {}))

describe("a command that is killed at any call and run again has the outcome of an undisturbed run:", function()
  for _, workflow in ipairs(all) do
    it(workflow.name, function()
      local cases, wrong = check_workflow(workflow)
      torture.report("kill " .. workflow.name, cases)
      assert.equal("", table.concat(wrong, "\n"), ("%d of %d cases"):format(#wrong, cases))
    end)
  end
end)
