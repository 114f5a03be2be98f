local runbook = require "lanyard.runbook"
local task = require "lanyard.task"
local transcript = require "lanyard.runbook.transcript"

local function read(text, vars)
  return runbook.read(text, { name = "book.md", vars = vars })
end

local function error_of(text, vars)
  local book, err = read(text, vars)
  assert.is_nil(book)
  assert.equal("InvalidFile", err.code)
  return err.message
end

-- Runs a runbook of Lua blocks. Returns the outcome, the output, and the numbers of the steps shown.
local function run(book, options)
  local printed, shown = {}, {}
  local all = {
    from = 1,
    show = function(step) shown[#shown + 1] = step.number end,
    ask = function() return "run" end,
    output = function(text) printed[#printed + 1] = text end,
    transcript = transcript.none(),
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return book:run(all), table.concat(printed), shown
end

local THREE = "# Book\n\n## One\n```lua\nx = 1 print 'one'\n```\n## Two\n```lua\nx = x + 1 print(x)\n```\n"
  .. "```lua\nprint 'three'\n```\n"

describe("a runbook", function()
  it("has a step for each block that runs, named by the heading above it", function()
    local book = assert(read("```lanyard\nstatus\n```\n# The *`book`* [x](y)\n```sh\nls\n```\n1. a\n   ```Lua\n   x = 1\n   ```\n"))
    assert.equal("The book x", book.title)
    assert.equal(2, #book.steps)
    assert.same({ 1, "lanyard", "book.md", 1 }, { book.steps[1].number, book.steps[1].kind, book.steps[1].name, book.steps[1].line })
    assert.same({ 2, "lua", "The book x", 9 }, { book.steps[2].number, book.steps[2].kind, book.steps[2].name, book.steps[2].line })
    assert.equal("lanyard status\n", runbook.lines(book.steps[1]))
  end)

  it("reports errors with their line before it runs anything", function()
    assert.equal("book.md:1: nothing to run: the file has no ```lanyard or ```lua block", error_of "text\n")
    assert.match("^book%.md:3: .*'|'", error_of "# a\n```lanyard\naudit | less\n```\n")
    assert.match("^book%.md:2: {{a}} has no value", error_of "```lanyard\nstatus {{a}}\n```\n")
    assert.equal("book.md:2: {{a}}, {{b}} have no value: pass --set a=VALUE --set b=VALUE",
      error_of "```lanyard\nstatus {{a}}\n```\n```lanyard\nstatus {{b}} {{a}}\n```\n")
    assert.equal("book.md:2: the block has no commands", error_of "\n```lanyard\n# nothing\n```\n")
    assert.match("^book%.md:3: ", error_of "\n```lua\nlocal = 1\n```\n")
    assert.match("^book%.md:1: a block in a quotation is not run", error_of "> ```lanyard\n> status\n")
    for _, info in ipairs { "exit=", "exit=x", "exit=1,", "exit=,1", "exit=1,,2" } do
      assert.match("^book%.md:1: exit=%S* is not a list of exit statuses", error_of(("```lua %s\n```\n"):format(info)))
    end
  end)

  it("has its bash blocks as steps that are not run, or run with the option shell", function()
    local text = "```lua\nprint 'lua'\n```\n```bash\necho \"$service\"; echo err >&2\n```\n"
    local kept = {}
    local log = setmetatable({ not_run = function(_, step, why) kept[#kept + 1] = { step.number, why } end },
      { __index = transcript.none() })
    local outcome, printed, shown = run(assert(read(text)), { transcript = log, ask = function(step)
      assert.equal("lua", step.kind) -- there is nothing to ask about a block that is not run
      return "run"
    end })
    assert.same({ kind = "done", ran = 1, skipped = 0, not_run = 1 }, outcome)
    assert.same({ "lua\n", { 1, 2 } }, { printed, shown })
    assert.same({ { 2, "bash blocks are run only with --shell" } }, kept)
    local book = assert(runbook.read(text, { name = "book.md", shell = true, vars = { service = "$(echo x); web" } }))
    assert.is_true(book:check_shell(1))
    outcome, printed = run(book)
    assert.same({ kind = "done", ran = 2, skipped = 0 }, outcome)
    assert.equal("lua\n$(echo x); web\nerr\n", printed)
  end)

  it("ends a bash block at the first failure, and accepts the statuses that it names", function()
    local function fails(code, info)
      local book = assert(runbook.read(("```bash%s\n%s\n```\n"):format(info or "", code), { name = "b", shell = true }))
      local outcome, printed = run(book)
      return outcome.kind, outcome.message, printed
    end
    assert.same({ "failed", "bash block exited with status 1", "" }, { fails "false; echo never" })
    assert.same({ "failed", "bash block exited with status 1", "" }, { fails "false | cat; echo never" })
    local kind, _, printed = fails 'echo "$absent"'
    assert.equal("failed", kind)
    assert.match("absent: unbound variable", printed)
    assert.equal("done", (fails("exit 7", " exit=0,7")))
    assert.same({ "failed", "bash block was terminated by signal 9", "" }, { fails "kill -KILL $$" })
    assert.equal("done", (fails "! read -r line")) -- there is no stdin
  end)

  it("rejects placeholders in bash blocks, and variables that bash cannot have", function()
    for _, placeholder in ipairs { "{{service}}", "{{ service }}", "{{}}", "{{a-b}}", "x{{service}}y" } do
      assert.match("^book%.md:3: {{.-}} is not replaced in a bash block: write ", error_of("```bash\ntrue\necho " .. placeholder .. "\n```\n"))
    end
    for _, code in ipairs { "docker ps --format '{{.Names}}'", "echo {{a,b},c}", "f() { { true; } }" } do
      assert.truthy(runbook.read("```lua\n```\n```bash\n" .. code .. "\n```\n", { name = "b" }), code)
    end
    for _, name in ipairs { "a-b", "PATH", "BASH_ENV", "LD_PRELOAD", "IFS" } do
      local book, err = runbook.read("```bash\ntrue\n```\n", { name = "b", shell = true, vars = { [name] = "x" } })
      assert.is_nil(book)
      assert.match("^b:1: this bash block cannot have the variable of %-%-set: .*" .. name:gsub("%p", "%%%0"), err.message)
      assert.truthy(runbook.read("```bash\ntrue\n```\n```lua\n```\n", { name = "b", vars = { [name] = "x" } }))
    end
    assert.equal("book.md:1: nothing to run: bash blocks are run only with --shell", error_of "```bash\ntrue\n```\n")
    local book = assert(runbook.read("```lua\n```\n\n```bash\ntrue\nfi\n```\n", { name = "b", shell = true }))
    local ok, err = book:check_shell(1)
    assert.is_nil(ok)
    assert.match("^b:6: bash: syntax error near unexpected token `fi'", err.message)
    assert.is_true(book:check_shell(3))
  end)

  it("finds a step by its number or its heading", function()
    local book = assert(read(THREE))
    assert.equal(2, book:find("2").number)
    assert.equal(2, book:find("two").number)
    local step, message = book:find("9")
    assert.is_nil(step)
    assert.equal("there is no step 9: the last step of book.md is 3", message)
    step, message = book:find("nine")
    assert.is_nil(step)
    assert.equal("there is no step 'nine' in book.md", message)
    step, message = assert(read(THREE .. "## one\n```lua\n```\n")):find("One")
    assert.is_nil(step)
    assert.equal("steps 1 and 4 are both named 'One': pass the number", message)
  end)

  it("shows and runs its steps in order, and they share their globals", function()
    local outcome, printed, shown = run(assert(read(THREE)))
    assert.same({ kind = "done", ran = 3, skipped = 0 }, outcome)
    assert.equal("one\n2\nthree\n", printed)
    assert.same({ 1, 2, 3 }, shown)
    assert.is_nil(rawget(_G, "x"))
  end)

  it("begins at the given step, skips and stops on request", function()
    local outcome, printed = run(assert(read(THREE)), { from = 3 })
    assert.same({ "done", 1, "three\n" }, { outcome.kind, outcome.ran, printed })
    local answers = { "skip", "skip", "quit" }
    outcome, printed = run(assert(read(THREE)), { ask = function(step) return answers[step.number] end })
    assert.same({ "quit", 0, 2, 3, "" }, { outcome.kind, outcome.ran, outcome.skipped, outcome.step.number, printed })
  end)

  it("stops at the first step that fails and reports its line", function()
    local outcome, printed = run(assert(read "```lua\nprint(1)\n```\n\n```lua\n\nlocal t; t.x = 1\n```\n```lua\nprint(3)\n```\n"))
    assert.same({ "failed", 1, 2, "lua block exited with status 1" }, { outcome.kind, outcome.ran, outcome.step.number, outcome.message })
    assert.match("^1\nlanyard: book%.md:7: ", printed)
    outcome = run(assert(read "```lua\nreturn 3\n```\n"))
    assert.equal("failed", outcome.kind)
    outcome = run(assert(read "```lua exit=0,3\nreturn 3\n```\n```lua title exit=4\nrequire('lanyard.cli').leave(4, 'no')\n```\n"))
    assert.equal("done", outcome.kind)
  end)

  it("fails if Lua returns nil and an error, or false, and prints the reason", function()
    for code, message in pairs {
      ["nil, require('lanyard.errors').new { code = 'X', message = 'no \27 policy' }"] = "no \\x1b policy",
      ["nil, 'no policy'"] = "no policy",
      ["false, 'not now'"] = "not now",
      ["false"] = "it returned false",
    } do
      local outcome, printed = run(assert(read("```lua\nreturn " .. code .. "\n```\n```lua\nprint 'never'\n```\n")))
      assert.same({ "failed", "lua block exited with status 1" }, { outcome.kind, outcome.message })
      assert.equal("lanyard: " .. message .. "\n", (printed:gsub(" %[%a+%]\n$", "\n"))) -- without the code
    end
    for _, code in ipairs { "", "return nil", "return true", "return {}, 'x'", "return 'x'", "return 0, 'x'" } do
      assert.equal("done", run(assert(read("```lua\n" .. code .. "\n```\n"))).kind, code)
    end
  end)

  it("treats os.exit as the end of the step, by its status", function()
    local exit = os.exit
    local outcome, printed = run(assert(read "```lua\nos.exit()\n```\n```lua\nos.exit(true) print(1)\n```\n```lua\nprint(2)\n```\n"))
    assert.same({ "done", "2\n" }, { outcome.kind, printed })
    for status, code in pairs { [1] = "false", [7] = "7" } do
      outcome = run(assert(read("```lua\nos.exit(" .. code .. ")\n```\n")))
      assert.same({ "failed", "lua block exited with status " .. status }, { outcome.kind, outcome.message })
    end
    assert.equal(exit, os.exit)
  end)

  it("passes variables to Lua and reports a missing one", function()
    local text = "```lua\nprint(vars.service)\n```\n"
    local _, printed = run(assert(read(text, { service = "web" })))
    assert.equal("web\n", printed)
    _, printed = run(assert(read(text)))
    assert.match("vars%.service has no value: pass %-%-set service=VALUE", printed)
    assert.same({ a = "1=2", ["b-c"] = "" }, runbook.vars { "a=1=2", "b-c=" })
    for _, list in ipairs { { "a" }, { "=1" }, { "1=1" }, { "a=1", "a=2" } } do
      assert.is_nil(runbook.vars(list))
    end
  end)

  it("captures all output of Lua and restores the streams", function()
    local before = { io.stdout, io.stderr, io.write, print }
    local _, printed = run(assert(read [[
```lua
print(1, nil, "x")
io.write("a", 2, "\n")
io.stdout:write("b"):write("\n")
io.stderr:write "c\n"
require("lanyard.cli").out "d"
require("lanyard.cli").note "e"
io.stdout:setvbuf "no"
error "f"
```
]]))
    assert.match("^1\tnil\tx\na2\nb\nc\nd\ne\nlanyard: book%.md:9: f", printed)
    assert.same(before, { io.stdout, io.stderr, io.write, print })
  end)

  it("records an interrupted step in the transcript and stops", function()
    local result
    local log = transcript.none()
    local book = assert(read "```lua\nprint 'begun'\nrequire('lanyard.task').sleep(60)\n```\n")
    local t
    t = task.spawn(function()
      run(book, {
        output = function() t:cancel() end,
        transcript = setmetatable({ result = function(_, one) result = one end }, { __index = log }),
      })
    end)
    local ok, err = pcall(t.join, t)
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    assert.equal("was interrupted", result.ended)
    assert.equal("begun\n", result.output)
  end)
end)
