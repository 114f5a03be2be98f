--- Copies from another Region: the service reads the source with a presigned URL of the same request there.
---
--- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
--- https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local secret_fields = require "lanyard.text.secret_fields"

local M = {}

local RDS = lists.set [[
  CopyDBClusterSnapshot CopyDBSnapshot CreateDBCluster CreateDBInstanceReadReplica
  StartDBInstanceAutomatedBackupsReplication
]]

-- The operations, by the service of their model.
local OPERATIONS = {
  EC2 = lists.set "CopySnapshot", RDS = RDS, Neptune = RDS, DocDB = RDS,
}

-- Returns a copy of an input with a change.
local function with(input, name, value)
  local copy = {}
  for member, given in pairs(input) do
    copy[member] = given
  end
  copy[name] = value
  return copy
end

-- A URL does not contain passwords. The other Region does not need them: it reads the source.
local function without_secrets(shape, input)
  local rest = {}
  for name, value in pairs(input) do
    local is_secret = type(value) == "userdata" or shape.by_name[name].sensitive or secret_fields.is_secret(name)
    rest[name] = not is_secret and value or nil
  end
  return rest
end

-- Returns the URL with which the source is read | nil, err
local function presigned(client, described, input, source, fields)
  if type(source) ~= "string" or not source:find "^%l[%l%d-]*$" then
    return nil, errors.new {
      code = "InvalidValue", message = ("SourceRegion: '%s' is not the name of a Region"):format(tostring(source)),
    }
  end
  local there = setmetatable({ region = source }, { __index = client })
  local url, err = require("lanyard.aws.presign")(there, described, without_secrets(described.model.input, input),
    { fields = fields })
  return url, not url and err or nil
end

-- EC2 has the Region of the call as a member, which is sent, too.
local function of_ec2(client, described, input)
  if input.PresignedUrl ~= nil or input.SourceRegion == nil then
    return input
  end
  input = with(input, "DestinationRegion", client.region)
  local url, err = presigned(client, described, input, input.SourceRegion)
  return url and with(input, "PresignedUrl", url), err
end

-- RDS does not know SourceRegion: it says where the URL leads. The Region of the call is only a part of the URL.
local function of_rds(client, described, input)
  local source = input.SourceRegion
  if source == nil then
    return input
  end
  input = with(input, "SourceRegion", nil)
  if input.PreSignedUrl ~= nil then
    return input
  end
  local url, err = presigned(client, described, input, source, { DestinationRegion = client.region })
  return url and with(input, "PreSignedUrl", url), err
end

--- Adds the URL to an input that names the Region of the source.
---@param client aws.Client
---@param described aws.Operation
---@param input table
---@return table? input  a copy, if it changes
---@return lanyard.Error? err
function M.input(client, described, input)
  local id = described.service.metadata.serviceId
  if not OPERATIONS[id][described.model.name] then
    return input
  elseif id == "EC2" then
    return of_ec2(client, described, input)
  end
  return of_rds(client, described, input)
end

return M
