local process = require "lanyard.process"
local helper = require "helper"
local system = require "lanyard.system"
local task = require "lanyard.task"

-- Runs shell code. Returns the result and the output.
local function sh(code, options)
  local pieces = {}
  local all = { words = { "sh", "-c", code }, output = function(piece) pieces[#pieces + 1] = piece end }
  for name, value in pairs(options or {}) do all[name] = value end
  local ended, err = process.run(all)
  return ended, err, table.concat(pieces), #pieces
end

-- Runs code that prints something and does not end. A busy machine may need longer than the timeout until it has
-- printed: then it gets more time.
local function sh_too_long(code)
  for attempt = 1, 4 do
    local _, err, output = sh(code, { timeout = 0.2 * 5 ^ (attempt - 1) })
    if output ~= "" then return err, output end
  end
  error "the process printed nothing"
end

local function wait_for(file)
  local path = tostring(file)
  while not (helper.exists(path) and helper.read(path):find "\n") do task.sleep(0.005) end
  return helper.read(path)
end

local function is_there(pid)
  return helper.exists(("/proc/%s/stat"):format(pid))
end

describe("a child", function()
  it("returns its output, status and duration", function()
    local ended, _, output = sh "echo one; echo two; exit 3"
    assert.equal(3, ended.status)
    assert.is_nil(ended.signal)
    assert.equal("one\ntwo\n", output)
    assert.is_true(ended.elapsed >= 0)
  end)

  it("passes its output on while it runs", function()
    local folder <close> = helper.folder()
    local seen = {}
    local ended = assert(process.run {
      words = { "sh", "-c", ("echo first; while ! [ -e %s/go ]; do sleep 0.01; done; echo second"):format(folder) },
      output = function(piece)
        seen[#seen + 1] = piece
        helper.write(folder .. "/go", "")
      end,
    })
    assert.equal(0, ended.status)
    assert.same({ "first\n", "second\n" }, seen)
  end)

  it("passes on a long output completely, in pieces", function()
    local ended, _, output, pieces = sh "yes 0123456789abcde | head -c 3000000"
    assert.equal(0, ended.status)
    assert.equal(3000000, #output)
    assert.equal(("0123456789abcde\n"):rep(187500), output)
    assert.is_true(pieces > 10)
  end)

  it("lets other tasks run between two pieces, and still ends", function()
    local pieces = {}
    local ended = assert(process.run {
      words = { "sh", "-c", "echo a; sleep 0.02; echo b" },
      output = function(piece)
        task.sleep(0.05)
        pieces[#pieces + 1] = piece
      end,
    })
    assert.equal(0, ended.status)
    assert.equal("a\nb\n", table.concat(pieces))
  end)

  it("reads input of any length", function()
    local text = ("x"):rep(200000)
    local _, _, output = sh("cat", { input = text })
    assert.equal(text, output)
    _, _, output = sh("cat", { input = "" })
    assert.equal("", output)
    _, _, output = sh "cat"
    assert.equal("", output)
  end)

  it("joins its standard error with its output, in order, with errors = join", function()
    local _, _, output = sh("echo 1; echo 2 >&2; echo 3; echo 4 >&2", { errors = "join" })
    assert.equal("1\n2\n3\n4\n", output)
  end)

  it("returns the end of its standard error with errors = keep", function()
    local ended, _, output = sh("echo 1; echo 2 >&2; echo 3; echo 4 >&2", { errors = "keep" })
    assert.equal("1\n3\n", output)
    assert.equal("2\n4\n", ended.errors)
    ended = assert(sh("yes 0123456789abcde | head -c 200000 >&2; echo end >&2", { errors = "keep" }))
    assert.equal(65536, #ended.errors)
    assert.match("\nend\n$", ended.errors)
    assert.is_nil(assert(sh("true", {})).errors)
    assert.has_error(function() sh("true", { errors = "lost" }) end)
  end)

  it("has a command of at least one word, without NUL", function()
    assert.error_matches(function() process.run { words = {} } end, "words: a command expected")
    assert.error_matches(function() process.run { words = { "echo", "a\0b" } } end, "words: a word must not contain NUL")
  end)

  it("reports a command that cannot run, and one that does not end in time", function()
    local ended, err = process.run { words = { "/nonexistent/command" }, output = function() end }
    assert.is_nil(ended)
    assert.equal("CannotRun", err.code)
    local late, output = sh_too_long "echo begun; sleep 60"
    assert.equal("Timeout", late.code)
    assert.equal("begun\n", output)
  end)

  it("fails if its status is unknown, and its status is not lost to the process that runs it", function()
    local ignored = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"
    local code = "local ended, err = require('lanyard.process').run { words = { 'false' }, output = print } "
      .. "print(ended and ended.status or err.message)"
    local function run(...)
      return helper.run({ "/usr/bin/python3", "-c", ignored, ... }, {
        LUA_PATH = "./lua/?.lua;./lua/?/init.lua;;", LUA_CPATH = helper.build .. "/?.so;;",
        ASAN_OPTIONS = "detect_leaks=0",
      }).out
    end
    assert.equal("its status is lost: SIGCHLD is ignored in this process\n", run(helper.lua, "-e", code))
    assert.equal("1\n", run(helper.lanyard, "-e", code))
  end)

  it("receives SIGTERM when its task is cancelled, and its last output is still passed on", function()
    local folder <close> = helper.folder()
    local output = {}
    local t = task.spawn(process.run, {
      words = { "sh", "-c", ("trap 'echo closed; exit 0' TERM; echo $$ >%s/pid; while :; do sleep 0.01; done"):format(folder) },
      output = function(piece) output[#output + 1] = piece end,
    })
    local pid = wait_for(folder .. "/pid"):match "%d+"
    t:cancel()
    local ok, err = pcall(t.join, t)
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    assert.equal("closed\n", table.concat(output))
    assert.is_false(is_there(pid))
  end)

  it("passes on how the command ended after its task was cancelled", function()
    local folder <close> = helper.folder()
    local result
    local t = task.spawn(process.run, {
      words = { "sh", "-c", ("trap 'echo bye >&2; exit 7' TERM; echo $$ >%s/pid; while :; do sleep 0.01; done"):format(folder) },
      errors = "keep", output = function() end, interrupted = function(ended) result = ended end,
    })
    wait_for(folder .. "/pid")
    t:cancel()
    assert.is_false((pcall(t.join, t)))
    assert.equal(7, result.status)
    assert.match("bye\n$", result.errors)
  end)

  it("has its full time to end even if its reader raises an error meanwhile", function()
    local folder <close> = helper.folder()
    local t = task.spawn(process.run, {
      words = { "sh", "-c", ("trap 'echo closed; sleep 0.01; touch %s/done; exit 0' TERM; echo $$ >%s/pid; while :; do sleep 0.01; done")
        :format(folder, folder) },
      output = function() error("the terminal is gone", 0) end,
    })
    wait_for(folder .. "/pid")
    t:cancel()
    local ok, err = pcall(t.join, t)
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    assert.is_true(helper.exists(folder .. "/done"))
  end)

  it("is killed with all processes that it started", function()
    local err, output = sh_too_long "sleep 60 & echo $!; wait"
    assert.equal("Timeout", err.code)
    local pid = output:match "%d+"
    local give_up = system.clock() + 5
    -- No process of the test waits for a grandchild: it has ended, or is a zombie until init collects it.
    local function runs()
      local ok, stat = pcall(helper.read, ("/proc/%s/stat"):format(pid))
      return ok and not stat:find "%) Z"
    end
    while runs() and system.clock() < give_up do task.sleep(0.005) end
    assert.is_false(runs())
  end)

  it("is killed when its reader raises an error, which is raised again", function()
    local ok, err = pcall(process.run, { words = { "yes" }, output = function() error("no more", 0) end })
    assert.is_false(ok)
    assert.match("^no more", err)
  end)

  it("is described by its exit status or signal", function()
    assert.equal("exited with status 7", process.describe(assert(sh "exit 7")))
    assert.equal("was terminated by signal 9", process.describe(assert(sh "kill -9 $$")))
  end)
end)
