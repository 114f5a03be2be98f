-- What the AWS CLI's environment variables and shared files say, for one profile.

local errors = require "lanyard.errors"
local ini = require "lanyard.ini"

local M = {}

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local function path_of(name, file)
  local path = variable(name)
  local home = os.getenv "HOME"
  if not path then
    return home and home .. "/.aws/" .. file or nil
  elseif path:sub(1, 2) == "~/" and home then
    return home .. path:sub(2)
  end
  return path
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
-- The profile named, or that of AWS_PROFILE, or `default`, which may be missing.
function M.load(name)
  local chosen = name or variable "AWS_PROFILE" or "default"
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

-- region(profile, given) --> region | nil, err: given, AWS_REGION, AWS_DEFAULT_REGION, the profile's
function M.region(profile, given)
  local region = given or variable "AWS_REGION" or variable "AWS_DEFAULT_REGION" or profile.values.region
  if not region then
    return nil, errors.new {
      code = "NoRegion",
      message = ("no Region: pass --region, set AWS_REGION, or give profile '%s' a region in %s")
        :format(profile.name, profile.paths.config or "~/.aws/config"),
    }
  end
  return region
end

-- The endpoint URL that is configured for a service, or nil. The service's own goes before the one
-- for all, the environment before the profile.
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
function M.endpoint(profile, service)
  if variable "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" == "true" then
    return nil
  end
  local own = profile.services[profile.values.services or ""] or {}
  local of_service = type(own[service]) == "table" and own[service].endpoint_url or nil
  return variable("AWS_ENDPOINT_URL_" .. service:upper()) or variable "AWS_ENDPOINT_URL"
    or of_service or profile.values.endpoint_url
end

-- A setting that is true or false, by the environment or the profile.
function M.flag(profile, name, key)
  return (variable(name) or profile.values[key] or "false"):lower() == "true"
end

-- The most attempts for a call | nil when nothing says | nil, err
function M.max_attempts(profile)
  local text = variable "AWS_MAX_ATTEMPTS" or profile.values.max_attempts
  local number = math.tointeger(tonumber(text))
  if text and not (number and number >= 1) then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("AWS_MAX_ATTEMPTS (max_attempts) is '%s': a whole number from 1 is expected"):format(text),
    }
  end
  return number
end

-- The file of certificates to trust instead of the system's, or nil.
function M.ca_bundle(profile)
  return variable "AWS_CA_BUNDLE" or profile.values.ca_bundle
end

return M
