local helper = require "helper"

local SERVICE = "my-container-service"
local ERASE = "\r\27[K"

local folder = helper.folder()

-- An emulator whose replies for repository policies are late by so many seconds, with some repositories.
local function slow(seconds, operation)
  local names = {}
  for i = 1, 24 do
    names[i] = ('{ name = "app-%02d" }'):format(i)
  end
  helper.write(folder .. "/seed.lua", ([[return { regions = { ["us-east-1"] = {
    services = { { name = "%s", role = true } }, repositories = { %s } } } }]]):format(SERVICE, table.concat(names, ", ")))
  helper.write(folder .. "/faults.lua", ([[return { { operation = "%s", delay = %g } }]]):format(
    operation or "GetRepositoryPolicy", seconds))
  return helper.emulator(("--activation-delay 0 --seed %s/seed.lua --faults %s/faults.lua"):format(folder, folder))
end

-- Runs a shell command on a terminal. Returns everything that appears on it.
local function on_terminal(emulator, command, environment)
  local all = { TERM = "xterm" }
  for _, part in ipairs { emulator.environment, environment or {} } do
    for name, value in pairs(part) do all[name] = value end
  end
  return helper.run({ "script", "-qec", command, "/dev/null" }, all)
end

local function plain(text)
  return (text:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"))
end

teardown(function() getmetatable(folder).__close(folder) end)

describe("progress", function()
  it("shows done and total, rate and time left on a terminal, and is erased at the end", function()
    local emulator <close> = slow(0.6)
    local result = on_terminal(emulator, ("%s grant %s --all --yes >/dev/null"):format(helper.lanyard, SERVICE))
    assert.equal(0, result.status, result.out)
    assert.match(plain(ERASE) .. "%d+/24 repositories, %d[%d.]*/s, %d+ s left", result.out)
    assert.match(plain(ERASE) .. "$", result.out)
    -- Nothing else appears.
    for line in (result.out .. ERASE):gmatch("(.-)" .. plain(ERASE)) do
      assert.is_true(line == "" or line:find "^%d+/24 repositories" ~= nil, line)
    end
  end)

  it("is silent in a pipe", function()
    local emulator <close> = slow(0.6)
    local result = emulator:run { "grant", SERVICE, "--all", "--yes" }
    assert.equal(0, result.status)
    assert.equal("", result.err)
    assert.is_nil(result.out:find("\27", 1, true))
  end)

  it("is not shown for what takes less than a second", function()
    local emulator <close> = helper.emulator()
    for _, words in ipairs { "audit", "status", "import", "undo --list" } do
      local result = on_terminal(emulator, helper.lanyard .. " " .. words .. " >/dev/null")
      assert.is_nil(result.out:find("\27", 1, true), words)
    end
  end)

  it("fits the width of the terminal", function()
    local emulator <close> = slow(0.6)
    local result = on_terminal(emulator, ("stty cols 16 && %s grant %s --all --yes >/dev/null"):format(helper.lanyard, SERVICE))
    assert.equal(0, result.status)
    local count = 0
    for line in (result.out .. ERASE):gmatch("(.-)" .. plain(ERASE)) do
      assert.is_true(#line <= 15, line)
      count = count + (line ~= "" and 1 or 0)
    end
    assert.is_true(count > 0)
  end)

  it("writes no control sequence to a dumb terminal", function()
    local emulator <close> = slow(0.6)
    local result = on_terminal(emulator, ("%s grant %s --all --yes"):format(helper.lanyard, SERVICE), { TERM = "dumb" })
    assert.equal(0, result.status)
    assert.match("app%-24 +granted", result.out)
    assert.is_nil(result.out:find("\27", 1, true))
  end)

  it("is erased before each line of a result", function()
    -- An audit reads all policies at once.
    for command, seconds in pairs { import = 0.6, audit = 1.5, ["grant " .. SERVICE .. " --all --yes"] = 0.6 } do
      local emulator <close> = slow(seconds)
      local result = on_terminal(emulator, helper.lanyard .. " " .. command, { NO_COLOR = "1" })
      assert.match("%d+/24", result.out, command)
      for line in result.out:gmatch "[^\n]+" do
        local printed = line:match("^.*" .. plain(ERASE) .. "(.*)$") or line
        assert.is_nil(printed:find "%d+/%d+%+? repositories" or printed:find "%d+/%d+ policies", command .. ": " .. line)
      end
    end
  end)

  it("counts policies that are read, and repositories that are planned and applied", function()
    local emulator <close> = slow(0.6)
    local file = folder .. "/grants.lua"
    helper.write(file, ([[return { grants = { { service = "%s", repositories = { "*" } } } }]]):format(SERVICE))
    for command, pattern in pairs {
      ["plan " .. file] = "%d+/24 repositories", ["status"] = "%d+/24 policies",
      ["import"] = "%d+/24 policies", ["export --format terraform"] = "%d+/24 policies",
    } do
      assert.match(pattern, on_terminal(emulator, helper.lanyard .. " " .. command .. " >/dev/null").out, command)
    end
    assert.match("%d+/24 repositories", on_terminal(emulator,
      helper.lanyard .. " apply --yes --no-settle " .. file .. " >/dev/null").out)
  end)

  it("says for how long a wait lasts, and how long it can last", function()
    local emulator <close> = helper.emulator "--activation-delay 4"
    local result = on_terminal(emulator, ("%s enable %s --timeout 5m >/dev/null"):format(helper.lanyard, SERVICE))
    assert.equal(0, result.status, result.out)
    assert.match(plain(ERASE) .. SERVICE:gsub("%-", "%%-") .. ": [^\r]* %(%d s of at most 5 min%)", result.out)
    assert.match(plain(ERASE) .. "$", result.out)
  end)
end)

describe("an interrupted command", function()
  -- Interrupts a command in a pipe once it has sent so many requests for policies. Returns stdout and stderr.
  local function interrupt(emulator, words, count)
    helper.run({ "sh", "-c", ([[
      : >"$1/out" >"$1/err"
      $0 %s --debug >"$1/out" 2>"$1/err" &
      until test "$(grep -c '^> X-Amz-Target: .*GetRepositoryPolicy$' "$1/err")" -ge %d; do sleep 0.02; done
      kill -INT $!
      wait $!
    ]]):format(words, count), helper.lanyard, folder.path }, emulator.environment)
    return helper.read(folder .. "/out"), helper.read(folder .. "/err")
  end

  it("says how many repositories changed, may have changed, and were not begun", function()
    local emulator <close> = slow(1)
    local _, err = interrupt(emulator, "grant " .. SERVICE .. " --all --yes", 9)
    local changed, open, rest = err:match "lanyard: of 24 repositories, (%d*) ?c?h?a?n?g?e?d?,? ?(%d+) may have changed, (%d+) were not begun\n"
    assert.is_truthy(open, err)
    assert.equal(24, (tonumber(changed) or 0) + tonumber(open) + tonumber(rest))
    assert.match("lanyard: interrupted\n$", err)
  end)

  it("says how far a list of repositories was read", function()
    local emulator <close> = slow(1)
    for command, pattern in pairs {
      import = "lanyard: %d+ of 24 policies were read\n",
      audit = "lanyard: %d+ of 24 repositories were read, in 1 of 1 targets\n",
    } do
      local out, err = interrupt(emulator, command, 17)
      assert.equal("", out)
      assert.match(pattern, err)
      assert.match("lanyard: interrupted\n$", err)
    end
  end)
end)
