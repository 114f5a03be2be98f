--- Names the directories in which lanyard keeps locks and journals: one for each repository, the same for every lanyard
--- of this user on this machine.
---
---     $XDG_STATE_HOME/lanyard/journal/ENDPOINT/ACCOUNT/REGION/REPOSITORY/
---
--- ENDPOINT is the partition for AWS's own endpoints, since a FIPS or dual-stack name leads to the same repository, and
--- otherwise host and port.

local crypto = require "lanyard.crypto"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"

local M = {}

-- A file name can have 255 bytes, a repository name 256 characters.
local LONGEST_NAME = 200

--- Returns the root directory of lanyard's state.
---@param path? string  a directory to use instead of the user's own
---@return string? directory
---@return aws.Error? err
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
    message = "no directory for the journal: neither XDG_STATE_HOME nor HOME is set",
    tip = "set XDG_STATE_HOME to a permanent directory; without a journal no policy is written",
  }
end

-- Turns a name into one file name: without slashes, not too long, and different for different names.
local function file_name(name)
  local flat = name:gsub("/", "+")
  if #flat > LONGEST_NAME then
    return flat:sub(1, LONGEST_NAME - 17) .. "~" .. crypto.sha256_hex(name):sub(1, 16)
  end
  return flat
end

-- The domains under which AWS serves its APIs, in all partitions.
local AWS_DOMAINS = {
  "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "api.amazonwebservices.com.cn",
  "api.amazonwebservices.eu", "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
}

local function endpoint_name(endpoint, region)
  local host = endpoint:match "^%w+://([^/?#]+)" or endpoint
  for _, domain in ipairs(AWS_DOMAINS) do
    if host:sub(-#domain - 1) == "." .. domain then
      return endpoints.partition(region)
    end
  end
  return (host:gsub("[^%w.-]", "_"))
end

--- Returns the directory for all repositories of an account in a Region.
---@param root string
---@param endpoint string  the URL of ECR
---@param account string
---@param region string    the Region's name
---@return string
function M.region(root, endpoint, account, region)
  return ("%s/journal/%s/%s/%s"):format(root, endpoint_name(endpoint, region), account, region)
end

--- Returns the directory for one repository.
---@param region_directory string
---@param name string  the repository's name
---@return string
function M.repository(region_directory, name)
  return region_directory .. "/" .. file_name(name)
end

return M
