--- Options that the AWS CLI has besides the members of an operation: short forms of members that are structures.
---
---     extras.of("ec2", "run-instances")   --> { { name = "count", kind = "value", set = ... } }
---
--- `set(input, words, shape, saves)` changes the input, and returns true, or nil and a message. `finish(input, saves)`
--- is called after all options; it returns the same where it checks something.

local file_value = require "lanyard.awscli.file_value"
local json = require "lanyard.json"
local short_forms = require "lanyard.awscli.short_forms"
local shorthand = require "lanyard.awscli.shorthand"

local M = {}

---@class awscli.Extra
---@field name string
---@field kind "value"|"list"|"flag"
---@field help string
---@field path? string     the part of a member that it sets, whose shape `set` gets
---@field set fun(input: table, words: string[], shape?: model.Shape, saves?: awscli.Save[]): true?, string?
---@field excludes? string  the option of the member that the extra sets as a whole

-- Returns the structure at a path, which is made where it is missing.
local function inside(input, path)
  for name in path:gmatch "[^.]+" do
    input[name] = input[name] or {}
    input = input[name]
  end
  return input
end

-- Returns an option that sets one member at a path.
local function member_at(name, path, kind, help, convert)
  local parent, last = path:match "^(.*)%.([^.]+)$"
  return { name = name, kind = kind or "value", help = help or "sets " .. path, set = function(input, words)
    local value, message
    if kind == "list" then
      value = json.array(words)
    else
      value, message = file_value.read(words[1])
    end
    if value ~= nil and convert then
      value, message = convert(value)
    end
    if value == nil then
      return nil, message
    end
    inside(input, parent)[last] = value
    return true
  end }
end

-- Returns an option that cannot be given together with the option of a whole member.
local function instead_of(option, excludes)
  option.excludes = excludes
  return option
end

local function number(text)
  local value = tonumber(text)
  return value, value == nil and ("'%s' is not a number"):format(text) or nil
end

-- ---------------------------------------------------------------------------------------------
-- Security groups

local function permission(input)
  input.IpPermissions = input.IpPermissions or json.array {}
  input.IpPermissions[1] = input.IpPermissions[1] or {}
  return input.IpPermissions[1]
end

local function set_port(input, words)
  local from, to = words[1]:match "^(%-?%d+)%-(%-?%d+)$"
  from = from or words[1]:match "^%-?%d+$" or words[1] == "all" and "-1"
  if not from then
    return nil, ("'%s' is not a port, a range such as 80-90, or all"):format(words[1])
  end
  local one = permission(input)
  one.FromPort, one.ToPort = math.tointeger(tonumber(from)), math.tointeger(tonumber(to or from))
  return true
end

local function set_cidr(input, words)
  local is_ipv6 = words[1]:find ":" ~= nil
  permission(input)[is_ipv6 and "Ipv6Ranges" or "IpRanges"] =
    json.array { { [is_ipv6 and "CidrIpv6" or "CidrIp"] = words[1] } }
  return true
end

local function group_pair(input)
  local one = permission(input)
  one.UserIdGroupPairs = one.UserIdGroupPairs or json.array { {} }
  return one.UserIdGroupPairs[1]
end

local SECURITY_GROUP = {
  { name = "protocol", kind = "value", help = "tcp, udp, icmp, a number, or all", set = function(input, words)
    permission(input).IpProtocol = words[1] == "all" and "-1" or words[1]
    return true
  end },
  { name = "port", kind = "value", help = "a port, a range such as 80-90, or all", set = set_port },
  { name = "cidr", kind = "value", help = "a block of addresses", set = set_cidr },
  { name = "source-group", kind = "value", help = "the id or name of a group", set = function(input, words)
    group_pair(input)[words[1]:find "^sg%-" and "GroupId" or "GroupName"] = words[1]
    return true
  end },
  { name = "group-owner", kind = "value", help = "the account of the group", set = function(input, words)
    group_pair(input).UserId = words[1]
    return true
  end },
}

-- ---------------------------------------------------------------------------------------------
-- Instances

local function set_count(input, words)
  local least, most = words[1]:match "^(%d+):(%d+)$"
  least = least or words[1]:match "^%d+$"
  if not least then
    return nil, ("'%s' is not a number, or a range such as 1:3"):format(words[1])
  end
  input.MinCount, input.MaxCount = math.tointeger(tonumber(least)), math.tointeger(tonumber(most or least))
  return true
