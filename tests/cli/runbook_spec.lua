local helper = require "helper"
local json = require "lanyard.json"

local BOOK = [[
# Let a service pull

## Status

```lanyard
status my-container-service
```

## Grant

```lanyard
lanyard grant {{service}} my-private-repo \
  --enable        # the role as well
uri my-private-repo
```

## Check

```lua
local access = require "lanyard.cli".connect {}
print(#access:services(), vars.service)
```
]]

-- Runs `lanyard runbook` on a text, in a new folder, against the given emulator or one in the same process.
local function run(text, words, emulator)
  local folder <close> = helper.folder()
  helper.write(folder .. "/book.md", text)
  local all = { HOME = folder.path }
  for name, value in pairs(emulator and emulator.environment or {}) do all[name] = value end
  local binary = helper.run({ "realpath", helper.lanyard }).out:match "%S+"
  local line = { "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder.path, binary, "runbook", "book.md" }
  if not emulator then
    table.insert(line, 7, "--emulator")
  end
  local result = helper.run(table.move(words, 1, #words, #line + 1, line), all)
  local name = result.err:match "the transcript is (%S+)"
  result.transcript = name and helper.read(folder .. "/" .. name)
  return result
end

-- Like `run`, but on a terminal, with a dialogue for tests/cli/terminal.py.
local function talk(text, words, dialogue)
  local folder <close> = helper.folder()
  helper.write(folder .. "/book.md", text)
  local result = helper.run({ "env", "--default-signal=HUP", "/usr/bin/python3", "tests/cli/terminal.py", json.encode(json.array(dialogue)),
    helper.lanyard, "--emulator", "runbook", folder .. "/book.md", "--transcript", folder .. "/t.md", table.unpack(words) },
    { HOME = folder.path })
  result.transcript = helper.exists(folder .. "/t.md") and helper.read(folder .. "/t.md")
  return result
end

-- Reports that it waits, and that its <close> variables ran.
local WAITING = [[
local _ <close> = setmetatable({}, { __close = function() print 'closed' end })
print 'waiting' io.stdout:flush()
require('lanyard.task').sleep(60)
]]

describe("lanyard runbook", function()
  it("shows and runs the blocks in order, and writes a transcript", function()
    local emulator <close> = helper.emulator()
    local result = run(BOOK, { "--yes", "--set", "service=my-container-service" }, emulator)
    assert.equal(0, result.status, result.err)
    assert.match("puller role   off.*my%-private%-repo  granted.*dkr%.ecr.*\n1\tmy%-container%-service\n$", result.out)
    assert.match("1/3  Status  %(book%.md:5%)\n    lanyard status my%-container%-service\n", result.err)
    assert.match("2/3  Grant  %(book%.md:11%)\n    lanyard grant my%-container%-service my%-private%-repo %-%-enable\n"
      .. "    lanyard uri my%-private%-repo\n", result.err)
    assert.match("lanyard: done: steps run: 3, skipped: 0\n$", result.err)
    assert.match("^# Transcript: Let a service pull\n", result.transcript)
    assert.match("` lanyard grant my%-container%-service my%-private%-repo %-%-enable ` exited with status 0 after", result.transcript)
    assert.match("my%-private%-repo  granted", result.transcript)
    assert.match("## End\n\n%S+: done: steps run: 3, skipped: 0\n$", result.transcript)
  end)

  it("stops at the first failure with status 1, and prints how to resume", function()
    local text = "```lanyard\nstatus\nstatus nobody\nstatus\n```\n```lua\nprint 'never'\n```\n"
    local result = run(text, { "--yes" })
    assert.equal(1, result.status)
    assert.not_match("never", result.out)
    assert.match("lanyard: step 1 %(book%.md%) failed: lanyard status nobody exited with status 1; "
      .. "to resume: lanyard runbook book%.md %-%-from 1 %-%-yes\n$", result.err)
    assert.match("lanyard: [^\n]*nobody", result.out) -- the message of the step
    assert.match("container service 'nobody' does not exist.*\n```\n\n## End\n\n%S+: step 1 %(book%.md%) failed: ", result.transcript)
  end)

  it("accepts the exit statuses that a block names", function()
    local text = "```lanyard exit=0,3\npolicy can --help\n```\n```lanyard exit=2\ngrant\n```\n"
    local result = run(text, { "--yes" })
    assert.equal(0, result.status, result.out)
  end)

  it("begins at a step given by number or heading", function()
    local text = "## A\n```lua\nprint 'a'\n```\n## B\n```lua\nprint 'b'\n```\n"
    assert.equal("b\n", run(text, { "--yes", "--from", "2" }).out)
    assert.equal("b\n", run(text, { "--yes", "--from", "b" }).out)
    local result = run(text, { "--yes", "--from", "c" })
    assert.equal(2, result.status)
    assert.equal("lanyard: there is no step 'c' in book.md (lanyard help runbook)\n", result.err)
  end)

  it("requires values only for the steps that it runs, and none for --list", function()
    local text = "```lanyard\nstatus {{early}}\n```\n```lanyard\nuri {{late}}\n```\n"
    assert.equal(0, run(text, { "--list" }).status)
    assert.equal(0, run(text, { "--yes", "--from", "2", "--set", "late=my-private-repo" }).status)
    local result = run(text, { "--dry-run" })
    assert.equal(2, result.status)
    assert.equal("lanyard: book.md:2: {{early}}, {{late}} have no value: pass --set early=VALUE --set late=VALUE\n", result.err)
  end)

  it("lists its steps, or shows what it would run, without running any", function()
    local result = run(BOOK, { "--list", "--set", "service=web" })
    assert.equal(0, result.status)
    assert.equal("STEP  KIND     LINE  NAME\n1     lanyard  5     Status\n2     lanyard  11    Grant\n3     lua      19    Check\n", result.out)
    result = run(BOOK, { "--dry-run", "--from", "2", "--set", "service=a b" })
    assert.equal(0, result.status)
    assert.equal("", result.out)
    assert.match("^\n2/3  Grant  %(book%.md:11%)\n    lanyard grant 'a b' my%-private%-repo %-%-enable\n", result.err)
    assert.is_nil(result.transcript)
  end)

  it("asks on a terminal before each step: run, skip or quit", function()
    local text = "```lua\nprint 'first'\n```\n```lua\nprint 'second'\n```\n```lua\nprint 'third'\n```\n"
    local asked = "run, skip or quit? [r/s/q] "
    local result = talk(text, {}, { { asked, "what\n" }, { asked, "\n" }, { asked, "s\n" }, { asked, "Run\n" }, { asked, "q\n" } })
    assert.equal(1, result.status, result.err)
    assert.not_match("\r\nfirst\r\n", result.out)
    assert.match("\r\nsecond\r\n", result.out)
    assert.not_match("\r\nthird\r\n", result.out)
    assert.match("stopped before step 3, as requested; to resume: lanyard runbook %S+ %-%-from 3", result.out)
    assert.match("\n## 1%. [^\n]*\n\nSkipped at ", result.transcript)
  end)

  it("exits with 130 on SIGINT at the question or in a step, whose command cleans up", function()
    local result = talk("```lua\nprint 'x'\n```\n", {}, { { "[r/s/q] ", "\3" } })
    assert.equal(130, result.status)
    assert.match("## End\n\n%S+: interrupted at step 1 %(%S+book%.md%); to resume: [^\n]*from 1\n$",
      result.transcript)
    local folder <close> = helper.folder()
    helper.write(folder .. "/wait.lua", WAITING)
    result = talk(("```lanyard\n%s/wait.lua\n```\n"):format(folder), { "--yes" }, { { "waiting", "\3" } })
    assert.equal(130, result.status)
    assert.match("was interrupted after [^\n]*:\n\n```text\nwaiting\nclosed\nlanyard: interrupted\n```\n\n## End"
      .. "\n\n%S+: interrupted at step 1 %(%S+book%.md%); to resume: [^\n]*\n$",
      result.transcript)
    assert.match("lanyard: interrupted at step 1 %(%S+book%.md%); to resume: lanyard runbook %S+ %-%-from 1 %-%-yes\r\n",
      result.out)
  end)

  it("cleans up and exits with 130 when the terminal closes, at the question or in a step", function()
    local result = talk("```lua\nprint 'x'\n```\n", {}, { { "[r/s/q] ", json.null } })
    assert.equal(130, result.status)
    assert.match("## End\n\n%S+: interrupted at step 1 %(%S+book%.md%); to resume: [^\n]*from 1\n$",
      result.transcript)
    local folder <close> = helper.folder()
    helper.write(folder .. "/wait.lua", WAITING)
    for _, block in ipairs { "lanyard\n" .. folder .. "/wait.lua", "lua\n" .. WAITING } do
      result = talk("```" .. block .. "\n```\n", { "--yes" }, { { "\nwaiting", json.null } })
      assert.equal(130, result.status)
      assert.match("was interrupted after [^\n]*:\n\n```text\nwaiting\nclosed\n.-```"
        .. "\n\n## End\n\n%S+: interrupted at step 1 %(%S+book%.md%); to resume: [^\n]*\n$",
        result.transcript)
    end
  end)

  it("continues under nohup when the terminal closes", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/book.md", "```lua\nos.execute('kill -HUP $PPID') require('lanyard.task').sleep(0.01)\n"
      .. "print 'reached'\n```\n")
    local result = helper.run({ "nohup", helper.lanyard, "runbook", folder .. "/book.md", "--yes", "--no-transcript" },
      { HOME = folder.path })
    assert.equal(0, result.status, result.err)
    assert.equal("reached\n", result.out)
  end)

  it("never waits for input without a terminal", function()
    local result = run(BOOK, { "--set", "service=web" })
    assert.equal(2, result.status)
    assert.match("^lanyard: a runbook asks before each step: pass %-%-yes", result.err)
    assert.equal("", result.out)
    result = run("```lanyard\ngrant my-container-service --all\n```\n", { "--yes" })
    assert.equal(1, result.status) -- a step does not wait either
    assert.match("pass %-%-yes to confirm", result.out)
  end)

  it("reports errors of the command line and of the runbook in one line", function()
    for text, case in pairs {
      [BOOK] = { {}, "book%.md:12: {{service}} has no value: pass %-%-set service=VALUE" },
      ["nothing"] = { {}, "book%.md:1: nothing to run: the file has no" },
      ["```lanyard\naudit >x\n```\n"] = { {}, "book%.md:2: there is no shell, so '>' has no meaning" },
      ["```lua\nx x\n```\n"] = { {}, "book%.md:2: " },
      ["```lua\n```\n"] = { { "--set", "x" }, "%-%-set: 'x' is not a variable: write NAME=VALUE" },
      ["```lua\n\n```\n"] = { { "--transcript", "t", "--no-transcript" }, "exclude each other" },
    } do
      local result = run(text, { "--yes", table.unpack(case[1]) })
      assert.equal(2, result.status, text)
      assert.match("^lanyard: [^\n]*" .. case[2] .. "[^\n]*\n$", result.err)
      assert.equal("", result.out)
    end
    local result = helper.run { helper.lanyard, "runbook", "/nonexistent/book.md", "--yes" }
    assert.equal(2, result.status)
    assert.equal("lanyard: cannot read /nonexistent/book.md: No such file or directory\n", result.err)
  end)

  it("does not overwrite a file, and runs nothing if the transcript exists", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/t.md", "mine")
    local result = run("```lua\nprint 'x'\n```\n", { "--yes", "--transcript", folder .. "/t.md" })
    assert.equal(1, result.status)
    assert.equal("", result.out)
    assert.match("it already exists\n  pass %-%-transcript FILE for another file, or %-%-no%-transcript\n$", result.err)
    assert.equal("mine", helper.read(folder .. "/t.md"))
    result = run("```lua\nprint 'x'\n```\n", { "--yes", "--no-transcript" })
    assert.equal("x\n", result.out)
    assert.not_match("transcript", result.err)
  end)

  it("keeps credentials out of the transcript", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    local secret = helper.SECRET_KEY
    helper.write(folder .. "/book.md", "```lua\nprint('key', os.getenv 'AWS_ACCESS_KEY_ID', os.getenv 'AWS_SECRET_ACCESS_KEY')\n```\n"
      .. "```lanyard\ndoctor --debug\n```\n")
    local result = emulator:run { "runbook", folder .. "/book.md", "--yes", "--transcript", folder .. "/t.md" }
    assert.equal(0, result.status, result.err)
    assert.match(secret:gsub("%p", "%%%0"), result.out) -- the user sees the output itself
    local text = helper.read(folder .. "/t.md")
    assert.is_nil(text:find(secret, 1, true))
    assert.is_nil(text:find(helper.ACCESS_KEY, 1, true))
    assert.match("AKIA%*%*%*MPLE", text)
  end)

  it("is a module for stock Lua that runs the `lanyard` in PATH", function()
    local emulator <close> = helper.emulator()
    local environment = {
      LUA_PATH = "./lua/?.lua;./lua/?/init.lua;;", LUA_CPATH = helper.build .. "/?.so;;",
      PATH = helper.build .. ":" .. os.getenv "PATH", LD_PRELOAD = os.getenv "LD_PRELOAD", ASAN_OPTIONS = "detect_leaks=0",
    }
    for name, value in pairs(emulator.environment) do environment[name] = value end
    local result = helper.run({ "lua5.4", "-e", [[
      local lanyard = require "lanyard"
      local book = assert(lanyard.runbook.read("```lanyard\nuri my-private-repo\n```\n", { name = "x" }))
      local outcome = book:run { from = 1, show = function() end, ask = function() return "run" end,
        output = function(text) io.write("> ", text) end, transcript = require("lanyard.runbook.transcript").none() }
      print(outcome.kind, outcome.ran)
    ]] }, environment)
    assert.equal("", result.err)
    assert.match("^> 111122223333%.dkr%.ecr%.us%-east%-1%.amazonaws%.com/my%-private%-repo:?%S*\ndone\t1\n$", result.out)
  end)
end)
