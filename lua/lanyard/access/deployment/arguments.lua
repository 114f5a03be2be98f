--- Reads the arguments that describe a deployment on a command line.
---
---     local wants, message = arguments.read { image = { "app=web:1.4" }, public_endpoint = "app:8080" }

local M = {}

-- { "app=web:1.4", ... } --> { { container = "app", text = "web:1.4" }, ... } | nil, message
local function images(words)
  local list, named = {}, {}
  for i, word in ipairs(words) do
    local container, image = word:match "^([^=]+)=(.+)$"
    if not container then
      return nil, ("'%s' is not of the form CONTAINER=IMAGE"):format(word)
    elseif named[container] then
      return nil, ("container '%s' is named twice"):format(container)
    end
    named[container] = true
    list[i] = { container = container, text = image }
  end
  return list
end

-- "app:8080" --> { containerName = "app", containerPort = 8080 } | nil, message
local function endpoint(word)
  local container, digits = word:match "^(.+):(%d+)$"
  local port = math.tointeger(tonumber(digits))
  if not port or port < 1 or port > 65535 then
    return nil, ("'%s' is not of the form CONTAINER:PORT"):format(word)
  end
  return { containerName = container, containerPort = port }
end

--- Parses the options of a deployment for lanyard.access.deployment.plan. It does not read the request of a file.
---@param options table  image: list of CONTAINER=IMAGE; public_endpoint: CONTAINER:PORT; file; resolve; force; dry_run
---@return access.deployment.Wants? wants
---@return string? message
function M.read(options)
  local wants = { resolve = options.resolve, force = options.force, dry_run = options.dry_run }
  local message
  wants.images, message = images(options.image)
  if wants.images and options.public_endpoint then
    wants.public_endpoint, message = endpoint(options.public_endpoint)
  end
  if not message and not (options.file or options.public_endpoint or options.force or #options.image > 0) then
    message = "pass CONTAINER=IMAGE or --file; --force alone deploys the current deployment again"
  end
  if message then
    return nil, message
  end
  return wants
end

return M
