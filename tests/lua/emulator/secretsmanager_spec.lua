-- The secrets of the emulated Secrets Manager.

local world = require "world"

describe("the emulated Secrets Manager", function()
  local w, client
  before_each(function()
    w = world.new { seed = { regions = { ["us-east-1"] = { secrets = {
      { name = "shop/db", value = { username = "shop", password = "hunter2-hunter2" }, previous = "old" },
      { name = "key", binary = "aGVsbG8=" },
      { name = "gone", value = "x", deleted = true },
    } } } } }
    client = assert(w.region.session:client "secretsmanager")
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function fails(code, reply, err)
    assert.is_nil(reply)
    assert.equal(code, err.code)
    return err.message
  end

  it("returns the current version, by name, ARN and partial ARN", function()
    local found = assert(client:GetSecretValue { SecretId = "shop/db" })
    assert.equal('{"password":"hunter2-hunter2","username":"shop"}', found.SecretString)
    assert.is_nil(found.SecretBinary)
    assert.same({ "AWSCURRENT" }, found.VersionStages)
    assert.matches("^arn:aws:secretsmanager:us%-east%-1:111122223333:secret:shop/db%-%a%a%a%a%a%a$", found.ARN)
    assert.equal(found.VersionId, assert(client:GetSecretValue { SecretId = found.ARN }).VersionId)
    assert.equal(found.VersionId, assert(client:GetSecretValue { SecretId = found.ARN:sub(1, -8) }).VersionId)
    assert.equal("aGVsbG8=", assert(client:GetSecretValue { SecretId = "key" }).SecretBinary)
  end)

  it("returns other versions by stage and by id", function()
    local previous = assert(client:GetSecretValue { SecretId = "shop/db", VersionStage = "AWSPREVIOUS" })
    assert.equal("old", previous.SecretString)
    assert.equal("old", assert(client:GetSecretValue { SecretId = "shop/db", VersionId = previous.VersionId }).SecretString)
    assert.equal("old", assert(client:GetSecretValue { SecretId = "shop/db", VersionId = previous.VersionId, VersionStage = "AWSPREVIOUS" }).SecretString)
    assert.equal("You provided a VersionStage that is not associated to the provided VersionId.",
      fails("InvalidRequestException", client:GetSecretValue { SecretId = "shop/db", VersionId = previous.VersionId, VersionStage = "AWSCURRENT" }))
    assert.equal("Secrets Manager can't find the specified secret value for staging label: x",
      fails("ResourceNotFoundException", client:GetSecretValue { SecretId = "shop/db", VersionStage = "x" }))
    local id = ("0"):rep(32)
    assert.equal("Secrets Manager can't find the specified secret value for VersionId: " .. id,
      fails("ResourceNotFoundException", client:GetSecretValue { SecretId = "shop/db", VersionId = id }))
  end)

  it("rejects a secret that does not exist, is deleted, or is not valid", function()
    assert.equal("Secrets Manager can't find the specified secret.", fails("ResourceNotFoundException", client:GetSecretValue { SecretId = "absent" }))
    fails("ResourceNotFoundException", client:GetSecretValue { SecretId = "shop" })
    assert.matches("marked for deletion", fails("InvalidRequestException", client:GetSecretValue { SecretId = "gone" }))
    fails("ValidationException", client:GetSecretValue { SecretId = "shop/db", VersionId = "short" })
    fails("ValidationException", client:GetSecretValue { SecretId = "" })
  end)

  it("has no secret in the log of a client", function()
    local log = {}
    local debugged = assert(w.region.session:client("secretsmanager", { debug = function(line) log[#log + 1] = line end }))
    assert(debugged:GetSecretValue { SecretId = "shop/db" })
    assert.is_nil(table.concat(log):find("hunter2", 1, true))
  end)
end)
