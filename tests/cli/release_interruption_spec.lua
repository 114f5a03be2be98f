-- Kills `lanyard deploy` and `lanyard rollback` at each of their steps, and repeats the command. It completes, and deploys
-- nothing twice.

local deployable = require "deployable"
local helper = require "helper"

local json_of = deployable.json_of

local function versions(em)
  local list = {}
  for i, one in ipairs(json_of(em, "deployments web")) do
    list[i] = ("%d %s %s"):format(one.version, one.images.app:match ":([^:]*)$", one.state)
  end
  return list
end

-- Starts a command, and sends it a signal once its wire log has so many requests of an operation. Returns its status and
-- stderr.
local function kill_at_request(em, words, operation, count, signal)
  local folder <close> = helper.folder()
  local result = helper.run({ "sh", "-c", [[
    lanyard=$0 folder=$1 operation=$2 count=$3 signal=$4
    shift 4
    : >"$folder/err"
    "$lanyard" "$@" --debug >/dev/null 2>"$folder/err" &
    until test "$(grep -c "^> X-Amz-Target: .*$operation\$" "$folder/err")" -ge "$count" || ! kill -0 $!; do sleep 0.02; done
    kill -$signal $!
    wait $!
  ]], helper.lanyard, folder.path, operation, tostring(count), signal, table.unpack(words) }, em.environment)
  return result.status, helper.read(folder .. "/err")
end

-- Starts a command, and kills it once another command reports that a version is active.
local function kill_when_active(em, words, version)
  helper.run({ "sh", "-c", [[
    lanyard=$0 version=$1
    shift
    "$lanyard" "$@" >/dev/null 2>&1 &
    until "$lanyard" deployments web --query "[?version==\`$version\`].state | [0]" --output text | grep -q "^ACTIVE" || ! kill -0 $!; do sleep 0.1; done
    kill -KILL $!
    wait $! 2>/dev/null
  ]], helper.lanyard, tostring(version), table.unpack(words) }, em.environment)
end

local DEPLOY = { "deploy", "web", "app=web:half", "--smoke", "/ready", "--smoke-timeout", "0.2s", "--rollback" }
local PASSES = { "deploy", "web", "app=web:1.1", "--smoke", "/ready" }

