-- Runs the recipes of scripts/examples/recipes/services that deploy, as their comments say: a first run, a second run, a
-- failure, and a run that is killed and repeated. Each test compares what exists afterwards.

local account = require "recipe_account"
local helper = require "helper"
local json = require "lanyard.json"

describe("the recipe create-and-deploy", function()
  it("goes from nothing to a URL that answers, and changes nothing the second time", function()
    local a <close> = account.new()
    local out = a.run("create-and-deploy.sh", { "new", "app=other:1", "8080" }, 0, { POWER = "micro", SCALE = "2" })
    assert.matches("grant other +granted", out)
    assert.matches("smoke / +passed", out)
    local service = a.service "new"
    assert.same({ "RUNNING", "micro", 2, { "other" }, "other:1" },
      { service.state, service.power, service.scale, service.repositories, account.image(a, "new") })
    assert.truthy(out:find(service.url, 1, true))
    assert.matches("deployment +unchanged +version 1\n", (a.run("create-and-deploy.sh", { "new", "app=other:1", "8080" })))
    assert.same({ "1 ACTIVE other:1" }, a.versions "new")
  end)

  it("creates nothing if the image does not exist", function()
    local a <close> = account.new()
    local _, err = a.run("create-and-deploy.sh", { "new", "app=other:9", "80" }, 1)
    assert.matches("no image tagged '9'", err)
    assert.equal(1, a.emulator:run("status new").status)
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    for _, call in ipairs { "CreateContainerService$", "CreateContainerServiceDeployment" } do
      a.kill("create-and-deploy.sh", { "new", "app=other:1", "80" }, call)
    end
    a.run("create-and-deploy.sh", { "new", "app=other:1", "80" })
    assert.same({ "1 ACTIVE other:1" }, a.versions "new")
  end)
end)

