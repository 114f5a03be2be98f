-- Plans, desired states, deployments and runbooks of 0.1.0.

local compat = require "compat"
local helper = require "helper"
local json = require "lanyard.json"

local RECORDED, CI_POLICY = compat.RECORDED, compat.CI_POLICY
local recorded, total, seeded, run, policy = compat.recorded, compat.total, compat.seeded, compat.run, compat.policy
local set_policy, sids = compat.set_policy, compat.sids

-- The result of the desired-state files and of the plan of 0.1.0.
local DESIRED = {
  web = "AllowLightsailPull-web", ["team/a"] = "AllowLightsailPull-web",
  ["team/b"] = "AllowLightsailPull-off,AllowLightsailPull-web", shared = "CI may push,jobs may pull", ["prod/api"] = "",
}

local function assert_desired(emulator)
  for repository, expected in pairs(DESIRED) do
    assert.equal(expected, sids(emulator, repository), repository)
  end
  local text = policy(emulator, "shared")
  assert.truthy(text:find("2999-01-31T00:00:00Z", 1, true))
  assert.truthy(policy(emulator, "team/b"):find("2999-01-31T12:00:00Z", 1, true))
  -- Statements of other writers keep their bytes.
  assert.truthy(text:find('{ "Sid": "CI may push", "Effect": "Allow",\n', 1, true))
end

describe("a saved plan of 0.1.0", function()
  local PLAN = RECORDED .. "plan.json"

  it("is applied, once", function()
    local emulator <close> = seeded()
    run(emulator, 0, "apply", PLAN, "--dry-run")
    assert.equal("", policy(emulator, "web"))
    run(emulator, 0, "apply", PLAN, "--no-settle")
    assert_desired(emulator)
    assert.equal(4, #json.decode((run(emulator, 0, "undo", "--list", "--output", "json"))))
    run(emulator, 0, "plan", RECORDED .. "desired/grants.lua")
  end)

  it("is rejected for a policy that has changed since, and applied to the others", function()
    local emulator <close> = seeded()
    set_policy(emulator, "web", CI_POLICY)
    run(emulator, 1, "apply", PLAN, "--no-settle")
    assert.equal(CI_POLICY, policy(emulator, "web"))
    assert.equal(DESIRED["team/a"], sids(emulator, "team/a"))
  end)

  it("is rejected in another Region or account", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    run(emulator, 1, "apply", PLAN, "--no-settle", "--region", "eu-west-1")
    helper.write(folder .. "/plan.json", (recorded("plan.json"):gsub("111122223333", "444455556666")))
    run(emulator, 1, "apply", folder .. "/plan.json", "--no-settle")
    assert.equal("", policy(emulator, "web"))
  end)
end)

describe("a desired-state file of 0.1.0", function()
  it("is planned and applied, as Lua, as JSON and from stdin", function()
    for _, name in ipairs { "grants.lua", "grants.json", "-" } do
      local emulator <close> = seeded()
      local file = name == "-" and "-" or RECORDED .. "desired/" .. name
      local function desired(status, ...)
        local result = emulator:run({ ... }, nil, recorded "desired/grants.lua")
        assert.equal(status, result.status, result.err)
      end
      desired(3, "plan", file)
      assert.equal("", policy(emulator, "web"))
      desired(0, "apply", file, "--yes", "--no-settle")
      assert_desired(emulator)
      desired(0, "plan", file)
      desired(0, "plan", file, "--prune")
    end
  end)

  it("applies to the session's Region if it names no Region", function()
    local emulator <close> = seeded()
    run(emulator, 3, "plan", RECORDED .. "desired/no-region.lua")
    run(emulator, 0, "apply", RECORDED .. "desired/no-region.lua", "--yes", "--no-settle")
    assert.equal("AllowLightsailPull-web", sids(emulator, "web"))
    assert.equal("", sids(emulator, "team/a"))
    run(emulator, 1, "plan", RECORDED .. "desired/no-region.lua", "--region", "eu-west-1")
  end)

  it("can be compared by an audit, and exported", function()
    local emulator <close> = seeded()
    local out = run(emulator, 0, "audit", "--desired", RECORDED .. "desired/grants.json", "--output", "prometheus")
    assert.equal(6, total(out, 'lanyard_findings{id="drift"'))
    for _, format in ipairs { "terraform", "cloudformation" } do
      local exported = run(emulator, 0, "export", "--format", format, RECORDED .. "desired/grants.lua")
      for _, text in ipairs { "AllowLightsailPull-web", "jobs may pull", "team/b", "2999-01-31T12:00:00Z" } do
        assert.truthy(exported:find(text, 1, true), format .. ": " .. text)
      end
    end
  end)
end)

describe("a deployment file of 0.1.0", function()
  it("is deployed, once", function()
    local emulator <close> = seeded()
    local function deploy()
      run(emulator, 0, "deploy", "web", "--file", RECORDED .. "deploy/deployment.json")
      return json.decode((run(emulator, 0, "-e", [[
        local lightsail = require("lanyard.aws").client("lightsail")
        local reply = assert(lightsail:GetContainerServiceDeployments { serviceName = "web" })
        io.write(require("lanyard.json").encode(reply.deployments))
      ]])))
    end
    local deployments = deploy()
    assert.equal(1, #deployments)
    local app = deployments[1].containers.app
    assert.same({ "serve", "--port", "80" }, app.command)
    assert.same({ MODE = "test" }, app.environment)
    assert.same({ ["80"] = "HTTP" }, app.ports)
    assert.equal(2, deployments[1].publicEndpoint.healthCheck.timeoutSeconds)
    assert.equal("AllowLightsailPull-web", sids(emulator, "web"))
    assert.equal(1, #deploy())
  end)
end)

describe("a runbook of 0.1.0", function()
  it("runs all its steps", function()
    local folder <close> = helper.folder()
    local emulator <close> = seeded()
    local words = { "runbook", RECORDED .. "runbook/grant.md", "--set", "service=web", "--set", "repository=team/a", "--yes",
      "--transcript", folder .. "/transcript.md" }
    local out = run(emulator, 0, table.unpack(words))
    assert.truthy(out:find("\ngranted: 1\n", 1, true))
    assert.equal("AllowLightsailPull-web", sids(emulator, "team/a"))
    assert.truthy(helper.read(folder .. "/transcript.md"):find("granted: 1", 1, true))
    run(emulator, 2, "runbook", RECORDED .. "runbook/grant.md", "--set", "service=web", "--yes", "--no-transcript")
  end)
end)
