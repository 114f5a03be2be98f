--- Finds the Region of a bucket in what S3 replies to a call in another Region.
---
---     err.bucket_region = bucket_region.of_reply(plan, reply, err)   --> "eu-west-1"
---     bucket_region.learn(client, plan, "eu-west-1")                 -- later calls begin there
---
--- https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html

local lists = require "lanyard.lists"

local M = {}

local REDIRECTS = { [301] = true, [302] = true, [307] = true }
local CODES = lists.set "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException"

local LONGEST = 63 -- bytes of a part of a host name

local function is_s3(service)
  return service.metadata.serviceId == "S3"
end

-- A failed HEAD has no body that says why.
local function is_elsewhere(plan, reply, err)
  return REDIRECTS[reply.status] or CODES[err.code or ""] or plan.method == "HEAD" and reply.status == 400
end

--- Returns the Region that S3 names in the reply to a failed call, if it is not the one that was called.
---@param plan aws.Plan
---@param reply table
---@param err { code?: string, members?: table }
---@return string? region
function M.of_reply(plan, reply, err)
  local bucket = plan.input.Bucket
  if not is_s3(plan.service) or type(bucket) ~= "string" or plan.operation.name == "CreateBucket"
    or not is_elsewhere(plan, reply, err) then
    return nil
  end
  local region = reply.headers["x-amz-bucket-region"] or type(err.members) == "table" and err.members.Region
  local is_region = type(region) == "string" and #region <= LONGEST and region:find "^%l[%l%d-]+$"
  return is_region and region ~= plan.auth.region and region or nil
end

-- The Regions of buckets, for all clients of a session.
local function regions_of(client)
  local shared = client.shared
  shared.bucket_regions = shared.bucket_regions or {}
  return shared.bucket_regions
end

--- Keeps the Region of the bucket of a plan for later calls.
---@param client aws.Client
---@param plan aws.Plan
---@param region string
function M.learn(client, plan, region)
  regions_of(client)[plan.input.Bucket] = region
end

--- Returns the Region of a bucket, as far as an earlier reply named it.
---@param client aws.Client
---@param service model.Service
---@param input table
---@return string? region
function M.known(client, service, input)
  return is_s3(service) and type(input.Bucket) == "string" and regions_of(client)[input.Bucket] or nil
end

return M