describe("the recipe blue-green", function()
  it("deploys by digest and switches back by version", function()
    local a <close> = account.new()
    a.run("blue-green.lua", { "web", "app=web:2", "--smoke", "/up", "--watch", "0s" })
    assert.equal("web@" .. account.digest(a, "2"), account.image(a, "web"))
    assert.matches("deployment +unchanged", (a.run("blue-green.lua", { "web", "app=web:2", "--smoke", "/up", "--watch", "0s" })))
    assert.matches("rolled back [^\n]*containers of version 1", (a.run("blue-green.lua", { "web", "--back" })))
    assert.equal("web:1", account.image(a, "web"))
    assert.matches("rolled back [^\n]*containers of version 2", (a.run("blue-green.lua", { "web", "--back" })))
    assert.equal("web@" .. account.digest(a, "2"), account.image(a, "web"))
  end)

  it("switches back if a test fails while it watches", function()
    local a <close> = account.new()
    local out, err = a.run("blue-green.lua", { "web", "app=web:fading", "--smoke", "/up", "--watch", "1s" }, 1)
    assert.matches("a smoke test fails: switching back", err)
    assert.matches("rolled back [^\n]*containers of version 1", out)
    assert.equal("web:1", account.image(a, "web"))
  end)

  it("keeps the active version if the new one does not start", function()
    local a <close> = account.new()
    local _, err = a.run("blue-green.lua", { "web", "app=web:crash" }, 1)
    assert.matches("version 1 of 'web' is still active", err)
    assert.same({ "2 FAILED web", "1 ACTIVE web:1" }, a.versions "web")
    assert.matches("pass CONTAINER=IMAGE", select(2, a.run("blue-green.lua", { "web" }, 2)))
    assert.matches("pass CONTAINER=IMAGE or %-%-back", select(2, a.run("blue-green.lua", { "web", "app=web:2", "--back" }, 2)))
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    a.kill("blue-green.lua", { "web", "app=web:2", "--watch", "0s" }, "CreateContainerServiceDeployment")
    a.run("blue-green.lua", { "web", "app=web:2", "--watch", "0s" })
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe rollback-on-failure", function()
  it("tests, notifies, and restores the version before if a test fails", function()
    local a <close> = account.new()
    local file = a.folder .. "/notice"
    helper.write(file .. ".sh", ('printf "%%s\\n" "$1" >>%s'):format(file))
    local environment = { SMOKE_TIMEOUT = "1s", NOTIFY = "sh " .. file .. ".sh" }
    a.run("rollback-on-failure.sh", { "web", "app=web:2", "/", "/up=200" }, 0, environment)
    a.run("rollback-on-failure.sh", { "web", "app=web:2", "/", "/up=200" }, 0, environment)
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
    local out, err = a.run("rollback-on-failure.sh", { "web", "app=web:sick", "/up" }, 1, environment)
    assert.equal("web does not run app=web:sick: the version before is active\n", out)
    assert.matches("smoke test of %S+/up: 500, not 200%-399", err)
    assert.equal("web@" .. account.digest(a, "2"), account.image(a, "web"))
    assert.equal(("web runs app=web:2\n"):rep(2) .. out, helper.read(file))
  end)

  it("has another exit status if nothing could be restored", function()
    local a <close> = account.new()
    a.run("create-and-deploy.sh", { "new", "app=other:1", "80" })
    assert.equal("new does not run app=web:crash: the version before is active\n",
      (a.run("rollback-on-failure.sh", { "new", "app=web:crash", "/" }, 1)))
    assert.equal("new does not run app=web:9: nothing was deployed\n",
      (a.run("rollback-on-failure.sh", { "new", "app=web:9", "/" }, 1)))
    a.emulator:run "service create empty --power nano --scale 1 --role"
    a.emulator:run "deploy empty app=web:sick --resolve --port 80:HTTP --public app:80"
    assert.matches("was not restored: lanyard status empty\n$",
      (a.run("rollback-on-failure.sh", { "empty", "app=web:sick", "/up" }, 3, { SMOKE_TIMEOUT = "1s" })))
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    a.kill("rollback-on-failure.sh", { "web", "app=web:2", "/" }, "CreateContainerServiceDeployment")
    assert.equal("web runs app=web:2\n", (a.run("rollback-on-failure.sh", { "web", "app=web:2", "/" })))
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe deploy-two-files", function()
  local function write(a, endpoint)
    helper.write(a.folder .. "/containers.json", json.encode { app = { image = account.HOST .. "web:1",
      ports = { ["8080"] = "HTTP" }, environment = { A = "1" } }, side = { image = account.HOST .. "other:1" } })
    os.remove(a.folder .. "/public-endpoint.json")
    if endpoint then
      helper.write(a.folder .. "/public-endpoint.json", json.encode(endpoint))
    end
  end

  it("deploys both files with the image of a build, once", function()
    local a <close> = account.new()
    write(a, { containerName = "app", containerPort = 8080, healthCheck = { path = "/health" } })
    for _ = 1, 2 do
      a.run("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" })
    end
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
    local deployment = a.json("deployments web")[1].deployment
    assert.same({ "app", 8080, "/health" }, { deployment.publicEndpoint.containerName,
      deployment.publicEndpoint.containerPort, deployment.publicEndpoint.healthCheck.path })
    assert.same({ ["8080"] = "HTTP" }, deployment.containers.app.ports)
    assert.equal(account.HOST .. "other:1", deployment.containers.side.image)
  end)

  it("removes the public endpoint without its file", function()
    local a <close> = account.new()
    write(a)
    a.run("deploy-two-files.sh", { "web", a.folder.path })
    assert.is_nil(a.json("deployments web")[1].deployment.publicEndpoint)
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    write(a)
    a.kill("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" }, "CreateContainerServiceDeployment")
    a.run("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" })
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
  end)

  it("deploys nothing if a file is missing or invalid", function()
    local a <close> = account.new()
    assert.matches("/nowhere/containers%.json does not exist", select(2, a.run("deploy-two-files.sh", { "web", "/nowhere" }, 1)))
    write(a, { containerName = "none", containerPort = 80 })
    a.run("deploy-two-files.sh", { "web", a.folder.path }, 1)
    helper.write(a.folder .. "/containers.json", "{")
    a.run("deploy-two-files.sh", { "web", a.folder.path }, 2)
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe logs-on-failure", function()
  it("saves and prints the logs of a deployment that fails", function()
    local a <close> = account.new()
    local file = a.folder .. "/log"
    local _, err = a.run("logs-on-failure.sh", { file, "web", "app=web:crash" }, 1, { WAIT = "0" })
    assert.matches("app  no database\n", helper.read(file))
    assert.truthy(err:find(("The end of %s:\n"):format(file), 1, true))
    assert.matches("app  no database\n", err)
    assert.same({ "2 FAILED web:crash", "1 ACTIVE web:1" }, a.versions "web")
  end)

  it("keeps the exit status of deploy, and writes no file unless it failed", function()
    local a <close> = account.new()
    local file = a.folder .. "/log"
    for _ = 1, 2 do
      a.run("logs-on-failure.sh", { file, "web", "app=web:2" })
    end
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
    a.run("logs-on-failure.sh", { file, "web", "nonsense" }, 2)
    assert.is_false(helper.exists(file))
    local _, err = a.run("logs-on-failure.sh", { file, "none", "app=web:2" }, 1, { WAIT = "0" })
    assert.matches("The logs could not be read to their end", err)
  end)
end)

