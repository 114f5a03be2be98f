-- Runs the recipes of scripts/examples/recipes/services against the emulator, as their comments say: a first run, a
-- second run, a failure, and a run that is killed and repeated. Each test compares what exists afterwards.

local helper = require "helper"
local json = require "lanyard.json"

local FOLDER = "scripts/examples/recipes/services/"
local HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com/"
local SECRET = "planted-secret/of+the=parameter"

local ANYONE = { Version = "2012-10-17", Statement = { { Sid = "all", Effect = "Allow", Principal = "*",
  Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" } } } }

-- What a service of the seed runs.
local function running(name, more)
  local service = {
    name = name, role = true, publicEndpoint = { containerName = "app", containerPort = 80 },
    containers = { app = { image = HOST .. "web:1", ports = { ["80"] = "HTTP" },
      environment = { MODE = "old", GONE = "x" } } },
  }
  for member, value in pairs(more or {}) do service[member] = value end
  return service
end

local SEED = {
  regions = {
    ["us-east-1"] = {
      services = {
        running("shop", { tags = { env = "pr-17" }, images = { "app", "app", "app", "side" } }),
        running("web", { power = "small", scale = 2, tags = { night = "nano:1", team = "a" } }),
        { name = "idle", tags = { env = "pr-17", night = "tiny" } },
        { name = "off", power = "micro", disabled = true },
      },
      certificates = {
        { name = "site", domain = "example.com", alternatives = { "www.example.com" } },
        { name = "late", domain = "late.example", status = "PENDING_VALIDATION" },
      },
      repositories = {
        { name = "web", policy = ANYONE, images = { "1", "2", { tag = "crash", exits = true, log = { "no database" } },
          { tag = "sick", paths = { ["/up"] = 500 } }, { tag = "fading", paths = { ["/up"] = { 200, 500 } } } } },
        { name = "other", images = { "1" } },
      },
      parameters = { { name = "/web/key", value = SECRET, type = "SecureString" } },
    },
    ["eu-west-1"] = { services = { { name = "far", power = "micro", scale = 3 } } },
  },
}

local used = {}

-- The words that run a recipe of this name.
local function words_of(name, words)
  used[name] = true
  return { name:find "%.sh$" and "sh" or helper.lanyard, FOLDER .. name, table.unpack(words) }
end

-- Starts an emulator with the seed, and with faults if they are given. run(NAME, WORDS, STATUS) runs a recipe, whose exit status must be STATUS (0).
local function account(delay, faults)
  local folder, bin = helper.folder(), helper.run({ "realpath", helper.build }).out:match "[^\n]+"
  helper.write(folder .. "/seed.json", json.encode(SEED))
  helper.write(folder .. "/faults.json", json.encode(json.array(faults or {})))
  local em = helper.emulator { "--seed", folder .. "/seed.json", "--activation-delay", delay or "0",
    "--faults", folder .. "/faults.json" }
  em.environment.PATH = bin .. ":" .. os.getenv "PATH"
  local self = { folder = folder, emulator = em }

  function self.run(name, words, status, environment)
    local all = setmetatable(environment or {}, { __index = em.environment })
    for key, value in pairs(em.environment) do all[key] = all[key] or value end
    local result = helper.run(words_of(name, words), all)
    assert.equal(status or 0, result.status, result.out .. result.err)
    return result.out, result.err
  end

  -- Runs a recipe until its wire log has a call, and kills it with all that it started.
  function self.kill(name, words, call)
    local result = helper.run({ "sh", "-c", [[
      call=$1 log=$2; shift 2
      LANYARD_DEBUG=1 setsid "$@" >/dev/null 2>"$log" &
      until grep -q "$call" "$log"; do kill -0 $! 2>/dev/null || exit 9; sleep 0.02; done
      kill -KILL -- "-$!"
      exit 0
    ]], "sh", call, folder .. "/log", table.unpack(words_of(name, words)) }, em.environment)
    assert.equal(0, result.status, name .. " ended before " .. call .. ": " .. helper.read(folder .. "/log"))
  end

  -- What a command of lanyard prints as JSON.
  function self.json(words)
    return json.decode(em:run(words .. " --output json").out)
  end

  function self.service(name)
    return self.json("status " .. name)[1]
  end

  -- "2 ACTIVE app=web:1" of each version, the newest first.
  function self.versions(name)
    local list = {}
    for i, one in ipairs(self.json("deployments " .. name)) do
      list[i] = ("%d %s %s"):format(one.version, one.state, one.images.app:match "/([^/@]+)[^/]*$")
    end
    return list
  end

  return setmetatable(self, { __close = function()
    getmetatable(em).__close(em)
    getmetatable(folder).__close()
  end })
end

-- The digest of an image, as a deployment with --resolve names it.
local function digest_of(a, tag)
  return json.decode(a.emulator:run({ "-e", ([[
    local reply = assert(require("lanyard.aws").client("ecr"):DescribeImages {
      repositoryName = "web", imageIds = { { imageTag = %q } } })
    print(require("lanyard.json").encode(reply.imageDetails[1].imageDigest))]]):format(tag) }).out)
end

local function image_of(a, name)
  local service = a.service(name)
  return service.images[1] and service.images[1]:match "/([^/]+)$"
end

describe("the recipe create-and-deploy", function()
  it("goes from nothing to a URL that answers, and changes nothing the second time", function()
    local a <close> = account()
    local out = a.run("create-and-deploy.sh", { "new", "app=other:1", "8080" }, 0, { POWER = "micro", SCALE = "2" })
    assert.matches("grant other +granted", out)
    assert.matches("smoke / +passed", out)
    local service = a.service "new"
    assert.same({ "RUNNING", "micro", 2, { "other" }, "other:1" },
      { service.state, service.power, service.scale, service.repositories, image_of(a, "new") })
    assert.truthy(out:find(service.url, 1, true))
    assert.matches("deployment +unchanged +version 1\n", (a.run("create-and-deploy.sh", { "new", "app=other:1", "8080" })))
    assert.same({ "1 ACTIVE other:1" }, a.versions "new")
  end)

  it("creates nothing if the image does not exist", function()
    local a <close> = account()
    local _, err = a.run("create-and-deploy.sh", { "new", "app=other:9", "80" }, 1)
    assert.matches("no image tagged '9'", err)
    assert.equal(1, a.emulator:run("status new").status)
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    for _, call in ipairs { "CreateContainerService$", "CreateContainerServiceDeployment" } do
      a.kill("create-and-deploy.sh", { "new", "app=other:1", "80" }, call)
    end
    a.run("create-and-deploy.sh", { "new", "app=other:1", "80" })
    assert.same({ "1 ACTIVE other:1" }, a.versions "new")
  end)
end)

describe("the recipe blue-green", function()
  it("deploys by digest and switches back by version", function()
    local a <close> = account()
    a.run("blue-green.lua", { "web", "app=web:2", "--smoke", "/up", "--watch", "0s" })
    assert.equal("web@" .. digest_of(a, "2"), image_of(a, "web"))
    assert.matches("deployment +unchanged", (a.run("blue-green.lua", { "web", "app=web:2", "--smoke", "/up", "--watch", "0s" })))
    assert.matches("rolled back to 1", (a.run("blue-green.lua", { "web", "--back" })))
    assert.equal("web:1", image_of(a, "web"))
    assert.matches("rolled back to 2", (a.run("blue-green.lua", { "web", "--back" })))
    assert.equal("web@" .. digest_of(a, "2"), image_of(a, "web"))
  end)

  it("switches back if a test fails while it watches", function()
    local a <close> = account()
    local out, err = a.run("blue-green.lua", { "web", "app=web:fading", "--smoke", "/up", "--watch", "1s" }, 1)
    assert.matches("a smoke test fails: switching back", err)
    assert.matches("rolled back to 1", out)
    assert.equal("web:1", image_of(a, "web"))
  end)

  it("keeps the active version if the new one does not start", function()
    local a <close> = account()
    local _, err = a.run("blue-green.lua", { "web", "app=web:crash" }, 1)
    assert.matches("version 1 of 'web' is still active", err)
    assert.same({ "2 FAILED web", "1 ACTIVE web:1" }, a.versions "web")
    assert.matches("pass CONTAINER=IMAGE", select(2, a.run("blue-green.lua", { "web" }, 2)))
    assert.matches("pass CONTAINER=IMAGE or %-%-back", select(2, a.run("blue-green.lua", { "web", "app=web:2", "--back" }, 2)))
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    a.kill("blue-green.lua", { "web", "app=web:2", "--watch", "0s" }, "CreateContainerServiceDeployment")
    a.run("blue-green.lua", { "web", "app=web:2", "--watch", "0s" })
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe rollback-on-failure", function()
  it("tests, notifies, and restores the version before if a test fails", function()
    local a <close> = account()
    local file = a.folder .. "/notice"
    helper.write(file .. ".sh", ('printf "%%s\\n" "$1" >>%s'):format(file))
    local environment = { SMOKE_TIMEOUT = "1s", NOTIFY = "sh " .. file .. ".sh" }
    a.run("rollback-on-failure.sh", { "web", "app=web:2", "/", "/up=200" }, 0, environment)
    a.run("rollback-on-failure.sh", { "web", "app=web:2", "/", "/up=200" }, 0, environment)
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
    local out, err = a.run("rollback-on-failure.sh", { "web", "app=web:sick", "/up" }, 1, environment)
    assert.equal("web does not run app=web:sick: the version before is active\n", out)
    assert.matches("smoke test of %S+/up: 500, not 200%-399", err)
    assert.equal("web@" .. digest_of(a, "2"), image_of(a, "web"))
    assert.equal(("web runs app=web:2\n"):rep(2) .. out, helper.read(file))
  end)

  it("has another exit status if nothing could be restored", function()
    local a <close> = account()
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
    local a <close> = account "0.5"
    a.kill("rollback-on-failure.sh", { "web", "app=web:2", "/" }, "CreateContainerServiceDeployment")
    assert.equal("web runs app=web:2\n", (a.run("rollback-on-failure.sh", { "web", "app=web:2", "/" })))
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe deploy-two-files", function()
  local function write(a, endpoint)
    helper.write(a.folder .. "/containers.json", json.encode { app = { image = HOST .. "web:1",
      ports = { ["8080"] = "HTTP" }, environment = { A = "1" } }, side = { image = HOST .. "other:1" } })
    os.remove(a.folder .. "/public-endpoint.json")
    if endpoint then
      helper.write(a.folder .. "/public-endpoint.json", json.encode(endpoint))
    end
  end

  it("deploys both files with the image of a build, once", function()
    local a <close> = account()
    write(a, { containerName = "app", containerPort = 8080, healthCheck = { path = "/health" } })
    for _ = 1, 2 do
      a.run("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" })
    end
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
    local deployment = a.json("deployments web")[1].deployment
    assert.same({ "app", 8080, "/health" }, { deployment.publicEndpoint.containerName,
      deployment.publicEndpoint.containerPort, deployment.publicEndpoint.healthCheck.path })
    assert.same({ ["8080"] = "HTTP" }, deployment.containers.app.ports)
    assert.equal(HOST .. "other:1", deployment.containers.side.image)
  end)

  it("removes the public endpoint without its file", function()
    local a <close> = account()
    write(a)
    a.run("deploy-two-files.sh", { "web", a.folder.path })
    assert.is_nil(a.json("deployments web")[1].deployment.publicEndpoint)
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    write(a)
    a.kill("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" }, "CreateContainerServiceDeployment")
    a.run("deploy-two-files.sh", { "web", a.folder.path, "app=web:2" })
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
  end)

  it("deploys nothing if a file is missing or invalid", function()
    local a <close> = account()
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
    local a <close> = account()
    local file = a.folder .. "/log"
    local _, err = a.run("logs-on-failure.sh", { file, "web", "app=web:crash" }, 1, { WAIT = "0" })
    assert.matches("app  no database\n", helper.read(file))
    assert.truthy(err:find(("The end of %s:\n"):format(file), 1, true))
    assert.matches("app  no database\n", err)
    assert.same({ "2 FAILED web:crash", "1 ACTIVE web:1" }, a.versions "web")
  end)

  it("keeps the exit status of deploy, and writes no file unless it failed", function()
    local a <close> = account()
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
    local a <close> = account()
    local file = a.folder .. "/.env"
    helper.write(file, "# a comment\nexport MODE='new'\nKEY=ssm:/web/key\n")
    local dry = a.run("deploy-dotenv.lua", { "web", "app=web:1", file, "--dry-run" })
    assert.matches('%-%s+"GONE": "%*%*%*"', dry)
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    for _ = 1, 2 do
      local out, err = a.run("deploy-dotenv.lua", { "web", "app=web:1", file })
      assert.is_nil((out .. err):find(SECRET, 1, true))
    end
    assert.same({ "2 ACTIVE web:1", "1 INACTIVE web:1" }, a.versions "web")
    local raw = a.emulator:run { "-e", [[
      local reply = require("lanyard.aws").client("lightsail"):GetContainerServiceDeployments { serviceName = "web" }
      local environment = reply.deployments[1].containers.app.environment
      print(environment.MODE, environment.KEY, environment.GONE)]] }
    assert.equal(("new\t%s\tnil\n"):format(SECRET), raw.out)
    assert.same({ ["80"] = "HTTP" }, a.json("deployments web")[1].deployment.containers.app.ports)
  end)

  it("deploys nothing if the file or a parameter is wrong", function()
    local a <close> = account()
    local file = a.folder .. "/.env"
    a.run("deploy-dotenv.lua", { "web", "app=web:2", file }, 2)
    helper.write(file, "KEY=ssm:/web/none\n")
    assert.matches("/web/none", select(2, a.run("deploy-dotenv.lua", { "web", "app=web:2", file }, 1)))
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    local file = a.folder .. "/.env"
    helper.write(file, "MODE=new\n")
    a.kill("deploy-dotenv.lua", { "web", "app=web:2", file }, "CreateContainerServiceDeployment")
    a.run("deploy-dotenv.lua", { "web", "app=web:2", file })
    assert.same({ "2 ACTIVE web:2", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe deploy-everywhere", function()
  it("deploys to each service that runs the repository, once", function()
    local a <close> = account()
    assert.equal("shop: would deploy\nweb: would deploy\n", (a.run("deploy-everywhere.lua", { "web:2", "--dry-run" })))
    assert.same({ "1 ACTIVE web:1" }, a.versions "shop")
    assert.equal("shop: deployed\nweb: deployed\n", (a.run("deploy-everywhere.lua", { "web:2", "--smoke", "/up" })))
    assert.equal("shop: unchanged\nweb: unchanged\n", (a.run("deploy-everywhere.lua", { "web:2", "--smoke", "/up" })))
    for _, name in ipairs { "shop", "web" } do
      assert.equal("web@" .. digest_of(a, "2"), image_of(a, name))
    end
  end)

  it("stops if the first service fails", function()
    local a <close> = account()
    assert.equal("shop: failed; the version before is still active\n", (a.run("deploy-everywhere.lua", { "web:crash" }, 1)))
    assert.same({ "2 FAILED web", "1 ACTIVE web:1" }, a.versions "shop")
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    assert.matches("repository 'none'", select(2, a.run("deploy-everywhere.lua", { "none:1" }, 1)))
    assert.matches("pass REPOSITORY:TAG", select(2, a.run("deploy-everywhere.lua", { ":1" }, 2)))
    assert.matches("pass REPOSITORY:TAG", select(2, a.run("deploy-everywhere.lua", { "web" }, 2)))
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    a.kill("deploy-everywhere.lua", { "web:2" }, "CreateContainerServiceDeployment")
    a.run("deploy-everywhere.lua", { "web:2" })
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "shop")
    assert.same({ "2 ACTIVE web", "1 INACTIVE web:1" }, a.versions "web")
  end)
end)

describe("the recipe nightly-scale", function()
  local function size(a)
    local service = a.service "web"
    return ("%s:%d"):format(service.power, service.scale)
  end

  it("scales tagged services down and up, and reports a tag that is invalid", function()
    local a <close> = account()
    local out, err = a.run("nightly-scale.lua", { "down", "--dry-run" }, 1)
    assert.same({ "web: would update nano:1\n", "idle: the tag night is not POWER:SCALE, such as nano:1\n" }, { out, err })
    assert.equal("small:2", size(a))
    for _, kind in ipairs { "updated", "unchanged" } do
      assert.equal(("web: %s nano:1\n"):format(kind), (a.run("nightly-scale.lua", { "down" }, 1)))
      assert.equal("nano:1", size(a))
    end
    for _, kind in ipairs { "updated", "unchanged" } do
      assert.equal(("web: %s small:2\n"):format(kind), (a.run("nightly-scale.lua", { "up" })))
      assert.equal("small:2", size(a))
    end
    assert.matches("must be one of", select(2, a.run("nightly-scale.lua", { "sideways" }, 2)))
  end)

  it("remembers the capacity of the day although it was killed", function()
    for _, call in ipairs { "TagResource", "UpdateContainerService" } do
      local a <close> = account "0.5"
      a.kill("nightly-scale.lua", { "down" }, call .. "$")
      a.run("nightly-scale.lua", { "down" }, 1)
      assert.equal("nano:1", size(a))
      a.run("nightly-scale.lua", { "up" })
      assert.equal("small:2", size(a))
    end
  end)
end)

describe("the recipe cost-report", function()
  it("sums the prices of all Regions", function()
    local a <close> = account()
    local out = a.run("cost-report.lua", { "--by", "team" })
    assert.matches("eu%-west%-1 +far +micro x 3 +30%.00 +no deployment\n", out)
    assert.matches("us%-east%-1 +off +micro x 1 +10%.00 +disabled\n", out)
    assert.matches("us%-east%-1 +web +small x 2 +30%.00\n", out)
    assert.matches("\nteam=a: 30%.00 USD\n", out)
    assert.matches("\ntotal: 84%.00 USD a month\n$", out)
    assert.matches("\ntotal: 30%.00 USD a month\n$", (a.run("cost-report.lua", { "eu-west-1", "--budget", "30" })))
    a.run("cost-report.lua", { "eu-west-1", "--budget", "29" }, 3)
  end)

  it("reports a Region that fails, and continues", function()
    local a <close> = account(nil, { { operation = "GetContainerServices", times = 1,
      error = { code = "AccessDeniedException", message = "not here", status = 400 } } })
    local out, err = a.run("cost-report.lua", { "eu-west-1", "eu-west-1" }, 1)
    assert.matches("^eu%-west%-1: [^\n]*not here", err)
    assert.matches("far +micro x 3 +30%.00", out)
    assert.matches("total: 30%.00 USD", out)
  end)
end)

describe("the recipe attach-domain", function()
  it("attaches the names of a certificate beside the ones that are attached", function()
    local a <close> = account()
    local host = a.service("web").url:match "//([^:/]+)"
    local function expect(kind, names, words)
      local out, err = a.run("attach-domain.lua", words)
      local lines = {}
      for i, name in ipairs(names) do lines[i] = ("%s. CNAME %s.\n"):format(name, host) end
      assert.equal(table.concat(lines), out)
      assert.matches("^web: " .. kind, err)
    end
    expect("would update", { "www.example.com" }, { "web", "site", "www.example.com", "--dry-run" })
    expect("updated", { "www.example.com" }, { "web", "site", "WWW.example.com" })
    expect("updated", { "www.example.com", "example.com" }, { "web", "site" })
    expect("unchanged", { "example.com", "www.example.com" }, { "web", "site", "example.com" })
    local domains = a.json("service update web --scale 2 --dry-run").domains
    assert.same({ "example.com", "www.example.com" }, { table.unpack(domains.site) })
  end)

  it("attaches nothing until the certificate is issued", function()
    local a <close> = account()
    assert.matches("'late' is PENDING_VALIDATION", select(2, a.run("attach-domain.lua", { "web", "late" }, 1)))
    assert.matches("does not cover other.example", select(2, a.run("attach-domain.lua", { "web", "site", "other.example" }, 1)))
    assert.matches("no certificate 'none'", select(2, a.run("attach-domain.lua", { "web", "none" }, 1)))
    assert.same({}, a.json("service update web --scale 2 --dry-run").domains)
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    a.kill("attach-domain.lua", { "web", "site" }, "UpdateContainerService$")
    a.run("attach-domain.lua", { "web", "site" })
    local domains = a.json("service update web --scale 2 --dry-run").domains
    assert.same({ "example.com", "www.example.com" }, { table.unpack(domains.site) })
  end)
end)

describe("the recipe prune-images", function()
  it("deletes old images of each label, and asks first", function()
    local a <close> = account()
    local function left()
      local names = {}
      for i, image in ipairs(a.json "images shop") do names[i] = image.image end
      return names
    end
    assert.equal(":shop.app.2: would delete\n:shop.app.1: would delete\n",
      (a.run("prune-images.lua", { "--keep", "1", "--dry-run" })))
    assert.matches("pass %-%-yes", select(2, a.run("prune-images.lua", { "--keep", "1" }, 2)))
    assert.equal(4, #left())
    assert.equal(":shop.app.2: deleted\n:shop.app.1: deleted\n", (a.run("prune-images.lua", { "--keep", "1", "--yes" })))
    assert.equal("", (a.run("prune-images.lua", { "--keep", "1", "--yes" })))
    assert.same({ ":shop.app.3", ":shop.side.4" }, left())
    a.run("prune-images.lua", { "none", "--yes" }, 1)
  end)

  it("is completed after it was killed", function()
    local a <close> = account()
    a.kill("prune-images.lua", { "--keep", "1", "--yes" }, "DeleteContainerImage")
    a.run("prune-images.lua", { "--keep", "1", "--yes" })
    assert.equal(2, #a.json "images shop")
  end)
end)

describe("the recipe tear-down", function()
  local function names(a)
    local list = {}
    for i, one in ipairs(a.json "service list") do list[i] = one.service end
    return list
  end

  it("deletes the services with a tag, and asks first", function()
    local a <close> = account()
    a.emulator:run "grant shop other"
    local all = names(a)
    assert.equal("idle: would delete\nshop: would delete\n", (a.run("tear-down.lua", { "env=pr-17", "--dry-run" })))
    local _, err = a.run("tear-down.lua", { "env=pr-17" }, 2)
    assert.matches("shop: 1 deployments, 1 grants, 7%.00 USD a month\n", err)
    assert.same(all, names(a))
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.same({ "off", "web" }, names(a))
    assert.matches("no policy", a.emulator:run("show other").out .. a.emulator:run("show other").err)
    assert.matches("no service has the tag", select(2, a.run("tear-down.lua", { "env=pr-17", "--yes" })))
    a.run("tear-down.lua", { "env" }, 2)
  end)

  it("is completed after it was killed", function()
    local a <close> = account "0.5"
    a.emulator:run "grant shop other"
    a.kill("tear-down.lua", { "env=pr-17", "--yes" }, "SetRepositoryPolicy\\|DeleteRepositoryPolicy\\|DeleteContainerService$")
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.same({ "off", "web" }, names(a))
  end)
end)

describe("the recipes of services", function()
  it("are completed although AWS throttles every third call", function()
    local a <close> = account(nil, { { service = "lightsail", every = 3, throttle = true } })
    assert.equal("shop: deployed\nweb: deployed\n", (a.run("deploy-everywhere.lua", { "web:2" })))
    assert.equal("web: updated nano:1\n", (a.run("nightly-scale.lua", { "down" }, 1)))
    a.run("prune-images.lua", { "--keep", "1", "--yes", "shop" })
    a.run("tear-down.lua", { "env=pr-17", "--yes" })
    assert.matches("total: 47%.00 USD", (a.run("cost-report.lua", {})))
  end)

  it("change nothing that a rule denies", function()
    local a <close> = account()
    local file = a.folder .. "/rules.lua"
    helper.write(file, [[rule "freeze" { on = { "service", "deploy", "revoke" }, check = function() return deny "frozen" end }]])
    local function services()
      return a.emulator:run({ "service", "list", "--query", "[].[service,power,scale,tags]" }).out
    end
    local before = services()
    for name, words in pairs {
      ["deploy-everywhere.lua"] = { "web:2" }, ["nightly-scale.lua"] = { "down" }, ["prune-images.lua"] = { "--yes", "--keep", "1" },
      ["tear-down.lua"] = { "env=pr-17", "--yes" },
    } do
      local out, err = a.run(name, { "--rules", file, table.unpack(words) }, 1)
      assert.matches("frozen", out .. err, name)
    end
    for name, words in pairs { ["blue-green.lua"] = { "web", "app=web:2" }, ["attach-domain.lua"] = { "web", "site" } } do
      assert.matches("frozen", select(2, a.run(name, { "--rules", file, table.unpack(words) }, 4)), name)
    end
    assert.equal(before, services())
    assert.same({ "1 ACTIVE web:1" }, a.versions "web")
    assert.equal(4, #a.json "images shop")
  end)

  it("are shorter than a screen, say in a comment how to run them, and have a row in README.md and a test", function()
    local pipe <close> = assert(io.popen("ls " .. FOLDER))
    local readme, names = helper.read("scripts/examples/recipes/README.md"), {}
    for file in pipe:lines() do
      names[#names + 1] = file
      local text = helper.read(FOLDER .. file)
      local comment = text:match "^#!/bin/sh\n(# [^\n]+\n# [^\n]+\n)" or text:match "^(%-%- [^\n]+\n%-%- [^\n]+\n)" or ""
      assert.is_true(select(2, text:gsub("\n", "")) <= 40, file)
      assert.matches("^%S+ %u[^\n]+%.\n", comment, file)
      assert.truthy(comment:find((file:find "%.sh$" and "\n# sh " or "\n-- lanyard ") .. file, 1, true), file)
      assert.truthy(readme:find(("| `services/%s` | "):format(file), 1, true), file .. " has no row in README.md")
      assert.is_true(used[file], file .. " has no test")
      local help = helper.run(words_of(file, { "--help" }))
      assert.same({ 0, "" }, { help.status, help.err }, file)
      assert.truthy(#help.out > 200, file .. " has no help")
    end
    assert.equal(12, #names, table.concat(names, " "))
  end)
end)
