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
    assert.match("was interrupted after [^\n]*:\n\n```text\nwaiting\nclosed\nlanyard: interrupted[^\n]*\n```\n\n## End"
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

  it("reports bash blocks as not run, or runs them with --shell, which --set reaches as variables only", function()
    local text = "## Shell\n```bash\necho \"[$name]\"; echo 'err' >&2\n```\n## Lua\n```lua\nprint('lua', os.getenv 'name')\n```\n"
    local result = run(text, { "--yes", "--set", "name=$(echo hidden)" })
    assert.equal(0, result.status, result.err)
    assert.equal("lua\tnil\n", result.out)
    assert.match("1/2  Shell  %(book%.md:2%)\n    echo .-\nnot run: bash blocks are run only with %-%-shell\n", result.err)
    assert.match("lanyard: done: steps run: 1, skipped: 0, not run without %-%-shell: 1\n$", result.err)
    assert.match("\n## 1%. Shell\n\nLine 2, not run: bash blocks are run only with %-%-shell%.\n\n```bash\necho [^\n]*\n```\n", result.transcript)
    result = run(text, { "--yes", "--shell", "--set", "name=$(echo hidden)" })
    assert.equal(0, result.status, result.err)
    assert.equal("[$(echo hidden)]\nerr\nlua\tnil\n", result.out)
    assert.match("` bash block ` exited with status 0 after [^\n]*:\n\n```text\n%[%$%(echo hidden%)%]\nerr\n```\n", result.transcript)
    assert.match("\n%- shell: bash blocks are run\n", result.transcript)
    local asked = "run, skip or quit? [r/s/q] "
    result = talk(text, { "--shell" }, { { asked, "s\n" }, { asked, "r\n" } })
    assert.equal(0, result.status, result.out)
    assert.match("steps run: 1, skipped: 1\r\n", result.out)
    result = run(text, { "--list" })
    assert.match("\n1     bash  2     Shell %(not run%)\n", result.out)
  end)

  it("names the blocks of other shells, which it does not run", function()
    local text = "```sh\ntouch x\n```\n```lua\nprint 'lua'\n```\n- ```Console\n  $ ls\n  ```\n```text\n```\n> ```sh\n> ls\n> ```\n"
    for _, option in ipairs { "--yes", "--dry-run", "--list" } do
      local result = run(text, { option })
      assert.equal(0, result.status, result.err)
      assert.match("^lanyard: book%.md:1: the sh block is not run: only bash blocks are, with %-%-shell\n"
        .. "lanyard: book%.md:7: the console block is not run: [^\n]*\n", result.err)
      assert.equal(2, select(2, result.err:gsub("is not run", "")))
    end
    local result = run(text, { "--check" })
    assert.equal(0, result.status)
    assert.match("^book%.md:1: note: the sh block is not run: [^\n]*\nbook%.md:7: note: the console block [^\n]*\n$", result.out)
    assert.match("book%.md:1: nothing to run", run("```sh\nls\n```\n", { "--yes" }).err)
  end)

  it("runs nothing if a bash block has a placeholder or is not valid", function()
    for code, message in pairs {
      ["echo {{name}}"] = 'book%.md:5: {{name}} is not replaced in a bash block: write "%$name"',
      ["if true"] = "book%.md:%d: bash: syntax error",
    } do
      for _, words in ipairs { { "--yes", "--shell" }, { "--yes", "--shell", "--set", "name=x" } } do
        local result = run("```lua\nprint 'ran'\n```\n```bash\n" .. code .. "\n```\n", words)
        assert.equal(2, result.status)
        assert.match("^lanyard: " .. message, result.err)
        assert.equal("", result.out)
        assert.is_nil(result.transcript)
      end
    end
    local result = run("```lua\nprint 'ran'\n```\n```bash\ntrue\n```\n", { "--yes", "--shell", "--set", "PATH=/tmp" })
    assert.equal(2, result.status)
    assert.equal("", result.out)
  end)

  it("has who, where, which version and which rules in the transcript", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/rules.lua", "rule 'a' { on = { 'grant' }, check = function() end }\n")
    local environment = { LANYARD_RULES = folder .. "/rules.lua", SUDO_USER = "alice" }
    for name, value in pairs(emulator.environment) do environment[name] = value end
    local id = helper.run({ "id", "-u" }).out:match "%d+"
    local text = run("```lua\n```\n", { "--yes" }, { environment = environment }).transcript
    for _, line in ipairs {
      "operating%-system user: %S+ %(uid " .. id .. ", by sudo from alice%)", "host: %S+", "lanyard %d+%.%d+%S*",
      "AWS caller: arn:aws:iam::111122223333:user/%S+", "account: 111122223333", "Region: us%-east%-1",
      "endpoint: http\\://127%.0%.0%.1:%d+ %(AWS\\_ENDPOINT\\_URL%), not AWS's",
      "rules: " .. folder.path:gsub("%p", "%%%0") .. "/rules%.lua %(SHA%-256 %x+%)",
    } do
      assert.match("\n%- " .. line .. "\n", text)
    end
    text = run("```lua\n```\n", { "--yes" }).transcript -- `run` passes --emulator
    assert.match("\n%- endpoint: the emulator in this process\n%- rules: none\n", text)
    environment.AWS_ENDPOINT_URL = "http://user:hidden@127.0.0.1:1"
    text = run("```lua\n```\n", { "--yes" }, { environment = environment }).transcript
    assert.match("\n%- endpoint: not known: [^\n]+\n", text)
    assert.is_nil(text:find("hidden", 1, true))
    -- Without credentials, the run does not fail.
    local result = run("```lanyard exit=0,1,2\nstatus --profile prod\n```\n", { "--yes" },
      { environment = { AWS_CONFIG_FILE = "/dev/null", AWS_SHARED_CREDENTIALS_FILE = "/dev/null", AWS_REGION = "eu-west-1" } })
    assert.equal(0, result.status, result.err)
    assert.match("\n%- AWS caller: not known: [^\n]+\n%- Region: eu%-west%-1\n%- endpoint: AWS's\n", result.transcript)
    assert.match("\n%- AWS caller with %-%-profile prod: not known: [^\n]+\n", result.transcript)
  end)

  it("shows on a terminal what runs and for how long, and has the output of commands escaped", function()
    local result = talk("```bash\nsleep 2\nprintf '\\033[2Jx\\033[31my\\033[0m\\n'\n```\n", { "--yes", "--shell" }, {})
    assert.equal(0, result.status, result.out)
    assert.match("\r\27%[Krunning for 1 s: bash block\r\27%[K", result.out)
    assert.match("\\x1b%[2Jx\27%[31my\27%[0m\r\n", result.out)
    result = run("```bash\nsleep 1.2\nprintf '\\033[2J\\n'\n```\n", { "--yes", "--shell" })
    assert.equal("\27[2J\n", result.out) -- a pipe receives what was printed
    assert.not_match("running for", result.err)
  end)

  it("verifies a runbook with --check, without running it", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/plain.lua", "print 'executed'\n")
    local text = "```lua\nprint 'executed'\nx x\n```\n```lanyard\ngrnat web\ngrant web app --al\nstatus {{service}}\n"
      .. "policy lnt\naudit --output nothing\n-e 'x x'\n--emulator status\nhelp nothing\n" .. folder .. "/plain.lua --x\n```\n"
      .. "```lua\nprint(vars.region, vars['zone'], x.vars.y, 'vars.z') -- vars.w\nvars.v = 1\nprint(vars.v)\n```\n"
      .. "```bash\nif\n```\n```bash\necho {{a}}\n```\n> ```lanyard\n> status\n> ```\n```lanyard exit=2\ngrant\n```\n"
    local result = run(text, { "--check", "--set", "other=1" })
    assert.equal(2, result.status)
    assert.not_match("executed", result.out)
    local lines = {}
    for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    for i, expected in ipairs {
      "1: note: no step uses %-%-set other", "3: .*near 'x'", "6: there is no command 'grnat'; did you mean 'grant'%?",
      "7: unknown option '%-%-al'; did you mean '%-%-all'%? %(lanyard help grant%) %[UnknownOption%]", "8: service has no value: pass %-%-set service=VALUE",
      "9: .*'policy lnt'.*did you mean 'policy lint'%?.*", "10: argument for option .*%-%-output.*", "11: .*near 'x'",
      "14: note: the options of %S+/plain%.lua are not checked: it declares none",
      "16: region has no value: pass %-%-set region=VALUE", "16: zone has no value: pass %-%-set zone=VALUE",
      "22: bash: syntax error: .*", "25: {{a}} is not replaced in a bash block: .*", "27: a block in a quotation is not run.*",
    } do
      assert.match("^book%.md:" .. expected .. "$", lines[i] or "")
    end
    assert.equal(14, #lines, result.out)
    assert.equal("lanyard: book.md: steps verified: 4, problems: 12\n", result.err)
    result = run(BOOK, { "--check", "--set", "service=web" })
    assert.same({ 0, "", "lanyard: book.md: steps verified: 3, problems: 0\n" }, { result.status, result.out, result.err })
    assert.is_nil(result.transcript)
    assert.equal(2, run(BOOK, { "--check" }).status)
    assert.equal(0, run(BOOK, { "--check", "--from", "1", "--set", "service=web" }).status)
    assert.equal(2, run(BOOK, { "--check", "--from", "9", "--set", "service=web" }).status)
    assert.equal(2, run(BOOK, { "--check", "--list" }).status)
    assert.equal(2, run("nothing", { "--check" }).status)
  end)

  it("keeps the output of os.execute and the secrets in it as the transcript keeps all output", function()
    local secret = helper.SECRET_KEY
    local result = run("```lua\nos.execute 'echo $AWS_SECRET_ACCESS_KEY; echo password=hunter2 >&2'\n```\n```bash\nenv | grep AWS_SEC\n```\n",
      { "--yes", "--shell" })
    assert.match(secret:gsub("%p", "%%%0"), result.out)
    assert.match("```text\n%*%*%*\npassword=%*%*%*\n```", result.transcript)
    assert.is_nil(result.transcript:find(secret, 1, true))
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
      PATH = helper.build .. ":" .. os.getenv "PATH", ASAN_OPTIONS = "detect_leaks=0",
    }
    for name, value in pairs(emulator.environment) do environment[name] = value end
    local result = helper.run({ helper.lua, "-e", [[
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
