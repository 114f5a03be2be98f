-- Scripts that users wrote for 0.1.0, and the names that these rely on.

local compat = require "compat"
local helper = require "helper"
local json = require "lanyard.json"

local RECORDED, SCRIPTS = compat.RECORDED, compat.SCRIPTS
local recorded, lines_of, count_with, seeded = compat.recorded, compat.lines_of, compat.count_with, compat.seeded
local run, sids = compat.run, compat.sids

describe("the search paths of 0.1.0", function()
  it("are .lanyard/rules.lua, .lanyard/scripts, the configuration folder, and the folders in LANYARD_PATH", function()
    local folder <close> = helper.folder()
    local script = RECORDED .. "scripts/status.lua"
    assert.equal(0, helper.run({ "mkdir", "-p", folder .. "/here/.lanyard/scripts", folder .. "/home/.config/lanyard/scripts",
      folder .. "/path", folder .. "/config/lanyard/scripts" }).status)
    for name, place in pairs {
      ["here/.lanyard/scripts/one"] = "one", ["home/.config/lanyard/scripts/two"] = "two", ["path/three"] = "three",
      ["config/lanyard/scripts/four"] = "four",
    } do
      helper.write(("%s/%s.lua"):format(folder, name), helper.read(script))
      if place == "one" then -- a script in the current directory must be trusted
        assert.equal(0, helper.run({ helper.lanyard, "trust", folder .. "/here", "--yes" }, { HOME = folder .. "/home" }).status)
      end
      local result = helper.run({ "sh", "-c", 'cd "$0" && exec "$@"', folder .. "/here", helper.lanyard, place, "found" }, {
        HOME = folder .. "/home", LANYARD_PATH = folder .. "/nothing:" .. folder .. "/path",
        XDG_CONFIG_HOME = place == "four" and folder .. "/config" or nil,
      })
      assert.equal(3, result.status, name .. "\n" .. result.err)
    end
    helper.write(folder .. "/here/.lanyard/rules.lua", recorded "rules/rules.lua")
    local result = helper.run({ "sh", "-c", 'cd "$0" && exec "$@"', folder .. "/here", helper.lanyard, "rules", "test",
      "--output", "json" }, {})
    assert.equal(0, result.status, result.err)
    assert.equal(4, #json.decode(result.out))
  end)
end)

describe("the names of 0.1.0", function()
  -- Prints the names of a list that do not exist, or that have another type.
  local CHECK = [[
    local aws, task, policy = require "lanyard.aws", require "lanyard.task", require "lanyard.policy"
    local session = assert(aws.session { region = "us-east-1" })
    local owners = {
      ["lanyard.aws"] = aws, ["lanyard.task"] = task, ["lanyard.policy"] = policy, document = policy.new(),
      session = session, client = assert(session:client "ecr"), task = task.spawn(function() end),
      semaphore = task.semaphore(1),
    }
    local function kind_of(value)
      local meta = getmetatable(value)
      return type(meta) == "table" and meta.__call and "function" or type(value)
    end
    local function value_of(owner, name)
      local kind, service = owner:match "^(%l+):(%l+)$"
      if kind == "operation" then
        return assert(session:client(service))[name]
      elseif kind == "waiter" then
        -- An unknown waiter raises an error for any input.
        local client = assert(session:client(service))
        local ok = pcall(client.wait, client, name, { serviceName = "my-container-service", version = 1 }, { timeout = 0.01 })
        return ok and client.wait or nil
      end
      return owners[owner][name]
    end
    for line in io.lines((...)) do
      local owner, name, kind = line:match "^(%S+) (%S+) (%S+)$"
      local ok, value = pcall(value_of, owner, name)
      if not ok or kind_of(value) ~= kind then
        print(line)
      end
    end
  ]]

  it("all exist", function()
    assert.equal("", (run(nil, 0, "--emulator", "-e", CHECK, RECORDED .. "names.txt")))
    assert.equal(150, #lines_of(recorded "names.txt"))
  end)

  it("are reported by this check if they are missing", function()
    local folder <close> = helper.folder()
    local missing = "document nothing function\nlanyard.aws nothing function\noperation:ecr Nothing function\n"
      .. "waiter:lightsail Nothing function\nlanyard.policy LIMIT function\n"
    helper.write(folder .. "/names.txt", missing)
    assert.equal(missing, (run(nil, 0, "--emulator", "-e", CHECK, folder .. "/names.txt")))
  end)
end)

describe("a script of 0.1.0", function()
  local function prints(name, status, ...)
    local emulator <close> = seeded()
    local out = run(emulator, status, ("%sscripts/%s.lua"):format(RECORDED, name), ...)
    assert.equal(recorded(("scripts/%s.out"):format(name)), out)
  end

  it("from README prints the same lines as in 0.1.0, in the order of the replies", function()
    local emulator <close> = seeded()
    local lines, old = lines_of((run(emulator, 0, RECORDED .. "scripts/readme.lua"))), lines_of(recorded "scripts/readme.out")
    table.sort(lines)
    table.sort(old)
    assert.same(old, lines)
  end)

  it("with its own options prints the same as in 0.1.0", function()
    prints("team", 3, "web", "web", "team/*", "--timeout", "2m", "--yes")
  end)

  -- Since 0.2 access.connect requires `permit`, so that no script writes without rules by accident.
  it("that calls access.connect without `permit` fails, and the error says what to pass", function()
    local emulator <close> = seeded()
    local _, message = run(emulator, 1, RECORDED .. "scripts/connect.lua")
    assert.truthy(message:find("access.connect needs settings.permit", 1, true), message)
  end)

  -- Since 0.2 no field access does I/O: here.account is a method. All other output is the same.
  it("that prints its account and Region prints the same, except the account as a field", function()
    local emulator <close> = seeded()
    local out = run(emulator, 0, RECORDED .. "scripts/where.lua"):gsub("function: %w+", "111122223333", 1)
    assert.equal(recorded "scripts/where.out", out)
  end)

  it("with calls, tasks and policies prints the same as in 0.1.0", function()
    prints("library", 0)
  end)

  it("runs with stock lua5.4", function()
    local emulator <close> = seeded()
    local environment = {
      LUA_PATH = "./lua/?.lua;./lua/?/init.lua;;", LUA_CPATH = helper.build .. "/?.so;;",
      ASAN_OPTIONS = "detect_leaks=0",
    }
    for name, value in pairs(emulator.environment) do
      environment[name] = value
    end
    local result = helper.run({ helper.lua, RECORDED .. "scripts/library.lua" }, environment)
    assert.equal(0, result.status, result.err)
    assert.equal(recorded "scripts/library.out", result.out)
  end)

  it("is a command with its name and options", function()
    local emulator <close> = seeded()
    local function team(status, ...)
      local result = emulator:run({ "team", ... }, { LANYARD_PATH = SCRIPTS })
      assert.equal(status, result.status, result.err)
      return result.out, result.err
    end
    assert.equal(recorded "scripts/team.out", (team(3, "web", "web", "team/*", "--timeout", "2m", "--yes")))
    local lines = json.decode((team(0, "web", "web", "--kind", "revoke", "--output", "json", "--yes")))
    assert.equal(1, count_with({ lines }, "web: revoked", "web: 0, none", "journal: 4", "600 3"))
    assert.equal("", sids(emulator, "web"))
    assert.is_nil(team(0, "web", "web", "--dry-run", "--yes"):find("web: granted", 1, true))
    assert.equal("", sids(emulator, "web"))
    local _, note = team(0, "web", "web", "--dry-run", "--yes")
    local _, quiet = team(0, "web", "web", "--dry-run", "--yes", "--quiet")
    assert.equal(#lines_of(quiet) + 1, #lines_of(note))
    team(2, "web", "web") -- without a terminal
    team(2, "nobody", "web", "--yes")
    team(2, "web", "web", "--yes", "--output", "xml")
    team(2, "web", "--yes")
    team(1, "web", "no-such-repository", "--yes")
    team(4, "web", "prod/api", "--yes", "--rules", RECORDED .. "rules/rules.lua")
    assert.truthy(team(0, "far", "far", "--yes", "--region", "eu-west-1"):find("far: granted", 1, true))
  end)

  it("shows its first comment with --help, and its options too if it is run by its path", function()
    local result = helper.run({ helper.lanyard, "team", "--help" }, { LANYARD_PATH = SCRIPTS })
    assert.equal(0, result.status, result.err)
    assert.truthy(result.out:find("Give a service the images of a team.", 1, true))
    result = helper.run { helper.lanyard, SCRIPTS .. "/team.lua", "--help" }
    assert.equal(0, result.status, result.err)
    for _, text in ipairs { "Give a service the images of a team.", "--kind", "--timeout", "--dry-run", "--region" } do
      assert.truthy(result.out:find(text, 1, true), text)
    end
  end)

  it("exits with the same statuses as in 0.1.0", function()
    for ending, status in pairs {
      ok = 0, nothing = 0, failed = 1, text = 1, fail = 1, raise = 1, usage = 2, found = 3, refused = 4, interrupted = 130,
    } do
      local result = helper.run { helper.lanyard, RECORDED .. "scripts/status.lua", ending }
      assert.equal(status, result.status, ending)
      assert.equal(ending == "failed" or ending == "text" or ending == "fail" or ending == "raise",
        result.err:find("it is broken", 1, true) ~= nil, ending)
    end
  end)
end)
