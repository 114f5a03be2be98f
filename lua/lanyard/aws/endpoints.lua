-- Where a service of a Region answers, and for which Region a request to it is signed.
-- The data is AWS's own: its partitions and the endpoint rule sets of its SDKs.

local errors = require "lanyard.errors"

local M = {}

-- A partition: the names of its Regions, its domain, its dual-stack domain.
local PARTITIONS = {
  { name = "aws-cn", region = "^cn%-%w+%-%d+$", suffix = "amazonaws.com.cn", dual = "api.amazonwebservices.com.cn" },
  { name = "aws-us-gov", region = "^us%-gov%-%w+%-%d+$", suffix = "amazonaws.com", dual = "api.aws" },
  { name = "aws-iso", region = "^us%-iso%-%w+%-%d+$", suffix = "c2s.ic.gov", dual = "api.aws.ic.gov" },
  { name = "aws-iso-b", region = "^us%-isob%-%w+%-%d+$", suffix = "sc2s.sgov.gov", dual = "api.aws.scloud" },
  { name = "aws-iso-e", region = "^eu%-isoe%-%w+%-%d+$", suffix = "cloud.adc-e.uk", dual = "api.cloud-aws.adc-e.uk" },
  { name = "aws-iso-f", region = "^us%-isof%-%w+%-%d+$", suffix = "csp.hci.ic.gov", dual = "api.aws.hci.ic.gov" },
  { name = "aws-eusc", region = "^eusc%-%w+%-%w+%-%d+$", suffix = "amazonaws.eu", dual = "api.amazonwebservices.eu" },
}
local COMMERCIAL = { name = "aws", suffix = "amazonaws.com", dual = "api.aws" }

local function partition_of(region)
  for _, partition in ipairs(PARTITIONS) do
    if region:find(partition.region) or region == partition.name .. "-global" then
      return partition
    end
  end
  return COMMERCIAL
end

-- Services with one endpoint a partition: its host, the Region that signs, and the host's other forms.
local GLOBAL = {
  iam = {
    aws = {
      "iam.amazonaws.com", "us-east-1",
      fips = "iam-fips.amazonaws.com", dual = "iam.global.api.aws", fips_dual = "iam-fips.global.api.aws",
    },
    ["aws-cn"] = {
      "iam.cn-north-1.amazonaws.com.cn", "cn-north-1",
      fips = "iam-fips.amazonaws.com.cn", dual = "iam.global.api.amazonwebservices.com.cn",
      fips_dual = "iam-fips.api.amazonwebservices.com.cn",
    },
    ["aws-us-gov"] = {
      "iam.us-gov.amazonaws.com", "us-gov-west-1",
      fips = "iam.us-gov.amazonaws.com", dual = "iam.us-gov.api.aws", fips_dual = "iam.us-gov.api.aws",
    },
    ["aws-iso"] = {
      "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", fips = "iam-fips.us-iso-east-1.c2s.ic.gov",
    },
    ["aws-iso-b"] = {
      "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", fips = "iam-fips.us-isob-east-1.sc2s.sgov.gov",
    },
    ["aws-iso-e"] = {
      "iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", fips = "iam-fips.cloud.adc-e.uk",
    },
    ["aws-iso-f"] = {
      "iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", fips = "iam-fips.csp.hci.ic.gov",
    },
    ["aws-eusc"] = {
      "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", fips = "iam-fips.amazonaws.eu",
    },
  },
}

local function global_host(service, partition, fips, dualstack)
  local known = GLOBAL[service][partition.name]
  local form = fips and dualstack and "fips_dual" or fips and "fips" or dualstack and "dual" or 1
  return known[form], known[2]
end

local function regional_host(service, region, partition, fips, dualstack)
  local label = service .. (fips and "-fips" or "")
  if dualstack then
    return ("%s.%s.%s"):format(label, region, partition.dual)
  elseif service == "ecr" then
    return ("api.%s.%s.%s"):format(label, region, partition.suffix)
  elseif service == "sts" and fips and partition.name == "aws-us-gov" then
    label = service
  end
  return ("%s.%s.%s"):format(label, region, partition.suffix)
end

local function invalid(message)
  return nil, errors.new { code = "InvalidConfig", message = message }
end

-- partition(region) --> its partition's name: "aws", "aws-cn", "aws-us-gov", ...
function M.partition(region)
  return partition_of(region).name
end

-- registry_suffix(region) --> the domain of ECR's registries: "amazonaws.com" or another
function M.registry_suffix(region)
  return partition_of(region).suffix
end

-- resolve(service, region [, { fips =, dualstack =, endpoint = URL }])
--   --> { url, signing_region, partition } | nil, err
function M.resolve(service, region, options)
  options = options or {}
  if options.endpoint then
    if options.fips then
      return invalid "Invalid Configuration: FIPS and custom endpoint are not supported"
    elseif options.dualstack then
      return invalid "Invalid Configuration: Dualstack and custom endpoint are not supported"
    end
  elseif not region then
    return invalid "Invalid Configuration: Missing Region"
  end
  local partition = partition_of(region or "")
  local host, signing_region = nil, region
  if GLOBAL[service] then
    host, signing_region = global_host(service, partition, options.fips, options.dualstack)
    if not host then
      return invalid(("Invalid Configuration: %s has no such endpoint in %s"):format(service, partition.name))
    end
  elseif service == "sts" and region == "aws-global" then
    host, signing_region = "sts.amazonaws.com", "us-east-1"
  elseif region then
    host = regional_host(service, region, partition, options.fips, options.dualstack)
  end
  return {
    url = options.endpoint or "https://" .. host,
    signing_region = signing_region,
    partition = partition.name,
  }
end

return M
