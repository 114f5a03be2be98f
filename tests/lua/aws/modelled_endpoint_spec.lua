-- The settings that endpoint rule sets get: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

local modelled = require "modelled"

-- A rule set that puts one built-in into the path: "https://x/NAME=VALUE", or no endpoint if it is not set.
local function rules_of(built_in, kind)
  local value = kind == "string" and "{P}" or nil
  local function endpoint(text, ...)
    return { type = "endpoint", conditions = { { fn = "isSet", argv = { { ref = "P" } } }, ... }, endpoint = { url = "https://x.example/" .. text } }
  end
  local rules = { value and endpoint(value) or endpoint("true", { fn = "booleanEquals", argv = { { ref = "P" }, true } }) }
  rules[2] = not value and endpoint "false" or nil
  rules[#rules + 1] = { type = "endpoint", conditions = {}, endpoint = { url = "https://x.example/unset" } }
  return { version = "1.0", parameters = { P = { type = kind, builtIn = built_in } }, rules = rules }
end

local function value_of(built_in, kind, options)
  options = options or {}
  local thing, requests = modelled.client({
    metadata = { protocol = "json", jsonVersion = "1.0", targetPrefix = "T", endpointPrefix = "things", serviceId = options.id or "Things",
      signatureVersion = "v4" },
    operations = { Use = {} }, shapes = {}, rules = rules_of(built_in, kind),
  }, { modelled.answer(200, "{}") }, options)
  local reply, err = thing:Use()
  if not reply then return nil, err.message end
  return requests[1].url:match "/([^/]+)$"
end

local function s3(values) return { profile_values = { s3 = values } } end

-- Rows of a built-in, its type, its value, and the options that give it.
local ROWS = {
  { "AWS::Region", "string", "eu-west-1", { region = "eu-west-1" } },
  { "AWS::UseFIPS", "boolean", "false" },
  { "AWS::UseDualStack", "boolean", "false" },
  { "AWS::UseDualStack", "boolean", "true", { name = "s3", profile_values = { s3 = { use_dualstack_endpoint = "true" } } } },
  { "AWS::UseDualStack", "boolean", "false", { name = "sqs", profile_values = { s3 = { use_dualstack_endpoint = "true" } } } },
  { "SDK::Endpoint", "string", "unset" },
  { "AWS::STS::UseGlobalEndpoint", "boolean", "false" },
  { "AWS::S3::UseGlobalEndpoint", "boolean", "false" },
  { "AWS::S3::UseGlobalEndpoint", "boolean", "true", s3 { us_east_1_regional_endpoint = "legacy" } },
  { "AWS::S3::UseGlobalEndpoint", "boolean", "true", { profile_values = { s3_us_east_1_regional_endpoint = "legacy" } } },
  { "AWS::S3::UseGlobalEndpoint", "boolean", "false", { region = "us-west-1", profile_values = { s3_us_east_1_regional_endpoint = "legacy" } } },
  { "AWS::S3::Accelerate", "boolean", "false" },
  { "AWS::S3::Accelerate", "boolean", "true", s3 { use_accelerate_endpoint = "true" } },
  { "AWS::S3::ForcePathStyle", "boolean", "false" },
  { "AWS::S3::ForcePathStyle", "boolean", "true", s3 { addressing_style = "path" } },
  { "AWS::S3::ForcePathStyle", "boolean", "false", s3 { addressing_style = "virtual" } },
  { "AWS::S3::ForcePathStyle", "boolean", "false", s3 { addressing_style = "path", use_accelerate_endpoint = "true" } },
  { "AWS::S3::UseArnRegion", "boolean", "true" },
  { "AWS::S3::UseArnRegion", "boolean", "false", s3 { use_arn_region = "false" } },
  { "AWS::S3::UseArnRegion", "boolean", "false", { profile_values = { s3_use_arn_region = "false", s3 = { use_arn_region = "true" } } } },
  { "AWS::S3Control::UseArnRegion", "boolean", "false" },
  { "AWS::S3Control::UseArnRegion", "boolean", "true", s3 { use_arn_region = "true" } },
  { "AWS::S3::DisableMultiRegionAccessPoints", "boolean", "false" },
  { "AWS::S3::DisableMultiRegionAccessPoints", "boolean", "true", s3 { s3_disable_multiregion_access_points = "true" } },
  { "AWS::S3::DisableMultiRegionAccessPoints", "boolean", "true", { profile_values = { s3_disable_multiregion_access_points = "True" } } },
  { "AWS::S3::DisableS3ExpressSessionAuth", "boolean", "unset" },
  { "AWS::S3::DisableS3ExpressSessionAuth", "boolean", "true", { profile_values = { s3_disable_express_session_auth = "true" } } },
  { "AWS::Auth::AccountIdEndpointMode", "string", "preferred" },
  { "AWS::Auth::AccountIdEndpointMode", "string", "required", { profile_values = { account_id_endpoint_mode = "Required" } } },
  { "AWS::Auth::AccountId", "string", "unset" },
  { "AWS::Auth::AccountId", "string", "111122223333", { credentials = function()
    return require("lanyard.credentials").new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret", account_id = "111122223333" }
  end } },
  { "AWS::Auth::AccountId", "string", "unset", { client = { unsigned = true } } },
}

describe("the built-in of an endpoint", function()
  for number, row in ipairs(ROWS) do
    it(("%s: %s (%d)"):format(row[1], row[3], number), function()
      assert.equal(row[3], value_of(row[1], row[2], row[4]))
    end)
  end

  it("is an error if its setting is wrong", function()
    local value, message = value_of("AWS::S3::ForcePathStyle", "boolean", s3 { addressing_style = "paths" })
    assert.is_nil(value)
    assert.equal("s3.addressing_style of profile 'default' is 'paths': auto, virtual or path is expected", message)
  end)

  it("of a custom endpoint chooses paths for buckets, and neither FIPS nor dual-stack", function()
    assert.equal("true", value_of("AWS::S3::ForcePathStyle", "boolean", { endpoint_url = "http://127.0.0.1:9" }))
    assert.equal("false", value_of("AWS::S3::ForcePathStyle", "boolean",
      { endpoint_url = "http://127.0.0.1:9", profile_values = { s3 = { addressing_style = "virtual" } } }))
    assert.equal("false", value_of("AWS::UseDualStack", "boolean",
      { endpoint_url = "http://127.0.0.1:9", name = "s3", profile_values = { s3 = { use_dualstack_endpoint = "true" } } }))
  end)
end)
