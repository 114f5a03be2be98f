local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

-- An emulator whose service web runs an image with these log lines.
local function emulator(lines, delay, ...)
  local folder <close> = helper.folder()
  local seed = json.decode(json.encode(deployable.SEED))
  local region = seed.regions["us-east-1"]
  for _, image in ipairs(region.repositories[1].images) do
    if type(image) == "table" and image.tag == "sick" then image.log, image.health = json.array(lines), nil end
  end
  region.services[1].containers.app.image = deployable.HOST .. "web:sick"
  helper.write(folder .. "/seed.json", json.encode(seed))
  return helper.emulator { "--activation-delay", delay or "0", "--seed", folder .. "/seed.json", ... }
end

local LINES = { "listening with $KEY", "\27[31mERROR\27[0m no database", "Authorization: Bearer abcdefghij0123" }

describe("lanyard logs", function()
  it("prints the events of all containers, escaped and without secrets", function()
    local em <close> = emulator(LINES)
    local result = em:run "logs web"
    assert.same({ 0, "" }, { result.status, result.err })
    local shown = {}
    for line in result.out:gmatch "[^\n]+" do
      shown[#shown + 1] = line:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%S+  (.*)$" or line
    end
    assert.same({
      "app   [deployment:1] Creating your deployment", "app   [deployment:1] Started 1 new node",
      "app   listening with ***", "app   \\x1b[31mERROR\\x1b[0m no database", "app   Authorization: Bearer ***",
      "app   [deployment:1] Reached a steady state",
      "side  [deployment:1] Creating your deployment", "side  [deployment:1] Started 1 new node",
      "side  [deployment:1] Reached a steady state",
    }, shown)
    assert.is_nil((result.out .. result.err):find(deployable.SECRET, 1, true))
    assert.truthy(em:run("logs web app --show-environment").out:find("Z?  listening with " .. deployable.SECRET:gsub("%p", "%%%0")))
  end)

  it("selects by container, time and filter", function()
    local em <close> = emulator(LINES)
    assert.match("^%S+  %[deployment:1%] Creating", em:run("logs web side").out)
    assert.match("^%S+  \\x1b%[31mERROR[^\n]+\n$", em:run("logs web app --filter ERROR").out)
    assert.not_match("deployment", em:run({ "logs", "web", "--filter=-deployment" }).out)
    local none = em:run "logs web --since 2d --until 1d"
    assert.same({ 0, "", "lanyard: there are no events in this interval; they can be minutes late\n" },
      { none.status, none.out, none.err })
    local old = em:run "logs web --since 2020-01-01 --until 2020-01-02T00:00:00Z --output json"
    assert.same({}, json.decode(old.out))
  end)

  it("prints JSON as a list, and a line for each event with --follow", function()
    local em <close> = emulator(LINES)
    local list = json.decode(em:run("logs web app --output json").out)
    assert.equal(6, #list)
    assert.equal("app", list[3].container)
    assert.equal("listening with ***", list[3].message)
    assert.equal("\27[31mERROR\27[0m no database", list[4].message)
    assert.match("^%d+%-%d+%-%d+T%d+:%d+:%d+Z$", list[4].time)
    local result = helper.run({ "sh", "-c", [["$0" logs web app --follow --output json | head -n 6]], helper.lanyard }, em.environment)
    local count = 0
    for line in result.out:gmatch "[^\n]+" do
      count = count + 1
      assert.same(list[count], json.decode(line))
    end
    assert.same({ 6, "" }, { count, result.err })
    result = helper.run({ "sh", "-c", [["$0" logs web app --follow --query message | head -n 2]], helper.lanyard }, em.environment)
    assert.equal('"[deployment:1] Creating your deployment"\n"[deployment:1] Started 1 new node"\n', result.out)
  end)

  it("follows a later deployment until Ctrl-C, and repeats nothing", function()
    local em <close> = emulator(LINES, "1")
    local folder <close> = helper.folder()
    local result = helper.run({ "sh", "-c", [[
      "$0" logs web --follow >"$1/out" 2>"$1/err" &
      until grep -q steady "$1/out"; do sleep 0.05; done
      "$0" deploy web app=web:1.1 >/dev/null
      until test "$(grep -c 'deployment:2. Reached' "$1/out")" -ge 2; do sleep 0.05; done
      kill -INT $!
      wait $!
    ]], helper.lanyard, folder }, em.environment)
    assert.equal(130, result.status)
    assert.equal("lanyard: interrupted\n", helper.read(folder .. "/err"))
    local out = helper.read(folder .. "/out")
    for _, name in ipairs { "app", "side" } do
      for version = 1, 2 do
        local _, count = out:gsub(("%s +%%[deployment:%d%%] Reached"):format(name, version), "")
        assert.equal(1, count, out)
      end
    end
  end)

  it("ends when the reader of its output is gone, also without another event", function()
    local em <close> = emulator(LINES)
    local folder <close> = helper.folder()
    local result = helper.run({ "sh", "-c", [[
      { "$0" logs web --follow; echo "status $?" >"$1/status"; } | head -n 1
      until test -s "$1/status"; do sleep 0.05; done
    ]], helper.lanyard, folder }, em.environment)
    assert.same({ "", "status 0\n" }, { result.err, helper.read(folder .. "/status") })
    assert.match("^%S+  app   %[deployment:1%] Creating your deployment\n$", result.out)
  end)

  it("continues to follow while it is throttled, and says so once", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", json.encode { { operation = "GetContainerLog", after = 2, times = 14, throttle = true } })
    local em <close> = emulator(LINES, "1", "--faults", folder .. "/faults.json")
    local result = helper.run({ "sh", "-c", [[
      "$0" logs web --follow >"$1/out" 2>"$1/err" &
      until grep -q retrying "$1/err"; do sleep 0.05; done
      "$0" deploy web app=web:1.1 --no-wait >/dev/null
      until test "$(grep -c 'deployment:2. Reached' "$1/out")" -ge 2; do sleep 0.05; done
      kill -INT $!
      wait $!
    ]], helper.lanyard, folder }, em.environment)
    assert.equal(130, result.status)
    local err = helper.read(folder .. "/err")
    assert.match("^lanyard: lightsail:GetContainerLog: ThrottlingException[^\n]+%(retrying%)\n.*lanyard: interrupted\n$", err)
    local _, count = err:gsub("retrying", "")
    assert.is_true(count <= 2, err)
    _, count = helper.read(folder .. "/out"):gsub("deployment:2. Reached", "")
    assert.equal(2, count)
  end)

  it("ends with an error when the service is deleted while it is followed", function()
    local em <close> = emulator(LINES)
    local folder <close> = helper.folder()
    local result = helper.run({ "sh", "-c", [[
      "$0" logs web --follow >"$1/out" 2>"$1/err" &
      until grep -q steady "$1/out"; do sleep 0.05; done
      "$0" aws lightsail delete-container-service --service-name web >/dev/null
      wait $!
    ]], helper.lanyard, folder }, em.environment)
    assert.equal(1, result.status)
    assert.match("^lanyard: container service 'web' was deleted while its logs were read", helper.read(folder .. "/err"))
  end)

  it("reports a container whose log cannot be read, and prints the others", function()
    local em <close> = emulator(LINES)
    local result = em:run "logs web side sidf"
    assert.equal(1, result.status)
    assert.match("Reached a steady state", result.out)
    assert.match("^lanyard: cannot read the log of 'sidf': lightsail:GetContainerLog: InvalidInputException: [^\n]+\n"
      .. "  did you mean 'side'%?\n", result.err)
    assert.equal(1, em:run("logs web nothing").status)
  end)

  it("rejects a wrong command line", function()
    local em <close> = emulator {}
    for words, expected in pairs {
      ["logs"] = "missing argument 'service'", ["logs web --since 5"] = "'5' is not a time",
      ["logs web --since never"] = "'never' is not a time", ["logs web Not"] = "'Not' is not a container name",
      ["logs web --follow --until 1h"] = "--follow and --until exclude each other",
      ["logs web --since 1h --until 2h"] = "--until must be after --since",
      ["logs We_b"] = "'We_b' is not", ["logs web --output csv"] = "must be one of",
    } do
      local result = em:run(words)
      assert.equal(2, result.status, words)
      assert.truthy(result.err:find(expected, 1, true), result.err)
    end
    assert.match("container service 'wep' does not exist in us%-east%-1; did you mean 'web'%?", em:run("logs wep").err)
    assert.match("the service 'fresh' has no deployment, so it has no logs\n  lanyard deploy fresh ", em:run("logs fresh").err)
  end)
end)
