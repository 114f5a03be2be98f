--- The Regions of the partition aws, and the Regions of each service that is not available in all of them.
---
---     regions.serves("lightsail", "sa-east-1")   --> true
---     regions.of "lightsail"                     --> { "ap-east-1", ... }
---
--- Source: endpoints.json of botocore 1.43.67. Lightsail has ap-east-1, eu-south-2 and sa-east-1 since 1.43.27. ECR,
--- STS and CloudTrail are available in all Regions.

local lists = require "lanyard.lists"

local M = {}

local ALL = lists.set [[
  af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
  ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
  ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
  il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
]]

local BY_SERVICE = {
  lightsail = lists.set [[
    ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5
    ca-central-1 eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2
    us-west-2
  ]],
}

--- Returns the Regions of the partition aws where a service is available, sorted.
---@param service string
---@return string[] regions
function M.of(service)
  return lists.sorted_names(BY_SERVICE[service] or ALL)
end

--- Reports whether a service is available in a Region of the partition aws.
---@param service string
---@param region string
---@return boolean
function M.serves(service, region)
  return (BY_SERVICE[service] or ALL)[region] == true
end

--- Reports whether the partition aws has a Region.
---@param region string
---@return boolean
function M.exists(region)
  return ALL[region] == true
end

return M
