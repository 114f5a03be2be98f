-- Each decision about a pull joins the policies of the repository and of the registry: the registry policy denies and
-- allows in scope V2, and neither in V1.
local helper = require "helper"
local json = require "lanyard.json"

local REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

-- An emulator with the services web and api, whose roles are on. web has a grant to the repository web.
local function emulator_with(folder)
  helper.write(folder .. "/seed.lua", [[return { regions = { ["us-east-1"] = {
    services = { { name = "web", role = true }, { name = "api", role = true } },
    repositories = { { name = "web", images = { "1" } }, { name = "api", images = { "1" } } } } } }]])
  local emulator = helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.lua" }
  assert.equal(0, emulator:run({ "grant", "web", "web" }).status)
  return emulator
end

local function role_of(emulator, service)
  return json.decode(emulator:run({ "status", service, "--output", "json" }).out)[1].principalArn
end

-- Sets the registry policy, and its scope.
local function set(emulator, statement, scope)
  local result = emulator:run { "-e", [[
    local ecr = assert(require "lanyard.aws".client("ecr", { region = "us-east-1" }))
    assert(ecr:PutRegistryPolicy { policyText = arg[1] })
    assert(ecr:PutAccountSetting { name = "REGISTRY_POLICY_SCOPE", value = arg[2] })]],
    '{"Version":"2012-10-17","Statement":[' .. statement .. "]}", scope }
  assert.equal(0, result.status, result.err)
end

local function deny(role)
  return ('{"Sid":"Closed","Effect":"Deny","Principal":{"AWS":"%s"},"Action":%s,"Resource":'
    .. '"arn:aws:ecr:us-east-1:111122223333:repository/*"}'):format(role, PULL)
end

local function allow(role)
  return (deny(role):gsub('"Closed","Effect":"Deny"', '"Open","Effect":"Allow"'))
end

-- Deploys without lanyard's own checks, and returns the result of the wait.
local function deployed(emulator, service, repository)
  local result = emulator:run { "-e", [[
    local lightsail = assert(require "lanyard.aws".client("lightsail", { region = "us-east-1" }))
    assert(lightsail:CreateContainerServiceDeployment { serviceName = arg[1], containers = { c = { image = arg[2] } } })]],
    service, ("%s/%s:1"):format(REGISTRY, repository) }
  assert.equal(0, result.status, result.err)
  return emulator:run { "wait", "deployment", service }
end

local function grants_row(emulator, repository)
  return emulator:run({ "audit" }).out:match("\n(" .. repository .. " [^\n]*)\n")
end

describe("a registry policy that denies the pull of a grant", function()
  it("counts in scope V2, for each command", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    set(emulator, deny(role_of(emulator, "web")), "V2")
    local warning = "statement 'Closed' of the registry policy denies ecr:BatchGetImage to the role"
    assert.match(warning, emulator:run({ "grant", "web", "web" }).err)
    assert.match("granted by +web %(denied%)\n", emulator:run({ "status", "web" }).out)
    assert.match("^web +web +puller +deny ", grants_row(emulator, "web"))
    assert.match("denied%-grant: [^\n]* in statement Closed of the registry policy\n", emulator:run({ "audit" }).out)
    assert.match('label="denied%-grant"', emulator:run({ "graph", "--output", "dot" }).out)
    local result = emulator:run { "deploy", "web", "c=web:1" }
    assert.equal(1, result.status)
    assert.match(warning, result.err)
    result = deployed(emulator, "web", "web")
    assert.equal(1, result.status)
    assert.match("of the registry policy denies ecr:BatchGetImage to the role", result.out .. result.err)
    -- The role itself is ready: no repository is part of the question.
    assert.equal(0, emulator:run({ "wait", "role", "web" }).status)
  end)

  it("does not count in scope V1", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    set(emulator, deny(role_of(emulator, "web")), "V1")
    assert.equal("", emulator:run({ "grant", "web", "web" }).err)
    assert.match("granted by +web\n", emulator:run({ "status", "web" }).out)
    assert.match("^web +web +puller +allow ", grants_row(emulator, "web"))
    assert.is_nil(emulator:run({ "graph", "--output", "dot" }).out:find("denied-grant", 1, true))
    assert.equal(0, emulator:run({ "deploy", "web", "c=web:1" }).status)
    assert.equal(0, deployed(emulator, "web", "web").status)
  end)
end)

describe("a registry policy that allows a pull without a grant", function()
  it("counts in scope V2, for each command", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    set(emulator, allow(role_of(emulator, "api")), "V2")
    assert.equal(0, deployed(emulator, "api", "api").status)
    assert.match("granted by +registry policy %(api, web%)\n", emulator:run({ "status", "api" }).out)
    assert.same({ "api", "web" }, json.decode(emulator:run({ "status", "api", "--output", "json" }).out)[1].by_registry)
    local out = emulator:run({ "audit" }).out
    assert.match("\napi +api +puller +allow +registry policy\n", out)
    assert.match("\nweb +api +puller +allow +registry policy\n", out)
    assert.is_nil(out:find("unused-role", 1, true))
    assert.is_nil(out:find("image-not-granted", 1, true))
    local graph = emulator:run({ "graph", "--output", "dot" }).out
    assert.equal(2, select(2, graph:gsub('label="registry policy"', "")))
    assert.match("registry policy", emulator:run({ "audit", "--output", "html" }).out)
    assert.match("\napi +api +puller +allow +registry policy\n", emulator:run({ "audit", "--service", "api" }).out)
  end)

  it("does not count in scope V1", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    set(emulator, allow(role_of(emulator, "api")), "V1")
    local result = deployed(emulator, "api", "api")
    assert.equal(1, result.status)
    assert.match("granted by +%-\n", emulator:run({ "status", "api" }).out)
    local out = emulator:run({ "audit" }).out
    assert.is_nil(out:find("registry policy", 1, true))
    assert.is_nil(emulator:run({ "graph", "--output", "dot" }).out:find("registry policy", 1, true))
  end)

  it("leaves no unused role in the merge of shards", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    set(emulator, allow(role_of(emulator, "api")), "V2")
    local files = {}
    for i = 1, 2 do
      files[i] = ("%s/%d.json"):format(folder, i)
      helper.write(files[i], emulator:run({ "audit", "--output", "json", "--shard", i .. "/2" }).out)
    end
    local result = emulator:run { "audit", "merge", files[1], files[2] }
    assert.equal(0, result.status, result.err)
    assert.is_nil(result.out:find("unused-role", 1, true))
    assert.match("\napi +api +puller +allow +registry policy\n", result.out)
  end)
end)
