--- Loads a profile from the shared AWS config and credentials files, and reads its Region and endpoints.
---
---     local profile, err = config.load "ops"
---     local region, source = config.region(profile)

local environment = require "lanyard.environment"
local escape = require "lanyard.text.escape"
local errors = require "lanyard.errors"
local ini = require "lanyard.ini"
local lists = require "lanyard.lists"
local settings = require "lanyard.aws.settings"
local suggest = require "lanyard.text.suggest"

local M = {}

--- A profile with both files around it.
---@class aws.Profile
---@field name string
---@field explicit boolean                       named by an option, not by the environment or by default
---@field isolated? boolean                      the environment and the files are ignored
---@field values table<string, any>              the settings of the profile
---@field profiles table<string, table>          the settings of all profiles by name
---@field services table<string, table>          the sections [services NAME]
---@field sso_sessions table<string, table>      the sections [sso-session NAME]
---@field keys_in table<string, "config"|"credentials">  the file with the access key of a profile
---@field paths { config?: string, credentials?: string }
---@field unread? string                         why a file could not be read

-- Returns the path of a file. If a variable has a path that cannot be expanded, the file does not exist, as for the AWS
-- CLI; `unread` gets the reason.
local function path_of(name, file, unread)
  local given = environment.get(name)
  if given then
    local path, message = environment.expand_path(given)
    if not path then
      unread[#unread + 1] = ("%s is '%s': %s"):format(name, escape.printable(given), message)
    end
    return path
  end
  local home = environment.home()
  return home and home .. "/.aws/" .. file or nil
end

-- Reads a file. A missing file counts as empty. So does an unreadable file in HOME, which can be the home of another
-- user (`sudo -u` keeps HOME), unless a variable names it; the reason is added to `unread`.
local function load_file(path, kind, named, unread)
  local empty = { profiles = {}, sso_sessions = {}, services = {} }
  if not path then
    return empty
  end
  local file, err = ini.load(path, kind)
  if file then
    return file
  elseif err.code == "NotFound" then
    return empty
  elseif err.code == "AccessDenied" and not named then
    unread[#unread + 1] = err.message
    return empty
  elseif err.code == "InvalidConfig" then
    return nil, errors.new { code = "InvalidConfig", message = path .. ": " .. err.message, path = path }
  end
  return nil, err
end

local KEYS = { "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token" }

-- Returns the profiles of both files by name, and the file with the access key of each. The credentials file takes
-- precedence. A complete access key in it replaces the token of the config file, too. An empty value counts as unset.
local function merge(config, credentials)
  local merged, keys_in = {}, {}
  for _, kind in ipairs { "config", "credentials" } do
    for name, values in pairs((kind == "config" and config or credentials).profiles) do
      keys_in[name] = (values[KEYS[1]] or "") ~= "" and kind or keys_in[name]
      local into = merged[name] or {}
      merged[name] = into
      for _, key in ipairs(values[KEYS[1]] and values[KEYS[2]] and KEYS or {}) do
        into[key] = nil
      end
      for key, value in pairs(values) do
        if value ~= "" then
          into[key] = value
        end
      end
    end
  end
  return merged, keys_in
end

-- Reports whether one of the further lines of a value is a property that lanyard reads.
local function swallows_property(value)
  for key in value:gmatch "\n([%w_]+)%s*[=:]" do
    if settings.KEYS[key:lower()] then
      return true
    end
  end
  return false
end

-- Rejects values of several lines, except commands, and values that nothing reads and that contain no property: an
-- indented property becomes a part of the value above it, which could then expose a secret. Returns true | nil, err
local function check_lines(profiles)
  for name, values in pairs(profiles) do
    for key, value in pairs(values) do
      if type(value) == "string" and value:find "\n" and key ~= "credential_process"
        and (settings.KEYS[key] or swallows_property(value)) then
        return nil, errors.new {
          code = "InvalidConfig",
          message = ("%s of profile '%s' spans several lines: do not indent the properties below it"):format(key, name),
        }
      end
    end
  end
  return true
end

-- Returns nil and an error about a missing profile.
local function not_found(name, paths, unread, profiles)
  local near = suggest(name, lists.sorted_names(profiles))
  local copied = name:find "^%s" or name:find "%s$" or name:find "%c"
  return nil, errors.new {
    code = "ProfileNotFound",
    message = ("profile '%s' not found in %s or %s%s"):format(escape.printable(name), paths.config or "~/.aws/config",
      paths.credentials or "~/.aws/credentials", near and ("; did you mean '%s'?"):format(near) or ""),
    tip = (#unread > 0 and table.concat(unread, "\n") .. "\n" or "")
      .. (copied and "a blank or a line end was copied with the name: correct --profile or AWS_PROFILE"
        or ("create it with aws configure --profile '%s', or choose another with --profile or AWS_PROFILE")
          :format(name)),
  }
end

--- Loads a profile: the named one, else the one of AWS_PROFILE, else of AWS_DEFAULT_PROFILE, else `default`, which does
--- not have to exist.
---@param name? string
---@return aws.Profile? profile
---@return lanyard.Error? err  code "ProfileNotFound" or "InvalidConfig", or the error of the file system
function M.load(name)
  local chosen = name or environment.get "AWS_PROFILE" or environment.get "AWS_DEFAULT_PROFILE" or "default"
  local unread = {}
  local paths = {
    config = path_of("AWS_CONFIG_FILE", "config", unread),
    credentials = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials", unread),
  }
  local config, err = load_file(paths.config, "config", environment.get "AWS_CONFIG_FILE", unread)
  if not config then
    return nil, err
  end
  local credentials
  credentials, err = load_file(paths.credentials, "credentials", environment.get "AWS_SHARED_CREDENTIALS_FILE",
    unread)
  if not credentials then
    return nil, err
  end
  local profiles, keys_in = merge(config, credentials)
  local ok
  ok, err = check_lines(profiles)
  if not ok then
    return nil, err
  elseif not profiles[chosen] and chosen ~= "default" then
    return not_found(chosen, paths, unread, profiles)
  end
  return {
    name = chosen,
    explicit = name ~= nil,
    values = profiles[chosen] or {},
    profiles = profiles,
    keys_in = keys_in,
    services = config.services,
    sso_sessions = config.sso_sessions,
    paths = paths,
    unread = #unread > 0 and table.concat(unread, "; ") or nil,
  }
end

--- Returns the Region and its source.
---@param profile aws.Profile
---@param given? string  the Region given by an option
---@param label? string   how messages call that option
---@return string? region
---@return string|lanyard.Error source  or the error, with code "NoRegion" if none is set
function M.region(profile, given, label)
  local region, source = settings.get("region", profile, given, label)
  if region then
    return region, source
  end
  return nil, source or errors.new {
    code = "NoRegion",
    message = ("no Region: pass --region, set AWS_REGION, or give profile '%s' a region in %s%s")
      :format(profile.name, profile.paths.config or "~/.aws/config",
        profile.unread and " (" .. profile.unread .. ")" or ""),
  }
end

-- Returns the URL of a service in the profile's [services] section, and its source | nil | nil, err
local function services_endpoint(profile, id)
  local name, err = settings.of_profile(profile, "services")
  if not name then
    return nil, err
  end
  local section = profile.services[name]
  if not section then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("services of profile '%s' is '%s', but %s has no section [services %s]")
        :format(profile.name, name, profile.paths.config, name),
    }
  end
  local own = section[id]
  if type(own) ~= "table" or not own.endpoint_url then
    return nil
  end
  return own.endpoint_url, ("endpoint_url of %s in [services %s]"):format(id, name)
end

-- The ids of described services that are not their names. The others have their ids in their models.
local IDS = { secretsmanager = "Secrets Manager" }

--- Returns the URL that is configured for a service, and its source. The service's own URL takes precedence over the
--- general one, the environment over the profile.
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
---@param profile aws.Profile
---@param service string
---@return string? url  nil without a second value if none is configured
---@return string|lanyard.Error|nil source  or the error
function M.endpoint(profile, service)
  local ignored, err = settings.get("ignore_endpoints", profile)
  if ignored then
    return nil
  elseif ignored == nil and err then
    return nil, err
  end
  local id = (IDS[service] or service):gsub("[- ]", "_"):lower()
  local variable = "AWS_ENDPOINT_URL_" .. id:upper()
  local url = not profile.isolated and environment.get(variable)
  if url then
    return url, variable
  end
  local general, source = settings.get("endpoint_url", profile)
  if source == "AWS_ENDPOINT_URL" then
    return general, source
  end
  local own_source
  url, own_source = services_endpoint(profile, id)
  if url or own_source then
    return url, own_source
  end
  return general, source
end

return M
