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

-- Starts an emulator with the seed. run(NAME, WORDS, STATUS) runs a recipe, whose exit status must be STATUS (0).
local function account(delay)
  local folder, bin = helper.folder(), helper.run({ "realpath", helper.build }).out:match "[^\n]+"
  helper.write(folder .. "/seed.json", json.encode(SEED))
  local em = helper.emulator { "--seed", folder .. "/seed.json", "--activation-delay", delay or "0" }
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

describe("the recipes of services", function()
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
      local help = helper.run(words_of(file, { "--help" }))
      assert.same({ 0, "" }, { help.status, help.err }, file)
      assert.truthy(#help.out > 200, file .. " has no help")
    end
    assert.equal(12, #names, table.concat(names, " "))
  end)
end)
