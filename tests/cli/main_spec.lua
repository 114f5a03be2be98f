local helper = require "helper"
local json = require "lanyard.json"

local function lanyard(words, environment, input)
  return helper.run({ helper.lanyard, table.unpack(words) }, environment, input)
end

describe("lanyard", function()
  it("prints its version", function()
    local result = lanyard { "--version" }
    assert.equal(0, result.status)
    assert.match("^lanyard %d+%.%d+%.%d+\n$", result.out)
  end)

  it("lists every command with its summary", function()
    local result = lanyard { "help" }
    assert.equal(0, result.status)
    for _, name in ipairs { "enable", "disable", "grant", "revoke", "status", "audit", "permissions", "uri", "undo",
      "doctor", "policy", "emulate" } do
      assert.match("\n  " .. name .. " +%u", result.out)
    end
  end)

  it("prints the help of one command on stdout and exits with 0", function()
    local result = lanyard { "help", "grant" }
    assert.equal(0, result.status)
    assert.match("Usage: lanyard grant", result.out)
    assert.match("%-%-dry%-run", result.out)
    assert.equal("", result.err)
  end)

  it("prints the usage on stderr and exits with 2 without a command", function()
    local result = lanyard {}
    assert.equal(2, result.status)
    assert.match("usage: lanyard", result.err)
    assert.equal("", result.out)
  end)

  it("names an unknown command and an unknown option", function()
    local result = lanyard { "garnt" }
    assert.equal(2, result.status)
    assert.match("'garnt'", result.err)
    result = lanyard { "grant", "--frobnicate" }
    assert.equal(2, result.status)
    assert.match("^lanyard: [^\n]*frobnicate[^\n]*\n$", result.err)
  end)

  describe("-", function()
    it("runs a script from standard input, with arguments", function()
      local result = lanyard({ "-", "a", "--b" }, nil, "\xEF\xBB\xBF#!/usr/bin/env lanyard\nprint(arg[0], ...)\nprint(io.read())")
      assert.same({ 0, "-\ta\t--b\nnil\n", "" }, { result.status, result.out, result.err })
    end)

    it("names the line of an error", function()
      local raised = lanyard({ "-" }, nil, "#!/usr/bin/env lanyard\n\nerror 'no'")
      assert.same({ 1, "", "lanyard: stdin:3: no (--debug prints the traceback)\n" },
        { raised.status, raised.out, raised.err })
      local syntax = lanyard({ "-" }, nil, "\nx = = 1")
      assert.same({ 1, "", "lanyard: stdin:2: unexpected symbol near '='\n" }, { syntax.status, syntax.out, syntax.err })
    end)

    it("declares options", function()
      local script = [[
        local cli = require "lanyard.cli"
        local command = cli.command {
          summary = "Ask.", category = "access", options = { "yes" }, exit = { { 0, "done" } }, examples = { { "x" } },
        }
        cli.confirm(command:parse(...), "Do it?")
        print "done"]]
      assert.equal("done\n", lanyard({ "-", "--yes" }, nil, script).out)
      local asked = lanyard({ "-" }, nil, script)
      assert.same({ 2, "lanyard: this would do it; without a terminal, pass --yes to confirm\n" },
        { asked.status, asked.err })
      local unknown = lanyard({ "-", "--what" }, nil, script)
      assert.same({ 2, "lanyard: unknown option '--what'\n" }, { unknown.status, unknown.err })
    end)

    it("does not read answers from a terminal that it has read the script from", function()
      local script = "print(require('lanyard.prompt').possible())\n"
      local result = helper.run { "python3", "tests/cli/terminal.py",
        json.encode { { "start", script .. "\4" } }, "sh", "-c", "echo start; exec " .. helper.lanyard .. " -" }
      assert.equal(0, result.status)
      assert.match("false\r\n$", result.out)
    end)

    it("ends at an interrupt while the script is not complete", function()
      local folder <close> = helper.folder()
      local result = helper.run { "bash", "-c", ([[
        mkfifo $1/input; %s - < $1/input & exec 9> $1/input; echo 'print(1)' >&9
        while kill -INT $! 2>/dev/null; do sleep 0.1; done; wait $!; echo $?]]):format(helper.lanyard), "-",
        folder.path }
      assert.equal("130\n", result.out)
    end)

    it("runs against an emulator", function()
      local result = lanyard({ "--emulator", "-", "us-east-1" }, nil, [[
        local ecr = require("lanyard.aws").client("ecr", { region = ... })
        print(#ecr:list("DescribeRepositories", "repositories"))]])
      assert.same({ 0, "2\n", "" }, { result.status, result.out, result.err })
    end)
  end)

  it("runs a script by its first line, with arguments", function()
    local folder <close> = helper.folder()
    local path = helper.build:find "^/" and helper.build or io.popen("pwd"):read "l" .. "/" .. helper.build
    for _, first in ipairs { "#!/usr/bin/env lanyard", "#!/usr/bin/env -S lanyard --emulator" } do
      helper.write(folder .. "/script", first .. "\nprint(arg[0] == '" .. folder .. "/script', ...)")
      os.execute("chmod +x " .. folder .. "/script")
      local result = helper.run({ folder .. "/script", "a b", "-x" }, { PATH = path .. ":" .. os.getenv "PATH" })
      assert.same({ 0, "true\ta b\t-x\n", "" }, { result.status, result.out, result.err })
    end
  end)

  it("takes the file of a seed with --emulator=FILE", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", [[return { regions = { ["eu-west-1"] = { services = { { name = "web" } } } } }]])
    local result = lanyard { "--emulator=" .. folder .. "/seed.lua", "status", "--region", "eu-west-1" }
    assert.equal(0, result.status)
    assert.match("^web\n", result.out)
    local missing = lanyard { "--emulator=/nonexistent/seed.lua", "status" }
    assert.same({ 2, "lanyard: cannot read /nonexistent/seed.lua: No such file or directory\n" },
      { missing.status, missing.err })
    local empty = lanyard { "--emulator=", "status" }
    assert.same({ 2, "lanyard: --emulator= needs the file of a seed (lanyard help emulate)\n" },
      { empty.status, empty.err })
  end)

  it("suggests the command or option that was probably meant", function()
    local POLICY = "show, can, decide, check, lint, diff, fmt, sort, fold, merge, minimize, reach"
    for line, message in pairs {
      ["grnat"] = "there is no command 'grnat'; did you mean 'grant'? (lanyard help lists all)",
      ["frobnicate"] = "there is no command 'frobnicate' (lanyard help lists all)",
      ["help enviroment"] = "there is no command 'enviroment'; did you mean 'environment'? (lanyard help lists all)",
      ["policy"] = "policy needs one of the commands " .. POLICY .. " (lanyard help policy)",
      ["policy lnt x.json"] = "there is no command 'policy lnt'; the commands of policy are " .. POLICY
        .. "; did you mean 'policy lint'? (lanyard help policy)",
      ["help policy frob"] = "there is no command 'policy frob'; the commands of policy are " .. POLICY
        .. " (lanyard help policy)",
      ["grant web app --ouput json"] = "unknown option '--ouput'; did you mean '--output'? (lanyard help grant)",
      ["grant web app --emulator"] = "--emulator goes before the command: lanyard --emulator grant (lanyard help grant)",
      ["watch audit --fail-on high"] = "unknown option '--fail-on'; options of the command itself go after -- "
        .. "(lanyard help watch)",
    } do
      local words = {}
      for word in line:gmatch "%S+" do words[#words + 1] = word end
      local result = lanyard(words)
      assert.same({ 2, "", "lanyard: " .. message .. "\n" }, { result.status, result.out, result.err })
    end
  end)

  it("lists the findings of audits and of the policy linter with their severities", function()
    local findings = lanyard { "help", "findings" }
    assert.same({ 0, "" }, { findings.status, findings.err })
    assert.match("\n  critical  public%-access +Everyone can pull from a repository\n", findings.out)
    assert.match("\n  info +mutable%-tag%-deployed +A deployed tag", findings.out)
    local lint = lanyard { "help", "lint" }
    assert.same({ 0, "" }, { lint.status, lint.err })
    assert.match("\n  critical  public +everyone is allowed\n", lint.out)
    assert.match("\n  high +lightsail%-service +Lightsail as a service principal", lint.out)
    for line in (findings.out .. lint.out):gmatch "[^\n]+" do
      assert.is_true(utf8.len(line) <= 80, line)
    end
  end)

  it("prefers an option after the command to the same one before it", function()
    local environment = { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret" }
    local words = { "--region", "us-east-1", "--debug", "permissions", "--account", "444455556666" }
    assert.match("ecr:us%-east%-1:", lanyard(words, environment).out)
    table.move({ "--region", "eu-west-1" }, 1, 2, #words + 1, words)
    assert.match("ecr:eu%-west%-1:", lanyard(words, environment).out)
  end)

  it("runs a line of Lua, and a file with its arguments and #! line", function()
    assert.equal("3\n", lanyard({ "-e", "print(1 + 2)" }).out)
    local failed = lanyard({ "-e", "return nil, 'no policy'" })
    assert.same({ 1, "lanyard: no policy\n" }, { failed.status, failed.err })
    local folder <close> = helper.folder()
    helper.write(folder .. "/hello.lua", "#!/usr/bin/env lanyard\nprint('hello', ...)\nreturn 7\n")
    local result = lanyard { folder .. "/hello.lua", "a", "b" }
    assert.equal("hello\ta\tb\n", result.out)
    assert.equal(7, result.status)
  end)

  it("runs a user's script as a command, from the first folder that has it, but never instead of a built-in one", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/greet.lua", "-- Say hello.\nprint 'hello'\n")
    helper.write(folder .. "/status.lua", "-- Mine.\nprint 'my status'\n")
    helper.run { "mkdir", folder .. "/second" }
    helper.write(folder .. "/second/greet.lua", "print 'hello from the second folder'\n")
    local environment = { LANYARD_PATH = folder .. ":" .. folder .. "/second" }
    assert.equal("hello\n", lanyard({ "greet" }, environment).out)
    local status = lanyard({ "status" }, environment)
    assert.falsy(status.out:find "my status")
    assert.truthy(status.err:find(("%s/status.lua is hidden by the built-in command 'status'; run it with: lanyard %s/status.lua\n")
      :format(folder, folder), 1, true), status.err)
    local listed = lanyard({ "scripts" }, environment).out
    assert.match("greet +" .. folder.path:gsub("%p", "%%%0") .. "/greet.lua +Say hello%.", listed)
  end)

  it("runs no script of a user for lanyard help and --help", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/ping.lua", "-- Ping a host.\nprint('SCRIPT RAN', ...)\n")
    helper.write(folder .. "/declared.lua", "local cli = require 'lanyard.cli'\nprint 'SCRIPT RAN'\n"
      .. "cli.command { summary = 'Do \\27[31mit.', category = 'audit' }\n")
    local environment = { LANYARD_PATH = folder.path }
    assert.equal("SCRIPT RAN\thost\n", lanyard({ "ping", "host" }, environment).out)
    assert.equal("SCRIPT RAN\t--\t-h\n", lanyard({ "ping", "--", "-h" }, environment).out)
    assert.equal("SCRIPT RAN\t-h\thost\n", lanyard({ folder .. "/ping.lua", "-h", "host" }, environment).out)
    assert.match("Ping a host", lanyard({ "help", "ping" }, environment).out)
    assert.match("Ping a host", lanyard({ "ping", "--help" }, environment).out)
    for _, words in ipairs {
      { "help", "ping" }, { "ping", "-h", "host" }, { "ping", "host", "--help" }, { "help", "declared" },
      { "declared", "--help" }, { "help" }, { "scripts" },
    } do
      local result = lanyard(words, environment)
      assert.equal(0, result.status)
      assert.falsy(result.out:find("SCRIPT RAN", 1, true))
      assert.falsy(result.out:find("\27", 1, true))
    end
  end)

  it("names what is wrong with a declaration, and lists a script that cannot be read", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/bad.lua", "local cli = require 'lanyard.cli'\ncli.command { summary = 'A.', options = { 'awz' } }\n")
    helper.run { "mkdir", folder .. "/folder.lua" }
    local environment = { LANYARD_PATH = folder.path }
    local result = lanyard({ "help", "bad" }, environment)
    assert.equal(1, result.status)
    assert.match("^lanyard: [^\n]*/bad%.lua: the declaration is invalid: there is no group of options 'awz'\n$", result.err)
    assert.match("bad%.lua:2: there is no group of options 'awz'", lanyard({ "bad" }, environment).err)
    result = lanyard({ "scripts" }, environment)
    assert.equal(0, result.status)
    assert.match("\nfolder +" .. folder.path:gsub("%p", "%%%0") .. "/folder%.lua", result.out)
  end)

  it("waits for no FIFO in a folder of scripts, and follows links there", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/real", "print(pcall(require, 'pipe'))\n")
    helper.run { "sh", "-c", 'cd "$0" && mkfifo pipe.lua && ln -s real linked.lua', folder.path }
    local environment = { LANYARD_PATH = folder.path, PATH = os.getenv "PATH" }
    local function within(...) return helper.run({ "timeout", "20", helper.lanyard, ... }, environment) end
    assert.match("^false\t.*no file '[^']*/pipe%.lua'", within("linked").out)
    for _, words in ipairs { { "help" }, { "scripts" }, { "pipes" } } do
      assert.not_equal(124, within(table.unpack(words)).status)
    end
    local result = within("pipe")
    assert.match("^lanyard: cannot read [^\n]*/pipe%.lua: it is a FIFO or a device[^\n]*\n$", result.err)
    assert.equal(1, result.status)
  end)

  it("takes a script in the folder of another as its sub-command only if that one declares it", function()
    local folder <close> = helper.folder()
    helper.run { "mkdir", folder .. "/plain", folder .. "/group" }
    helper.write(folder .. "/plain.lua", "print('plain', ...)\n")
    helper.write(folder .. "/plain/sub.lua", "print('wrong')\n")
    helper.write(folder .. "/group.lua", "local cli = require 'lanyard.cli'\ncli.command { summary = 'A group.', commands = { 'sub' } }\n")
    helper.write(folder .. "/group/sub.lua", "print('sub', ...)\n")
    local environment = { LANYARD_PATH = folder.path }
    assert.equal("plain\tsub\n", lanyard({ "plain", "sub" }, environment).out)
    assert.equal("sub\tx\n", lanyard({ "group", "sub", "x" }, environment).out)
    assert.equal(0, lanyard({ "policy", "--", "fmt", "-" }, {}, '{"Statement":[]}').status)
  end)

  it("names the line of a syntax error in a script", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/bad.lua", "local x =\n")
    local result = lanyard { folder .. "/bad.lua" }
    assert.equal(1, result.status)
    assert.match("^lanyard: [^\n]*bad%.lua:%d+: [^\n]+\n$", result.err)
  end)

  it("prints one line for an error in a script, and the traceback with --debug", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/oops.lua", "local t = nil\nprint(t.x)\n")
    local result = lanyard { folder .. "/oops.lua" }
    assert.equal(1, result.status)
    assert.match("^lanyard: [^\n]*oops%.lua:2: [^\n]+\n$", result.err)
    result = lanyard({ folder .. "/oops.lua" }, { LANYARD_DEBUG = "1" })
    assert.match("stack traceback", result.err)
  end)

  it("prints the code and message of an error that a script returns or raises as a plain table", function()
    for _, code in ipairs { "return nil, { code = 'X', message = 'boo' }", "error { code = 'X', message = 'boo' }" } do
      local result = lanyard { "-e", code }
      assert.equal(1, result.status)
      assert.match("^lanyard: X: boo", result.err)
      assert.not_match("table: 0x", result.err)
    end
  end)

  it("rejects an option that is given twice, unless it can be repeated", function()
    local result = lanyard { "audit", "--region", "a", "--region", "b" }
    assert.equal(2, result.status)
    assert.equal("lanyard: --region is given twice (lanyard help audit)\n", result.err)
    local emulated = lanyard { "--emulator", "--region", "eu-west-1", "--debug", "audit", "--debug" }
    assert.equal(0, emulated.status)
    assert.match("^eu%-west%-1 of account 111122223333: no repositories\n", emulated.out)
  end)

  it("needs a Region, and says how to set one", function()
    local result = lanyard({ "audit" }, { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret" })
    assert.equal(2, result.status)
    assert.match("%-%-region", result.err)
    assert.match("AWS_REGION", result.err)
  end)

  it("needs credentials, and lists where it looked", function()
    local folder <close> = helper.folder()
    local result = lanyard({ "audit", "--region", "us-east-1" },
      { HOME = folder.path, AWS_EC2_METADATA_DISABLED = "true" })
    assert.equal(1, result.status)
    assert.match("credentials", result.err)
    assert.match("AWS_ACCESS_KEY_ID", result.err)
    assert.not_match("traceback", result.err)
  end)

  it("names an endpoint that refuses connections", function()
    local result = lanyard({ "audit", "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:1" },
      { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret", AWS_MAX_ATTEMPTS = "1" })
    assert.equal(1, result.status)
    assert.match("127%.0%.0%.1:1", result.err)
    assert.not_match("traceback", result.err)
  end)

  it("reports a result that cannot be written", function()
    local result = helper.run({ "sh", "-c", helper.lanyard .. " help >/dev/full" })
    assert.equal(1, result.status)
    assert.match("cannot write", result.err)
  end)

  -- Runs code with a redirection of the shell. --> exit status, stdout, stderr
  local function run_redirected(code, redirection)
    local result = helper.run { "sh", "-c", ('"$0" -e "$1" %s'):format(redirection), helper.lanyard, code }
    return result.status, result.out, result.err
  end

  it("fails if the output of a script cannot be written, in whatever way the script writes and ends", function()
    for _, code in ipairs {
      "print(1)", "io.write('x')", "io.stdout:write('x')", "print(1) os.exit(0)", "io.write('x') os.exit(true, true)",
      "require('lanyard.cli').out 'x'", "print(1) return true", "pcall(print, 1)",
    } do
      for _, redirection in ipairs { ">/dev/full", ">&-" } do
        local status, _, err = run_redirected(code, redirection)
        assert.equal(1, status, code .. redirection)
        assert.match("^lanyard: cannot write the result[^\n]*\n$", err)
        assert.match(redirection == ">/dev/full" and ": No space left on device\n$" or ": Bad file descriptor\n$", err)
      end
    end
  end)

  it("keeps the exit status of a script that failed, and needs no stderr", function()
    assert.equal(5, (run_redirected("print(1) os.exit(5)", ">/dev/full")))
    assert.equal(3, (run_redirected("print(1) return 3", ">/dev/full")))
    assert.equal(0, (run_redirected("io.stderr:write('x') print(1)", "2>/dev/full")))
    assert.equal(0, (run_redirected("io.stderr:write('x') print(1)", "2>&-")))
  end)

  it("calls every finalizer, and writes every open file, however a script ends", function()
    local folder <close> = helper.folder()
    for ending, status in pairs { ["return 3"] = 3, ["error 'no'"] = 1, ["os.exit(4, true)"] = 4 } do
      local code = [[
        file = io.open(%q, "w")
        file:write "kept"
        early = setmetatable({}, { __gc = function() io.stdout:write "early" end })
        late = setmetatable({}, { __gc = function() io.stdout:write "late " end })
        local closed <close> = setmetatable({}, { __close = function() io.stdout:write "closed " end })
        %s]]
      local result = lanyard { "-e", code:format(folder .. "/file", ending) }
      assert.equal(status, result.status, ending)
      assert.equal((ending:find "exit" and "" or "closed ") .. "late early", result.out, ending)
      assert.equal("kept", helper.read(folder .. "/file"))
      os.remove(folder .. "/file")
    end
  end)

  -- Runs code whose output is read by head. --> its exit status, the first line, stderr
  local function head_of(code)
    local result = helper.run { "bash", "-c", '"$0" -e "$1" | head -n 1; exit "${PIPESTATUS[0]}"', helper.lanyard, code }
    return result.status, result.out, result.err
  end

  it("ends quietly if the reader of its output closes the pipe", function()
    for _, code in ipairs {
      "while true do print(1) end", "while true do io.write('1\\n') end",
      "local cli = require 'lanyard.cli' for _ = 1, 1e5 do cli.out '1' end",
    } do
      assert.same({ 0, "1\n", "" }, { head_of(code) })
    end
    assert.same({ 3, "1\n", "" }, { head_of "for _ = 1, 1e5 do require('lanyard.cli').out '1' end return 3" })
  end)

  it("completes a runbook whose output nobody reads", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/book.md", "# t\n\n## One\n\n```lua\nprint(1)\n```\n\n## Two\n\n```lua\nprint(2)\n```\n")
    local result = helper.run { "bash", "-c",
      '"$0" runbook "$1/book.md" --yes --no-transcript | true; exit "${PIPESTATUS[0]}"', helper.lanyard, folder.path }
    assert.equal(0, result.status)
    assert.match("lanyard: done: steps run: 2, skipped: 0\n$", result.err)
  end)

  it("exits with 130 when it is interrupted, and closes <close> variables", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/wait.lua", [[
      local task = require "lanyard.task"
      local _ <close> = setmetatable({}, { __close = function() print "closed" end })
      print "waiting"
      io.stdout:flush()
      task.sleep(60)
    ]])
    local result = helper.run({ "sh", "-c", ([[
      %s %s/wait.lua >%s/wait.out 2>%s/wait.err &
      until grep -q waiting %s/wait.out; do sleep 0.02; done
      kill -INT $!
      wait $!
    ]]):format(helper.lanyard, folder, folder, folder, folder) })
    assert.equal(130, result.status)
    assert.equal("waiting\nclosed\n", helper.read(folder .. "/wait.out"))
  end)

  it("runs a command against an emulator in the same process", function()
    local folder <close> = helper.folder()
    local result = lanyard({ "--emulator", "status" }, { HOME = folder.path })
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("my%-container%-service", result.out)
    assert.falsy(helper.exists(folder .. "/.local"))
  end)
end)
