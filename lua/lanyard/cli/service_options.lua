--- Reads what a container service is to be from the options of `lanyard service`.
---
---     local wants = service_options.read(command, options)

local service_names = require "lanyard.aws.names"
local wants_of = require "lanyard.access.service.wants"

local M = {}

-- Splits NAME=VALUE. Ends the script if there is no name or no sign.
local function pair(command, option, text, form)
  local name, value = text:match "^([^=]+)=(.*)$"
  if not name then
    command:usage(("%s: '%s' is not of the form %s"):format(option, text, form), "InvalidValue")
  end
  return name, value
end

-- Returns the tags of --tag KEY=VALUE; nil without one.
local function tags_of(command, list)
  local tags = {}
  for _, text in ipairs(list or {}) do
    local key, value = pair(command, "--tag", text, "KEY=VALUE")
    if tags[key] then
      command:usage(("--tag: the key '%s' is given twice"):format(key), "InvalidValue")
    end
    tags[key] = value
  end
  return next(tags) and tags
end

-- Returns the domain names of --domain CERTIFICATE=NAME,..., by certificate; nil without one.
local function domains_of(command, list)
  local domains = {}
  for _, text in ipairs(list or {}) do
    local certificate, value = pair(command, "--domain", text, "CERTIFICATE=www.example.com,...")
    local names = domains[certificate] or {}
    domains[certificate] = names
    for name in value:gmatch "[^,]+" do
      local domain, message = wants_of.domain(name)
      if not domain then
        command:usage("--domain: " .. message, "InvalidValue")
      end
      names[#names + 1] = domain
    end
  end
  return next(domains) and domains
end

--- Checks the name of a container service. Ends the script if it is not valid.
---@param command cli.Command
---@param name string
function M.check_name(command, name)
  local ok, message = service_names.container_service(name)
  if not ok then
    command:usage(message, "InvalidValue")
  end
end

--- Returns what a service is to be. Ends the script if the options contradict each other or are not valid.
---@param command cli.Command
---@param options table  of `Command:parse`
---@return access.service.Wants
function M.read(command, options)
  M.check_name(command, options.service)
  if options.disabled and options.enabled then
    command:usage("--disabled and --enabled exclude each other", "ConflictingOptions")
  end
  local disabled = nil
  if options.disabled or options.enabled then
    disabled = options.disabled or false
  end
  local wants = {
    power = options.power, scale = options.scale, role = options.role, disabled = disabled,
    tags = tags_of(command, options.tag), untag = #(options.untag or {}) > 0 and options.untag or nil,
    domains = domains_of(command, options.domain), no_domains = options.no_domains,
  }
  local ok, message = wants_of.check(wants)
  if not ok then
    command:usage(message, "InvalidValue")
  end
  return wants
end

return M
