local clock = require "lanyard.clock"
local helper = require "helper"
local transcript = require "lanyard.runbook.transcript"

local function open(path, options)
  local all = { title = "Book", about = {}, warn = error }
  for name, value in pairs(options or {}) do all[name] = value end
  return transcript.open(path, all)
end

local STEP = { number = 2, name = "Grant <b>", line = 7, kind = "lanyard", text = "grant web app\n" }

local function result(output, fields)
  local all = {
    started = 1795576500, command = "lanyard grant web app", output = output, omitted = 0, seconds = 1.25,
    ended = "exited with status 0",
  }
  for name, value in pairs(fields or {}) do all[name] = value end
  return all
end

describe("a transcript", function()
  it("records each command with its time, output and exit status", function()
    local folder <close> = helper.folder()
    local log = assert(open(folder .. "/t.md", { about = { "runbook: a_b.md" } }))
    log:begin(STEP)
    log:result(result "granted\n")
    log:result(result("", { ended = "was terminated by signal 9", omitted = 0 }))
    log:skip(STEP)
    log:close "done"
    local text = helper.read(folder .. "/t.md"):gsub("%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ", "TIME")
    assert.equal([[
# Transcript: Book

- runbook: a\_b.md
- started: TIME

## 2. Grant \<b\>

Line 7, started TIME.

```lanyard
grant web app
```

TIME: ` lanyard grant web app ` exited with status 0 after 1.2 s:

```text
granted
```

TIME: ` lanyard grant web app ` was terminated by signal 9 after 1.2 s, without output.

## 2. Grant \<b\>

Skipped at TIME.

## End

TIME: done
]], text)
  end)

  it("is on disk after each step, readable only by its owner", function()
    local folder <close> = helper.folder()
    local log = assert(open(folder .. "/t.md"))
    log:begin(STEP)
    assert.match("grant web app\n```\n$", helper.read(folder .. "/t.md"))
    log:result(result "x")
    assert.match("```text\nx\n```\n$", helper.read(folder .. "/t.md"))
    assert.equal("600\n", helper.run({ "stat", "-c", "%a", folder .. "/t.md" }).out)
  end)

  it("never overwrites a file or follows a link", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/t.md", "mine")
    local log, err = open(folder .. "/t.md")
    assert.is_nil(log)
    assert.equal("Exists", err.code)
    assert.equal(("cannot write %s/t.md: it already exists"):format(folder), err.message)
    assert.equal("mine", helper.read(folder .. "/t.md"))
    os.execute(("ln -s %s/new %s/link"):format(folder, folder))
    assert.is_nil((open(folder .. "/link")))
    assert.is_false(helper.exists(folder .. "/new"))
  end)

  it("escapes fences and control characters in outputs", function()
    local folder <close> = helper.folder()
    local log = assert(open(folder .. "/t.md"))
    log:result(result "a ````` b\n\27[31mred\27[0m\tx\n1 of 3\r2 of 3\r3 of 3\n\27]0;title\7 \u{202e}\xff\r\n")
    assert.match("\n``````text\na ````` b\nred\tx\n3 of 3\n\\x1b%]0;title\\x07 \\u{202e}\\xff\n``````\n$", helper.read(folder .. "/t.md"))
  end)

  it("contains no known secret", function()
    local folder <close> = helper.folder()
    local log = assert(open(folder .. "/t.md", { about = { "set: password=hunter2" } }))
    log:begin { number = 1, name = "x", line = 1, kind = "lua", text = "k = 'AKIAIOSFODNN7EXAMPLE'\n" }
    log:result(result("aws_secret_access_key = abcdef\n", { command = "lanyard x token=geheim" }))
    local text = helper.read(folder .. "/t.md")
    for _, secret in ipairs { "hunter2", "AKIAIOSFODNN7EXAMPLE", "abcdef", "geheim" } do
      assert.is_nil(text:find(secret, 1, true), secret)
    end
  end)

  it("that can no longer be written warns once and continues", function()
    local folder <close> = helper.folder()
    os.execute(("mkdir %s/sub"):format(folder))
    local warnings = {}
    local log = assert(open(folder .. "/sub/t.md", { warn = function(err) warnings[#warnings + 1] = err.message end }))
    os.execute(("rm -r %s/sub"):format(folder))
    log:begin(STEP)
    log:close "done"
    assert.equal(1, #warnings)
    assert.match("cannot write .*/sub/t%.md: No such file", warnings[1])
  end)

  it("is named after the runbook and the time, in the current directory", function()
    assert.match("^restore%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ%.md$", transcript.path "ops/restore.md")
    assert.match("^stdin%-%d+T%d+Z%.md$", transcript.path "stdin")
  end)

  it("has a number in its name if another run began in the same second", function()
    local real_time, name = clock.time, ("twice%d"):format(os.time())
    clock.time = function() return 1700000000 end
    local _ <close> = setmetatable({}, { __close = function() clock.time = real_time end })
    local first = transcript.path(name)
    local logs = { open(first), open((transcript.path(name))), open((transcript.path(name))) }
    for _, log in ipairs(logs) do
      os.remove(log.path)
    end
    assert.equal(name .. "-20231114T221320Z.md", logs[1].path)
    assert.equal(name .. "-20231114T221320Z-2.md", logs[2].path)
    assert.equal(name .. "-20231114T221320Z-3.md", logs[3].path)
  end)
end)
