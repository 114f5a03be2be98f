--- Reads the settings of calls to AWS: from an option, else the environment, else the profile, in the order of the
--- SDKs. `lanyard help environment` lists them.
--- https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
---
---     local attempts, source = settings.get("max_attempts", profile)

local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"

local M = {}

-- Each setting: its variables (the first one that is set counts), the key in a profile, the variable that counts after
-- the profile, and one of CHECKS. The case of flags and of the words of one_of does not matter.
local SETTINGS = {
  region = { variables = { "AWS_REGION", "AWS_DEFAULT_REGION" }, key = "region" },
  endpoint_url = { variables = { "AWS_ENDPOINT_URL" }, key = "endpoint_url" },
  ignore_endpoints = {
    variables = { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" }, key = "ignore_configured_endpoint_urls", flag = true,
  },
  fips = { variables = { "AWS_USE_FIPS_ENDPOINT" }, key = "use_fips_endpoint", flag = true },
  dualstack = { variables = { "AWS_USE_DUALSTACK_ENDPOINT" }, key = "use_dualstack_endpoint", flag = true },
  sts_endpoints = {
    variables = { "AWS_STS_REGIONAL_ENDPOINTS" }, key = "sts_regional_endpoints", one_of = { "regional", "legacy" },
  },
  retry_mode = {
    variables = { "AWS_RETRY_MODE" }, key = "retry_mode", one_of = { "standard", "adaptive", "legacy" },
  },
  max_attempts = { variables = { "AWS_MAX_ATTEMPTS" }, key = "max_attempts", count = true },
  ca_bundle = { variables = { "AWS_CA_BUNDLE" }, key = "ca_bundle", last = "REQUESTS_CA_BUNDLE", file = true },
  imds_endpoint = { variables = { "AWS_EC2_METADATA_SERVICE_ENDPOINT" }, key = "ec2_metadata_service_endpoint" },
  imds_endpoint_mode = {
    variables = { "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE" }, key = "ec2_metadata_service_endpoint_mode",
    one_of = { "ipv4", "ipv6" },
  },
  imds_timeout = { variables = { "AWS_METADATA_SERVICE_TIMEOUT" }, key = "metadata_service_timeout", seconds = true },
  imds_attempts = {
    variables = { "AWS_METADATA_SERVICE_NUM_ATTEMPTS" }, key = "metadata_service_num_attempts", count = true,
  },
  app_id = { variables = { "AWS_SDK_UA_APP_ID" }, key = "sdk_ua_app_id" },
  account_id_endpoint_mode = {
    variables = { "AWS_ACCOUNT_ID_ENDPOINT_MODE" }, key = "account_id_endpoint_mode",
    one_of = { "preferred", "required", "disabled" },
  },
  request_checksum_calculation = {
    variables = { "AWS_REQUEST_CHECKSUM_CALCULATION" }, key = "request_checksum_calculation",
    one_of = { "when_supported", "when_required" },
  },
  response_checksum_validation = {
    variables = { "AWS_RESPONSE_CHECKSUM_VALIDATION" }, key = "response_checksum_validation",
    one_of = { "when_supported", "when_required" },
  },
  disable_request_compression = {
    variables = { "AWS_DISABLE_REQUEST_COMPRESSION" }, key = "disable_request_compression", flag = true,
  },
  request_min_compression_size_bytes = {
    variables = { "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES" }, key = "request_min_compression_size_bytes",
    bytes = 10485760,
  },
  s3_addressing_style = {
    variables = {}, key = "addressing_style", section = "s3", one_of = { "auto", "virtual", "path" },
  },
  s3_accelerate = { variables = {}, key = "use_accelerate_endpoint", section = "s3", flag = true },
  s3_dualstack = { variables = {}, key = "use_dualstack_endpoint", section = "s3", flag = true },
  s3_use_arn_region = {
    variables = { "AWS_S3_USE_ARN_REGION" }, key = "s3_use_arn_region", in_s3 = "use_arn_region", flag = true,
  },
  s3_us_east_1 = {
    variables = { "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT" }, key = "s3_us_east_1_regional_endpoint",
    in_s3 = "us_east_1_regional_endpoint", one_of = { "regional", "legacy" },
  },
  s3_disable_multiregion_access_points = {
    variables = { "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS" }, key = "s3_disable_multiregion_access_points",
    in_s3 = "s3_disable_multiregion_access_points", flag = true,
  },
  s3_disable_express_session_auth = {
    variables = { "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH" }, key = "s3_disable_express_session_auth", flag = true,
  },
}

--- The keys of a profile that lanyard reads.
---@type table<string, boolean>
M.KEYS = lists.set [[
  aws_access_key_id aws_secret_access_key aws_session_token aws_security_token aws_account_id
  role_arn source_profile credential_source role_session_name duration_seconds external_id mfa_serial
  sso_session sso_start_url sso_region sso_account_id sso_role_name sso_registration_scopes login_session
  credential_process web_identity_token_file services
]]
for _, setting in pairs(SETTINGS) do
  M.KEYS[setting.section or setting.key] = true
end

--- The profile of a session that ignores the environment and the files.
---@type aws.Profile
M.NONE = {
  name = "default", isolated = true, values = {}, profiles = {}, keys_in = {}, services = {}, sso_sessions = {},
  paths = {},
}

local function invalid(source, value, expected)
  local text = tostring(value):gsub("%c", "?")
  if #text > 60 then
    text = text:sub(1, 60) .. "..."
  end
  return nil, errors.new {
    code = "InvalidConfig", message = ("%s is '%s': %s is expected"):format(source, text, expected),
  }
end

-- Each check returns the value | nil, what is expected
local CHECKS = {}

function CHECKS.flag(value)
  local lower = tostring(value):lower()
  if lower == "true" or lower == "false" then
    return lower == "true"
  end
  return nil, "true or false"
end

function CHECKS.one_of(value, words)
  local lower = tostring(value):lower()
  for _, word in ipairs(words) do
    if word == lower then
      return word
    end
  end
  return nil, table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

function CHECKS.count(value)
  local number = math.tointeger(tonumber(value))
  if number and number >= 1 then
    return number
  end
  return nil, "a whole number of at least 1"
end

function CHECKS.bytes(value, most)
  local number = math.tointeger(tonumber(value))
  if number and number >= 0 and number <= most then
    return number
  end
  return nil, ("a whole number from 0 to %d"):format(most)
end

function CHECKS.seconds(value)
  local number = tonumber(value)
  if number and number > 0 and number < math.huge then
    return number
  end
  return nil, "a number of seconds"
end

function CHECKS.file(value)
  local path = environment.expand_path(value)
  local file <close> = path and io.open(path, "rb")
  if file and file:read(0) then
    return path
  end
  return nil, "a readable file that is not empty"
end

--- Returns the text of a setting in the profile, and its source.
---@param profile aws.Profile
---@param key string
---@param section? string  the key of the nested section that has it, such as "s3"
---@return string? value  nil without a second value if it is not set
---@return string|lanyard.Error|nil source  or the error
function M.of_profile(profile, key, section)
  local values = profile.values
  if section then
    values = type(values[section]) == "table" and values[section] or {}
  end
  local value = values[key]
  if value == nil or value == "" then
    return nil
  end
  local source = ("%s%s of profile '%s'"):format(section and section .. "." or "", key, profile.name)
  if type(value) ~= "string" then
    return invalid(source, "...", "a value on one line")
  end
  return value, source
end

local function find(setting, profile, given, label)
  if given ~= nil then
    return given, label
  end
  if not profile.isolated then
    for _, variable in ipairs(setting.variables) do
      local value = environment.get(variable)
      if value then
        return value, variable
      end
    end
  end
  local value, source = M.of_profile(profile, setting.key, setting.section)
  if value == nil and source == nil and setting.in_s3 then
    value, source = M.of_profile(profile, setting.in_s3, "s3")
  end
  if value == nil and source == nil and setting.last and not profile.isolated then
    value = environment.get(setting.last)
    return value, value and setting.last
  end
  return value, source
end

--- Returns the value of a setting and its source. The environment is ignored if the profile is isolated.
---@param name string
---@param profile aws.Profile
---@param given? any  the value given by a script or an option, which takes precedence
---@param label? string  how messages call the given value; the setting's name unless given
---@return any value  nil without a second value if it is not set
---@return string|lanyard.Error|nil source  or the error
function M.get(name, profile, given, label)
  local setting = SETTINGS[name] or error(("unknown setting '%s'"):format(tostring(name)), 2)
  local value, source = find(setting, profile, given, label or name)
  if value == nil then
    return nil, source
  end
  for check, with in pairs(setting) do
    if CHECKS[check] then
      local checked, expected = CHECKS[check](value, with)
      if checked == nil then
        return invalid(source, value, expected)
      end
      return checked, source
    end
  end
  return value, source
end

return M