describe("a deployment that was killed", function()
  it("before its request, is made by the repeated command", function()
    for _, signal in ipairs { "KILL", "TERM" } do
      local em <close> = deployable.emulator { faults = { { operation = "SetRepositoryPolicy", times = 1, delay = 60 } } }
      local status = kill_at_request(em, PASSES, "SetRepositoryPolicy", 1, signal)
      assert.equal(signal == "TERM" and 130 or 137, status)
      assert.same({ "1 1.0 ACTIVE" }, versions(em))
      assert.equal("deployed", json_of(em, PASSES).result)
      assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(em))
    end
  end)

  it("after its request, without the reply, is followed by the repeated command", function()
    for _, delay in ipairs { "0", "2" } do
      local em <close> = deployable.emulator { delay = delay,
        faults = { { operation = "CreateContainerServiceDeployment", times = 1, delay = 60 } } }
      kill_at_request(em, PASSES, "CreateContainerServiceDeployment", 1, "KILL")
      local item = json_of(em, PASSES)
      assert.is_true(item.result == "deployed" or item.result == "unchanged", item.result)
      assert.equal(2, item.version)
      assert.equal("passed", item.smoke[1].result)
      assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(em))
    end
  end)

  it("while it waits, is followed and tested by the repeated command", function()
    local em <close> = deployable.emulator { delay = "2" }
    local status, err = kill_at_request(em, PASSES, "CreateContainerServiceDeployment", 1, "TERM")
    assert.equal(130, status)
    assert.match("lanyard: interrupted\n$", err)
    assert.equal(2, json_of(em, PASSES).version)
    assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, versions(em))
  end)

  it("during its smoke tests, is tested and rolled back by the repeated command", function()
    local em <close> = deployable.emulator()
    local patient = { table.unpack(DEPLOY) }
    patient[7] = "5m"
    kill_when_active(em, patient, 2)
    assert.same({ "2 half ACTIVE", "1 1.0 INACTIVE" }, versions(em))
    local item = json_of(em, DEPLOY, 1)
    assert.same({ "unchanged", "failed", "restored" }, { item.result, item.smoke[1].result, item.rollback.result })
    assert.same({ "3 1.0 ACTIVE", "2 half INACTIVE", "1 1.0 INACTIVE" }, versions(em))
  end)

  it("during its rollback, is completed by the repeated command", function()
    for _, delay in ipairs { "0", "2" } do
      local em <close> = deployable.emulator { delay = delay,
        faults = { { operation = "CreateContainerServiceDeployment", after = 1, times = 1, delay = 60 } } }
      kill_at_request(em, DEPLOY, "CreateContainerServiceDeployment", 2, "KILL")
      local item, result = json_of(em, DEPLOY, 1)
      assert.same({ result = "restored", version = 3, restores = 1 }, item.rollback)
      -- The signal can arrive before the request is sent.
      assert.is_true(item.result == "failed earlier" or item.result == "unchanged", item.result)
      assert.match("'web' was rolled back: version 3 is active, with the containers of version 1", result.err)
      assert.same({ "3 1.0 ACTIVE", "2 half INACTIVE", "1 1.0 INACTIVE" }, versions(em))
    end
  end)

  it("while its service was created, is made by the repeated command", function()
    for _, delay in ipairs { "0", "2" } do
      local em <close> = deployable.emulator { delay = delay,
        faults = { { operation = "CreateContainerService", times = 1, delay = 60 } } }
      local words = { "deploy", "shop", "app=web:1.1", "--create", "--power", "nano", "--public", "80", "--smoke", "/" }
      kill_at_request(em, words, "CreateContainerService", 1, "KILL")
      local item = json_of(em, words)
      assert.equal("deployed", item.result)
      assert.equal(1, item.version)
    end
  end)
end)

describe("an interrupted deployment", function()
  it("says in which stage it was, and that it can be repeated", function()
    local em <close> = deployable.emulator { faults = { { operation = "CreateContainerServiceDeployment", after = 1, times = 1, delay = 60 },
      { operation = "CreateContainerService", times = 1, delay = 60 } } }
    local status, err = kill_at_request(em, DEPLOY, "CreateContainerServiceDeployment", 2, "INT")
    assert.equal(130, status)
    assert.match("lanyard: the rollback of deployment 2 did not end: repeat the command to continue\n.*lanyard: interrupted\n$", err)
    local words = { "deploy", "shop", "app=web:1.1", "--create", "--power", "nano" }
    status, err = kill_at_request(em, words, "CreateContainerService", 1, "INT")
    assert.equal(130, status)
    assert.match("lanyard: the service 'shop' may be being created: repeat the command to continue\n", err)
  end)
end)

describe("a rollback that was killed", function()
  it("is completed by the repeated command, and not rolled back itself", function()
    for _, delay in ipairs { "0", "2" } do
      local em <close> = deployable.emulator { delay = delay,
        faults = { { operation = "CreateContainerServiceDeployment", after = 1, times = 1, delay = 60 } } }
      json_of(em, "deploy web app=web:1.1")
      kill_at_request(em, { "rollback", "web" }, "CreateContainerServiceDeployment", 1, "KILL")
      local item = json_of(em, "rollback web")
      assert.equal(3, item.version)
      assert.equal(1, item.restores)
      assert.same({ "3 1.0 ACTIVE", "2 1.1 INACTIVE", "1 1.0 INACTIVE" }, versions(em))
      assert.equal(2, json_of(em, "rollback web").restores) -- it had ended: the next one is another
    end
  end)
end)
