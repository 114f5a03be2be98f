local loop = require "lanyard.loop"
local helper = require "helper"
local task = require "lanyard.task"

describe("tasks", function()
  it("return their results when joined", function()
    local t = task.spawn(function(a, b) return a + b, "done" end, 1, 2)
    assert.same({ 3, "done" }, { t:join() })
    assert.equal("done", t:status())
  end)

  it("wait in parallel", function()
    local order = {}
    task.all {
      function() task.sleep(0.03) table.insert(order, "slow") end,
      function() task.sleep(0.01) table.insert(order, "quick") end,
      function() table.insert(order, "at once") end,
    }
    assert.same({ "at once", "quick", "slow" }, order)
  end)

  it("raise the error of a child in the parent, with the traceback of the child", function()
    local function broken() error "it broke" end
    local ok, err = pcall(function() task.spawn(broken):join() end)
    assert.is_false(ok)
    assert.matches("it broke", err)
    assert.matches("stack traceback", err)
  end)

  it("pass an error value on unchanged", function()
    local value = { code = "X" }
    local ok, err = pcall(function() task.spawn(function() error(value) end):join() end)
    assert.is_false(ok)
    assert.equal(value, err)
    assert.matches("traceback", task.traceback(value))
  end)

  it("wait for input, while others run, until it arrives or they are cancelled", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/read.lua", [[
      local task = require "lanyard.task"
      local function read()
        task.readable(0)
        return io.read "l"
      end
      local cancelled = task.spawn(read)
      task.sleep(0)
      cancelled:cancel()
      pcall(cancelled.join, cancelled)
      local reader = task.spawn(read)
      task.sleep(0.01)
      local before = reader:status()
      io.open(..., "w"):write "a line\n":close()
      print(cancelled:status(), before, reader:join())
    ]])
    local result = helper.run { "timeout", "20", "sh", "-c", ("mkfifo %s/pipe; %s %s/read.lua %s/pipe <>%s/pipe")
      :format(folder, helper.lanyard, folder, folder, folder) }
    assert.equal("cancelled\twaiting\ta line\n", result.out, result.err)
  end)

  it("run their <close> variables when cancelled", function()
    local closed, after = false, false
    local t = task.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() closed = true end })
      task.sleep(60)
      after = true
    end)
    task.sleep(0)
    assert.equal("waiting", t:status())
    t:cancel()
    local ok, err = pcall(t.join, t)
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    assert.is_true(closed)
    assert.is_false(after)
  end)

  it("end with the task that spawned them", function()
    local child
    task.spawn(function()
      child = task.spawn(function() task.sleep(60) end)
      task.sleep(0)
    end):join()
    assert.equal("cancelled", child:status())
  end)

  it("do not lose the error of a child that nobody joined", function()
    local ok, err = pcall(function()
      task.spawn(function()
        task.spawn(function() error "unseen" end)
        task.sleep(0.001)
      end):join()
    end)
    assert.is_false(ok)
    assert.matches("unseen", err)
  end)

  it("can wait inside another coroutine", function()
    local t = task.spawn(function()
      local values = {}
      for value in coroutine.wrap(function()
        for n = 1, 3 do
          task.sleep(0.001)
          coroutine.yield(n)
        end
      end) do
        table.insert(values, value)
      end
      return values
    end)
    assert.same({ 1, 2, 3 }, t:join())
  end)
end)

describe("task.map", function()
  it("keeps the order of the list and the limit", function()
    local running, most = 0, 0
    local results = task.map({ 5, 4, 3, 2, 1 }, function(n)
      running = running + 1
      most = math.max(most, running)
      task.sleep(n / 1000)
      running = running - 1
      return n * 10
    end, { limit = 2 })
    assert.same({ 50, 40, 30, 20, 10 }, results)
    assert.equal(2, most)
  end)

  it("raises the first error and cancels the rest", function()
    local finished = false
    local ok, err = pcall(task.map, { 1, 2 }, function(n)
      if n == 1 then error "first" end
      task.sleep(60)
      finished = true
    end)
    assert.is_false(ok)
    assert.matches("first", err)
    assert.is_false(finished)
  end)

  it("returns an empty list for an empty list", function()
    assert.same({}, task.map({}, error))
  end)
end)

describe("task.timeout", function()
  it("returns the results of a function that ends in time", function()
    assert.same({ 1, nil, 3 }, { task.timeout(5, function() return 1, nil, 3 end) })
  end)

  it("cancels a function that does not end in time", function()
    local result, err = task.timeout(0.005, function() task.sleep(60) end)
    assert.is_nil(result)
    assert.equal("Timeout", err.code)
  end)
end)

describe("task.race", function()
  it("returns the first result and cancels the others", function()
    local slow_ended = false
    assert.equal("quick", task.race {
      function()
        local _ <close> = setmetatable({}, { __close = function() slow_ended = true end })
        task.sleep(60)
      end,
      function() return "quick" end,
    })
    assert.is_true(slow_ended)
  end)
end)

