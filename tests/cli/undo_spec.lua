local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

-- An emulator with one grant, made from this machine.
local function granted()
  local emulator = helper.emulator()
  assert.equal(0, emulator:run({ "grant", SERVICE, "shared-repo", "--enable" }).status)
  return emulator
end

-- The folder of a repository's journal.
local function journal(emulator)
  return helper.run({ "find", emulator.environment.XDG_STATE_HOME, "-type", "d", "-name", "shared-repo" }).out:match "[^\n]+"
end

local function modes(folder)
  return helper.run({ "find", folder, "-printf", "%y%m\n" }).out
end

describe("the state folder", function()
  it("has folders of mode 0700 and files of mode 0600", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "undo", "shared-repo" }).status)
    assert.equal(0, emulator:run({ "watch", "--times", "1", "--", "status" }).status)
    local count = 0
    for mode in modes(emulator.environment.XDG_STATE_HOME):gmatch "%a%d+" do
      assert.is_true(mode == "d700" or mode == "f600", mode)
      count = count + 1
    end
    assert.is_true(count > 8)
  end)

  it("is refused by every command that uses it if others can change it, with the command that repairs it", function()
    local emulator <close> = granted()
    local folder = emulator.environment.XDG_STATE_HOME .. "/lanyard"
    helper.run { "chmod", "777", folder }
    for _, words in ipairs { { "undo", "shared-repo" }, { "undo", "--list" }, { "undo", "shared-repo", "--dry-run" },
      { "grant", SERVICE, "my-private-repo" }, { "revoke", SERVICE, "shared-repo" }, { "disable", SERVICE, "--revoke" },
      { "watch", "--times", "1", "--", "status" } } do
      local result = emulator:run(words)
      assert.equal(1, result.status, table.concat(words, " "))
      assert.match("cannot hold lanyard's state: its mode is 0777", result.err)
      assert.match("run chmod 700 " .. folder:gsub("%-", "%%-"), result.err)
    end
    assert.match("journal +FAIL", emulator:run({ "doctor" }).out)
    helper.run { "chmod", "700", folder }
    assert.equal(0, emulator:run({ "undo", "shared-repo" }).status)
  end)
end)

describe("an empty journal", function()
  it("is listed with success", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "undo", "--list" }
    assert.equal(0, result.status)
    assert.equal("lanyard: the journal has no change of a repository in us-east-1\n", result.err)
    assert.same({}, json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out))
    assert.equal(0, emulator:run({ "undo", "my-private-repo", "--list" }).status)
  end)
end)

describe("undo --list", function()
  local CALLER = "arn:aws:iam::111122223333:user/operator"

  it("prints the service and the caller of each change", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "undo", "shared-repo" }).status)
    local result = emulator:run { "undo", "--list" }
    assert.match("TIME +REPOSITORY +ACTION +STATE +SERVICE +CALLER\n", result.out)
    for _, action in ipairs { "grant", "undo" } do
      assert.match(action .. " +done +" .. SERVICE:gsub("%-", "%%-") .. " +" .. CALLER .. "\n", result.out)
    end
    for _, entry in ipairs(json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out)) do
      assert.same({ SERVICE }, entry.services)
      assert.equal(CALLER, entry.caller)
    end
  end)

  it("prints a dash for what the entries of 0.1.0 do not have, and the access key where the caller is unknown", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "revoke", SERVICE, "shared-repo" }).status)
    local folder = journal(emulator)
    local access_keys = { json.null, "AKIAI44QH8DHBEXAMPLE" }
    for name in helper.run({ "ls", folder }).out:gmatch "%d+%.json" do
      local entry = json.decode(helper.read(folder .. "/" .. name))
      local access_key = table.remove(access_keys, 1)
      entry.access_key, entry.caller = access_key ~= json.null and access_key or nil, nil
      helper.write(folder .. "/" .. name, json.encode(entry))
    end
    local result = emulator:run { "undo", "--list" }
    assert.equal(0, result.status)
    assert.match("grant +done +[%w-]+ +%-\n", result.out)
    assert.match("revoke +done +[%w-]+ +AKIAI44QH8DHBEXAMPLE\n", result.out)
    local entries = json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out)
    assert.match("did not record it", entries[1].caller_unknown)
    assert.match("AKIAI44QH8DHBEXAMPLE", entries[2].caller_unknown)
  end)
end)

