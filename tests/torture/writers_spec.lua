-- Many processes change one policy at the same time: lanyards with one state folder, lanyards with a state folder each,
-- as on several machines, and another tool that knows nothing of them.

local helper = require "helper"
local stages = require "stage"
local task = require "task_list"
local torture = require "torture"

local COUNTS = torture.choose({ 16 }, { 16, 32 })

-- Reads a policy and writes it back with its own statement, repeatedly, as a script with an AWS SDK does. A new statement
-- replaces its last one.
local OTHER_TOOL = [[
local aws = require "lanyard.aws"
local json = require "lanyard.json"
local ecr = assert(aws.client "ecr")
for number = 1, tonumber(arg[1]) do
  local document = json.decode(assert(ecr:GetRepositoryPolicy { repositoryName = "shared" }).policyText)
  for i = #document.Statement, 1, -1 do
    if (document.Statement[i].Sid or ""):find "^tool" then table.remove(document.Statement, i) end
  end
  table.insert(document.Statement, {
    Sid = "tool" .. number, Effect = "Allow", Principal = { AWS = "444455556666" }, Action = "ecr:ListImages",
  })
  assert(ecr:SetRepositoryPolicy { repositoryName = "shared", policyText = json.encode(document) })
end
]]

local function service(number)
  return ("s%02d"):format(number)
end

local function seed(count)
  local services = {}
  for number = 1, count do
    services[number] = { name = service(number), role = true, role_arn = stages.role(service(number)) }
  end
  return { regions = { ["us-east-1"] = { services = services, repositories = { { name = "shared", policy = stages.OTHERS } } } } }
end

-- Runs a command per number in parallel. Returns the results.
local function run_all(stage, count, words_of, home_of)
  return task.each(count, function(number)
    return stage:run(words_of(number), nil, home_of and home_of(number))
  end)
end

local function is_granted(stage, number)
  return stage:policy("shared"):find(stages.role(service(number)), 1, true) ~= nil
end

local function check_others(stage)
  for _, statement in ipairs(stages.OTHER_STATEMENTS) do
    assert.is_truthy(stage:policy("shared"):find(statement, 1, true), "a statement of another tool was changed")
  end
end

local function grant(number) return { "grant", service(number), "shared" } end
local function settled_grant(number) return { "grant", service(number), "shared", "--settle" } end

describe("many processes that change one policy", function()
  for _, count in ipairs(COUNTS) do
    it(("from one state folder all succeed, and lose nothing: %d processes"):format(count), function()
      local stage <close> = stages.new { seed = seed(count) }
      for number, result in ipairs(run_all(stage, count, grant)) do
        assert.equal(0, result.status, result.errors)
        assert.is_true(is_granted(stage, number), service(number) .. " is missing")
      end
      check_others(stage)
      assert.equal(("shared grant done\n"):rep(count), table.concat(stage:journal(), "\n") .. "\n")

      -- Every second one revokes, and the rest grants again.
      local results = run_all(stage, count, function(number)
        return { number % 2 == 0 and "revoke" or "grant", service(number), "shared" }
      end)
      for number, result in ipairs(results) do
        assert.equal(0, result.status, result.errors)
        assert.equal(number % 2 == 1, is_granted(stage, number), service(number))
      end
      check_others(stage)
      torture.report("writers with one state folder", 2 * count)
    end)

    it(("from a state folder each lose nothing that was reported as granted: %d processes"):format(count), function()
      local stage <close> = stages.new { seed = seed(count) }
      local granted = 0
      local results = run_all(stage, count, settled_grant, function(number)
        local home = ("%s/machine%d"):format(stage.folder, number)
        assert(os.execute(("mkdir '%s'"):format(home)))
        return home
      end)
      for number, result in ipairs(results) do
        if result.status == 0 then
          granted = granted + 1
          assert.is_true(is_granted(stage, number), service(number) .. " is missing")
        else
          assert.equal(1, result.status)
          assert.matches("another writer keeps changing the policy", result.errors)
        end
      end
      check_others(stage)
      assert.is_true(granted > 0)
      torture.report("writers with a state folder each", count, ("%d granted"):format(granted))
    end)
  end
end)

describe("another tool that changes the same policy", function()
  it("does not lose what lanyards that settle report as granted", function()
    local count, rounds = 8, torture.choose(20, 200)
    local stage <close> = stages.new { seed = seed(count) }
    helper.write(stage.home .. "/tool.lua", OTHER_TOOL)
    local results = run_all(stage, count + 1, function(number)
      return number <= count and settled_grant(number) or { stage.home .. "/tool.lua", tostring(rounds) }
    end)
    assert.equal(0, results[count + 1].status, results[count + 1].errors)
    local granted, lost = 0, {}
    for number = 1, count do
      local result = results[number]
      assert.is_true(result.status == 0 or result.status == 1, result.errors)
      granted = granted + (result.status == 0 and 1 or 0)
      lost[#lost + 1] = result.status == 0 and not is_granted(stage, number) and service(number) or nil
    end
    assert.same({}, lost)
    torture.report("another tool, lanyards that settle", count, ("%d granted, %d writes by the tool"):format(granted, rounds))
  end)

  it("and overwrites it with what it read before is reported by status", function()
    local stage <close> = stages.new()
    local before = stage:policy "shared"
    stage:must { "grant", "web", "shared" }
    stage.world.region("us-east-1").repositories.shared.policy = { text = before, ids = {} }
    local result = stage:run { "status" }
    assert.matches("written by lanyard on %d%d%d%d%-%d%d%-%d%dT%S+, overwritten since", result.out .. result.errors)
  end)
end)
