-- What the current directory can do: nothing that the user did not decide.

local checkouts = require "checkout"
local helper = require "helper"
local json = require "lanyard.json"
local system = require "lanyard.system"

local BINARY = assert(system.real_path(helper.lanyard))
local IS_ROOT = system.user() == 0

local DENY = [[
rule "never" { on = { "grant", "revoke", "enable", "disable", "deploy", "undo", "audit" },
  check = function() return deny "the planted rule ran" end }
mute { finding = "policy-lint", reason = "planted" }
mute { finding = "expired-grant", reason = "planted", ends = "2000-01-01" }
]]
local checkout, sh = checkouts.new, checkouts.sh

local THREE_WAYS = "lanyard trust .*%-%-rules FILE .*%-%-rules none"

describe("an untrusted ./.lanyard/rules.lua", function()
  for _, line in ipairs {
    "enable my-container-service", "disable my-container-service", "grant my-container-service my-private-repo",
    "grant my-container-service --all --yes", "grant my-container-service my-private-repo --enable --dry-run",
    "revoke my-container-service my-private-repo", "revoke my-container-service --all --yes",
    "deploy my-container-service app=my-private-repo:latest", "undo my-private-repo",
    "apply desired.json --yes", "plan desired.json", "audit --fail-on low", "audit --fail-on low --output json",
    "audit merge report.json --fail-on low",
  } do
    it("stops lanyard " .. line, function()
      local co <close> = checkout { [".lanyard/rules.lua"] = DENY,
        ["desired.json"] = [[{"grants":[{"service":"my-container-service","repositories":["my-private-repo"]}]}]],
        ["report.json"] = [[{"version":2,"tool":"lanyard 1","time":"2026-11-25T01:00:00Z","scopes":[],"findings":[]}]] }
      local result = co:run("--emulator " .. line)
      assert.equal(4, result.status, result.err)
      assert.equal("", result.out)
      assert.matches("%./%.lanyard/rules%.lua is not trusted\n.*" .. THREE_WAYS, result.err)
      assert.falsy(result.err:find("planted", 1, true))
    end)
  end

  it("stops a watch, a runbook, and a script that connects by lanyard.cli, and nothing is changed", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY,
      ["book.md"] = "```lanyard\nenable my-container-service\n```\n",
      ["enable.lua"] = "local region = require('lanyard.cli').connect {}\n"
        .. "print(select(2, region:enable 'my-container-service').code)\n" }
    local emulator <close> = helper.emulator()
    local environment = emulator.environment
    environment.HOME = co.folder .. "/home"
    local result = co:run("watch --times 1 -- enable my-container-service", environment)
    assert.equal(1, result.status)
    assert.matches(THREE_WAYS, result.err)
    result = co:run("runbook book.md --yes --no-transcript", environment)
    assert.equal(1, result.status)
    assert.matches("not trusted", result.out .. result.err)
    assert.equal("UntrustedRules\n", co:run("./enable.lua", environment).out)
    result = co:run({ "-e", "require('lanyard.cli').check(require('lanyard.cli').connect {}:enable 'my-container-service')" },
      environment)
    assert.equal(4, result.status)
    assert.matches(THREE_WAYS, result.err)
    assert.matches("puller role%s+off", co:run("status my-container-service", environment).out)
  end)

  it("is not applied by an audit without --fail-on, which says so", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY }
    local result = co:run "--emulator audit"
    assert.equal(0, result.status, result.err)
    assert.matches("^lanyard: warning: %./%.lanyard/rules%.lua is not trusted: its rules and mutes are not applied", result.err)
    assert.matches("\nno rules file in force; not trusted: %./%.lanyard/rules%.lua\nno findings\n$", result.out)
    result = co:run "--emulator audit --output json"
    assert.same({ { file = "./.lanyard/rules.lua", mutes = 0, untrusted = true } }, json.decode(result.out).rules)
  end)

  it("does not stop commands that change nothing", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY }
    for _, line in ipairs { "--emulator status", "help", "scripts", "permissions --account 111122223333 --region us-east-1",
      "trust --list" } do
      local result = co:run(line)
      local note = line == "trust --list" and "lanyard: no directory is trusted\n" or ""
      assert.same({ 0, note }, { result.status, result.err }, line)
    end
  end)

  it("is tested and shown before it is trusted, with a warning", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY .. 'example "x" { on = "grant", repository = "r", expect = "deny" }' }
    for _, word in ipairs { "test", "show" } do
      local result = co:run { "rules", word }
      assert.equal(0, result.status, result.err)
      assert.equal("lanyard: warning: ./.lanyard/rules.lua is not trusted: it is not in force (lanyard trust)\n", result.err)
    end
  end)

  it("has three ways out: --rules none, --rules FILE, and lanyard trust", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY,
      ["mine.lua"] = 'rule "mine" { on = "enable", check = function() return deny "my rule ran" end }' }
    local enable = "--emulator enable my-container-service --no-wait"
    for _, none in ipairs { co:run(enable .. " --rules none"), co:run(enable, { LANYARD_RULES = "none" }) } do
      assert.equal(0, none.status, none.err)
    end
    local audit = co:run "--emulator audit --fail-on critical --rules none --output json"
    assert.equal(0, audit.status, audit.err)
    assert.same({}, json.decode(audit.out).rules)
    local mine = co:run(enable .. " --rules mine.lua")
    assert.equal(4, mine.status)
    assert.matches("my rule ran", mine.err)
    co:trust()
    local planted = co:run(enable)
    assert.equal(4, planted.status)
    assert.matches("the planted rule ran", planted.err)
    assert.equal(0, co:run(enable .. " --rules none").status)
  end)

  it("stops changes again when it was trusted and has changed or is gone", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = 'rule "no" { on = "revoke", check = function() end }' }
    co:trust()
    assert.equal(0, co:run("--emulator enable my-container-service --no-wait").status)
    for change, reason in pairs {
      ["echo >> .lanyard/rules.lua"] = "rules.lua was changed", ["rm .lanyard/rules.lua"] = "rules.lua was removed",
      ["rm -r .lanyard"] = "it was removed", ["echo > .lanyard/x"] = "x was added",
    } do
      co:write { [".lanyard/rules.lua"] = 'rule "no" { on = "revoke", check = function() end }' }
      sh("rm -f %s/.lanyard/x", co.path)
      assert.equal(0, co:run("--emulator enable my-container-service --no-wait").status)
      sh("cd %s && %s", co.path, change)
      local result = co:run "--emulator enable my-container-service --no-wait"
      assert.equal(4, result.status, change)
      assert.truthy(result.err:find(reason, 1, true), result.err)
      assert.matches(THREE_WAYS, result.err)
    end
    co:run "trust --yes"
    assert.equal(0, co:run("--emulator enable my-container-service --no-wait").status)
  end)

  it("does not follow links, of the file, of .lanyard or of the store", function()
    local co <close> = checkout { ["real/rules.lua"] = DENY }
    for _, link in ipairs { "ln -s real .lanyard", "mkdir .lanyard; ln -s ../real/rules.lua .lanyard/rules.lua",
      "mkdir .lanyard; ln real/rules.lua .lanyard/rules.lua", "mkdir .lanyard; mkfifo .lanyard/rules.lua" } do
      sh("cd %s && rm -rf .lanyard && { %s; }", co.path, link)
      local result = co:run "trust --yes"
      assert.equal(1, result.status, link)
      assert.matches("symbolic link", result.err:gsub("has 2 hard links", "symbolic link"):gsub("a FIFO", "symbolic link"))
      result = co:run "--emulator enable my-container-service --no-wait"
      assert.equal(4, result.status, result.err)
      assert.matches(THREE_WAYS, result.err)
    end
  end)
