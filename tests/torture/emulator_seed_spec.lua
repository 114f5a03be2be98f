-- Seeds with a wrong value in each place. The emulator refuses them with one message, or works and can store its state.

local emulator = require "lanyard.emulator"
local json = require "lanyard.json"
local lightsail = require "lanyard.emulator.lightsail"
local public = require "lanyard.emulator.lightsail.public"
local secretsmanager = require "lanyard.emulator.secretsmanager"
local server = require "lanyard.emulator.server"
local ssm = require "lanyard.emulator.ssm"
local torture = require "torture"

local REGION = "us-east-1"

local function seed()
  return {
    programs = { nginx = { health = 503, port = 80, exits = false, body = "x", log = { "a" }, prints = "x", every = 5,
      paths = { ["/a"] = 200, ["/b"] = { 200, 503 }, ["/c"] = { status = 200, body = "b", delay = 0 } } } },
    regions = { [REGION] = {
      certificates = { { name = "shop", domain = "shop.example", alternatives = { "a.example" }, status = "ISSUED", failure = "x", tags = { a = "b" } } },
      services = { { name = "web", power = "nano", scale = 2, disabled = false, role = true, role_arn = "arn:aws:iam::1:role/x", age = 100,
        metrics = { CPUUtilization = 5 }, domains = { shop = { "shop.example" } }, tags = { x = "y" },
        images = { "a", { label = "b", digest = "sha256:" .. ("0"):rep(64), paths = { ["/x"] = 200 }, prints = "y", every = 1, log = { "z" } } },
        containers = { app = { image = ":web.b.2", ports = { ["80"] = "HTTP" }, environment = { A = "b" }, command = { "x" } } },
        publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/", successCodes = "200-299", healthyThreshold = 2 } } } },
      repositories = { { name = "web", images = { "1", { tag = "2", paths = { ["/"] = 200 }, log = { "x" } } } } },
      parameters = { { name = "/a", value = "b", type = "SecureString", previous = { "x" }, labels = { p = 1 } } },
      secrets = { { name = "s", value = { a = 1 }, previous = "x", deleted = false }, { name = "b", binary = "aGVsbG8=" } },
    } },
  }
end

local VALUES = {
  function() return json.null end, function() return "" end, function() return "x" end, function() return -1 end, function() return 0 end,
  function() return 1e308 end, function() return 0 / 0 end, function() return 1.5 end, function() return {} end, function() return { 1, 2 } end,
  function() return { "a" } end, function() return { a = 1 } end, function() return true end, function() return ("x"):rep(1e5) end,
  function() return "\255\0" end, function() return { "a", b = "c" } end, function() return { { {} } } end, function() return print end,
  function() return math.huge end, function() return nil end, function() return { json.null } end, function() return { [5] = "a" } end,
}

-- Adds the paths of all values in a table.
local function add_paths(value, path, paths)
  for key, one in pairs(value) do
    local longer = table.move(path, 1, #path, 1, {})
    longer[#longer + 1] = key
    paths[#paths + 1] = longer
    if type(one) == "table" then add_paths(one, longer, paths) end
  end
  return paths
end

-- Uses what a world has, as requests do.
local function use(w)
  local context = { region = REGION, now = w.now() }
  local function call(service, operation, input)
    local reply = service.operations[operation].call(w, input, context)
    json.encode(reply or {})
  end
  json.encode(w.state)
  for name, service in pairs(w.region(REGION).services) do
    call(lightsail, "GetContainerServices", { serviceName = name })
    call(lightsail, "GetContainerLog", { serviceName = name, containerName = "app" })
    call(lightsail, "GetContainerImages", { serviceName = name })
    call(lightsail, "GetContainerServiceMetricData", { serviceName = name, metricName = "CPUUtilization", startTime = w.now() - 3600, endTime = w.now(),
      period = 300, statistics = { "Average" } })
    for _, path in ipairs { "/", "/x" } do
      local host = public.url(w, REGION, name, service):match "://([^/]+)"
      server.dispatch(w, { method = "GET", path = path, target = path, query = "", body = "", headers = { host = host } })
    end
  end
  call(lightsail, "GetCertificates", { includeCertificateDetails = true })
  for name in pairs(w.region(REGION).parameters or {}) do call(ssm, "GetParameter", { Name = name }) end
  for name in pairs(w.region(REGION).secrets or {}) do call(secretsmanager, "GetSecretValue", { SecretId = name }) end
end

describe("a seed with a wrong value", function()
  it("is refused with a message, or the emulator works", function()
    math.randomseed(22)
    local paths, places = add_paths(seed(), {}, {}), {}
    for _, path in ipairs(paths) do places[#places + 1] = table.concat(path, "\0") end
    table.sort(places)
    local cases, accepted = torture.choose(600, 20000), 0
    for case = 1, cases do
      local path = {}
      for part in places[math.random(#places)]:gmatch "[^%z]+" do path[#path + 1] = math.tointeger(tonumber(part)) or part end
      local given = seed()
      local at = given
      for i = 1, #path - 1 do at = at[path[i]] or at[tostring(path[i])] end
      at[at[path[#path]] ~= nil and path[#path] or tostring(path[#path])] = VALUES[math.random(#VALUES)]()
      local context = ("case %d: %s"):format(case, table.concat(path, "."))
      local ok, w, err = pcall(emulator.world, { seed = given, activation_delay = 0 })
      assert(ok, context .. ": " .. tostring(w))
      if w then
        accepted = accepted + 1
        ok, err = pcall(use, w)
        assert(ok, context .. ": " .. tostring(err))
      else
        assert.equal("InvalidSeed", err.code, context)
        assert.matches("^the seed ", err.message, context)
        assert.is_nil(err.message:find("attempt to", 1, true), context)
      end
    end
    assert.truthy(accepted > cases / 50, "too few seeds are valid")
    torture.report("wrong seeds", cases)
  end)
end)
