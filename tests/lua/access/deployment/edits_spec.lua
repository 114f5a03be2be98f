local edits = require "lanyard.access.deployment.edits"

local function one()
  return { containers = { app = { image = "nginx:1", ports = { ["80"] = "HTTP" }, environment = { A = "1", B = "2" },
    command = { "serve" } } }, publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/up" } } }
end

local function two()
  local request = one()
  request.containers.side = { image = "nginx:2" }
  return request
end

-- Returns a request with settings, or nil and the error.
local function apply(request, wants)
  local ok, err = edits.locate(request, wants)
  if ok then
    ok, err = edits.apply(request, wants)
  end
  return ok and request, err
end

describe("settings of a deployment", function()
  it("keep everything that they do not name", function()
    assert.same(one(), apply(one(), {}))
    local request = assert(apply(one(), {
      ports = { { option = "--port", port = "81", protocol = "TCP" } },
      variables = { { option = "--env", name = "C", value = "3" }, { option = "--env", name = "D", reference = { value = "secret" } } },
      unset = { { option = "--unset-env", name = "A" }, { option = "--unset-env", name = "none" } },
      health = { intervalSeconds = 10 },
    }))
    local expected = one()
    expected.containers.app.ports["81"] = "TCP"
    expected.containers.app.environment = { B = "2", C = "3", D = "secret" }
    expected.publicEndpoint.healthCheck.intervalSeconds = 10
    assert.same(expected, request)
  end)

  it("remove a command and the last variable", function()
    local request = assert(apply(one(), { commands = { { option = "--command", words = {} } },
      unset = { { option = "--unset-env", name = "A" }, { option = "--unset-env", name = "B" } } }))
    assert.is_nil(request.containers.app.command)
    assert.is_nil(request.containers.app.environment)
  end)

  it("must name the container if there are several", function()
    local request = assert(apply(two(), { variables = { { option = "--env", container = "side", name = "A", value = "1" } } }))
    assert.same({ A = "1" }, request.containers.side.environment)
    for option, wants in pairs {
      ["--port"] = { ports = { { option = "--port", port = "81", protocol = "TCP" } } },
      ["--command"] = { commands = { { option = "--command", words = { "x" } } } },
      ["--env"] = { variables = { { option = "--env", name = "A", value = "1" } } },
      ["--unset-env"] = { unset = { { option = "--unset-env", name = "A" } } },
      ["--public"] = { public_endpoint = { containerPort = 80 } },
    } do
      local none, err = apply(two(), wants)
      assert.falsy(none)
      assert.equal(option .. " must name one of the 2 containers (app, side)", err.message)
      assert.equal(("write %s app:..."):format(option), err.tip)
    end
    local _, err = apply(two(), { unset = { { option = "--unset-env", container = "web", name = "A" } } })
    assert.equal("--unset-env names the container 'web', which the deployment does not have: app, side", err.message)
  end)

  it("move, replace and remove the public endpoint", function()
    assert.is_nil(assert(apply(one(), { no_public = true })).publicEndpoint)
    local request = assert(apply(one(), { public_endpoint = { containerPort = 81 } }))
    assert.same({ containerName = "app", containerPort = 81, healthCheck = { path = "/up" } }, request.publicEndpoint)
    assert.equal("HTTP", request.containers.app.ports["81"])
    local whole = { containerName = "app", containerPort = 80 }
    assert.same(whole, assert(apply(one(), { public_endpoint_file = whole })).publicEndpoint)
    local without = one()
    without.publicEndpoint = nil
    local none, err = apply(without, { health = { path = "/" } })
    assert.falsy(none)
    assert.matches("the deployment has none", err.message)
    assert.same({ path = "/" }, assert(apply(without, { public_endpoint = { containerPort = 80 }, health = { path = "/" } }))
      .publicEndpoint.healthCheck)
  end)
end)
