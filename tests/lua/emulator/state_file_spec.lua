local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local state_file = require "lanyard.emulator.state_file"
local task = require "lanyard.task"

local POLICY = [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"ecr:*"}]}]]

describe("a state file", function()
  it("is loaded as it was saved", function()
    local folder <close> = helper.folder()
    local world = assert(emulator.world {})
    assert(state_file.save(folder .. "/state.json", world.state))
    local loaded = assert(state_file.load(folder .. "/state.json"))
    assert.equal(world.state.regions["us-east-1"].repositories["shared-repo"].policy.text,
      loaded.regions["us-east-1"].repositories["shared-repo"].policy.text)
  end)

  it("holds the registry", function()
    local folder <close> = helper.folder()
    local world = assert(emulator.world { state_file = folder .. "/state.json", seed = { regions = { ["us-east-1"] = {
      account_settings = { REGISTRY_POLICY_SCOPE = "V1" },
      registry_policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}]}' } } } })
    local again = assert(emulator.world { state_file = folder .. "/state.json" })
    assert.same(world.state.regions["us-east-1"], again.state.regions["us-east-1"])
    assert.equal("V1", again.state.regions["us-east-1"].account_settings.REGISTRY_POLICY_SCOPE)
    assert.matches("ecr:%*", again.state.regions["us-east-1"].registry_policy.text)
  end)

  it("has a change when the reply to it arrives, also for changes that are made at the same time", function()
    local folder <close> = helper.folder()
    local path, repositories, numbers = folder .. "/state.json", {}, {}
    for i = 1, 12 do
      repositories[i], numbers[i] = { name = "app-" .. i }, i
    end
    local em = assert(emulator.start { state_file = path, seed = { regions = { ["us-east-1"] = {
      repositories = repositories } } } })
    local session = assert(aws.session { region = "us-east-1", endpoint_url = em.url, credentials = credentials.new {
      access_key_id = emulator.ACCESS_KEY_ID, secret_access_key = emulator.SECRET_ACCESS_KEY } })
    local ecr = session:client "ecr"
    task.map(numbers, function(i)
      for _, account in ipairs { "111122223333", "444455556666" } do
        local text = POLICY:format(account)
        assert(ecr:SetRepositoryPolicy { repositoryName = "app-" .. i, policyText = text })
        local stored = assert(state_file.load(path)).regions["us-east-1"].repositories["app-" .. i].policy
        assert.equal(text, stored and stored.text)
      end
    end, { limit = 6 })
    em:stop()
  end)

  it("that does not exist is not an error", function()
    local folder <close> = helper.folder()
    local state, err = state_file.load(folder .. "/state.json")
    assert.is_nil(state)
    assert.is_nil(err)
  end)

  it("is rejected when it is not JSON, or not a state of this version", function()
    local folder <close> = helper.folder()
    for text, message in pairs { ["{"] = "state%.json: line 1", ["7"] = "is not a state file",
      ['{"version":1,"regions":{}}'] = "is not a state file", ['{"version":2}'] = "is not a state file" } do
      helper.write(folder .. "/state.json", text)
      local state, err = state_file.load(folder .. "/state.json")
      assert.is_nil(state)
      assert.equal("InvalidState", err.code)
      assert.matches(message, err.message)
    end
  end)
end)
