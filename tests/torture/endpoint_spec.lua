-- Endpoints of random calls with random settings, compared with botocore's clients.

local botocore = require "botocore"
local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local model = require "lanyard.model"
local modelled = require "modelled"
local modelled_endpoint = require "lanyard.aws.modelled_endpoint"
local torture = require "torture"

local CASES = torture.choose(60, 1000)
local random = torture.random()

local function one_of(list)
  return list[random(#list)]
end

local function sometimes(chance, value)
  return random(chance) == 1 and value or nil
end

local BUCKETS = { "logs", "my.bucket", "Upper", "a_b", "x", "logs--usw2-az1--x-s3", "192.168.1.1", "bucket-",
  "arn:aws:s3:us-west-2:123456789012:accesspoint:reports", "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap",
  "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:reports",
  "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint:banner", "arn:aws:s3:::bucket", "arn:aws:sqs:us-west-2:123456789012:queue",
  "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:reports" }
local TABLES = { "music", "arn:aws:dynamodb:us-west-2:444455556666:table/music", "arn:aws:dynamodb:eu-west-1::table/music" }
local REGIONS = { "us-east-1", "us-east-1", "us-west-2", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "ap-southeast-7" }

local function bucket() return { Bucket = one_of(BUCKETS) } end
local function key() return { Bucket = one_of(BUCKETS), Key = "a/b" } end
local function empty() return {} end

-- The operations, with their inputs.
local CALLS = {
  { "s3", "GetObject", key }, { "s3", "PutObject", key }, { "s3", "ListObjectsV2", bucket }, { "s3", "CreateBucket", bucket },
  { "s3", "GetBucketLocation", bucket }, { "s3", "ListBuckets", empty }, { "s3", "HeadBucket", bucket },
  { "s3", "WriteGetObjectResponse", function() return { RequestRoute = "route", RequestToken = "token" } end },
  { "s3control", "GetAccessPoint", function() return { AccountId = "123456789012", Name = one_of { "reports", BUCKETS[11] } } end },
  { "s3control", "GetBucket", function() return { AccountId = "123456789012", Bucket = one_of {
    "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:bucket:reports", "logs" } } end },
  { "dynamodb", "GetItem", function() return { TableName = one_of(TABLES), Key = {} } end },
  { "dynamodb", "ListTables", empty },
  { "dynamodb", "BatchGetItem", function() return { RequestItems = { [one_of(TABLES)] = { Keys = {} } } } end },
  { "dynamodb", "TransactGetItems", function() return { TransactItems = { { Get = { TableName = one_of(TABLES), Key = {} } } } } end },
  { "sts", "GetCallerIdentity", empty }, { "iam", "ListUsers", empty }, { "sqs", "ListQueues", empty }, { "ec2", "DescribeInstances", empty },
  { "organizations", "ListAccounts", empty }, { "route53", "ListHostedZones", empty }, { "cloudfront", "ListDistributions", empty },
  { "kinesis", "PutRecord", function() return { StreamARN = "arn:aws:kinesis:us-west-2:123456789012:stream/s", Data = "x", PartitionKey = "p" } end },
  { "kinesis", "ListStreams", empty },
  { "events", "PutEvents", function() return { Entries = {}, EndpointId = sometimes(2, "abc123.456def") } end },
}

local function settings_of()
  return {
    endpoint_url = sometimes(5, one_of { "http://127.0.0.1:9000", "https://example.com/base" }),
    fips = sometimes(5, true), dualstack = sometimes(5, true), sts = one_of { "regional", "legacy" },
    account_id_endpoint_mode = sometimes(3, one_of { "preferred", "required", "disabled" }),
    s3 = {
      addressing_style = sometimes(2, one_of { "auto", "virtual", "path" }), use_accelerate_endpoint = sometimes(6, true),
      use_arn_region = random(3) > 1, us_east_1_regional_endpoint = one_of { "regional", "legacy" },
      s3_disable_multiregion_access_points = sometimes(5, true),
    },
  }
end

local function new_case()
  local call = one_of(CALLS)
  return { service = call[1], operation = call[2], input = call[3](), region = one_of(REGIONS), account = sometimes(2, "111122223333"),
    settings = settings_of() }
end

local function text_values(values)
  local texts = {}
  for name, value in pairs(values) do texts[name] = tostring(value) end
  return texts
end

-- Resolves as lanyard does. `services` has the data of the models.
local function resolve(case, services)
  local settings = case.settings
  local client = modelled.client(services[case.service], {}, {
    region = case.region, endpoint_url = settings.endpoint_url, name = case.service,
    profile_values = { account_id_endpoint_mode = settings.account_id_endpoint_mode, s3 = text_values(settings.s3) },
    credentials = function()
      return credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret", account_id = case.account }
    end,
  })
  client.session.fips, client.session.dualstack, client.session.sts_global = settings.fips, settings.dualstack, settings.sts == "legacy"
  local service = model.new(services[case.service])
  service.partitions = services.partitions
  local found, err = modelled_endpoint.resolve(client, service, service:operation(case.operation), case.input)
  if not found then
    return { error = err.message }
  end
  local headers = {}
  for name, list in pairs(found.headers) do headers[name] = list[1] end
  return { url = found.url, headers = headers, schemes = found.auth_schemes or json.null, region = case.region }
end

-- Differences with a reason. Returns whether one applies.
local function is_argued(case, theirs)
  local kind, message = theirs.kind, theirs.error or ""
  return kind == "MissingDependencyException" -- botocore signs sigv4a with another package
    or message:find "S3 control client does not support accelerate" -- the rules of S3 Control do not know the setting
    -- botocore asks for the Region of an ARN in the path, which the rules reject; lanyard asks for it as for all ARNs.
    or case.operation == "GetBucketLocation" and message:find "^Path%-style addressing cannot be used with "
end

-- The rules of STS name the signature that the model has, too; botocore does not ask them then.
local function is_default(ours, theirs)
  if ours.url ~= theirs.url or theirs.schemes ~= json.null or ours.schemes == json.null then
    return false
  end
  local scheme = ours.schemes[1]
  return #ours.schemes == 1 and scheme.name == "sigv4" and scheme.signingName == "sts" and scheme.signingRegion == ours.region
end

describe("endpoints of random calls", function()
  it("are the ones of botocore", function()
    local data = botocore.recent()
    if not data then return pending "needs botocore 1.43 or later" end
    local services = { partitions = data:partitions() }
    for _, call in ipairs(CALLS) do
      local name = call[1]
      services[name] = services[name] or assert(data:file(name, "service-2.json"))
      services[name].rules = services[name].rules or assert(data:file(name, "endpoint-rule-set-1.json"))
    end
    local cases = {}
    for i = 1, CASES do cases[i] = new_case() end
    local different, refused = {}, 0
    for i, theirs in ipairs(data:oracle("../torture/endpoint_oracle.py", cases)) do
      local ours = resolve(cases[i], services)
      refused = refused + (theirs.error and 1 or 0)
      local agreed = theirs.error and ours.error and theirs.error:find(ours.error, 1, true) or is_default(ours, theirs)
      ours.region = nil
      if not (agreed or is_argued(cases[i], theirs)) and json.encode(ours) ~= json.encode(theirs) then
        different[#different + 1] = ("%s\n  lanyard  %s\n  botocore %s"):format(json.encode(cases[i]), json.encode(ours), json.encode(theirs))
      end
    end
    torture.report("endpoints beside botocore's clients", CASES, refused .. " of them errors")
    assert.equal("", table.concat(different, "\n"))
  end)
end)
