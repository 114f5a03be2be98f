local emulator = require "lanyard.emulator"

local function fails(seed)
  local world, err = emulator.world { seed = seed }
  assert.is_nil(world)
  assert.equal("InvalidSeed", err.code)
  return err.message
end

describe("a seed", function()
  it("creates services, repositories, roles and users", function()
    local world = assert(emulator.world { activation_delay = 0, seed = {
      regions = { ["eu-west-1"] = {
        services = { { name = "web", role = true, tags = { env = "prod" }, containers = { app = { image = "nginx" } } } },
        repositories = { { name = "web", images = { "1", { tag = "2", exits = true } }, tags = { team = "shop" } } },
      } },
      roles = { "arn:aws:iam::111122223333:role/ci" }, users = { "arn:aws:iam::111122223333:user/eve" },
    } })
    local region = world.region "eu-west-1"
    assert.is_true(region.services.web.role_on)
    assert.equal("prod", region.services.web.tags.env)
    assert.is_true(region.services.web.deployments[1].succeeds)
    local images = 0
    for _ in pairs(region.repositories.web.images) do images = images + 1 end
    assert.equal(2, images)
    assert.equal("shop", region.repositories.web.tags.team)
    assert.matches("^AROA", world.state.roles["arn:aws:iam::111122223333:role/ci"].id)
    assert.matches("^AIDA", world.state.users["arn:aws:iam::111122223333:user/eve"].id)
  end)

  it("creates the registry", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:ReplicateImage","Resource":"*"}]}'
    local world = assert(emulator.world { seed = { regions = { ["sa-east-1"] = {
      registry_policy = text, account_settings = { REGISTRY_POLICY_SCOPE = "V1" } } } } })
    assert.equal(text, world.region("sa-east-1").registry_policy.text)
    assert.equal("V1", world.region("sa-east-1").account_settings.REGISTRY_POLICY_SCOPE)
  end)

  for message, seed in pairs {
    ["has an invalid encryptionConfiguration for 'web'"] = {
      regions = { ["us-east-1"] = { repositories = { { name = "web", encryptionConfiguration = "KMS" } } } } },
    ["has an encryptionConfiguration for 'web' that ECR rejects: "] = {
      regions = { ["us-east-1"] = { repositories = { { name = "web", encryptionConfiguration = {
        encryptionType = "AES256", kmsKey = "alias/x" } } } } } },
    ["has a policy for the registry that ECR rejects: .*Invalid registry policy"] = {
      regions = { ["us-east-1"] = { registry_policy = "{}" } } },
    ["has the account setting REGISTRY_POLICY_SCOPE = V3, which ECR rejects"] = {
      regions = { ["us-east-1"] = { account_settings = { REGISTRY_POLICY_SCOPE = "V3" } } } },
    ["must have a table for the account settings of Region us%-east%-1"] = {
      regions = { ["us-east-1"] = { account_settings = "V1" } } },
    ["has a registry in mars%-1, where AWS does not offer ECR"] = { regions = { ["mars-1"] = { account_settings = {} } } },
    ["is not a table"] = "x",
    ["has an unknown member 'region'; expected regions"] = { region = {} },
    ["must have a table for Region us%-east%-1"] = { regions = { ["us-east-1"] = 7 } },
    ["has null as regions; expected a table"] = { regions = require "lanyard.json".null },
    ["has an unknown member 'null' in its repositories; expected a table"] = {
      regions = { ["us-east-1"] = { repositories = { require "lanyard.json".null } } } },
    ["has an unknown member 'service' in Region us%-east%-1"] = { regions = { ["us-east-1"] = { service = {} } } },
    ["has services in us%-west%-1, where AWS does not offer them"] = { regions = { ["us-west-1"] = { services = {} } } },
    ["has an unknown member 'scal' in its services"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", scal = 1 } } } } },
    ["has an unknown member 'web' in its services"] = { regions = { ["us-east-1"] = { services = { "web" } } } },
    ["has an invalid service: "] = { regions = { ["us-east-1"] = { services = { { name = "Web" } } } } },
    ["has an invalid repository: "] = { regions = { ["us-east-1"] = { repositories = { { name = "X" } } } } },
    ["has an unknown member 'tga' in an image of 'web'"] = {
      regions = { ["us-east-1"] = { repositories = { { name = "web", images = { { tga = "1" } } } } } } },
    ["has an invalid image in 'web': "] = {
      regions = { ["us-east-1"] = { repositories = { { name = "web", images = { "a b" } } } } } },
    ["has a policy for 'web' that ECR rejects: .*Invalid repository policy"] = {
      regions = { ["us-east-1"] = { repositories = { { name = "web", policy = "{}" } } } } },
  } do
    it("is rejected when it " .. message, function()
      assert.matches("^the seed " .. message, fails(seed))
    end)
  end
end)
