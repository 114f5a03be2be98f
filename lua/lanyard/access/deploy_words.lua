-- What a person asks of a deployment in words, as region:plan_deployment takes it.
--
--   local wants, wrong = deploy_words.read { image = { "app=web:1.4" }, public_endpoint = "app:8080" }

local M = {}

-- "app=web:1.4", ... --> { { container = "app", text = "web:1.4" }, ... } | nil, what is wrong
local function images(words)
  local list, named = {}, {}
  for i, word in ipairs(words) do
    local container, image = word:match "^([^=]+)=(.+)$"
    if not container then
      return nil, ("'%s' is no CONTAINER=IMAGE"):format(word)
    elseif named[container] then
      return nil, ("container '%s' is named twice"):format(container)
    end
    named[container] = true
    list[i] = { container = container, text = image }
  end
  return list
end

-- "app:8080" --> { containerName = "app", containerPort = 8080 } | nil, what is wrong
local function endpoint(word)
  local container, digits = word:match "^(.+):(%d+)$"
  local port = math.tointeger(tonumber(digits))
  if not port or port < 1 or port > 65535 then
    return nil, ("'%s' is no CONTAINER:PORT"):format(word)
  end
  return { containerName = container, containerPort = port }
end

-- read(options) --> wants (see lanyard.access.deploy_plan), without the request of a file | nil, what is
-- wrong. options: image (a list of CONTAINER=IMAGE), public_endpoint (CONTAINER:PORT | nil), file (its
-- path | nil), resolve, force, dry_run.
function M.read(options)
  local wants = { resolve = options.resolve, force = options.force, dry_run = options.dry_run }
  local wrong
  wants.images, wrong = images(options.image)
  if wants.images and options.public_endpoint then
    wants.public_endpoint, wrong = endpoint(options.public_endpoint)
  end
  if not wrong and not (options.file or options.public_endpoint or options.force or #options.image > 0) then
    wrong = "name CONTAINER=IMAGE or --file; --force alone deploys anew what runs"
  end
  if wrong then
    return nil, wrong
  end
  return wants
end

return M
