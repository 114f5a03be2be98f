-- The userdata of the runtime where Lua does not collect them in the usual order, and two states in one process.

local helper = require "helper"

local STOCK_LUA = {
  LUA_PATH = "./lua/?.lua;./lua/?/init.lua", LUA_CPATH = helper.build .. "/?.so;" .. package.cpath,
  ASAN_OPTIONS = "detect_leaks=0",
}

-- Runs a file with the binary and with stock Lua, and returns the results.
local function run_both(code)
  local folder <close> = helper.folder()
  helper.write(folder .. "/script.lua", code)
  local results = {}
  for _, program in ipairs { helper.lanyard, helper.lua } do
    table.insert(results, helper.run({ "timeout", "60", program, folder .. "/script.lua" }, STOCK_LUA))
  end
  return results
end

-- Creates one object of each class; reach(report) calls every method of each.
local OBJECTS = [[
  local http = require "lanyard.http.core"
  local httpd = require "lanyard.httpd.core"
  local loop = require "lanyard.loop"
  local process = require "lanyard.process.core"
  local task = require "lanyard.task"
  local server = httpd.open {}
  local objects = {
    loop.timer(60), loop.readable(0), loop.signal "TERM",
    server, process.start { words = { "sleep", "60" } }, process.start { words = { "yes" }, stream = true },
    server:accept(), http.start { url = ("http://127.0.0.1:%d/"):format(server:port()) },
  }
  local sender = http.start { url = ("http://127.0.0.1:%d/"):format(server:port()) }
  objects[#objects + 1] = task.await(objects[7])
  objects[#objects + 1] = sender
  local METHODS = {
    "cancel", "result", "pending", "resume", "terminate", "accept", "port", "read", "reply", "reset", "close",
  }
  function reach(report)
    for i = 1, #objects do
      local object = objects[i]
      for _, method in ipairs(METHODS) do
        local f = object[method]
        if f then report(method, pcall(f, object, 200, {}, "")) end
      end
      tostring(object)
    end
  end
  function start_more()
    pcall(loop.timer, 1)
    pcall(loop.step, true)
    pcall(process.start, { words = { "sleep", "60" } })
    pcall(http.start, { url = "http://127.0.0.1:1/" })
    local ok, other = pcall(httpd.open, {})
    if ok and other then pcall(other.accept, other) end
  end
]]

describe("an object of the runtime", function()
  it("is closed when a finalizer reaches it at the end", function()
    for _, result in ipairs(run_both([[
      reach = nil
      local early = setmetatable({}, { __gc = function()
        local answers = 0
        reach(function(method, ok, err)
          if method == "result" or method == "port" or method == "read" then
            answers = answers + 1
            assert(not ok and err:find "is closed", err)
          end
        end)
        print(answers > 8)
      end })
    ]] .. OBJECTS)) do
      assert.equal("true\n", result.out, result.err)
      assert.equal(0, result.status, result.err)
    end
  end)

  it("can be created by a finalizer at the end, before and after the loop is closed", function()
    for _, result in ipairs(run_both([[
      local early = setmetatable({}, { __gc = function() start_more() start_more() print "early" end })
    ]] .. OBJECTS .. [[
      local late = setmetatable({}, { __gc = function() start_more() print "late" end })
      objects = nil
    ]])) do
      assert.equal("late\nearly\n", result.out, result.err)
      assert.equal(0, result.status, result.err)
    end
  end)

  it("is an error of every method when it is closed", function()
    for _, result in ipairs(run_both(OBJECTS .. [[
      reach(function() end)
      reach(function() end)
      collectgarbage()
      print "end"
    ]])) do
      assert.equal("end\n", result.out, result.err)
      assert.equal(0, result.status, result.err)
    end
  end)
end)

-- A program with two Lua states. Its arguments are pairs: the number of a state, and code to run in it; or "close" and a
-- number. "signal" raises SIGINT.
local STATES = [[
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_signal(int number) {
  (void)number;
  puts("handled by the program");
}

int main(int argc, char **argv) {
  lua_State *states[2];
  signal(SIGINT, on_signal);
  for (int i = 0; i < 2; i++) {
    states[i] = luaL_newstate();
    luaL_openlibs(states[i]);
  }
  for (int i = 1; i + 1 < argc; i += 2) {
    int number = atoi(argv[i + 1]);
    if (strcmp(argv[i], "close") == 0) {
      lua_close(states[number]);
      states[number] = NULL;
    } else if (strcmp(argv[i], "signal") == 0) {
      raise(SIGINT);
    } else if (luaL_dostring(states[atoi(argv[i])], argv[i + 1])) {
      fprintf(stderr, "%s\n", lua_tostring(states[atoi(argv[i])], -1));
      return 1;
    }
    fflush(stdout);
  }
  for (int i = 0; i < 2; i++) {
    if (states[i])
      lua_close(states[i]);
  }
  return 0;
}
]]

describe("two states in one process", function()
  local folder, program
  setup(function()
    folder = helper.folder()
    program = folder .. "/states"
    local flags = helper.read(helper.build .. "/CFLAGS.flags"):gsub("\n", "")
    local command = ("gcc %s $(pkg-config --cflags lua5.4) -x c - -o %s $(pkg-config --libs lua5.4)"):format(flags, program)
    local result = helper.run({ "sh", "-c", command }, nil, STATES)
    assert(result.status == 0, result.err)
  end)
  teardown(function() getmetatable(folder).__close(folder) end)

  local function run(words)
    return helper.run({ "timeout", "60", program, table.unpack(words) }, STOCK_LUA)
  end

  local WAIT = "loop = require 'lanyard.loop' task = require 'lanyard.task' op = loop.signal 'INT'"

  it("both receive a signal, and the next one has its earlier action", function()
    local result = run {
      "0", WAIT, "1", WAIT, "signal", "",
      "0", "print(task.await(op))", "1", "print(task.await(op))",
    }
    assert.equal("true\ntrue\n", result.out, result.err)
  end)

  it("do not end the wait of each other", function()
    local result = run {
      "0", WAIT, "1", WAIT, "0", "op:cancel()", "signal", "", "1", "print(task.await(op))",
    }
    assert.equal("true\n", result.out, result.err)
    result = run { "0", WAIT, "1", WAIT, "close", "0", "signal", "", "1", "print(task.await(op))" }
    assert.equal("true\n", result.out, result.err)
  end)

  it("restore the handler of the program when neither waits", function()
    local result = run {
      "0", WAIT, "1", WAIT, "0", "op:cancel()", "close", "1", "signal", "", "0", "print 'end'",
    }
    assert.equal("handled by the program\nend\n", result.out, result.err)
  end)

  it("have their own timers and clients", function()
    local result = run {
      "0", WAIT .. " timer = loop.timer(0.01)", "1", WAIT .. " timer = loop.timer(0.01)",
      "0", "print(task.await(timer))", "close", "0", "1", "print(task.await(timer))",
      "1", "print(select(2, require 'lanyard.http'.request { url = 'http://127.0.0.1:1/' }).code)",
    }
    assert.equal("true\ntrue\nConnectionRefused\n", result.out, result.err)
  end)
end)

describe("the loop", function()
  local loop = require "lanyard.loop"

  it("has nothing to wait for without an operation in the foreground", function()
    assert.is_nil(loop.step(true))
    local signal = loop.signal("TERM", true)
    assert.is_nil(loop.step(true))
    signal:cancel()
    assert.is_nil(loop.step(true))
  end)

  it("completes a timer of no time, and returns its result only then", function()
    for _, seconds in ipairs { 0, -1, -math.huge } do
      local timer = loop.timer(seconds)
      assert.is_true(timer:pending())
      assert.error_matches(function() timer:result() end, "the operation has not completed")
      assert.equal(timer, loop.step(true)[1])
      assert.is_false(timer:pending())
      assert.is_true(timer:result())
    end
    local far = loop.timer(math.huge)
    assert.same({}, loop.step(false))
    far:cancel()
    assert.is_false(far:pending())
  end)

  it("rejects times, descriptors and signals that do not exist", function()
    assert.error_matches(function() loop.timer(0 / 0) end, "a number of seconds expected")
    assert.error_matches(function() loop.readable(-1) end, "0 to 2147483647 expected, got %-1")
    assert.error_matches(function() loop.readable(99999) end, "cannot wait for file descriptor 99999: ")
    assert.error_matches(function() loop.signal "KILL" end, "invalid option 'KILL'")
  end)

  it("does not wait for SIGHUP in a process that ignores it", function()
    local result = helper.run({ "sh", "-c", "trap '' HUP; exec \"$0\" -e 'print(require(\"lanyard.loop\").signal \"HUP\")'",
      helper.lanyard })
    assert.equal("nil\n", result.out, result.err)
  end)

  it("is not started without free descriptors", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/script.lua", ([[
      local open = assert(package.loadlib("%s/lanyard.so", "luaopen_lanyard_loop"))
      local files = {}
      repeat files[#files + 1] = io.open "/dev/null" until not io.open "/dev/null"
      local ok, err = pcall(open)
      for _, file in ipairs(files) do file:close() end
      print(ok, err)
    ]]):format(helper.build))
    local result = helper.run({ "sh", "-c", "ulimit -n 20; exec " .. helper.lua .. " " .. folder .. "/script.lua" }, STOCK_LUA)
    assert.equal("false\tcannot start the event loop: too many open files; raise the limit of `ulimit -n`\n", result.out,
      result.err)
  end)
end)
