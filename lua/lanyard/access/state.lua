-- Where a repository's lock and journal live: one folder a repository, the same for every lanyard
-- of this user on this machine.
--
--   $XDG_STATE_HOME/lanyard/journal/ENDPOINT/ACCOUNT/REGION/REPOSITORY/
--
-- ENDPOINT is the partition for AWS's own endpoints (a repository is the same one by FIPS or
-- dual-stack name), else host and port.

local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local crypto = require "lanyard.crypto"

local M = {}

-- File names end at 255 bytes, repository names at 256 characters.
local LONGEST_NAME = 200

-- root(path | nil) --> the folder of lanyard's state | nil, err
function M.root(path)
  if path then
    return path
  end
  local state_home = os.getenv "XDG_STATE_HOME"
  if state_home and state_home:sub(1, 1) == "/" then
    return state_home .. "/lanyard"
  end
  local home = os.getenv "HOME"
  if home and home ~= "" then
    return home .. "/.local/state/lanyard"
  end
  return nil, errors.new {
    code = "NoStateFolder",
    message = "no folder for the journal: neither XDG_STATE_HOME nor HOME is set",
    tip = "set XDG_STATE_HOME to a folder that lasts; without a journal nothing is written",
  }
end

-- A name as one file name: no slash, not too long, and no two names alike.
local function file_name(name)
  local flat = name:gsub("/", "+")
  if #flat > LONGEST_NAME then
    return flat:sub(1, LONGEST_NAME - 17) .. "~" .. crypto.sha256_hex(name):sub(1, 16)
  end
  return flat
end

-- The domains below which AWS serves its APIs, in all partitions.
local AWS_DOMAINS = {
  "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "api.amazonwebservices.com.cn",
  "api.amazonwebservices.eu", "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
}

local function endpoint_key(endpoint, region)
  local host = endpoint:match "^%w+://([^/?#]+)" or endpoint
  for _, domain in ipairs(AWS_DOMAINS) do
    if host:sub(-#domain - 1) == "." .. domain then
      return endpoints.partition(region)
    end
  end
  return (host:gsub("[^%w.-]", "_"))
end

-- The folder of all repositories of an account in a Region, as an endpoint serves them.
function M.region_folder(root, endpoint, account, region)
  return ("%s/journal/%s/%s/%s"):format(root, endpoint_key(endpoint, region), account, region)
end

-- The folder of one repository in that.
function M.repository_folder(region_folder, name)
  return region_folder .. "/" .. file_name(name)
end

return M
