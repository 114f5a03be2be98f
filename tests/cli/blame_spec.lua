local helper = require "helper"
local json = require "lanyard.json"

local SERVICE, NAME = "my-container-service", "my-private-repo"

-- An emulator whose CloudTrail shows a call at once.
local function emulator_of()
  return helper.emulator "--activation-delay 0"
end

-- Overwrites the policy as a program does that does not read it first.
local function overwrite(emulator)
  local result = emulator:run { "-e", ([[
    assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = "%s", policyText =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}' })
  ]]):format(NAME) }
  assert.equal("", result.err)
end

describe("lanyard blame", function()
  it("shows who changed a policy, newest first", function()
    local emulator <close> = emulator_of()
    emulator:run { "grant", SERVICE, NAME, "--enable" }
    local granted = os.time()
    repeat until os.time() > granted -- CloudTrail's times are whole seconds
    emulator:run { "revoke", SERVICE, NAME }
    local result = emulator:run { "blame", NAME }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.match("TIME +CHANGE +PRINCIPAL +TOOL +SOURCE\n%S+ +delete policy +arn:aws:iam::111122223333:user/operator +lanyard",
      result.out)
    result = emulator:run { "blame", NAME, "--output", "json" }
    assert.equal("", result.err)
    local items = json.decode(result.out)
    assert.same({ "delete policy", "set policy" }, { items[1].action, items[2].action })
    assert.equal("my-private-repo", items[1].repository)
  end)

  it("says that nothing changed", function()
    local emulator <close> = emulator_of()
    local result = emulator:run { "blame", "shared-repo", "--since", "7d" }
    assert.equal(0, result.status)
    assert.match("^no change of the policy of 'shared%-repo' since", result.err)
    assert.equal("[]\n", emulator:run({ "blame", "shared-repo", "--output", "json" }).out)
  end)

  it("fails when CloudTrail cannot be read, and rejects an invalid name", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json",
      '[{"service":"cloudtrail","error":{"code":"AccessDeniedException","message":"no","status":400}}]')
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local result = emulator:run { "blame", NAME }
    assert.equal(1, result.status)
    assert.match("AccessDeniedException", result.err)
    assert.equal(2, emulator:run({ "blame", "A b" }).status)
  end)

  it("is confirmed by status, which shows a grant that another program overwrote", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json",
      '[{"service":"cloudtrail","error":{"code":"AccessDeniedException","message":"no","status":400}}]')
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--faults", folder .. "/faults.json" }
    emulator:run { "grant", SERVICE, NAME, "--enable" }
    assert.not_match("overwritten", emulator:run({ "status" }).out)
    overwrite(emulator)
    local result = emulator:run { "status" }
    assert.equal(0, result.status)
    assert.match("overwritten +my%-private%-repo %(written by lanyard on %S+, overwritten since%)", result.out)
    local command = result.out:match "restore it with: lanyard ([^\n]+)"
    assert.equal("grant my-container-service my-private-repo --region us-east-1", command)
    local item = json.decode(emulator:run({ "status", "--output", "json" }).out)[1].overwritten[1]
    assert.same({ NAME, "lanyard " .. command }, { item.repository, item.fix })
    assert.equal(0, emulator:run(command).status)
    assert.not_match("overwritten", emulator:run({ "status" }).out)
  end)
end)
