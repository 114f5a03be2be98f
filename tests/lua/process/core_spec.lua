local credentials = require "lanyard.credentials"
local helper = require "helper"
local process = require "lanyard.process.core"
local task = require "lanyard.task"

local function run(words, options)
  local all = { words = words }
  for name, value in pairs(options or {}) do all[name] = value end
  local op, err = process.start(all)
  if not op then return nil, err end
  return task.await(op)
end

local function sh(code, options)
  return run({ "sh", "-c", code }, options)
end

-- Returns the output if it is exactly this text.
local function has(outcome, text)
  local redacted = credentials.redactor { outcome.output }:redact(text)
  return redacted == (text == "" and "" or "***")
end

-- Runs shell code that first writes its process id. Returns the result and the process id. On a busy machine a process
-- can take longer than the timeout to start: then it gets more time.
local function run_with_pid(code, options)
  local folder <close> = helper.folder()
  helper.write(folder .. "/pid", "")
  for attempt = 1, 4 do
    local all = { timeout = options.timeout and options.timeout * 5 ^ (attempt - 1), max_size = options.max_size }
    local ended, err = sh(("echo $$ >%s/pid; %s"):format(folder, code), all)
    local pid = helper.read(folder .. "/pid"):match "%d+"
    if pid then return ended, err, pid end
  end
  error "the process did not start"
end

-- A process that was not waited for still exists, as a zombie.
local function is_there(pid)
  return helper.exists(("/proc/%s/stat"):format(pid))
end

describe("a command", function()
  it("returns its output sealed, and its status", function()
    local ended = assert(sh "printf hidden; exit 3")
    assert.equal(3, ended.status)
    assert.is_nil(ended.signal)
    assert.equal("secret: ***", tostring(ended.output))
    assert.is_true(has(ended, "hidden"))
  end)

  it("reports the signal that terminated it", function()
    local ended = assert(sh "kill -TERM $$")
    assert.is_nil(ended.status)
    assert.equal(15, ended.signal)
  end)

  it("receives its words unchanged, without a shell", function()
    assert.is_true(has(assert(run { "printf", "%s|", "a b", "$HOME", "*", "" }), "a b|$HOME|*||"))
  end)

  it("inherits no input and no open files", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/open", "")
    local file <close> = assert(io.open(folder .. "/open"))
    assert.is_true(has(assert(run { "cat" }), ""))
    assert.is_true(has(assert(sh "ls /proc/self/fd | tr '\\n' ' '"), "0 1 2 3 ")) -- 3 is what ls reads
    assert(file)
  end)

  it("lets other tasks run, and the calls of several overlap", function()
    local folder <close> = helper.folder()
    -- Each command ends when all four have started.
    local ended = task.map({ 1, 2, 3, 4 }, function(n)
      return assert(sh(("cd %s; touch %d; until [ -e 1 -a -e 2 -a -e 3 -a -e 4 ]; do sleep 0.01; done"):format(folder, n),
        { timeout = 60 })).status
    end)
    assert.same({ 0, 0, 0, 0 }, ended)
  end)

  it("is reported if it does not exist", function()
    local ended, err = run { "/nonexistent/command" }
    assert.is_nil(ended)
    assert.equal("CannotRun", err.code)
    assert.equal("cannot run /nonexistent/command: No such file or directory", err.message)
  end)

  it("is killed after the timeout", function()
    local ended, err, pid = run_with_pid("exec sleep 60", { timeout = 0.2 })
    assert.is_nil(ended)
    assert.equal("Timeout", err.code)
    assert.is_false(is_there(pid))
  end)

  it("is killed when it prints too much", function()
    local ended, err, pid = run_with_pid("exec yes", { max_size = 10000 })
    assert.is_nil(ended)
    assert.equal("TooLarge", err.code)
    assert.is_false(is_there(pid))
    assert.is_true(has(assert(sh("printf 1234", { max_size = 4 })), "1234"))
  end)

  it("is killed and collected when its task is cancelled", function()
    local folder <close> = helper.folder()
    local t = task.spawn(sh, ("echo $$ >%s/pid; exec sleep 60"):format(folder))
    local path = folder .. "/pid"
    while not (helper.exists(path) and helper.read(path):find "\n") do task.sleep(0.005) end
    local pid = helper.read(path):match "%d+"
    assert.is_true(is_there(pid))
    t:cancel()
    pcall(t.join, t)
    assert.is_false(is_there(pid))
  end)

  it("ends even if its own child keeps the output open", function()
    local folder <close> = helper.folder()
    -- The child of the command ends when the folder is removed.
    local ended = assert(sh(("printf done; while [ -d %s ]; do sleep 0.1; done &"):format(folder), { timeout = 60 }))
    assert.is_true(has(ended, "done"))
  end)

  it("raises an error without words, or with an invalid word", function()
    assert.has_error(function() process.start { words = {} } end)
    assert.has_error(function() process.start { words = { 1 } } end)
    assert.has_error(function() process.start { words = { "a\0b" } } end)
    assert.has_error(function() process.start { words = { "true" }, timout = 1 } end)
  end)
end)

describe("a streamed command", function()
  local function start(code)
    return assert(process.start { words = { "sh", "-c", code }, stream = true })
  end

  it("is resumed once for each piece of output", function()
    local op = start "printf 1; read line </dev/null; sleep 0.05; printf 2"
    assert.has_error(function() op:resume() end, "there is no piece to resume from")
    local text, pieces = "", 0
    while true do
      local ended = assert(task.await(op))
      if not ended.piece then break end
      text, pieces = text .. ended.piece, pieces + 1
      assert.error_matches(function() op:result() end, "was taken")
      assert.error_matches(function() task.await(op) end, "was taken")
      op:resume()
      assert.has_error(function() op:resume() end, "there is no piece to resume from")
    end
    assert.equal("12", text)
    assert.has_error(function() op:resume() end, "there is no piece to resume from")
    assert.is_true(pieces >= 1)
  end)

  it("is closed after it was cancelled, at any time", function()
    local waiting, paused, ended = start "sleep 60", start "printf 1; sleep 60", start "exit 3"
    assert.equal("1", task.await(paused).piece)
    assert.equal(3, task.await(ended).status)
    for _, op in ipairs { waiting, paused, ended } do
      op:cancel()
      op:cancel()
      assert.is_false(op:pending())
      for _, method in ipairs { "resume", "result", "terminate" } do
        assert.error_matches(function() op[method](op) end, "the process is closed")
      end
    end
  end)

  it("is closed while its piece waits in the queue", function()
    local op = start "printf 1; sleep 60"
    local late = start "sleep 0.2"
    op:cancel()
    assert.equal(0, task.await(late).status)
  end)

  it("rejects options that do not fit", function()
    for _, options in ipairs {
      { timeout = 0 / 0 }, { max_size = -1 }, { max_size = 2 ^ 40 }, { max_size = 0 / 0 }, { max_size = 1.5 },
      { words = {} }, { words = "true" }, { words = { "true", 1 } }, { words = { "a\0b" } }, { errors = "x" },
      { input = {} }, { strean = true },
    } do
      options.words = options.words or { "true" }
      assert.has_error(function() process.start(options) end)
    end
  end)
end)
