-- Options of `lanyard deploy` that change single settings of a deployment.

local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local json_of = deployable.json_of

-- The containers of the deployment that Lightsail has, with the values of variables.
local function deployed(em, name)
  local result = em:run { "aws", "lightsail", "get-container-service-deployments", "--service-name", name }
  return json.decode(result.out).deployments[1]
end

describe("lanyard deploy", function()
  it("opens ports, and sets command, health check and variables; it keeps the rest", function()
    local em <close> = deployable.emulator()
    local item = json_of(em, { "deploy", "web", "--port", "app:81:TCP", "--command", "app:serve --name 'a b'", "--env", "app:MODE=live=1",
      "--health-interval", "10s", "--health-codes", "200-299", "--health-timeout", "5", "--health-healthy", "3", "--health-unhealthy", "4" })
    assert.equal("deployed", item.result)
    local now = deployed(em, "web")
    assert.same({ ["80"] = "HTTP", ["81"] = "TCP" }, now.containers.app.ports)
    assert.same({ "serve", "--name", "a b" }, now.containers.app.command)
    assert.same({ KEY = deployable.SECRET, MODE = "live=1" }, now.containers.app.environment)
    assert.same({ path = "/up", successCodes = "200-299", intervalSeconds = 10, timeoutSeconds = 5, healthyThreshold = 3,
      unhealthyThreshold = 4 }, now.publicEndpoint.healthCheck)
    assert.equal("nginx:1", now.containers.side.image)
    assert.equal("unchanged", json_of(em, { "deploy", "web", "--env", "app:MODE=live=1", "--port", "app:81:TCP" }).result)
    json_of(em, "deploy web --unset-env app:KEY --unset-env app:MODE --command app: --no-public")
    now = deployed(em, "web")
    assert.same({}, now.containers.app.environment)
    assert.same({}, now.containers.app.command)
    assert.is_nil(now.publicEndpoint)
  end)

  it("needs no name of a container if there is one", function()
    local em <close> = deployable.emulator()
    json_of(em, "deploy fresh app=jobs --public 8080 --port 9000:UDP --env A=1 --health-path /up")
    local now = deployed(em, "fresh")
    assert.same({ ["8080"] = "HTTP", ["9000"] = "UDP" }, now.containers.app.ports)
    assert.same({ A = "1" }, now.containers.app.environment)
    assert.equal("app", now.publicEndpoint.containerName)
    assert.equal("/up", now.publicEndpoint.healthCheck.path)
    local result = em:run "deploy web --env A=1"
    assert.equal(1, result.status)
    assert.match("%-%-env must name one of the 2 containers %(app, side%)", result.err)
    assert.match("write %-%-env app:...", result.err)
  end)

  it("reads variables of files in the dotenv grammar", function()
    local em <close> = deployable.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/.env", "# the app\r\nexport A='x $y'\r\nB=\"two\\nlines\" # c\r\nC=plain # c\r\nD=1\r\n")
    json_of(em, { "deploy", "fresh", "app=jobs", "--env-file", folder .. "/.env", "--env", "D=2" })
    assert.same({ A = "x $y", B = "two\nlines", C = "plain", D = "2" }, deployed(em, "fresh").containers.app.environment)
    helper.write(folder .. "/.env", "A=1\nplanted line\n")
    local result = em:run { "deploy", "fresh", "app=jobs", "--env-file", folder .. "/.env" }
    assert.equal(2, result.status)
    assert.match("%.env: line 2 is neither NAME=VALUE nor a comment", result.err)
    assert.not_match("planted", result.err)
  end)

  it("deploys from AWS's two files", function()
    local em <close> = deployable.emulator()
    local folder <close> = helper.folder()
    helper.write(folder .. "/containers.json", json.encode { one = { image = "nginx:2", environment = { A = "1" } },
      two = { image = deployable.HOST .. "web:1.0", ports = { ["80"] = "HTTP" } } })
    helper.write(folder .. "/public-endpoint.json", json.encode { containerName = "two", containerPort = 80,
      healthCheck = { path = "/health" } })
    local words = { "deploy", "fresh", "--containers", "file://" .. folder .. "/containers.json", "--public-endpoint",
      "file://" .. folder .. "/public-endpoint.json", "two=web:1.1" }
    assert.equal("deployed", json_of(em, words).result)
    local now = deployed(em, "fresh")
    assert.same({ "nginx:2", deployable.HOST .. "web:1.1" }, { now.containers.one.image, now.containers.two.image })
    assert.equal("/health", now.publicEndpoint.healthCheck.path)
    assert.equal("unchanged", json_of(em, words).result)
    helper.write(folder .. "/public-endpoint.json", '{"containerName":"two","containerPort":"80"}')
    local result = em:run(words)
    assert.equal(2, result.status)
    assert.match("public%-endpoint%.json: containerPort must be a whole number from 1 to 65535", result.err)
    -- The containers are all of the file's; the public endpoint stays where it is not named.
    helper.write(folder .. "/containers.json", json.encode { two = { image = "nginx:3", ports = { ["80"] = "HTTP" } } })
    json_of(em, { "deploy", "fresh", "--containers", folder .. "/containers.json" })
    now = deployed(em, "fresh")
    assert.is_nil(now.containers.one)
    assert.equal("/health", now.publicEndpoint.healthCheck.path)
  end)

  it("rejects options that contradict each other or have no meaning", function()
    local em <close> = deployable.emulator()
    for words, message in pairs {
      ["--port 80:SMTP"] = "is not of the form %[CONTAINER:%]PORT:PROTOCOL", ["--env planted"] = "write %[CONTAINER:%]KEY=VALUE",
      ["--health-codes 200-500"] = "not a list of HTTP codes from 200 to 499", ["--health-interval 4s"] = "from 5 to 300 seconds",
      ["--health-timeout 61s"] = "from 2 to 60 seconds", ["--no-public --public app:80"] = "%-%-no%-public removes",
      ["--env A=1 --unset-env A"] = "both name A", ["--create"] = "%-%-create needs %-%-power", ["--power nano"] = "options of %-%-create",
      ["--env A=1 --smoke up"] = "'up' is not a path", ["--env A=1 --smoke / --no-wait"] = "which %-%-no%-wait does not",
    } do
      local result = em:run("deploy web " .. words)
      assert.equal(2, result.status, words)
      assert.match(message, result.err)
      assert.not_match("planted", result.err)
    end
  end)
end)
