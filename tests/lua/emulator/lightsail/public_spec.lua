-- The public URLs of container services.

local emulator = require "lanyard.emulator"
local helper = require "helper"
local http = require "lanyard.http"
local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local server = require "lanyard.emulator.server"
local world = require "world"

local ENDPOINT = { containerName = "app", containerPort = 80 }
local function app(image)
  return { app = { image = image, ports = { ["80"] = "HTTP" } } }
end
local SEED = {
  programs = { nginx = { body = "hello\n", paths = { ["/fails"] = 503, ["/flaky"] = { 503, 503, 200 }, ["/gone"] = { status = 410, body = "" } } } },
  regions = {
    ["us-east-1"] = {
      certificates = { { name = "shop", domain = "shop.example" } },
      services = {
        { name = "web", containers = app "nginx", publicEndpoint = ENDPOINT, domains = { shop = { "shop.example" } } },
        { name = "closed", containers = app "nginx" }, { name = "empty" },
        { name = "off", disabled = true, containers = app "nginx", publicEndpoint = ENDPOINT },
      },
    },
    ["eu-west-1"] = { services = { { name = "web", containers = app "httpd", publicEndpoint = ENDPOINT } } },
  },
}

describe("the public URL of a service", function()
  local w
  before_each(function() w = world.new { seed = SEED } end)
  after_each(function() getmetatable(w).__close(w) end)

  local function url(name)
    return assert(w.region.lightsail:GetContainerServices { serviceName = name }).containerServices[1].url
  end
  local function visit(address, options)
    options = options or {}
    local headers = { host = address:match "://([^/]+)" }
    for name, value in pairs(options.headers or {}) do headers[name] = value end
    local target = address:match "://[^/]+(/.*)$"
    return server.dispatch(w.world, {
      method = options.method or "GET", target = target, path = target:match "^[^?]*", query = "", body = "", headers = headers })
  end

  it("answers as the program says, by path", function()
    local reply = visit(url "web")
    assert.same({ 200, "hello\n" }, { reply.status, reply.body })
    assert.equal(503, visit(url "web" .. "fails").status)
    assert.equal(503, visit(url "web" .. "fails?x=1").status)
    assert.same({ 410, "" }, (function(r) return { r.status, r.body } end)(visit(url "web" .. "gone")))
    assert.same({ 503, 503, 200, 200 }, { visit(url "web" .. "flaky").status, visit(url "web" .. "flaky").status, visit(url "web" .. "flaky").status,
      visit(url "web" .. "flaky").status })
    assert.same({ 200, "" }, (function(r) return { r.status, r.body } end)(visit(url "web", { method = "HEAD" })))
  end)

  it("answers 404 without an active deployment that has a public endpoint", function()
    for _, name in ipairs { "closed", "empty", "off" } do
      local reply = visit(url(name))
      assert.equal(404, reply.status, name)
      assert.matches("404 No Such Service", reply.body)
    end
    local address = url "web"
    for _, other in ipairs { address:gsub("web", "other"), (address:gsub("us%-east%-1", "eu-west-1")), (address:gsub("us%-east%-1", "mars-1")) } do
      if type(other) == "string" then assert.equal(404, visit(other).status, other) end
    end
  end)

  it("follows the state of the service", function()
    local address = url "web"
    assert(w.region.lightsail:UpdateContainerService { serviceName = "web", isDisabled = true })
    assert.equal(404, visit(address).status)
    assert(w.region.lightsail:UpdateContainerService { serviceName = "web", isDisabled = false, scale = 2 })
    assert.equal(200, visit(address).status)
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = app "httpd", publicEndpoint = ENDPOINT })
    assert.equal("web: container app, deployment 2\n", visit(address).body)
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = app ":web.none.1", publicEndpoint = ENDPOINT })
    assert.equal("web: container app, deployment 2\n", visit(address).body)
    assert(w.region.lightsail:DeleteContainerService { serviceName = "web" })
    assert.equal(404, visit(address).status)
  end)

  it("answers for the domain names of the service", function()
    local reply = visit("http://shop.example/", {})
    assert.same({ 200, "hello\n" }, { reply.status, reply.body })
    assert.equal(404, visit("http://other.example/").status)
    assert.is_nil(visit("http://other.example/").body:find "Such")
  end)
end)

describe("the public URL of a service of a running emulator", function()
  local function clients(em)
    local keys = credentials.new { access_key_id = emulator.ACCESS_KEY_ID, secret_access_key = emulator.SECRET_ACCESS_KEY }
    local options = { endpoint_url = em.url, credentials = keys }
    local function urls(region)
      options.region = region
      local found = {}
      for _, one in ipairs(assert(assert(assert(aws.session(options)):client "lightsail"):GetContainerServices()).containerServices) do
        found[one.containerServiceName] = one.url
      end
      return found
    end
    return urls "us-east-1", urls "eu-west-1"
  end

  it("is on loopback, for lanyard's client and for curl", function()
    local em = assert(emulator.start { seed = SEED, activation_delay = 0 })
    local closing <close> = setmetatable({}, { __close = function() em:stop() end })
    local us, eu = clients(em)
    assert.matches("^http://web%.[a-z0-9]+%.us%-east%-1%.cs%.amazonlightsail%.localhost:" .. em.port .. "/$", us.web)
    assert.equal("hello\n", assert(http.request { url = us.web }).body)
    assert.equal("web: container app, deployment 1\n", assert(http.request { url = eu.web }).body)
    assert.equal(503, assert(http.request { url = us.web .. "fails" }).status)
    assert.equal(404, assert(http.request { url = us.empty }).status)
    assert.is_table(closing)
  end)
end)

describe("lanyard emulate", function()
  it("serves public URLs that curl can open", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", require("lanyard.json").encode(SEED))
    local running <close> = helper.emulator { "--seed", folder .. "/seed.json" }
    local query = "containerServices[?containerServiceName=='web'].url"
    local address = running:run({ "aws", "lightsail", "get-container-services", "--query", query, "--output", "text" }).out:match "http://%S+"
    if not os.execute "command -v curl > /dev/null" then return pending "this machine has no curl" end
    assert.equal("hello\n", helper.run({ "curl", "-s", address }).out)
    assert.equal("503", helper.run({ "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", address .. "fails" }).out)
  end)
end)
