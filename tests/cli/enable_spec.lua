local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

describe("lanyard enable", function()
  it("waits for the role and prints its ARN", function()
    local emulator <close> = helper.emulator "--activation-delay 1"
    local result = emulator:run { "enable", SERVICE }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("my%-container%-service +enabled +arn:aws:iam::%d+:role/amazon/lightsail/us%-east%-1/containers/"
      .. "my%-container%-service/private%-repo%-access/%w+\n", result.out)
  end)

  it("prints `unchanged` if the role is already on", function()
    local emulator <close> = helper.emulator()
    local first = json.decode(emulator:run({ "enable", SERVICE, "--output", "json" }).out)
    local second = json.decode(emulator:run({ "enable", SERVICE, "--output", "json" }).out)
    assert.equal("enabled", first.result)
    assert.equal("unchanged", second.result)
    assert.equal(first.principalArn, second.principalArn)
  end)

  it("exits immediately with --no-wait", function()
    local emulator <close> = helper.emulator "--activation-delay 30"
    local result = emulator:run { "enable", SERVICE, "--no-wait", "--output", "json" }
    assert.equal(0, result.status)
    local change = json.decode(result.out)
    assert.equal("requested", change.result)
    assert.equal("", change.principalArn)
  end)

  it("fails after --timeout, and reports what it waited for", function()
    local emulator <close> = helper.emulator "--activation-delay 30"
    local result = emulator:run { "enable", SERVICE, "--timeout", "1s" }
    assert.equal(1, result.status)
    assert.match("UPDATING", result.err)
    assert.not_match("traceback", result.err)
  end)

  it("reports a service that does not exist", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "enable", "no-such-service" }
    assert.equal(1, result.status)
    assert.match("no%-such%-service", result.err)
  end)

  it("rejects an invalid duration", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "enable", SERVICE, "--timeout", "soon" }
    assert.equal(2, result.status)
    assert.match("'soon'", result.err)
  end)
end)

describe("lanyard disable", function()
  it("fails while a repository names the role, lists it, and disables the role with --revoke", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "shared-repo", "--enable" }
    local result = emulator:run { "disable", SERVICE }
    assert.equal(1, result.status)
    assert.match("my%-private%-repo", result.out)
    assert.match("shared%-repo", result.out)
    assert.match("%-%-revoke", result.err)

    result = emulator:run { "disable", SERVICE, "--revoke" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    local status = json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1]
    assert.equal(false, status.isActive)
    assert.equal("", status.principalArn)
    local findings = json.decode(emulator:run({ "audit", "--output", "json" }).out).findings
    for _, finding in ipairs(findings) do
      assert.not_equal("orphan-principal", finding.id)
    end
  end)

  it("leaves orphans with --force, which revoke --orphans removes", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", SERVICE, "my-private-repo", "shared-repo", "--enable" }
    assert.equal(0, emulator:run({ "disable", SERVICE, "--force" }).status)
    local audit = emulator:run { "audit", "--output", "json" }
    assert.match('"orphan%-principal"', audit.out)
    local result = emulator:run { "revoke", "--orphans", "--all", "--yes" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    audit = emulator:run { "audit", "--output", "json" }
    assert.not_match('"orphan%-principal"', audit.out)
  end)

  it("prints `unchanged` if the role is already off", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "disable", SERVICE, "--output", "json" }
    assert.equal(0, result.status)
    assert.equal("unchanged", json.decode(result.out).result)
  end)
end)
