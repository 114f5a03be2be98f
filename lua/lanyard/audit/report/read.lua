--- Reads the report of an audit from a file, and checks everything that readers of reports rely on: members, their
--- types, and the values of enumerations. A report of version 1 is converted to the current version.
---
---     local report, err = read.report "yesterday.json"       -- "-" is standard input

local document = require "lanyard.audit.report.document"
local errors = require "lanyard.errors"
local form = require "lanyard.audit.report.form"
local json = require "lanyard.json"
local severities = require "lanyard.severity"
local system = require "lanyard.system"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The form of a report

local text, integer, optional, list, object = form.text, form.integer, form.optional, form.list, form.object

local access = object {
  principal = text, type = text, kind = text, decision = form.one_of { "allow", "depends", "partial", "deny" },
  statement = text, statements = list(text), service = optional(text), region = optional(text),
  account = optional(text), expires = optional(text), audience = optional(text),
}

local repository = object({
  name = text, arn = text, access = list(access), policy_error = optional(text), images_error = optional(text),
  by_registry = optional(list(text)), policy = optional(text),
  statements = optional(list(object { index = integer, label = text, text = text })),
}, { policy_error = "unknown", images_error = "images_unknown" })

local service = object {
  name = text, state = text, isActive = form.boolean, principalArn = text, images = optional(list(text)),
  failed = optional(object { version = integer, images = list(text) }),
}

local SCOPE_ERRORS = {
  services_error = "services_unknown", registry_error = "registry_unknown", identities_error = "identities_unknown",
}

local audited = object({
  account = text, region = text, profile = optional(text), role = optional(text), repositories = list(repository),
  services = list(service), services_error = optional(text), deployments_error = optional(text),
  registry_error = optional(text), identities_error = optional(text), journal_error = optional(text),
  absences_error = optional(text), controls = optional(list(object { id = text, name = text })),
}, SCOPE_ERRORS)

local failed = object({
  account = optional(text), region = optional(text), profile = optional(text), skipped = optional(form.boolean),
  error = object { code = text, message = text }, repositories = form.absent, services = form.absent,
  services_error = form.absent,
}, SCOPE_ERRORS)

local function scope(value, is_earlier)
  return (type(value) == "table" and value.error ~= nil and failed or audited)(value, is_earlier)
end

local finding = object({
  id = text, severity = form.one_of(severities.LIST), message = text, why = text, fix = text, key = text,
  account = text, region = text, repository = optional(text), service = optional(text), principal = optional(text),
  statement = optional(text), control = optional(text),
  index = optional(integer), state = optional(form.one_of { "new", "unchanged" }),
  location = optional(object { first = integer, last = integer, line = integer, column = integer }),
  muted = optional(object({ reason = text, expires = optional(text), location = text },
    { expires = "ends", location = "place" })),
}, { location = "place" })

local grant = object {
  account = text, region = text, repository = text, principal = text, type = text, decision = text,
  audience = optional(text),
}

local policy_change = object {
  account = text, region = text, repository = text, same_access = form.boolean, gives = optional(text),
  takes = optional(text),
}

local baseline = object({
  time = form.timestamp, resolved = list(finding), policies = optional(list(policy_change)),
  grants = object({ added = list(grant), removed = list(grant) }, { added = "new", removed = "gone" }),
}, { resolved = "gone" })

local settings = object {
  trusted_accounts = optional(list(text)), trusted_organizations = optional(list(text)),
  unused_days = optional(integer), desired = optional(text), rules = optional(text),
}

local report = object({
  tool = text, time = form.timestamp, run = optional(text), scopes = list(scope), findings = list(finding),
  muted = optional(list(finding)),
  rules = optional(list(object { file = text, mutes = integer, untrusted = optional(form.boolean) })),
  partial = optional(object {
    repositories = optional(list(text)), service = optional(text), shard = optional(text),
  }),
  baseline = optional(baseline), settings = optional(settings),
  limitations = optional(list(object { kind = text, reason = text, effect = text, accounts = optional(list(text)) })),
}, { partial = "part" })

-- ---------------------------------------------------------------------------------------------
-- Reading

local function refuse(message, ...)
  return nil, errors.new { code = "Usage", message = message:format(...) }
end

local function cannot_read(err)
  return nil, errors.new { code = "CannotRead", message = tostring(err) }
end

-- Returns the paths of the files *.json in a folder, sorted.
local function files_in(folder)
  local entries, err = system.list(folder)
  if not entries then
    return cannot_read(err)
  end
  local paths = {}
  for _, name in ipairs(entries) do
    if name:find "^[^.].*%.json$" then
      paths[#paths + 1] = folder:gsub("/+$", "") .. "/" .. name
    end
  end
  if not paths[1] then
    return refuse("%s has no report: no name of a file in it ends in .json", folder)
  end
  return paths
end

--- Returns paths with the files *.json of a folder in its place.
---@param paths string[]
---@return string[]?
---@return aws.Error? err with the code "CannotRead" or "Usage"
function M.files(paths)
  local files = {}
  for _, path in ipairs(paths) do
    local info = path ~= "-" and system.stat(system.real_path(path) or path)
    local inside, err = { path }, nil
    if info and info.type == "folder" then
      inside, err = files_in(path)
    end
    if not inside then
      return nil, err
    end
    table.move(inside, 1, #inside, #files + 1, files)
  end
  return files
end

--- Reads a report from a file.
---@param path string
---@return audit.Report?
---@return aws.Error? err with the code "CannotRead" or "Usage"
function M.report(path)
  local name = path == "-" and "stdin" or path
  local bytes, err = system.read_file(path)
  if not bytes then
    return cannot_read(err)
  end
  local value
  value, err = json.decode(bytes)
  if value == nil then
    return refuse("%s is not a report: %s", name, tostring(err))
  elseif type(value) ~= "table" or math.type(value.version) ~= "integer" then
    return refuse("%s is not a report: write one with lanyard audit --output json", name)
  elseif value.version < 1 or value.version > document.VERSION then
    return refuse("%s is a report of version %d, and this lanyard reads versions 1 to %d: write it again", name,
      value.version, document.VERSION)
  end
  local path_inside, message = report(value, value.version == 1)
  if path_inside then
    return refuse("%s is not a report: %s %s; write one with lanyard audit --output json", name,
      path_inside == "" and "." or path_inside, message)
  end
  value.version = document.VERSION
  return value
end

return M
