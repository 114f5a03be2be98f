-- What the AWS CLI's environment variables and shared files say, for one profile.

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local ini = require "lanyard.ini"
local settings = require "lanyard.aws.settings"

local M = {}

local function path_of(name, file)
  local path = environment.get(name)
  if path then
    return environment.expand_home(path)
  end
  local home = environment.get "HOME"
  return home and home .. "/.aws/" .. file or nil
end

-- Reads a file; one that is not there is an empty one, as is one of somebody else's home that nobody named
-- (`sudo -u` keeps HOME): `unread` tells of it.
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

-- The profiles of both files, by name; of a key that stands in both, that of the credentials file counts. An
-- access key that stands there whole has its own token, or none. An empty value is none.
local function merge(config, credentials)
  local merged = {}
  for _, file in ipairs { config, credentials } do
    for name, values in pairs(file.profiles) do
      local into = merged[name] or {}
      merged[name] = into
      for _, key in ipairs(values[KEYS[1]] and values[KEYS[2]] and KEYS or {}) do
        into[key] = nil
      end
      for key, value in pairs(values) do
        into[key] = value ~= "" and value or nil
      end
    end
  end
  return merged
end

-- Properties that are indented are lines of the value above them, and with them a secret may be. Only a command
-- may go over several lines. --> true | nil, err
local function check_lines(profiles)
  for name, values in pairs(profiles) do
    for key, value in pairs(values) do
      if type(value) == "string" and value:find "\n" and key ~= "credential_process" then
        return nil, errors.new {
          code = "InvalidConfig",
          message = ("%s of profile '%s' goes on over several lines: begin the properties below it at the start of "
            .. "their lines"):format(key, name),
        }
      end
    end
  end
  return true
end

-- load([name])
--   --> profile { name, values = { [key] = value }, services, sso_sessions, explicit, paths,
--                 unread = why a file could not be read | nil, profiles = { [name] = values } of all }
--   | nil, err { code = "ProfileNotFound" | "InvalidConfig" | ... }
-- The profile named, or that of AWS_PROFILE, or of AWS_DEFAULT_PROFILE, or `default`, which may be missing.
function M.load(name)
  local chosen = name or environment.get "AWS_PROFILE" or environment.get "AWS_DEFAULT_PROFILE" or "default"
  local paths = {
    config = path_of("AWS_CONFIG_FILE", "config"),
    credentials = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
  }
  local unread = {}
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
  local profiles = merge(config, credentials)
  local ok, why = check_lines(profiles)
  if not ok then
    return nil, why
  elseif not profiles[chosen] and chosen ~= "default" then
    return nil, errors.new {
      code = "ProfileNotFound",
      message = ("there is no profile '%s' in %s or %s"):format(chosen, paths.config or "~/.aws/config",
        paths.credentials or "~/.aws/credentials"),
      tip = (#unread > 0 and table.concat(unread, "\n") .. "\n" or "")
        .. ("aws configure --profile '%s' makes one; --profile and AWS_PROFILE choose another"):format(chosen),
    }
  end
  return {
    name = chosen,
    explicit = name ~= nil,
    values = profiles[chosen] or {},
    profiles = profiles,
    services = config.services,
    sso_sessions = config.sso_sessions,
    paths = paths,
    unread = #unread > 0 and table.concat(unread, "; ") or nil,
  }
end

-- region(profile, given) --> region, where it comes from | nil, err
function M.region(profile, given)
  local region, source = settings.get("region", profile, given)
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

-- What the profile's section of services says of one: url, where it stands | nil | nil, err
local function of_services(profile, id)
  local name, err = settings.of_profile(profile, "services")
  if not name then
    return nil, err
  end
  local section = profile.services[name]
  if not section then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("services of profile '%s' is '%s', and %s has no section [services %s]")
        :format(profile.name, name, profile.paths.config, name),
    }
  end
  local own = section[id]
  if type(own) ~= "table" or not own.endpoint_url then
    return nil
  end
  return own.endpoint_url, ("endpoint_url of %s in [services %s]"):format(id, name)
end

-- endpoint(profile, service) --> the URL that is configured for a service, where it comes from
--   | nil (none is) | nil, err
-- The service's own goes before the one for all, the environment before the profile.
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
function M.endpoint(profile, service)
  local ignored, err = settings.get("ignore_endpoints", profile)
  if ignored then
    return nil
  elseif ignored == nil and err then
    return nil, err
  end
  local id = service:gsub("[- ]", "_"):lower()
  local variable = "AWS_ENDPOINT_URL_" .. id:upper()
  local url = not profile.isolated and environment.get(variable)
  if url then
    return url, variable
  end
  local for_all, source = settings.get("endpoint_url", profile)
  if source == "AWS_ENDPOINT_URL" then
    return for_all, source
  end
  local place
  url, place = of_services(profile, id)
  if url or place then
    return url, place
  end
  return for_all, source
end

return M
