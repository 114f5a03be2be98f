-- The collector of garbage runs at other moments with each length of a path and each page of a reply. A command prints
-- and does the same whenever it runs.

local helper = require "helper"
local stages = require "stage"
local torture = require "torture"
local workflows = require "workflows"

local MOST = torture.choose(200, 20) -- instructions between two collections
local RUNS = torture.choose(1, 3)    -- of each command, with other moments

local random = torture.random()

local READS = {
  "status", "audit", "audit --region us-east-1,eu-west-1 --output json",
  "audit --region us-east-1,eu-west-1 --shard 2/3 --output csv",
  "audit --service web --output html", "undo --list", "show shared", "import", "graph", "permissions", "plan --help",
  "revoke web shared --dry-run", "images web", "deployments web --output yaml",
}

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  return words
end

-- Without times, and the random texts of new ids and files.
local function comparable(text)
  return (text:gsub("%d%d%d%d%-%d%d%-%d%dT[%d:]+Z", "TIME"):gsub("(/private%-repo%-access/)%w+", "%1ID")
    :gsub("(http://%w+%.)%w+", "%1ID"))
end

-- Runs a command while garbage is collected. Returns its result, and the number of collections.
local function collected(stage, words)
  local all = { "tests/support/collector.lua", helper.build, tostring(MOST), tostring(random(1 << 30)) }
  local result = stage:run(table.move(words, 1, #words, #all + 1, all))
  local errors, count = result.errors:match "^(.-)(%d+)\n$"
  assert(count, result.errors)
  result.errors = errors
  return result, math.tointeger(tonumber(count))
end

local function assert_same(expected, actual)
  for _, part in ipairs { "out", "errors" } do
    assert.equal(comparable(expected[part]), comparable(actual[part]))
  end
  assert.equal(expected.status, actual.status)
end

describe("a command prints and does the same whenever garbage is collected:", function()
  for _, workflow in ipairs(workflows.all) do
    it(workflow.name, function()
      local stage <close> = stages.new()
      local words = workflows.prepare(stage, workflow)
      local expected, outcome, total = stage:run(words), stage:outcome(), 0
      for _ = 1, RUNS do
        stage:reset()
        local result, count = collected(stage, words)
        assert_same(expected, result)
        assert.is_nil(stages.difference(outcome, stage:outcome()))
        total = total + count
      end
      assert.is_true(total > 0)
      torture.report("collections in " .. workflow.name, total)
    end)
  end

  for _, text in ipairs(READS) do
    it(text, function()
      local stage <close> = stages.new()
      stage:must { "grant", "web", "shared", "team/*", "--yes" }
      local expected, total = stage:run(words_of(text)), 0
      assert.is_true(expected.status == 0 or expected.status == 3, expected.errors)
      for _ = 1, RUNS do
        local result, count = collected(stage, words_of(text))
        assert_same(expected, result)
        total = total + count
      end
      torture.report("collections in " .. text, total)
    end)
  end
end)
