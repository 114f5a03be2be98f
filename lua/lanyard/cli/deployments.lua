--- Prints the deployments of a service.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local report = require "lanyard.cli.print"
local requests = require "lanyard.access.deployment.request"
local service_view = require "lanyard.cli.service"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local COLOURS = { ACTIVE = "green", FAILED = "red" }

-- "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1.0" --> "web:1.0", for a table. Of a digest, 12 digits remain.
local function short(text)
  return (text:gsub("%d+%.dkr[.-]ecr[%w.-]*/", ""):gsub("(sha256:%x%x%x%x%x%x%x%x%x%x%x%x)%x+", "%1"))
end

local function images_of(request)
  local images = {}
  for i, name in ipairs(lists.sorted_names(request.containers)) do
    images[i] = name .. "=" .. short(request.containers[name].image)
  end
  return images
end

local function item_of(entry)
  local images = {}
  for name, container in pairs(entry.deployment.request.containers) do
    images[name] = container.image
  end
  return {
    version = entry.deployment.version, state = entry.deployment.state,
    created = timestamp.format(math.floor(entry.deployment.created)), ageSeconds = math.floor(entry.age),
    images = images, changes = entry.changes and json.array(entry.changes) or json.null,
    deployment = requests.shown(entry.deployment.request),
    references = entry.references and json.array(entry.references),
  }
end

local function reference_line(one)
  return ("%s: %s from %s%s"):format(one.container, one.variable, one.reference,
    one.version and ", version " .. one.version or "")
end

-- The lines of a table's last column. earlier: the version before
local function lines_of(entry, earlier)
  local lines, known = {}, {}
  for i, line in ipairs(entry.changes or { "(the version before is not listed)" }) do
    lines[i] = short(line)
  end
  for _, one in ipairs(earlier and earlier.references or {}) do
    known[reference_line(one)] = true
  end
  for _, one in ipairs(entry.references or {}) do
    local line = reference_line(one)
    lines[#lines + 1] = not known[line] and line or nil
  end
  if #lines == 0 then
    lines[1] = "(nothing)"
  end
  return lines
end

local function print_table(entries)
  local rows = {}
  for at, entry in ipairs(entries) do
    local deployment, images = entry.deployment, images_of(entry.deployment.request)
    local lines = lines_of(entry, entries[at + 1])
    for i = 1, math.max(#images, #lines) do
      local first = i == 1
      rows[#rows + 1] = { first and tostring(deployment.version) or "",
        first and { deployment.state, COLOURS[deployment.state] } or "", first and service_view.age(entry.age) or "",
        images[i] or "", lines[i] or "" }
    end
  end
  report.rows({ "VERSION", "STATE", "AGE", "IMAGES", "CHANGES" }, rows)
end

--- Prints the deployments of a service.
---@param name string
---@param entries access.deployment.Entry[]
---@param options { output: string }
function M.print(name, entries, options)
  if options.output == "json" then
    local items = json.array {}
    for i, entry in ipairs(entries) do
      items[i] = item_of(entry)
    end
    report.json(items)
  elseif #entries == 0 then
    cli.note(escape.format("lanyard: the service '%s' has no deployment: lanyard deploy %s CONTAINER=IMAGE creates one",
      name, name))
  else
    print_table(entries)
  end
end

return M
