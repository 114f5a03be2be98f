-- An account for specs of deployments: a service `web` that runs an image of a public repository and one of another
-- registry; a service `fresh` without a role or a deployment; and images whose programs fail.

local helper = require "helper"
local json = require "lanyard.json"
local world = require "world"

local M = {}

M.HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com/"
M.SECRET = "planted-secret/of+the=service"

local PULLS = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

M.SEED = { regions = { ["us-east-1"] = {
  services = {
    { name = "web", role = true,
      containers = {
        app = { image = M.HOST .. "web:1.0", ports = { ["80"] = "HTTP" }, environment = { KEY = M.SECRET },
          command = { "serve" } },
        side = { image = "nginx:1" },
      },
      publicEndpoint = { containerName = "app", containerPort = 80, healthCheck = { path = "/up" } } },
    { name = "fresh" },
  },
  repositories = {
    { name = "web",
      images = { "1.0", "1.1",
        { tag = "broken", exits = true, log = { "connecting with $KEY", "no\27[31m database" } },
        { tag = "sick", health = 503, log = { "listening" } },
        { tag = "silent", exits = true } },
      policy = { Version = "2008-10-17", Statement = {
        { Sid = "all", Effect = "Allow", Principal = "*", Action = PULLS } } } },
    { name = "jobs", images = { "latest" } },
  },
} } }

-- The values of references in the account of `emulator`: long ones, short ones, and ones with characters that JSON and
-- URLs escape.
M.PARAMETER, M.SHORT = "planted-parameter/of+the=service", "pl4nt"
M.PASSWORD, M.LINES = 'planted "password" \\ of <db> & more', "planted-line-one\nplanted-line-two\n"

-- Returns that account with values of references, and with images whose programs reply otherwise under /ready.
local function seed_with_values()
  local seed = json.decode(json.encode(M.SEED))
  local region = seed.regions["us-east-1"]
  region.parameters = {
    { name = "/web/key", type = "SecureString", value = M.PARAMETER, previous = { "planted-previous" } },
    { name = "/web/short", value = M.SHORT },
  }
  region.secrets = { { name = "db", value = { password = M.PASSWORD, port = 5432, lines = M.LINES } } }
  local images = region.repositories[1].images
  images[#images + 1] = { tag = "half", paths = { ["/ready"] = 500, ["/moved"] = 302 } }
  images[#images + 1] = { tag = "warming", paths = { ["/ready"] = { 503, 503, 200 } } }
  return seed
end

-- Starts an emulator with that account. options: activation delay as `delay`, `faults`
function M.emulator(options)
  local folder <close> = helper.folder()
  helper.write(folder .. "/seed.json", json.encode(seed_with_values()))
  local words = { "--activation-delay", options and options.delay or "0", "--seed", folder .. "/seed.json" }
  if options and options.faults then
    helper.write(folder .. "/faults.json", json.encode(options.faults))
    table.move({ "--faults", folder .. "/faults.json" }, 1, 2, #words + 1, words)
  end
  return helper.emulator(words)
end

-- Runs a command with --output json, checks its exit status, and returns its result. words: a text or a list
function M.json_of(em, words, status)
  local list = {}
  for _, word in ipairs(type(words) == "table" and words or {}) do list[#list + 1] = word end
  for word in (type(words) == "string" and words or ""):gmatch "%S+" do list[#list + 1] = word end
  table.move({ "--output", "json" }, 1, 2, #list + 1, list)
  local result = em:run(list)
  assert(result.status == (status or 0), table.concat(list, " ") .. ": " .. result.status .. ": " .. result.err)
  return json.decode(result.out), result
end

-- Returns a world (see world.lua) with that account.
function M.world(options)
  local all = { seed = M.SEED }
  for name, value in pairs(options or {}) do all[name] = value end
  return world.new(all)
end

-- Returns the images of a request: one container, one image.
function M.image(container, text)
  return { { container = container, text = text } }
end

-- Plans and deploys. Returns result, err, plan.
function M.deploy(w, name, wants)
  local plan = assert(w.region:plan_deployment(name, wants))
  local result, err = w.region:deploy(plan)
  return result, err, plan
end

-- Replaces an operation of Lightsail by answer(lightsail, input), which can call the original client.
function M.stand_in(w, operation, answer)
  local lightsail = w.region.lightsail
  w.region.lightsail = setmetatable({ [operation] = function(_, input) return answer(lightsail, input) end }, {
    __index = function(_, name)
      return function(_, ...) return lightsail[name](lightsail, ...) end
    end,
  })
end

-- Deletes an image by its tag, as another program does.
function M.delete_image(w, name, tag)
  local images = w.world.region("us-east-1").repositories[name].images
  for digest, one in pairs(images) do
    if one.tags[tag] then
      images[digest] = nil
    end
  end
end

-- Returns the calls that changed something, in order.
function M.changes(w)
  local found = {}
  for _, operation in ipairs(w.calls) do
    if not operation:find "^Get" and not operation:find "^Describe" and not operation:find "^List" then
      found[#found + 1] = operation
    end
  end
  return found
end

return M
