-- For specs of the recipes in scripts/examples/recipes/services: an account, and functions that run a recipe in it, and
-- that kill one.

local helper = require "helper"
local json = require "lanyard.json"

local M = {}

M.FOLDER = "scripts/examples/recipes/services/"
M.HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com/"
M.SECRET = "planted-secret/of+the=parameter"

local ANYONE = { Version = "2012-10-17", Statement = { { Sid = "all", Effect = "Allow", Principal = "*",
  Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" } } } }

-- What a service of the seed runs.
local function running(name, more)
  local service = {
    name = name, role = true, publicEndpoint = { containerName = "app", containerPort = 80 },
    containers = { app = { image = M.HOST .. "web:1", ports = { ["80"] = "HTTP" },
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
      parameters = { { name = "/web/key", value = M.SECRET, type = "SecureString" } },
    },
    ["eu-west-1"] = { services = { { name = "far", power = "micro", scale = 3 } } },
  },
}

-- Returns the words that run a recipe of this name.
function M.words(name, words)
  return { name:find "%.sh$" and "sh" or helper.lanyard, M.FOLDER .. name, table.unpack(words) }
end

-- Starts an emulator with the seed, and with faults if they are given. run(NAME, WORDS, STATUS) runs a recipe, whose exit
-- status must be STATUS (0), and returns what it prints on stdout and stderr.
function M.new(delay, faults)
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
    local result = helper.run(M.words(name, words), all)
    if result.status ~= (status or 0) then
      error(("%s ended with the status %d, not %d: %s%s"):format(name, result.status, status or 0, result.out, result.err), 2)
    end
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
    ]], "sh", call, folder .. "/log", table.unpack(M.words(name, words)) }, em.environment)
    if result.status ~= 0 then
      error(("%s ended before %s: %s"):format(name, call, helper.read(folder .. "/log")), 2)
    end
  end

  -- What a command of lanyard prints as JSON.
  function self.json(words)
    return json.decode(em:run(words .. " --output json").out)
  end

  function self.service(name)
    return self.json("status " .. name)[1]
  end

  -- "2 ACTIVE web:1" of each version, the newest first.
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

-- Returns the digest of an image of the repository web.
function M.digest(a, tag)
  return json.decode(a.emulator:run({ "-e", ([[
    local reply = assert(require("lanyard.aws").client("ecr"):DescribeImages {
      repositoryName = "web", imageIds = { { imageTag = %q } } })
    print(require("lanyard.json").encode(reply.imageDetails[1].imageDigest))]]):format(tag) }).out)
end

-- Returns the image that a service runs: "web:1".
function M.image(a, name)
  local service = a.service(name)
  return service.images[1] and service.images[1]:match "/([^/]+)$"
end

return M