end

local function interface(input)
  input.NetworkInterfaces = input.NetworkInterfaces or json.array { { DeviceIndex = 0 } }
  return input.NetworkInterfaces[1]
end

-- Sets whether an instance gets a public address. Its subnet, groups and address then belong to the interface.
local function set_public(is_public)
  return function(input)
    interface(input).AssociatePublicIpAddress = is_public
    return true
  end
end

local function set_secondary(input, words)
  local list = json.array {}
  for i, address in ipairs(words) do
    list[i] = { PrivateIpAddress = address, Primary = false }
  end
  interface(input).PrivateIpAddresses = list
  return true
end

local function set_secondary_count(input, words)
  local count = words[1]:find "^%d+$" and math.tointeger(tonumber(words[1]))
  interface(input).SecondaryPrivateIpAddressCount = count
  return count and true, ("'%s' is not a whole number"):format(words[1])
end

local MOVED = { SubnetId = "SubnetId", SecurityGroupIds = "Groups", PrivateIpAddress = "PrivateIpAddress",
  Ipv6AddressCount = "Ipv6AddressCount", Ipv6Addresses = "Ipv6Addresses", EnablePrimaryIpv6 = "PrimaryIpv6" }
local IN_INTERFACE = { "AssociatePublicIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount" }

local function finish_instances(input)
  if input.MinCount == nil and input.MaxCount == nil then
    input.MinCount, input.MaxCount = 1, 1
  end
  local first, is_own = (input.NetworkInterfaces or {})[1], false
  for _, name in ipairs(IN_INTERFACE) do
    is_own = is_own or type(first) == "table" and first[name] ~= nil
  end
  for name, target in pairs(is_own and MOVED or {}) do
    if input[name] ~= nil then
      first[target], input[name] = input[name], nil
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Others

local function metric(input)
  input.MetricData = input.MetricData or json.array { {} }
  return input.MetricData[1]
end

local function metric_option(name, member, convert)
  local help = "sets MetricData.0." .. member
  return { name = name, kind = "value", help = help, excludes = "metric-data", set = function(input, words)
    local value, message = words[1], nil
    if convert then
      value, message = convert(value)
    end
    if value == nil then
      return nil, message
    end
    metric(input)[member] = value
    return true
  end }
end

local function dimensions(text)
  local pairs_, message = shorthand.parse(text)
  if not pairs_ then
    return nil, message
  end
  local list, names = json.array {}, {}
  for name in pairs(pairs_) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    list[i] = { Name = name, Value = pairs_[name] }
  end
  return list
end

local function statistics(text)
  local values, message = shorthand.parse(text)
  for name, value in pairs(values or {}) do
    values[name] = tonumber(value) or value
  end
  return values, message
end

-- ---------------------------------------------------------------------------------------------
-- CloudFront

local function unique(prefix)
  local clock, crypto, system = require "lanyard.clock", require "lanyard.crypto", require "lanyard.system"
  return ("%s-%d-%s"):format(prefix, math.floor(clock.time()), crypto.sha256_hex(system.random(16)):sub(1, 8))
end