describe("the recipe deploy-dotenv", function()
  it("makes the environment that of the file, with the value of a parameter", function()
    local a <close> = account.new()
    local file = a.folder .. "/.env"
    helper.write(file, "# a comment\nexport MODE='new'\nKEY=ssm:/web/key\n")
    local dry = a.run("deploy-dotenv.lua", { "web", "app=web:1", file, "--dry-run" })
    assert.matches('%-%s+"GONE": "%*%*%*"', dry)
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    for _ = 1, 2 do
      local out, err = a.run("deploy-dotenv.lua", { "web", "app=web:1", file }, 0, { LANYARD_DEBUG = "1" })
      assert.is_nil((out .. err):find(account.SECRET, 1, true))
    end
    assert.truthy(helper.run({ "ls", "-R", a.emulator.environment.XDG_STATE_HOME }).out:find "lanyard")
    assert.equal(1, helper.run({ "grep", "-rFe", account.SECRET, a.emulator.folder .. "", a.folder .. "/.env" }).status)
    assert.same({ "2 ACTIVE web:1", "1 INACTIVE web:1" }, a.versions "web")
    local raw = a.emulator:run { "-e", [[
      local reply = require("lanyard.aws").client("lightsail"):GetContainerServiceDeployments { serviceName = "web" }
      local environment = reply.deployments[1].containers.app.environment
      print(environment.MODE, environment.KEY, environment.GONE)]] }
    assert.equal(("new\t%s\tnil\n"):format(account.SECRET), raw.out)
    assert.same({ ["80"] = "HTTP" }, a.json("deployments web")[1].deployment.containers.app.ports)
  end)

  it("deploys nothing if the file or a parameter is wrong", function()
    local a <close> = account.new()
    local file = a.folder .. "/.env"
    a.run("deploy-dotenv.lua", { "web", "app=web:2", file }, 2)
    helper.write(file, "KEY=ssm:/web/none\n")
    assert.matches("/web/none", select(2, a.run("deploy-dotenv.lua", { "web", "app=web:2", file }, 1)))
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    local file = a.folder .. "/.env"
    helper.write(file, "MODE=new\n")
    a.kill("deploy-dotenv.lua", { "web", "app=web:2", file }, "CreateContainerServiceDeployment")
    a.run("deploy-dotenv.lua", { "web", "app=web:2", file })
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe deploy-everywhere", function()
  it("deploys to each service that runs the repository, once", function()
    local a <close> = account.new()
    assert.equal("shop: would deploy\nweb: would deploy\n", (a.run("deploy-everywhere.lua", { "web:2", "--dry-run" })))
    assert.same({ "1 ACTIVE web:1" }, a.versions "shop")
    assert.equal("shop: deployed\nweb: deployed\n", (a.run("deploy-everywhere.lua", { "web:2", "--smoke", "/up" })))
    assert.equal("shop: unchanged\nweb: unchanged\n", (a.run("deploy-everywhere.lua", { "web:2", "--smoke", "/up" })))
    for _, name in ipairs { "shop", "web" } do
      assert.equal("web@" .. account.digest(a, "2"), account.image(a, name))
    end
  end)

  it("stops if the first service fails", function()
    local a <close> = account.new()
    assert.equal("shop: failed; the version before is still active\n", (a.run("deploy-everywhere.lua", { "web:crash" }, 1)))
    assert.same({ "2 FAILED web", "1 ACTIVE web:1" }, a.versions "shop")
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    assert.matches("repository 'none'", select(2, a.run("deploy-everywhere.lua", { "none:1" }, 1)))
    assert.matches("pass REPOSITORY:TAG", select(2, a.run("deploy-everywhere.lua", { ":1" }, 2)))
    assert.matches("pass REPOSITORY:TAG", select(2, a.run("deploy-everywhere.lua", { "web" }, 2)))
  end)

  it("is completed after it was killed", function()
    local a <close> = account.new "0.5"
    a.kill("deploy-everywhere.lua", { "web:2" }, "CreateContainerServiceDeployment")
    a.run("deploy-everywhere.lua", { "web:2" })
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "shop")
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)
