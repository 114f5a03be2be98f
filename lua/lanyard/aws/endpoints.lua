--- Resolves the endpoint of a service in a Region, and the Region for which requests to it are signed.
---
---     endpoints.resolve("ecr", "us-east-1").url   --> "https://api.ecr.us-east-1.amazonaws.com"
---
--- The data is from AWS: its partitions and the endpoint rule sets of its SDKs.

local errors = require "lanyard.errors"

local M = {}

-- Each partition: its name, the pattern of its Regions, the Region of its global services, its domain, its dual-stack
-- domain. A Region that no other pattern matches belongs to the last one.
local PARTITIONS = {
  { "aws-cn", "^cn%-%w+%-%d+$", "cn-north-1", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
  { "aws-us-gov", "^us%-gov%-%w+%-%d+$", "us-gov-west-1", "amazonaws.com", "api.aws" },
  { "aws-iso", "^us%-iso%-%w+%-%d+$", "us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov" },
  { "aws-iso-b", "^us%-isob%-%w+%-%d+$", "us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud" },
  { "aws-iso-e", "^eu%-isoe%-%w+%-%d+$", "eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
  { "aws-iso-f", "^us%-isof%-%w+%-%d+$", "us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
  { "aws-eusc", "^eusc%-%w+%-%w+%-%d+$", "eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu" },
  { "aws", "", "us-east-1", "amazonaws.com", "api.aws" },
}
for i, row in ipairs(PARTITIONS) do
  PARTITIONS[i] = { name = row[1], region = row[2], home = row[3], domain = row[4], dual = row[5] }
end

local function partition_of(region)
  for _, partition in ipairs(PARTITIONS) do
    if region:find(partition.region) or region == partition.name .. "-global" then
      return partition
    end
  end
end

local REGIONAL = "{service}{fips}.{region}.{domain}"
local AT_HOME = "{service}{fips}.{home}.{domain}"
local WITHOUT_FIPS = "{service}.{region}.{domain}"

-- Hosts that are not REGIONAL: by "PARTITION FORM", by FORM, or by `any`. A host without {region} is signed for the
-- home Region of the partition, or for the Region that follows it.
local HOSTS = {
  cloudtrail = { ["aws-us-gov fips"] = WITHOUT_FIPS },
  -- This FIPS host is from the SDKs' rule set. The General Reference documents ecr-fips.REGION.amazonaws.com, which
  -- AWS_ENDPOINT_URL_ECR can select.
  ecr = { plain = "api.ecr.{region}.{domain}", fips = "api.ecr-fips.{region}.{domain}" },
  iam = {
    any = "iam{fips}.{domain}",
    ["aws dual"] = "iam.global.{domain}",
    ["aws fips dual"] = "iam-fips.global.{domain}",
    ["aws-cn plain"] = "iam.cn-north-1.{domain}",
    ["aws-cn dual"] = "iam.global.{domain}",
    ["aws-us-gov plain"] = "iam.us-gov.{domain}",
    ["aws-us-gov fips"] = "iam.us-gov.{domain}",
    ["aws-us-gov dual"] = "iam.us-gov.{domain}",
    ["aws-us-gov fips dual"] = "iam.us-gov.{domain}",
    ["aws-iso plain"] = AT_HOME,
    ["aws-iso fips"] = AT_HOME,
    ["aws-iso-b plain"] = AT_HOME,
    ["aws-iso-b fips"] = AT_HOME,
    ["aws-iso-e plain"] = AT_HOME,
    ["aws-iso-f plain"] = AT_HOME,
    ["aws-eusc plain"] = AT_HOME,
  },
  organizations = {
    ["aws plain"] = AT_HOME,
    ["aws fips"] = AT_HOME,
    ["aws-cn plain"] = { "organizations.cn-northwest-1.{domain}", "cn-northwest-1" },
    ["aws-us-gov plain"] = AT_HOME,
    ["aws-us-gov fips"] = "organizations.{home}.{domain}",
    ["aws-iso plain"] = AT_HOME,
    ["aws-iso-b plain"] = AT_HOME,
    ["aws-iso-f plain"] = AT_HOME,
  },
  secretsmanager = {
    ["aws dual"] = "secretsmanager.{region}.amazonaws.com",
    ["aws fips dual"] = "secretsmanager-fips.{region}.amazonaws.com",
    ["aws-cn dual"] = "secretsmanager.{region}.amazonaws.com.cn",
    ["aws-us-gov dual"] = "secretsmanager.{region}.amazonaws.com",
    ["aws-us-gov fips dual"] = "secretsmanager-fips.{region}.amazonaws.com",
  },
  signin = {
    ["aws plain"] = "{region}.signin.aws.amazon.com",
    ["aws-cn plain"] = "{region}.signin.amazonaws.cn",
    ["aws-us-gov plain"] = "{region}.signin.amazonaws-us-gov.com",
  },
  sso = { any = "portal.sso{fips}.{region}.{domain}", ["aws-us-gov fips"] = "portal.sso.{region}.{domain}" },
  ["sso-oidc"] = { any = "oidc{fips}.{region}.{domain}", ["aws-us-gov fips"] = "oidc.{region}.{domain}" },
  ssm = { ["aws-us-gov fips"] = WITHOUT_FIPS },
  sts = { ["aws-us-gov fips"] = WITHOUT_FIPS },
}

-- The Regions that use the global endpoint of STS if sts_regional_endpoints is legacy.
local STS_GLOBAL = {}
for region in ([[
  ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 aws-global ca-central-1 eu-central-1 eu-north-1
  eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
]]):gmatch "%S+" do
  STS_GLOBAL[region] = true
end

local function template_of(service, region, partition, options)
  if options.host then
    return { options.host, region }
  end
  local form = options.fips and options.dualstack and "fips dual" or options.fips and "fips"
    or options.dualstack and "dual" or "plain"
  if service == "sts" and form == "plain"
    and (region == "aws-global" or options.sts_global and not options.endpoint and STS_GLOBAL[region]) then
    return "sts.{domain}"
  end
  local own = HOSTS[service] or {}
  return own[partition.name .. " " .. form] or own[form] or own.any or REGIONAL
end

-- Returns the host of a service, and the Region to sign for.
local function host_of(service, region, partition, options)
  local template, signing_region = template_of(service, region, partition, options), nil
  if type(template) == "table" then
    template, signing_region = template[1], template[2]
  end
  local host = template:gsub("{(%w+)}", {
    service = service,
    region = region,
    home = partition.home,
    domain = options.dualstack and partition.dual or partition.domain,
    fips = options.fips and "-fips" or "",
  })
  return host, template:find "{region}" and region or signing_region or partition.home
end

local function invalid(message)
  return nil, errors.new { code = "InvalidConfig", message = message }
end

-- The Region that a partition's data names for signatures of its global services, if it is not the home Region.
local IMPLICIT_REGIONS = { ["aws-cn"] = "cn-northwest-1" }

--- Returns the partitions in the form of the SDKs' partitions.json, "aws" first. The names of Regions are not complete;
--- a Region that no pattern matches is in the first partition.
---@return table[]
function M.partitions()
  local list = {}
  for i, partition in ipairs(PARTITIONS) do
    local pattern = partition.region == "" and "^\\w+\\-\\w+\\-\\d+$" or partition.region:gsub("%%", "\\")
    list[i] = {
      id = partition.name,
      regionRegex = pattern,
      regions = { [partition.name .. "-global"] = {} },
      outputs = {
        name = partition.name, dnsSuffix = partition.domain, dualStackDnsSuffix = partition.dual,
        implicitGlobalRegion = IMPLICIT_REGIONS[partition.name] or partition.home,
        supportsFIPS = true, supportsDualStack = true,
      },
    }
  end
  table.insert(list, 1, table.remove(list))
  return list
end

--- Returns the name of a Region's partition: "aws", "aws-cn", "aws-us-gov", ...
---@param region string
---@return string
function M.partition(region)
  return partition_of(region).name
end

--- Returns the domain of the ECR registries in a Region: "amazonaws.com" or another.
---@param region string
---@return string
function M.registry_suffix(region)
  return partition_of(region).domain
end

---@class aws.EndpointOptions
---@field fips? boolean
---@field dualstack? boolean
---@field host? string        the host, with {region}, {domain}, {service} and {fips} in it; nil: AWS's own
---@field sts_global? boolean  use STS's global endpoint in the Regions that had it by default
---@field endpoint? string     a URL that replaces the resolved one

--- Resolves the endpoint of a service. Errors have the texts of AWS's rule sets.
---@param service string
---@param region? string  required unless `endpoint` is given
---@param options? aws.EndpointOptions
---@return { url: string, signing_region: string, partition: string }? endpoint
---@return lanyard.Error? err
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
  local host, signing_region
  if region then
    host, signing_region = host_of(service, region, partition, options)
  end
  return {
    url = options.endpoint or "https://" .. host,
    signing_region = signing_region,
    partition = partition.name,
  }
end

return M
