-- An account for specs of deployments: a service `web` that runs an image of a public repository and one of another
-- registry; a service `fresh` without a role or a deployment; and images whose programs fail.

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
