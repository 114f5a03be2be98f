--- Prints images of Lightsail's own registry, and what became of them.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- The characters of a digest that a table shows: "sha256:" and 12 digits.
local DIGEST = 19

-- States of deployments that a table shows.
local SHOWN = { ACTIVE = "active", ACTIVATING = "in progress" }

local function time_of(image)
  return image.created and timestamp.format(image.created)
end

-- The versions of the deployments that use an image, as text.
local function uses_of(image)
  local texts = {}
  for i, use in ipairs(image.uses) do
    texts[i] = use.version .. (SHOWN[use.state] and (" (%s)"):format(SHOWN[use.state]) or "")
  end
  return texts[1] and table.concat(texts, ", ") or "-"
end

local function item_of(image)
  local item = { image = image.name, label = image.label, version = image.number, digest = image.digest,
    created = time_of(image) }
  if image.uses[1] then
    item.deployments = json.array {}
    for i, use in ipairs(image.uses) do
      item.deployments[i] = { version = use.version, state = use.state }
    end
  end
  return item
end

--- Prints the images of a service.
---@param images access.Image[]
---@param options { output: string, service: string }
function M.list(images, options)
  local items, rows = json.array {}, {}
  for i, image in ipairs(images) do
    items[i] = item_of(image)
    rows[i] = { image.name, time_of(image) or "-", (image.digest or "-"):sub(1, DIGEST), uses_of(image) }
  end
  if options.output == "json" then
    report.json(items)
  elseif #rows == 0 then
    cli.note(escape.format("lanyard: the registry of '%s' has no images", options.service))
  else
    report.rows({ "IMAGE", "CREATED", "DIGEST", "DEPLOYMENTS" }, rows)
  end
end

local COLOURS = { deleted = "green", ["would delete"] = "green", failed = "red", refused = "red" }

--- Prints what became of images, and failures on stderr.
---@param results access.ImageResult[]
---@param options { output: string, service: string }
---@return integer status  the exit status
function M.pruned(results, options)
  local items, rows, status = json.array {}, {}, cli.exit.ok
  for i, result in ipairs(results) do
    local image, err, kind = result.image, result.err, result.kind
    if err then
      local is_refused = cli.status_of(err) == cli.exit.refused
      kind = is_refused and "refused" or "failed"
      status = not is_refused and cli.exit.failed or status == cli.exit.ok and cli.exit.refused or status
      cli.note(escape.format("lanyard: %s: ", image.name) .. cli.describe(err))
    end
    items[i] = item_of(image)
    items[i].result, items[i].why = kind, result.why
    items[i].error = err and { code = err.code, message = err.message, request_id = err.request_id }
    rows[i] = { image.name, time_of(image) or "-", { kind, COLOURS[kind] },
      result.why or err and report.error_note(err) or "" }
  end
  if options.output == "json" then
    report.json(items)
  elseif #rows == 0 then
    cli.note(escape.format("lanyard: the registry of '%s' has no images", options.service))
  else
    report.rows({ "IMAGE", "CREATED", "RESULT", "NOTE" }, rows)
  end
  return status
end

return M
