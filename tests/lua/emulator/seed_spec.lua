local emulator = require "lanyard.emulator"

local function fails(seed)
  local world, err = emulator.world { seed = seed }
  assert.is_nil(world)
  assert.equal("InvalidSeed", err.code)
  return err.message
end

local function deep()
  local value = {}
  value.a = value
  return value
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

  it("creates certificates, images, parameters, secrets and programs", function()
    local w = assert(emulator.world { activation_delay = 0, seed = {
      programs = { nginx = { exits = true } },
      regions = { ["us-east-1"] = {
        certificates = { { name = "shop", domain = "shop.example", status = "FAILED" } },
        services = {
          { name = "web", images = { "app", { label = "api", health = 500 } }, age = 3600, containers = { a = { image = ":web.app.1" } } },
          { name = "bad", containers = { a = { image = "nginx" } } },
          { name = "sick", images = { { label = "api", paths = { ["/up"] = 500 } } },
            containers = { a = { image = ":sick.api.1", ports = { ["80"] = "HTTP" } } },
            publicEndpoint = { containerName = "a", containerPort = 80, healthCheck = { path = "/up" } } },
        },
        parameters = { { name = "/a", value = "2", previous = { "1" } } },
        secrets = { { name = "s", value = { a = "b" } } },
      } },
    } })
    local region = w.region "us-east-1"
    assert.equal("DOMAIN_NOT_ALLOWED", region.certificates.shop.failure)
    assert.same({ 2, "api" }, { #region.services.web.images, region.services.web.images[2].label })
    assert.is_true(region.services.web.deployments[1].succeeds)
    assert.is_true(w.now() - region.services.web.deployments[1].created >= 3600)
    assert.is_false(region.services.bad.deployments[1].succeeds)
    assert.is_false(region.services.sick.deployments[1].succeeds)
    assert.equal("2", region.parameters["/a"].versions[2].value)
    assert.equal('{"a":"b"}', region.secrets.s.versions[1].string)
  end)

  it("has something of each kind by default", function()
    local region = assert(emulator.world {}).region "us-east-1"
    for _, kind in ipairs { "services", "certificates", "repositories", "parameters", "secrets" } do
      assert.is_truthy(next(region[kind]), kind)
    end
    assert.equal(1, #region.services["my-container-service"].images)
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
    ["has an invalid parameter: 'a b' is not a valid name"] = { regions = { ["us-east-1"] = { parameters = { { name = "a b", value = "x" } } } } },
    ["has an invalid parameter: 'aws%-x' is not a valid name"] = { regions = { ["us-east-1"] = { parameters = { { name = "aws-x", value = "x" } } } } },
    ["has an invalid parameter: 'a/b' is not a valid name"] = { regions = { ["us-east-1"] = { parameters = { { name = "a/b", value = "x" } } } } },
    ["has an invalid type for the parameter 'x'"] = { regions = { ["us-east-1"] = { parameters = { { name = "x", value = "x", type = "string" } } } } },
    ["has an invalid value for the parameter 'x'"] = { regions = { ["us-east-1"] = { parameters = { { name = "x" } } } } },
    ["has an invalid label for the parameter 'x': prod"] = {
      regions = { ["us-east-1"] = { parameters = { { name = "x", value = "x", labels = { prod = 2 } } } } } },
    ["has the parameter 'x' twice in Region us%-east%-1"] = {
      regions = { ["us-east-1"] = { parameters = { { name = "x", value = "x" }, { name = "x", value = "y" } } } } },
    ["has an invalid secret: '' is not a valid name"] = { regions = { ["us-east-1"] = { secrets = { { value = "x" } } } } },
    ["must have either value or binary for the secret 'x'"] = { regions = { ["us-east-1"] = { secrets = { { name = "x" } } } } },
    ["has an invalid binary for the secret 'x'; expected base64"] = { regions = { ["us-east-1"] = { secrets = { { name = "x", binary = "a b" } } } } },
    ["has an invalid certificate: 'x' is not a valid name"] = { regions = { ["us-east-1"] = { certificates = { { name = "x" } } } } },
    ["has an invalid domain for the certificate 'shop': ''"] = { regions = { ["us-east-1"] = { certificates = { { name = "shop" } } } } },
    ["has an invalid status for the certificate 'shop'; expected PENDING_VALIDATION, ISSUED"] = {
      regions = { ["us-east-1"] = { certificates = { { name = "shop", domain = "a.example", status = "OK" } } } } },
    ["has invalid domains for 'web': The specified certificate does not exist: shop"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", domains = { shop = { "a.example" } } } } } } },
    ["has an invalid service 'web': The public endpoint's container b is not in the deployment"] = { regions = { ["us-east-1"] = { services = { {
      name = "web", containers = { a = { image = "nginx" } }, publicEndpoint = { containerName = "b", containerPort = 80 } } } } } },
    ["has an invalid label in an image of 'web'"] = { regions = { ["us-east-1"] = { services = { { name = "web", images = { "A" } } } } } },
    ["has an invalid digest in an image of 'web'"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", images = { { label = "a", digest = "x" } } } } } } },
    ["has an unknown member 'tag' in an image of 'web'"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", images = { { tag = "a" } } } } } } },
    ["has an unknown member 'Requests' in the metrics of 'web'"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", metrics = { Requests = 1 } } } } } },
    ["has an invalid CPUUtilization for 'web'; expected 0 to 100"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", metrics = { CPUUtilization = 101 } } } } } },
    ["has an invalid age for 'web'; expected seconds"] = { regions = { ["us-east-1"] = { services = { { name = "web", age = -1 } } } } },
    ["has an invalid health in the program of 'nginx'"] = { programs = { nginx = { health = 0 } } },
    ["must have the program of '1' by its image"] = { programs = { {} } },
    ["has a string that is not UTF%-8 as regions.us%-east%-1.secrets.1.value"] = {
      regions = { ["us-east-1"] = { secrets = { { name = "s", value = "\255" } } } } },
    ["has a number that is not finite as regions.us%-east%-1.services.1.name"] = {
      regions = { ["us-east-1"] = { services = { { name = 0 / 0 } } } } },
    ["has a function as regions.us%-east%-1.secrets.1.value.a"] = {
      regions = { ["us-east-1"] = { secrets = { { name = "s", value = { a = print } } } } } },
    ["has a table that is neither a list nor has names only as regions.us%-east%-1.services.1.tags"] = {
      regions = { ["us-east-1"] = { services = { { name = "web", tags = { "x", a = "b" } } } } } },
    ["has a table that is nested too deep as regions"] = { regions = { ["us-east-1"] = { secrets = { { name = "s", value = deep() } } } } },
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