local function set_paths(input, words)
  input.InvalidationBatch = {
    CallerReference = unique "lanyard",
    Paths = { Quantity = #words, Items = json.array(words) },
  }
  return true
end

-- Returns the configuration of a new distribution, which has the defaults of the AWS CLI until an option changes it.
local function distribution(input)
  input.DistributionConfig = input.DistributionConfig or {
    CallerReference = unique "lanyard", Comment = "", Enabled = true,
    Origins = { Quantity = 0, Items = json.array {} },
    DefaultCacheBehavior = {
      TargetOriginId = "placeholder", ViewerProtocolPolicy = "allow-all", MinTTL = 0,
      ForwardedValues = { QueryString = false, Cookies = { Forward = "none" } },
      TrustedSigners = { Enabled = false, Quantity = 0 },
    },
  }
  return input.DistributionConfig
end

-- A bucket is an origin of its own kind; a bucket of GovCloud and a website are servers as any other.
local function set_origin(input, words)
  local domain, message = file_value.read(words[1])
  if type(domain) ~= "string" then
    return nil, message or "a domain name was expected"
  end
  local origin = { Id = unique(domain), DomainName = domain, OriginPath = "" }
  if domain:find "%.s3%.amazonaws%.com$" then
    origin.S3OriginConfig = { OriginAccessIdentity = "" }
  else
    origin.CustomOriginConfig = { HTTPPort = 80, HTTPSPort = 443, OriginProtocolPolicy = "http-only" }
  end
  local config = distribution(input)
  config.Origins = { Quantity = 1, Items = json.array { origin } }
  config.DefaultCacheBehavior.TargetOriginId = origin.Id
  return true
end

local function set_root_object(input, words)
  local name, message = file_value.read(words[1])
  if type(name) ~= "string" then
    return nil, message or "the name of an object was expected"
  end
  distribution(input).DefaultRootObject = name
  return true
end

local IMAGE = { member_at("image-bytes", "Image.Bytes") }

local EXTRAS = {
  ["lambda create-function"] = { member_at("zip-file", "Code.ZipFile", nil, "fileb://FILE of a zip archive") },
  ["lambda publish-layer-version"] = { member_at("zip-file", "Content.ZipFile", nil, "fileb://FILE of a zip archive") },
  ["ec2 run-instances"] = {
    { name = "count", kind = "value", help = "a number, or a range such as 1:3", set = set_count },
    { name = "associate-public-ip-address", kind = "flag", help = "", set = set_public(true) },
    { name = "no-associate-public-ip-address", kind = "flag", help = "", set = set_public(false) },
    { name = "secondary-private-ip-addresses", kind = "list", help = "more private addresses", set = set_secondary },
    { name = "secondary-private-ip-address-count", kind = "value", help = "the number of more private addresses",
      set = set_secondary_count },
    finish = finish_instances,
  },
  ["cloudwatch put-metric-data"] = {
    metric_option("metric-name", "MetricName"), metric_option("timestamp", "Timestamp"), metric_option("unit", "Unit"),
    metric_option("value", "Value", number), metric_option("storage-resolution", "StorageResolution", number),
    metric_option("dimensions", "Dimensions", dimensions),
    metric_option("statistic-values", "StatisticValues", statistics),
  },
  ["cloudfront create-invalidation"] = {
    { name = "paths", kind = "list", help = "the paths to invalidate", set = set_paths,
      excludes = "invalidation-batch" },
  },
  ["cloudfront create-distribution"] = {
    { name = "origin-domain-name", kind = "value", help = "the domain name of the only origin", set = set_origin,
      excludes = "distribution-config" },
    { name = "default-root-object", kind = "value", help = "the object that a request of / returns",
      set = set_root_object, excludes = "distribution-config" },
  },
  ["ses send-email"] = {
    instead_of(member_at("to", "Destination.ToAddresses", "list"), "destination"),
    instead_of(member_at("cc", "Destination.CcAddresses", "list"), "destination"),
    instead_of(member_at("bcc", "Destination.BccAddresses", "list"), "destination"),
    member_at("subject", "Message.Subject.Data"),
    instead_of(member_at("text", "Message.Body.Text.Data"), "message"),
    instead_of(member_at("html", "Message.Body.Html.Data"), "message"),
  },
  ["rekognition compare-faces"] = {
    member_at("source-image-bytes", "SourceImage.Bytes"), member_at("target-image-bytes", "TargetImage.Bytes"),
  },
  ["quicksight start-asset-bundle-import-job"] = {
    member_at("asset-bundle-import-source-bytes", "AssetBundleImportSource.Body"),
  },
  ["translate import-terminology"] = { member_at("data-file", "TerminologyData.File") },
  ["translate translate-document"] = { member_at("document-content", "Document.Content") },
}

for operation in ("authorize revoke"):gmatch "%S+" do
  for direction in ("ingress egress"):gmatch "%S+" do
    EXTRAS[("ec2 %s-security-group-%s"):format(operation, direction)] = SECURITY_GROUP
  end
end

for operation in ([[detect-custom-labels detect-faces detect-labels detect-moderation-labels
    detect-protective-equipment detect-text index-faces recognize-celebrities search-faces-by-image
    search-users-by-image]]):gmatch "%S+" do
  EXTRAS["rekognition " .. operation] = IMAGE
end

--- Returns the options of an operation.
---@param service string    as in the AWS CLI
---@param operation string  as in the AWS CLI
---@return awscli.Extra[]  with `finish`, if there is something to do after all options
function M.of(service, operation)
  local words = service .. " " .. operation
  return EXTRAS[words] or short_forms.of(words) or {}
end

return M
