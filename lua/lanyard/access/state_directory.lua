--- Names the directories in which lanyard keeps locks and journals: one for each repository, the same for every lanyard
--- of this user on this machine.
---
---     $XDG_STATE_HOME/lanyard/journal/ENDPOINT/ACCOUNT/REGION/REPOSITORY/
---     $XDG_STATE_HOME/lanyard/deployments/ENDPOINT/ACCOUNT/REGION/    (lanyard.access.deployment.record)
---
--- ENDPOINT is the partition for AWS's own endpoints, since a FIPS or dual-stack name leads to the same repository, and
--- otherwise host and port.

local crypto = require "lanyard.crypto"
local endpoints = require "lanyard.aws.endpoints"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local lazy = require "lanyard.lazy"
local system = require "lanyard.system"

local shellwords = lazy "lanyard.text.shellwords"

local M = {}

-- A file name can have 255 bytes, a repository name 256 characters.
local LONGEST_NAME = 200

-- ---------------------------------------------------------------------------------------------
-- Checking

local ANOTHER = "or set XDG_STATE_HOME to a directory of your own"
local WRITABLE_BY_OTHERS = 18 -- 0022

local function unsafe(path, problem, tip)
  return errors.new {
    code = "UnsafeStateFolder",
    message = ("%s cannot hold lanyard's state: %s"):format(path, problem),
    tip = tip,
  }
end

-- The error for a directory that belongs to somebody else. Its owner can replace the files in it.
local function foreign(path, owner, user)
  local problem = ("it belongs to the user with the id %d, and lanyard runs as %d"):format(owner, user)
  if user == 0 then
    return unsafe(path, problem, "run lanyard as that user, run it with sudo -H, " .. ANOTHER)
  end
  return unsafe(path, problem, ("run sudo chown -R %d %s, %s"):format(user, shellwords.quote(path), ANOTHER))
end

-- Returns why a directory is not one that only this user can change, or nil. Creating a directory fails where another
-- kind of file is.
local function problem_of(path, info)
  if info.type == "link" then
    return unsafe(path, "it is a symbolic link",
      ("run mv %s %s, %s"):format(shellwords.quote(path), shellwords.quote(path .. ".old"), ANOTHER))
  elseif info.type ~= "folder" then
    return nil
  elseif info.owner ~= system.user() then
    return foreign(path, info.owner, system.user())
  elseif info.mode & WRITABLE_BY_OTHERS ~= 0 then
    return unsafe(path, ("its mode is %04o, so other users can change it"):format(info.mode),
      ("run chmod 700 %s, %s"):format(shellwords.quote(path), ANOTHER))
  end
  return nil
end

-- The directories that this process has checked.
local checked = {}

--- Checks that only this user can change a directory. Each directory is checked once. One that is missing or cannot be
--- reached passes: whatever uses it reports the reason.
---@param path string
---@return true? ok
---@return aws.Error? err  code UnsafeStateFolder; the tip has the command that repairs it
function M.check(path)
  local info = not checked[path] and system.stat(path)
  local err = info and problem_of(path, info)
  if err then
    return nil, err
  end
  checked[path] = checked[path] or info and true or nil
  return true
end

--- Checks the root of the state, a directory in it, and the directories between them.
---@param root string
---@param path string
---@return true? ok
---@return aws.Error? err  code UnsafeStateFolder
function M.check_below(root, path)
  local last = #root
  while last do
    local ok, err = M.check(path:sub(1, last))
    if not ok then
      return nil, err
    end
    local slash = last < #path and path:find("/", last + 2, true)
    last = slash and slash - 1 or last < #path and #path or nil
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Creating

-- [folder] = the path of a folder in it that this process created, and whose name is not on the disk yet.
local unflushed = {}

--- Creates a directory and its parents, if it does not exist, and checks it. A later `flush` makes them durable.
---@param path string
---@param mode integer
---@return true? ok
---@return lanyard.Error? err  code UnsafeStateFolder, or another one if it cannot be created
function M.create(path, mode)
  local ok, made = system.mkdirs(path, mode)
  if not ok then
    return nil, made
  end
  local one = path
  for _ = 1, made do
    local parent = one:match "^(.+)/" or "/"
    unflushed[parent], one = one, parent
  end
  return M.check(path)
end

--- Makes the names of all directories that this process created durable.
---@return true? ok
---@return lanyard.Error? err
function M.flush()
  for parent, path in pairs(unflushed) do
    local ok, err = system.sync_folder_of(path)
    if not ok and err.code ~= "NotFound" then -- a directory that was removed since needs no name
      return nil, err
    end
    unflushed[parent] = nil
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Names

-- The directory in which lanyard's state is, whether or not it is safe.
local function root_name(path)
  if path then
    return path
  end
  local state_home = os.getenv "XDG_STATE_HOME"
  if state_home and state_home:sub(1, 1) == "/" then
    return state_home .. "/lanyard"
  end
  local home = environment.home()
  if home then
    return home .. "/.local/state/lanyard"
  end
  return nil, errors.new {
    code = "NoStateFolder",
    message = "no directory for the journal: neither XDG_STATE_HOME nor HOME is "
      .. (environment.get "HOME" and "an absolute path" or "set"),
    tip = "set XDG_STATE_HOME to a permanent directory; without a journal no policy is written",
  }
end

--- Returns the root directory of lanyard's state. Only this user can change it, if it exists.
---@param path? string  a directory to use instead of the user's own
---@return string? directory
---@return aws.Error? err  code NoStateFolder or UnsafeStateFolder
function M.root(path)
  local root, err = root_name(path)
  local ok
  if root then
    ok, err = M.check(root)
  end
  return ok and root, err
end

--- Returns the name of the directory for one repository: without slashes, not too long, and different for different
--- repositories.
---@param name string  the repository's name
---@return string
function M.folder(name)
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

--- Returns the directory for the deployments of an account in a Region.
---@param root string
---@param endpoint string  the URL of ECR
---@param account string
---@param region string    the Region's name
---@return string
function M.deployments(root, endpoint, account, region)
  return ("%s/deployments/%s/%s/%s"):format(root, endpoint_name(endpoint, region), account, region)
end

--- Returns the directory for one repository.
---@param region_directory string
---@param name string  the repository's name
---@return string
function M.repository(region_directory, name)
  return region_directory .. "/" .. M.folder(name)
end

--- Returns the name of the repository whose directory has a name. The name of a long one is not in it.
---@param folder string
---@return string? name
function M.repository_name(folder)
  return not folder:find("~", 1, true) and folder:gsub("+", "/") or nil
end

--- Returns the names of the directories below the directory of an account and Region, one for each repository.
---@param directory string
---@return string[]? names  empty if nothing was ever changed there
---@return lanyard.Error? err
function M.list(directory)
  local names, err = system.list(directory)
  if not names and err.code ~= "NotFound" then
    return nil, err
  end
  return names or {}
end

return M
