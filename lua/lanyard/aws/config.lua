-- What the AWS CLI's environment variables and shared files say, for one profile.

local errors = require "lanyard.errors"
local ini = require "lanyard.ini"
local settings = require "lanyard.aws.settings"

local M = {}

local function path_of(name, file)
  local path = settings.variable(name)
  if path then
    return settings.path(path)
  end
  local home = settings.variable "HOME"
  return home and home .. "/.aws/" .. file or nil
end

-- Reads a file; one that is not there is an empty one.
local function load_file(path, kind)
  local empty = { profiles = {}, sso_sessions = {}, services = {} }
  if not path then
    return empty
  end
  local file, err = ini.load(path, kind)
  if file then
    return file
  elseif err.code == "NotFound" then
    return empty
  elseif err.code == "InvalidConfig" then
    return nil, errors.new { code = "InvalidConfig", message = path .. ": " .. err.message, path = path }
  end
  return nil, err
end

-- The profiles of both files, by name; of a key that stands in both, that of the credentials file counts.
local function merge(config, credentials)
  local merged = {}
  for _, file in ipairs { config, credentials } do
    for name, values in pairs(file.profiles) do
      merged[name] = merged[name] or {}
      for key, value in pairs(values) do
        merged[name][key] = value
      end
    end
  end
  return merged
end

-- load([name])
--   --> profile { name, values = { [key] = value }, services, sso_sessions, explicit, paths,
--                 profiles = { [name] = values } of all }
--   | nil, err { code = "ProfileNotFound" | "InvalidConfig" | ... }
-- The profile named, or that of AWS_PROFILE, or of AWS_DEFAULT_PROFILE, or `default`, which may be missing.
function M.load(name)
  local chosen = name or settings.variable "AWS_PROFILE" or settings.variable "AWS_DEFAULT_PROFILE" or "default"
  local paths = {
    config = path_of("AWS_CONFIG_FILE", "config"),
    credentials = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
  }
  local config, err = load_file(paths.config, "config")
  if not config then
    return nil, err
  end
  local credentials
  credentials, err = load_file(paths.credentials, "credentials")
  if not credentials then
    return nil, err
  end
  local profiles = merge(config, credentials)
  if not profiles[chosen] and chosen ~= "default" then
    return nil, errors.new {
      code = "ProfileNotFound",
      message = ("there is no profile '%s' in %s or %s"):format(chosen, paths.config or "~/.aws/config",
        paths.credentials or "~/.aws/credentials"),
      tip = "aws configure --profile " .. chosen .. " makes one; --profile and AWS_PROFILE choose another",
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
    message = ("no Region: pass --region, set AWS_REGION, or give profile '%s' a region in %s")
      :format(profile.name, profile.paths.config or "~/.aws/config"),
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
  local url = not profile.isolated and settings.variable(variable)
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