end)

describe("lanyard trust", function()
  -- Runs it on a terminal.
  local function talk(co, dialogue, environment)
    local all = { HOME = co.folder .. "/home" }
    for name, value in pairs(environment or {}) do
      all[name] = value
    end
    return helper.run({ "/usr/bin/python3", "tests/cli/terminal.py", json.encode(json.array(dialogue)), "sh", "-c",
      'cd "$0" && exec "$@"', co.path, BINARY, "trust" }, all)
  end

  it("shows the files with escaped names, asks, and shows the difference when it is renewed", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = "-- old\n", [".lanyard/scripts/a.lua"] = "print 'a'\n" }
    helper.write(co.path .. "/.lanyard/x\27[2J", "")
    local result = talk(co, { { "[y/N] ", "n\n" } })
    assert.equal(1, result.status)
    assert.matches("nothing was changed", result.out)
    assert.matches("rules%.lua +7 +new\r\n", result.out)
    assert.matches("scripts/a%.lua +10 +new\r\n", result.out)
    assert.matches("x\\x1b%[2J", result.out)
    assert.falsy(result.out:find("\27[2J", 1, true))
    assert.equal("[]", (co:run("trust --list --output json").out:gsub("%s", "")))
    result = talk(co, { { "Trust these 3 files? [y/N] ", "y\n" } })
    assert.equal(0, result.status, result.out)
    co:write { [".lanyard/rules.lua"] = "-- new \27[2J\n", [".lanyard/b.lua"] = "print 'b'\n" }
    sh("rm %s/.lanyard/scripts/a.lua", co.path)
    result = talk(co, { { "[y/N] ", "y\n" } }, { NO_COLOR = "1" })
    assert.equal(0, result.status, result.out)
    for _, line in ipairs { "rules.lua ", "-- old", "+-- new \\x1b[2J", "+print 'b'", "-print 'a'", " added", " removed",
      " unchanged", " changed" } do
      assert.truthy(result.out:find(line, 1, true), line .. "\n" .. result.out)
    end
    assert.falsy(result.out:find("\27[2J", 1, true))
  end)

  it("asks nothing without a terminal, and changes nothing twice", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = "" }
    local result = co:run "trust"
    assert.equal(2, result.status)
    assert.matches("this would trust this file; without a terminal, pass %-%-yes to confirm\n$", result.err)
    assert.matches(": trusted %(1 file%)\n$", co:run("trust --yes").out)
    assert.matches(": unchanged %(1 file, already trusted%)\n$", co:run("trust").out)
    assert.matches(": trusted %(1 file%)\n$", co:run("trust --yes", { XDG_DATA_HOME = co.folder .. "/home/data" }).out)
  end)

  it("lists and revokes", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = "" }
    assert.matches(": unchanged %(it is not trusted%)\n$", co:run("trust --revoke").out)
    co:trust()
    assert.matches("/co +1 +%S+Z +trusted\n$", co:run("trust --list").out)
    sh("echo x > %s/.lanyard/new", co.path)
    assert.equal("changed", json.decode(co:run("trust --list --output json").out)[1].state)
    sh("mv %s %s-moved", co.path, co.path)
    local result = helper.run({ helper.lanyard, "trust", "--list", "--output", "json" }, { HOME = co.folder .. "/home" })
    local listed = json.decode(result.out)[1]
    assert.same({ "changed", "the directory was removed" }, { listed.state, listed.reason })
    sh("mv %s-moved %s", co.path, co.path)
    assert.matches(": revoked\n$", co:run { "trust", "--revoke", co.path }.out)
    assert.matches(": unchanged %(it is not trusted%)\n$", co:run("trust --revoke").out)
    assert.equal("", co:run("trust --list").out)
  end)

  it("fails without files, and for a command line that makes no sense", function()
    local co <close> = checkout()
    local result = co:run "trust --yes"
    assert.same({ 1, "lanyard: ./.lanyard does not exist: there is nothing to trust\n" }, { result.status, result.err })
    assert.equal(1, co:run("trust nowhere --yes").status)
    assert.equal(1, co:run("trust --revoke nowhere").status)
    assert.equal(2, co:run("trust --list --revoke").status)
  end)

  it("records what --emulator sees, too", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = 'rule "x" { on = "revoke", check = function() end }' }
    assert.equal(0, co:run("--emulator trust --yes", { XDG_STATE_HOME = co.folder .. "/home/state" }).status)
    assert.matches("trusted", co:run("trust --list").out)
    assert.equal(0, co:run("--emulator enable my-container-service --no-wait").status)
  end)
