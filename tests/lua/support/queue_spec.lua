-- The queue that runs test suites in parallel.

local helper = require "helper"
local queue = require "queue"

local function run(commands, slots)
  local jobs, ended = {}, {}
  for i, command in ipairs(commands) do
    jobs[i] = { command = command }
  end
  for job in queue.run(jobs, slots) do
    ended[#ended + 1] = job
  end
  return ended
end

describe("a queue of commands", function()
  it("returns the status and the whole output of each command", function()
    local ended = run({ "echo it\\'s out; echo err >&2; exit 3" }, 1)
    assert.equal(1, #ended)
    assert.equal(3, ended[1].status)
    assert.equal("it's out\nerr\n", ended[1].text)
  end)

  it("starts the next command as soon as one ends, however long the first takes", function()
    local folder <close> = helper.folder()
    -- The first command waits for the last one.
    local ended = run({
      ("until [ -e %s/last ]; do sleep 0.01; done; echo first"):format(folder), "echo second", "echo third",
      ("touch %s/last; echo last"):format(folder),
    }, 2)
    local texts = {}
    for i, job in ipairs(ended) do
      texts[i] = job.text
    end
    assert.equal("second\nthird\n", texts[1] .. texts[2])
    table.sort(texts)
    assert.same({ "first\n", "last\n", "second\n", "third\n" }, texts)
  end)

  it("runs no more commands at a time than there are slots", function()
    local folder <close> = helper.folder()
    local command = ("mkdir %s/busy || echo not alone; sleep 0.01; rmdir %s/busy"):format(folder, folder)
    for _, job in ipairs(run({ command, command, command, command }, 1)) do
      assert.equal("", job.text)
    end
  end)

  it("measures processor time separately from elapsed time", function()
    local ended = run({ "sleep 0.3", "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done" }, 1)
    assert.is_true(ended[1].seconds >= 0.3 and ended[1].cpu < 0.2, ended[1].cpu)
    assert.is_true(ended[2].cpu > 0.01, ended[2].cpu)
  end)

  it("ends immediately when there is nothing to run", function()
    assert.same({}, run({}, 2))
  end)
end)