describe("a semaphore", function()
  it("is acquired as often as its count, in order", function()
    local semaphore, order = task.semaphore(1), {}
    task.map({ 1, 2, 3 }, function(n)
      local _ <close> = semaphore:acquire()
      task.sleep(0.001)
      table.insert(order, n)
    end)
    assert.same({ 1, 2, 3 }, order)
  end)
end)

describe("task.run", function()
  it("raises Interrupted on a signal", function()
    local system = require "lanyard.system"
    local ok, err = pcall(task.run, function()
      os.execute("kill -TERM " .. system.getpid())
      task.sleep(60)
    end, { signals = true })
    assert.is_false(ok)
    assert.equal("Interrupted", err.code)
  end)

  it("returns the results of its function", function()
    assert.equal(7, task.run(function() return 7 end))
  end)
end)

describe("the loop", function()
  it("raises an error when every task waits for another", function()
    local a
    a = task.spawn(function() a:join() end)
    local ok, err = pcall(a.join, a)
    assert.is_false(ok)
    assert.matches("so none can continue", tostring(err))
  end)

  it("raises it in the waiting code, where it can be caught, in the binary as in stock Lua", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/wait.lua", [[
      local task = require "lanyard.task"
      local a, b
      a = task.spawn(function() b:join() end)
      b = task.spawn(function() a:join() end)
      print(pcall(a.join, a))
      local semaphore = task.semaphore(0)
      local closed = setmetatable({}, { __close = function() print "closed" end })
      local _ <close> = closed
      semaphore:acquire()
    ]])
    for _, program in ipairs { helper.lanyard, helper.lua } do
      local result = helper.run({ "timeout", "20", program, folder .. "/wait.lua" }, {
        LUA_PATH = "./lua/?.lua;./lua/?/init.lua", LUA_CPATH = helper.build .. "/?.so;" .. package.cpath,
        ASAN_OPTIONS = "detect_leaks=0",
      })
      assert.equal("false\tevery task waits for another, so none can continue\nclosed\n", result.out, result.err)
      assert.matches("every task waits for another", result.err)
      assert.equal(1, result.status)
    end
  end)

  it("waits for a signal that a task waits for", function()
    local result = helper.run { "timeout", "20", helper.lanyard, "-e", [[
      local loop, process, task = require "lanyard.loop", require "lanyard.process.core", require "lanyard.task"
      local op = loop.signal "HUP"
      process.start { words = { "sh", "-c", "kill -HUP $PPID" } }
      print(task.await(op))
    ]] }
    assert.equal("true\n", result.out, result.err)
  end)

  it("raises an error for an operation that cannot end, or that another task waits for", function()
    local op = loop.timer(0)
    assert.is_true(op:pending())
    assert.has_error(function() op:result() end, "the operation has not completed")
    assert.is_true(task.await(op))
    assert.is_false(op:pending())
    assert.is_true(task.await(op))
    op:cancel()
    assert.error_matches(function() task.await(op) end, "the timer is closed")
    local timer = loop.timer(60)
    local waiting = task.spawn(task.await, timer)
    task.sleep(0)
    assert.error_matches(function() task.await(timer) end, "another task waits for the operation")
    waiting:cancel()
    assert.is_false(pcall(waiting.join, waiting))
  end)

  it("rejects numbers that are neither a file descriptor nor a duration", function()
    for _, fd in ipairs { -1, 2 ^ 31, math.mininteger, 2 ^ 32 + 1, 0.5, math.huge, 0 / 0 } do
      assert.has_error(function() loop.readable(fd) end)
    end
    assert.error_matches(function() loop.readable(999999) end, "cannot wait for file descriptor 999999: Bad file")
    local input = loop.readable(0)
    input:cancel()
    assert.has_error(function() loop.timer(0 / 0) end)
    for _, seconds in ipairs { math.huge, 1e300, 2 ^ 53, math.maxinteger } do
      local op = loop.timer(seconds)
      assert.is_true(op:pending())
      op:cancel()
    end
    for _, seconds in ipairs { -math.huge, -1e300, 0, -0.0, math.mininteger } do
      assert.is_true(task.await(loop.timer(seconds)))
    end
  end)

  it("takes a regular file for readable", function()
    local result = helper.run { "timeout", "20", "sh", "-c", helper.lanyard
      .. [[ -e 'require("lanyard.task").readable(0) print(io.read())' <tests/README.md]] }
    assert.equal(0, result.status, result.err)
  end)

  it("protects the metatables of its objects", function()
    assert.has_error(function() setmetatable(loop.timer(0), {}) end)
    assert.is_nil(getmetatable(loop.timer(0)).__gc)
  end)

  it("has a clock that never goes back", function()
    local before = loop.now()
    assert.is_true(loop.now() >= before)
  end)
end)