end)

describe("another user's checkout", function()
  local function skip()
    if not IS_ROOT or helper.run({ "which", "setpriv" }).status ~= 0 then
      pending "needs root and setpriv, to act as two users"
      return true
    end
    return false
  end

  local OTHER = "12345"

  local function as_other(co, words)
    local copy = co.folder .. "/lanyard"
    if not helper.exists(copy) then
      sh("cp %s %s && chmod 755 %s", BINARY, copy, copy)
    end
    return co:run({ "--reuid", OTHER, "--regid", OTHER, "--clear-groups", copy, table.unpack(words) }, nil, "setpriv")
  end

  it("is not trusted by root, also with the user's HOME, as after sudo", function()
    if skip() then return end
    local co <close> = checkout { [".lanyard/rules.lua"] = 'rule "x" { on = "revoke", check = function() end }' }
    sh("cd %s && chown -R %s co home", co.folder, OTHER)
    assert.equal(0, as_other(co, { "trust", "--yes" }).status)
    assert.equal(0, as_other(co, { "--emulator", "enable", "my-container-service", "--no-wait" }).status)
    for _, home in ipairs { co.folder .. "/home", "/root" } do
      local result = co:run("--emulator enable my-container-service --no-wait", { HOME = home })
      assert.equal(4, result.status, result.err)
      assert.matches("belongs to user 12345, and user 0 runs lanyard", result.err)
      assert.matches(THREE_WAYS, result.err)
      result = co:run("trust --yes", { HOME = home })
      assert.equal(1, result.status)
      assert.matches("belongs to user 12345, and user 0 runs lanyard", result.err)
    end
    assert.equal(0, co:run("--emulator enable my-container-service --no-wait --rules none").status)
  end)

  it("is not trusted by a user, even if root owns it", function()
    if skip() then return end
    local co <close> = checkout { [".lanyard/rules.lua"] = DENY }
    sh("cd %s && chown -R %s home", co.folder, OTHER)
    local result = as_other(co, { "trust", "--yes" })
    assert.equal(1, result.status)
    assert.matches("belongs to user 0, and user 12345 runs lanyard", result.err)
    assert.equal(4, as_other(co, { "--emulator", "enable", "my-container-service", "--no-wait" }).status)
  end)

  it("is not trusted by a record of the user whose HOME root has", function()
    if skip() then return end
    local co <close> = checkout { [".lanyard/rules.lua"] = 'rule "x" { on = "revoke", check = function() end }' }
    co:trust()
    assert.equal(0, co:run("--emulator enable my-container-service --no-wait").status)
    sh("chown -R %s %s/home", OTHER, co.folder)
    local result = co:run "--emulator enable my-container-service --no-wait"
    assert.equal(4, result.status)
    assert.matches("home, above the records of lanyard trust, belongs to user 12345", result.err)
    assert.matches("sudo %-H", result.err)
    result = co:run "trust --yes"
    assert.equal(1, result.status)
    assert.matches("sudo %-H", result.err)
  end)
end)

