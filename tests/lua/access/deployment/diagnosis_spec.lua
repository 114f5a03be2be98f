local deployable = require "deployable"

local image = deployable.image

-- Deploys, and follows the deployment to its end. Returns outcome and plan.
local function run(w, name, wants)
  local result, err, plan = deployable.deploy(w, name, wants)
  assert.is_nil(err)
  return assert(w.region:follow_deployment(name, result.version)), plan
end

local function text_of(log)
  local lines = {}
  for i, line in ipairs(log.lines) do lines[i] = line.message end
  return table.concat(lines, "\n")
end

describe("the reasons of a failed deployment", function()
  it("are what its programs logged, without the secrets of their environment", function()
    local w <close> = deployable.world()
    local outcome = run(w, "web", { images = image("app", "web:broken") })
    assert.equal("failed", outcome.result)
    local reasons, logs = w.region:explain_deployment(outcome, {})
    assert.matches("^the containers started and logged %(or the containers of version 1 did, which is still active%): a program exited, or "
      .. "the health check of 'app' failed: GET /up on port 80 must return 200%-499 within 2 s; nothing was logged by 'side'$", reasons[1])
    assert.same({ "app", "side" }, { logs[1].container, logs[2].container })
    assert.is_true(logs[1].spoke)
    assert.matches("connecting with %*%*%*\n.*Canceled$", text_of(logs[1]))
    assert.is_nil(text_of(logs[1]):find(deployable.SECRET, 1, true))
    local _, revealed = w.region:explain_deployment(outcome, { reveal = true })
    assert.is_truthy(text_of(revealed[1]):find(deployable.SECRET, 1, true))
  end)

  it("are assumptions if nothing was logged", function()
    local w <close> = deployable.world()
    local reasons, logs = w.region:explain_deployment(run(w, "web", { images = image("app", "web:silent") }), {})
    assert.matches("no container logged anything", reasons[1])
    assert.is_falsy(logs[1].spoke)
  end)

  it("do not include lines of an earlier deployment, even of the same second", function()
    local w <close> = deployable.world()
    run(w, "web", { images = image("app", "web:sick") })
    local reasons, logs = w.region:explain_deployment(run(w, "web", { images = image("app", "web:silent") }), {})
    assert.matches("%[deployment:3%]", text_of(logs[1]))
    assert.not_matches("%[deployment:2%]", text_of(logs[1]))
    assert.not_matches("listening", text_of(logs[1]))
    assert.matches("no container logged anything", reasons[1])
  end)

  it("do not include lines after a later deployment was created", function()
    local w <close> = deployable.world()
    local outcome = run(w, "web", { images = image("app", "web:silent") })
    w.passed = w.passed + 600
    run(w, "web", { images = image("app", "web:broken") })
    local reasons, logs = w.region:explain_deployment(outcome, {})
    assert.matches("no container logged anything", reasons[1])
    assert.not_matches("connecting", text_of(logs[1]))
  end)

  it("redact the environment of other deployments too", function()
    local w <close> = deployable.world()
    local outcome = run(w, "web", { images = image("app", "web:broken") })
    local region = w.world.region "us-east-1"
    -- The deployment that is still active writes to the same log.
    table.insert(region.services.web.deployments[2].logs.app, 2, "old key: " .. deployable.SECRET)
    region.services.web.deployments[2].containers.app.environment = { KEY = "another-secret" }
    local _, logs = w.region:explain_deployment(outcome, {})
    assert.matches("old key: %*%*%*", text_of(logs[1]))
  end)

  it("are that an image cannot be pulled, with the command that fixes it", function()
    for message, spoil in pairs {
      ["repository 'jobs': it has no policy: lanyard grant fresh jobs"] = function(w) w:put("jobs", nil) end,
      ["puller role of 'fresh' is off: lanyard enable fresh"] = function(w)
        assert(w.region:disable "fresh")
      end,
      ["repository 'jobs' has no image tagged 'latest'"] = function(w)
        w.world.region("us-east-1").repositories.jobs.images = {}
      end,
    } do
      local w <close> = deployable.world()
      local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "jobs") }))
      -- Another writer breaks the pull after the plan.
      deployable.stand_in(w, "CreateContainerServiceDeployment", function(lightsail, input)
        w.region.lightsail = lightsail
        spoil(w)
        return lightsail:CreateContainerServiceDeployment(input)
      end)
      local result = assert(w.region:deploy(plan))
      local outcome = assert(w.region:follow_deployment("fresh", result.version))
      assert.equal("failed", outcome.result)
      local reasons = w.region:explain_deployment(outcome, {})
      assert.equal(1, #reasons)
      assert.is_truthy(reasons[1]:find(message, 1, true), reasons[1])
    end
  end)

  it("include that the grant of another account's image is unknown, and that the role is off", function()
    local w <close> = deployable.world()
    local foreign = "999922223333.dkr.ecr.us-east-1.amazonaws.com/xyz:latest"
    local outcome = run(w, "fresh", { images = image("app", foreign) })
    assert.equal("failed", outcome.result)
    local reasons = w.region:explain_deployment(outcome, {})
    assert.equal("image '" .. foreign .. "' belongs to account 999922223333: whether that account allows this role to pull is unknown",
      reasons[1])
    assert.matches("^no container logged anything", reasons[2])
    outcome.service = assert(w.region:disable "fresh").service
    assert.same({ "image '" .. foreign .. "': the puller role of 'fresh' is off: lanyard enable fresh" },
      w.region:explain_deployment(outcome, {}))
  end)

  it("include that images can be pulled only if each was checked", function()
    local w <close> = deployable.world()
    local reasons = w.region:explain_deployment(run(w, "fresh", { images = image("app", "web:silent") }), {})
    assert.matches("^the images can be pulled now", reasons[1])
    reasons = w.region:explain_deployment(run(w, "web", { images = image("app", "web:silent") }), {}) -- beside nginx:1
    assert.matches("^no container logged anything: an image of another registry may not exist", reasons[1])
  end)

  it("include the newest lines of a long log, in order", function()
    local seed = { regions = { ["us-east-1"] = {
      services = { { name = "fresh" } },
      repositories = { { name = "jobs", images = { { tag = "latest", exits = true, log = {} } } } },
    } } }
    for i = 1, 70 do seed.regions["us-east-1"].repositories[1].images[1].log[i] = ("line %03d"):format(i) end
    local w <close> = deployable.world { seed = seed, activation_delay = 100 }
    local _, logs = w.region:explain_deployment(run(w, "fresh", { images = image("app", "jobs") }), {})
    assert.equal(20, #logs[1].lines)
    assert.equal("line 052", logs[1].lines[1].message)
    assert.matches("Canceled$", logs[1].lines[20].message)
  end)

  it("include that a log is too long to be read to its end", function()
    local w <close> = deployable.world()
    local outcome = run(w, "web", { images = image("app", "web:sick") })
    local lines = w.world.region("us-east-1").services.web.deployments[2].logs.app
    for i = 1, 2100 do lines[i] = "line " .. i end
    local _, logs = w.region:explain_deployment(outcome, {})
    assert.is_true(logs[1].cut)
    assert.is_falsy(logs[2].cut)
  end)

  it("include that a log cannot be read", function()
    local w <close> = deployable.world { faults = { {
      operation = "GetContainerLog", error = { code = "AccessDeniedException", message = "no" } } } }
    local reasons, logs = w.region:explain_deployment(run(w, "web", { images = image("app", "web:sick") }), {})
    assert.equal("AccessDeniedException", logs[1].err.code)
    assert.matches("cannot read the log of 'app'", reasons[1])
  end)

  it("are found even if Lightsail does not list the deployment any more", function()
    local w <close> = deployable.world { activation_delay = 50 }
    local result, _, plan = deployable.deploy(w, "web", { images = image("app", "web:sick") })
    table.remove(w.world.region("us-east-1").services.web.deployments)
    local outcome = assert(w.region:follow_deployment("web", result.version))
    assert.equal("canceled", outcome.result)
    local reasons, logs = w.region:explain_deployment(outcome, { request = plan.request })
    assert.equal(1, #reasons)
    assert.equal("app", logs[1].container)
  end)

  it("do not invent the containers of a deployment that is not listed", function()
    local w <close> = deployable.world { activation_delay = 50 }
    local result = deployable.deploy(w, "web", { images = image("app", "web:sick") })
    table.remove(w.world.region("us-east-1").services.web.deployments)
    local reasons, logs = w.region:explain_deployment(assert(w.region:follow_deployment("web", result.version)), {})
    assert.same({ "Lightsail does not list the deployment any more, so its containers are unknown" }, reasons)
    assert.same({}, logs)
  end)

  it("are empty for a deployment that a later one replaced", function()
    local w <close> = deployable.world()
    run(w, "web", { images = image("app", "web:1.1") })
    local outcome = assert(w.region:follow_deployment("web", 1))
    assert.equal("replaced", outcome.result)
    local reasons, logs = w.region:explain_deployment(outcome, {})
    assert.same({}, reasons)
    assert.same({}, logs)
  end)
end)
