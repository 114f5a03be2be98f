-- Container services in desired-state files: plan, apply, saved plans, import and export.

local helper = require "helper"
local json = require "lanyard.json"

-- The values of the emulator's parameter and secret, and the literal one of the file.
local SECRETS = { "postgres://my-app", "planted-literal" }

local SERVICES = [[return {
  services = {
    { name = "api", power = "nano", scale = 1, tags = { env = "prod" }, public = "app:80",
      containers = { app = { image = "my-private-repo:1.0", ports = { [80] = "HTTP" }, environment = {
        MODE = "planted-literal", URL = "ssm:/my-app/database-url" } } } },
    { name = "my-container-service", scale = 2 },
  },
  grants = { { service = "api", repositories = { "shared-repo" } } },
}]]

local function file_of(folder, text)
  helper.write(folder .. "/services.lua", text)
  return folder .. "/services.lua"
end

local function assert_no_secret(text)
  for _, secret in ipairs(SECRETS) do
    assert.is_nil(text:find(secret, 1, true))
  end
end

local function service_of(emulator, name)
  local found = json.decode(emulator:run({ "status", name, "--output", "json" }).out)
  return found
end

describe("services in a desired-state file", function()
  it("go from nothing to a running deployment in one apply, and are unchanged in the next one", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator { "--activation-delay", "0" }
    local path = file_of(folder, SERVICES)
    local result = emulator:run { "plan", path }
    assert.equal(3, result.status, result.err)
    for _, pattern in ipairs { "%+ create api\n", "%+ power: nano", "price: 7 USD a month", "%+ app: variable MODE = %*%*%*\n",
      "%+ app: variable URL = %*%*%* from ssm:/my%-app/database%-url, version 1", "~ change my%-container%-service\n",
      "~ scale: 1 %-> 2", "%+ turn on the puller role of api", "services: 1 to create, 1 to change, 0 to deploy to, 0 to delete",
      "price of these: 7 USD a month %-> 21 USD a month" } do
      assert.matches(pattern, result.out)
    end
    assert_no_secret(result.out .. result.err)
    assert.equal(1, #json.decode(emulator:run({ "status", "--output", "json" }).out))
    result = emulator:run { "apply", path, "--yes", "--no-settle" }
    assert.equal(0, result.status, result.err)
    assert.matches("api%s+created%s+version 1%s+https?://api%.", result.out)
    assert.matches("my%-container%-service%s+updated", result.out)
    assert.matches("Lightsail keeps environments readable", result.err)
    assert_no_secret(result.out .. result.err)
    result = emulator:run { "apply", path, "--output", "json" }
    assert.equal(0, result.status, result.err)
    local services = json.decode(result.out).services
    assert.same({ "api", "unchanged", { result = "unchanged", version = 1 } },
      { services[1].service, services[1].result, services[1].deployment })
    assert.equal(0, emulator:run({ "plan", path }).status)
    local written = helper.run { "sh", "-c", "cat $(find '" .. emulator.environment.XDG_STATE_HOME .. "' -type f) /dev/null" }
    assert_no_secret(written.out)
    assert.is_truthy(service_of(emulator, "api"))
  end)

  it("are saved in a plan without secrets, which is refused once a service has changed", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator { "--activation-delay", "0" }
    local path = file_of(folder, SERVICES)
    local result = emulator:run { "plan", path, "--output", "json" }
    assert.equal(3, result.status)
    assert_no_secret(result.out)
    helper.write(folder .. "/plan.json", result.out)
    assert.equal(0, emulator:run({ "apply", folder .. "/plan.json", "--dry-run" }).status)
    emulator:run { "service", "update", "my-container-service", "--scale", "5" }
    result = emulator:run { "apply", folder .. "/plan.json", "--no-settle" }
    assert.equal(1, result.status)
    assert.matches("my%-container%-service: the service 'my%-container%-service' was changed %(scale is 5%) after the plan", result.err)
    assert.matches("api%s+created%s+version 1", result.out)
    for _, option in ipairs { "--prune", "--prune-services", "--fold" } do
      assert.equal(2, emulator:run({ "apply", folder .. "/plan.json", option }).status)
    end
  end)

  it("are deleted only with --prune-services, after a question that says what goes with them", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator { "--activation-delay", "0" }
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local path = file_of(folder, "return { services = {}, grants = {} }")
    local result = emulator:run { "apply", path, "--yes", "--no-settle" }
    assert.equal(0, result.status, result.err)
    assert.equal(1, #json.decode(emulator:run({ "status", "--output", "json" }).out))
    result = emulator:run { "apply", path, "--prune-services" }
    assert.equal(2, result.status)
    assert.matches("%- delete my%-container%-service\n.*%- 1 grant: shared%-repo", result.err)
    helper.write(folder .. "/plan.json", emulator:run({ "plan", path, "--prune-services", "--output", "json" }).out)
    result = emulator:run { "apply", folder .. "/plan.json" }
    assert.equal(2, result.status)
    assert.matches("%-%-yes", result.err)
    result = emulator:run { "apply", folder .. "/plan.json", "--yes", "--no-settle" }
    assert.equal(0, result.status, result.err)
    assert.matches("my%-container%-service%s+deleted", result.out)
    assert.same({}, json.decode(emulator:run({ "status", "--output", "json" }).out))
    assert.is_nil(emulator:run({ "show", "shared-repo" }).out:find("AllowLightsailPull", 1, true))
    result = emulator:run { "plan", file_of(folder, "return { services = {} }"), "--prune" }
    assert.equal(2, result.status)
    assert.matches("has no list of grants, so that %-%-prune would remove all of them", result.err)
  end)

  it("are imported, with environments as keep, and planned without a change", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator { "--activation-delay", "0" }
    assert.equal(0, emulator:run({ "apply", file_of(folder, SERVICES), "--yes", "--no-settle" }).status)
    for _, format in ipairs { "lua", "json" } do
      local result = emulator:run { "import", "--output", format }
      assert.equal(0, result.status, result.err)
      assert_no_secret(result.out)
      assert.matches(format == "lua" and "MODE = keep, URL = keep" or '"MODE": {\n%s+"keep": true', result.out)
      local plan = emulator:run({ "plan", "-", "--prune", "--prune-services" }, nil, result.out)
      assert.equal(0, plan.status, plan.out .. plan.err)
    end
  end)

  it("are exported as the file describes them", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    for _, format in ipairs { "terraform", "cloudformation" } do
      local result = emulator:run { "export", "--format", format, file_of(folder, SERVICES) }
      assert.equal(0, result.status, result.err)
      assert_no_secret(result.out)
      assert.matches("from ssm:/my%-app/database%-url", result.out)
      assert.matches("api does not exist yet", result.err)
    end
  end)

  it("are as the help of plan shows them", function()
    local text = helper.run({ helper.lanyard, "help", "plan" }).out:match "\n(  return {\n.-\n  }\n)"
    local desired = assert(require("lanyard.desired.file").parse(text, "help.lua"))
    assert.same({ 2, 1 }, { #desired.grants, #desired.services })
    assert.equal(3, #require("lanyard.lists").sorted_names(desired.services[1].containers.app.environment))
  end)

  it("are rejected with a line for each mistake", function()
    local folder <close> = helper.folder()
    local path = file_of(folder, [[return { services = {
      { name = "web", powr = "nano" }, { name = "web", containers = { app = { ports = "80" } } } } }]])
    local result = helper.run { helper.lanyard, "plan", path, "--region", "us-east-1" }
    assert.equal(2, result.status)
    assert.matches("services%[1%] has an unknown member 'powr'; did you mean 'power'%?", result.err)
    assert.matches("services%[2%]%.containers%.app%.ports is a string, not protocols by port", result.err)
    assert.matches("services%[2%]%.name repeats 'web', which services%[1%] already is", result.err)
  end)

  it("can be applied again after a kill", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator { "--activation-delay", "1" }
    local path = file_of(folder, SERVICES)
    for _, seconds in ipairs { "0.3", "1.2", "2.4" } do
      helper.run({ "timeout", "-s", "KILL", seconds, helper.lanyard, "apply", path, "--yes", "--no-settle" },
        emulator.environment)
    end
    local result = emulator:run { "apply", path, "--yes", "--no-settle", "--output", "json" }
    assert.equal(0, result.status, result.err)
    local services = json.decode(result.out).services
    assert.equal(1, services[1].deployment.version)
    assert.equal(0, emulator:run({ "plan", path }).status)
  end)
end)