describe("a script in ./.lanyard/scripts", function()
  local EVIL = "-- Mine.\nprint 'SCRIPT RAN'\n"

  it("is not a command before it is trusted, and is named when it is asked for", function()
    local co <close> = checkout { [".lanyard/scripts/mine.lua"] = EVIL }
    for _, words in ipairs { { "mine" }, { "help", "mine" }, { "mine", "--help" } } do
      local result = co:run(words)
      assert.same({ 2, "", "lanyard: there is no command 'mine'; ./.lanyard/scripts/mine.lua is not trusted (review it, "
        .. "then run 'lanyard trust')\n" }, { result.status, result.out, result.err })
    end
    for _, word in ipairs { "help", "scripts" } do
      local result = co:run(word)
      assert.equal(0, result.status)
      assert.falsy(result.out:find("mine", 1, true))
      assert.matches("^lanyard: the scripts in %./%.lanyard are ignored: [^\n]*\n$", result.err)
    end
    assert.equal("", co:run("--emulator status").err)
    co:trust()
    assert.equal("SCRIPT RAN\n", co:run("mine").out)
    assert.matches("mine +%./%.lanyard/scripts/mine%.lua +Mine%.", co:run("scripts").out)
    sh("echo >> %s/.lanyard/scripts/mine.lua", co.path)
    local result = co:run "mine"
    assert.equal(2, result.status)
    assert.matches("is not trusted: since you trusted it, scripts/mine%.lua was changed", result.err)
  end)

  it("never replaces a built-in command, its sub-commands or its help", function()
    local files, names = {}, {}
    for name in helper.run({ BINARY, "-e", "print(table.concat(require('lanyard.embedded').scripts(), '\\n'))" }).out:gmatch "%S+" do
      files[(".lanyard/scripts/%s.lua"):format(name)] = EVIL
      names[#names + 1] = name:gsub("/", " ")
    end
    assert.is_true(#names > 30)
    local co <close> = checkout(files)
    for round = 1, 2 do
      for _, name in ipairs(names) do
        local line = round == 1 and "help " .. name or name .. " --help"
        local result = co:run(line)
        assert.equal(0, result.status, line)
        assert.falsy(result.out:find("SCRIPT RAN", 1, true), line)
        assert.falsy(result.out:find("Mine.", 1, true), line)
      end
      local result = co:run "--emulator status"
      assert.falsy(result.out:find("SCRIPT RAN", 1, true))
      if round == 1 then
        assert.matches("^lanyard: %./%.lanyard/scripts/status%.lua is not trusted; it does not replace the built%-in command "
          .. "'status'\n$", result.err)
        co:trust()
      end
    end
  end)

  it("requires trusted modules beside it, from the bytes that were trusted", function()
    local co <close> = checkout { [".lanyard/scripts/mine.lua"] = "print(require 'lib.util', (select(2, pcall(require, 'other'))))",
      [".lanyard/scripts/lib/util.lua"] = "return 'beside'", ["other.lua"] = "return 'OUTSIDE'", ["lib/util.lua"] = "return 'OUTSIDE'" }
    co:trust()
    local result = co:run "mine"
    assert.matches("^beside\t", result.out)
    assert.falsy(result.out:find("OUTSIDE", 1, true))
  end)
end)

describe("a script of the user", function()
  it("that a built-in command hides is named once, and always by lanyard scripts", function()
    local co <close> = checkout()
    sh("mkdir %s/home/bin", co.folder)
    helper.write(co.folder .. "/home/bin/uri.lua", "-- Mine.\nprint 'SCRIPT RAN'\n")
    local environment = { LANYARD_PATH = co.folder .. "/home/bin" }
    local line = ("%s/home/bin/uri.lua is hidden by the built-in command 'uri'; run it with: lanyard %s/home/bin/uri.lua\n")
      :format(co.folder, co.folder)
    local result = co:run("uri --help", environment)
    assert.same({ 0, "lanyard: " .. line }, { result.status, result.err })
    assert.equal("", co:run("uri --help", environment).err)
    for _ = 1, 2 do
      assert.equal("lanyard: " .. line, co:run("scripts", environment).err)
    end
    assert.equal("SCRIPT RAN\n", co:run { co.folder .. "/home/bin/uri.lua" }.out)
  end)

  it("requires modules beside its file, as a command and by its path, and none of the current directory", function()
    local co <close> = checkout { ["util.lua"] = "return 'OUTSIDE'", ["lanyard/errors.lua"] = "error 'OUTSIDE'" }
    sh("mkdir -p %s/home/.config/lanyard/scripts/lib", co.folder)
    local scripts = co.folder .. "/home/.config/lanyard/scripts/"
    helper.write(scripts .. "mine.lua", "print(require 'util', require 'lib', require('lanyard.errors').new ~= nil)")
    helper.write(scripts .. "util.lua", "return 'beside'")
    helper.write(scripts .. "lib/init.lua", "return 'init'")
    helper.write(scripts .. "lanyard.lua", "error 'OUTSIDE'")
    for _, words in ipairs { { "mine" }, { scripts .. "mine.lua" } } do
      local result = co:run(words)
      assert.matches("^beside\tinit\ttrue", result.out, result.err)
    end
  end)
end)

describe("a report", function()
  it("says in each format which rules file was in force, and how many mutes", function()
    local co <close> = checkout { ["-x--<y>.lua"] = DENY }
    for format, text in pairs {
      table = "\nrules in force: ./-x--<y>.lua (1 mute)\n", markdown = "Rules in force: ./-x--\\<y\\>.lua (1 mute).",
      html = "rules in force: ./-x--&lt;y&gt;.lua (1 mute)", junit = "<!-- rules in force: ./-x- - &lt;y&gt;.lua (1 mute) -->",
      prometheus = "# rules in force: ./-x--<y>.lua (1 mute)\n", sarif = '"rules": "rules in force: ./-x--<y>.lua (1 mute)"',
    } do
      local result = co:run { "--emulator", "audit", "--rules", "./-x--<y>.lua", "--output", format }
      assert.equal(0, result.status, result.err)
      assert.truthy(result.out:find(text, 1, true), format .. "\n" .. result.out)
      result = co:run { "--emulator", "audit", "--output", format }
      assert.truthy(result.out:lower():find("no rules file in force", 1, true), format)
    end
    for _, format in ipairs { "csv", "jsonl" } do
      local result = co:run { "--emulator", "audit", "--rules", "./-x--<y>.lua", "--output", format }
      assert.truthy(result.err:find("rules in force: ./-x--<y>.lua (1 mute)", 1, true), format)
    end
  end)

  it("names the rules of the reports that it was merged from", function()
    local co <close> = checkout { ["a.lua"] = DENY, ["b.lua"] = "" }
    for name, rules in pairs { a = "a.lua", b = "b.lua", c = "none" } do
      helper.write(("%s/%s.json"):format(co.path, name), co:run { "--emulator", "audit", "--rules", rules, "--output", "json" }.out)
    end
    local merged = co:run "audit merge a.json b.json c.json --output json"
    local files = {}
    for _, one in ipairs(json.decode(merged.out).rules) do
      files[one.file] = one.mutes
    end
    assert.same({ ["a.lua"] = 1, ["b.lua"] = 0 }, files)
  end)
end)