describe("a damaged journal entry", function()
  it("is reported in one line with its path, hides no other entry, and stops no change", function()
    local emulator <close> = granted()
    local folder = journal(emulator)
    local planted = { "80000000000000001.json", "80000000000000002.json", "80000000000000003.open.json" }
    helper.write(folder .. "/" .. planted[1], '{"id": 5}')
    helper.run { "mkfifo", folder .. "/" .. planted[2] }
    helper.run { "truncate", "-s", "200M", folder .. "/" .. planted[3] }
    local result = emulator:run { "undo", "--list", "--output", "json" }
    assert.equal(1, result.status)
    local entries = json.decode(result.out)
    assert.equal(1, #entries)
    assert.equal("grant", entries[1].action)
    for _, name in ipairs(planted) do
      local line = result.err:match("lanyard: warning: " .. folder:gsub("%-", "%%-") .. "/" .. name .. "[^\n]*\n")
      assert.match("is not a journal entry: .*move it away\n$", line, name)
    end
    result = emulator:run { "revoke", SERVICE, "shared-repo" }
    assert.equal(0, result.status)
    assert.match("revoked", result.out)
    assert.match("lanyard: warning: [^\n]*" .. planted[3], result.err)
    result = emulator:run { "undo", "shared-repo" }
    assert.equal(0, result.status)
    assert.match("undone +revoke of ", result.out)
    result = emulator:run { "undo", "--list" }
    assert.match("undo +done", result.out)
    assert.is_nil(result.err:find "attempt")
  end)
end)

describe("an interrupted change", function()
  -- Leaves the newest entry of a repository as a process does that is killed after its write.
  local function interrupt(emulator)
    local folder = journal(emulator)
    local name = helper.run({ "ls", folder }).out:match "(%d+)%.json\n[^%d]*$"
    local entry = json.decode(helper.read(folder .. "/" .. name .. ".json"))
    entry.state, entry.closed = "intended", nil
    helper.write(folder .. "/" .. name .. ".open.json", json.encode(entry))
    os.remove(folder .. "/" .. name .. ".json")
  end

  local function listed(emulator)
    local states = {}
    for i, entry in ipairs(json.decode(emulator:run({ "undo", "--list", "--output", "json" }).out)) do
      states[i] = entry.action .. " " .. entry.state
    end
    return states
  end

  local function is_open(emulator)
    return helper.run({ "find", journal(emulator), "-name", "*.open.json" }).out ~= ""
  end

  it("is listed with its outcome, and settled by disable, which reports it", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "revoke", SERVICE, "shared-repo" }).status)
    interrupt(emulator)
    assert.same({ "grant done", "revoke done" }, listed(emulator))
    assert.equal(0, emulator:run({ "disable", SERVICE, "--revoke", "--dry-run" }).status)
    assert.is_true(is_open(emulator))
    local result = emulator:run { "disable", SERVICE, "--revoke" }
    assert.equal(0, result.status)
    assert.match("shared%-repo: the revoke of [^\n]* was interrupted; it took effect\n", result.err)
    assert.is_false(is_open(emulator))
  end)

  it("is settled by apply, also if the file has nothing to change", function()
    local emulator <close> = helper.emulator()
    assert.equal(0, emulator:run({ "enable", SERVICE }).status)
    local file = emulator.folder .. "/grants.lua"
    helper.write(file, ([[return { grants = { { service = "%s", repositories = { "shared-repo" } } } }]]):format(SERVICE))
    local words = { "apply", file, "--yes", "--no-settle" }
    local result = emulator:run(words)
    assert.equal(0, result.status, result.err)
    interrupt(emulator)
    result = emulator:run(words)
    assert.equal(0, result.status)
    assert.match("shared%-repo +unchanged", result.out)
    assert.match("shared%-repo: the apply of [^\n]* was interrupted; it took effect\n", result.err)
    assert.is_false(is_open(emulator))
    assert.equal("", emulator:run(words).err)
  end)

  it("is the result of the next undo, if it is one", function()
    local emulator <close> = granted()
    assert.equal(0, emulator:run({ "revoke", SERVICE, "shared-repo" }).status)
    assert.equal(0, emulator:run({ "undo", "shared-repo" }).status)
    interrupt(emulator)
    assert.same({ "grant done", "revoke done", "undo done" }, listed(emulator))
    local result = emulator:run { "undo", "shared-repo", "--dry-run" }
    assert.match("unchanged +revoke of [^\n]*interrupted", result.out:gsub("\n +", " "))
    result = emulator:run { "undo", "shared-repo" }
    assert.equal(0, result.status)
    assert.match("undone +revoke of [^\n]*interrupted", result.out:gsub("\n +", " "))
    assert.match("shared%-repo: the undo of [^\n]* was interrupted; it took effect\n", result.err)
    assert.is_false(is_open(emulator))
    result = emulator:run { "undo", "shared-repo" }
    assert.match("undone +grant of ", result.out)
    assert.equal("", result.err)
  end)
end)
