local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

describe("lanyard wait", function()
  it("waits until no change of the service is in progress", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    emulator:run { "enable", SERVICE, "--no-wait" }
    local result = emulator:run { "wait", "service", SERVICE }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("my%-container%-service +READY +arn:aws:iam::", result.out)
  end)

  it("waits until a role has an ARN, and fails if no change enables it", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    local result = emulator:run { "wait", "role", SERVICE }
    assert.equal(1, result.status)
    assert.match("the puller role of 'my%-container%-service' is off.*\n +run lanyard enable", result.err)
    emulator:run { "enable", SERVICE, "--no-wait" }
    local role = json.decode(emulator:run({ "wait", "role", SERVICE, "--output", "json" }).out)
    assert.equal(true, role.isActive)
    assert.match("/private%-repo%-access/", role.principalArn)
  end)

  it("waits for the newest deployment, and prints why one failed", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", json.encode(deployable.SEED))
    local emulator <close> = helper.emulator { "--activation-delay", "1", "--seed", folder .. "/seed.json" }
    local result = emulator:run "wait deployment web"
    assert.equal(0, result.status)
    assert.match("web +1 +active +%-\n", result.out)
    emulator:run "deploy web app=web:broken --no-wait"
    result = emulator:run "wait deployment web"
    assert.equal(1, result.status)
    assert.match("web +2 +failed", result.out)
    assert.match("deployment 2 of 'web' failed.*connecting with %*%*%*", result.err)
    result = emulator:run "wait deployment web"
    assert.equal(1, result.status)
    assert.match("web +2 +failed +%-\n", result.out)
    assert.match("deployment 2 of 'web' failed earlier; it was created at %d+%-[%d:T-]+Z\n", result.err)
    emulator:run "deploy web app=web:1.1"
    result = emulator:run "wait deployment web --version 1"
    assert.equal(1, result.status)
    assert.match("deployment 1 of 'web' is not active: a later deployment replaced it", result.err)
    result = emulator:run "wait deployment web --version 9"
    assert.equal(1, result.status)
    assert.match("has no deployment 9\n  the newest is 3\n", result.err)
  end)

  it("gives up after --timeout", function()
    local emulator <close> = helper.emulator "--activation-delay 30"
    emulator:run { "enable", SERVICE, "--no-wait" }
    for _, what in ipairs { "service", "role" } do
      local result = emulator:run { "wait", what, SERVICE, "--timeout", "0.2s" }
      assert.equal(1, result.status)
      assert.match("took longer than 0.2 s; the service is UPDATING", result.err)
      assert.match("lanyard wait " .. what, result.err)
    end
  end)

  it("rejects arguments that are not valid", function()
    local emulator <close> = helper.emulator()
    for words, case in pairs {
      ["wait"] = { 2, "" },
      ["wait image my-container-service"] = { 2, "'service', 'role', 'deployment'" },
      ["wait service"] = { 2, "missing argument" },
      ["wait service my-container-service --version 1"] = { 2, "%-%-version is an option of deployment" },
      ["wait deployment my-container-service --version none"] = { 2, "'none' is not a version" },
      ["wait deployment my-container-service"] = { 1, "has no deployment\n" },
      ["wait service nobody"] = { 1, "container service 'nobody' does not exist" },
      ["wait role Nobody!"] = { 2, "is not a container service name" },
    } do
      local result = emulator:run(words)
      assert.equal(case[1], result.status, words)
      assert.match(case[2], result.err)
      assert.equal("", result.out)
    end
  end)
end)
