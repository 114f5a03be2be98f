--- The names that completion offers without a call: what commands have read of an account and Region earlier, and the
--- profiles of the AWS config files.
---
---     local observe = names.observer(session)        -- for access.connect { on_names = observe }
---     names.of("services", { region = "us-east-1" }, "w")   --> { "web" }
---
--- Names are in $XDG_CACHE_HOME/lanyard/completion, a file for each way to reach an account and for each Region: the
--- name of the file is a hash of the profile or key, the endpoints and the Region. A file counts only if it and its
--- folder belong to the user and nobody else can write them, and only for MAX_AGE.

local clock = require "lanyard.clock"
local config = require "lanyard.aws.config"
local environment = require "lanyard.environment"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local lists = require "lanyard.lists"
local system = require "lanyard.system"

local M = {}

local MAX_AGE = 7 * 86400 -- seconds
local MAX_NAMES = 20000   -- of a kind
local MAX_SIZE = 8 * 1024 * 1024
local OTHERS = 63         -- 0077
local KINDS = { services = true, repositories = true }

-- ---------------------------------------------------------------------------------------------
-- Files

local function folder()
  local home = environment.get "XDG_CACHE_HOME"
  if not home or home:sub(1, 1) ~= "/" then
    local user = environment.home()
    home = user and user .. "/.cache"
  end
  return home and home .. "/lanyard/completion"
end

-- Reports whether only the user can change a folder.
local function is_private(path)
  local info = system.stat(path)
  return info and info.type == "folder" and info.owner == system.user() and info.mode & OTHERS == 0
end

-- Variables that say whose credentials are used, where no option names a profile.
local KEYS = {
  "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

-- Settings of a profile that say which account it leads to.
local SETTINGS = {
  "aws_access_key_id", "role_arn", "credential_source", "credential_process", "web_identity_token_file",
  "sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session", "source_profile",
}

local function add_profile(parts, profile, name, seen)
  local values = profile.profiles[name]
  parts[#parts + 1] = "profile " .. name
  for _, key in ipairs(values and not seen[name] and SETTINGS or {}) do
    parts[#parts + 1] = type(values[key]) == "string" and key .. "=" .. values[key] or nil
  end
  seen[name] = true
  local source = values and values.source_profile
  if type(source) == "string" and not seen[source] then
    add_profile(parts, profile, source, seen)
  end
end

-- Returns the path of the file for a profile, endpoint and Region; nil without a folder, or if a setting is not valid.
local function path_of(profile, endpoint_url, region)
  local place, parts = folder(), { "region " .. region }
  for _, name in ipairs(not profile.explicit and KEYS or {}) do
    local value = environment.get(name)
    parts[#parts + 1] = value and name .. "=" .. value
  end
  add_profile(parts, profile, profile.name, {})
  for _, service in ipairs { "lightsail", "ecr" } do
    local url, err = endpoint_url or nil, nil
    if not url then
      url, err = config.endpoint(profile, service)
    end
    if not url and err then
      return nil
    end
    parts[#parts + 1] = url and service .. " " .. url
  end
  local hash = require("lanyard.crypto").sha256_hex -- OpenSSL takes a millisecond to start
  return place and ("%s/%s"):format(place, hash(table.concat(parts, "\0")):sub(1, 32))
end

-- A file has a line "KIND SECONDS" for each list, with the time at which it was complete, and its names below it, each
-- on a line that begins with a blank. A text that is quick to read, because a Region can have ten thousand names.

-- Only printable names are kept and offered: no other one is of AWS.
local function is_name(name)
  return name ~= "" and escape.printable(name) == name
end

-- Returns the lists of a file by kind with the names that begin with a prefix, without what is too old or cannot be
-- trusted.
local function read(path, prefix)
  local text, info
  if path and is_private(path:match "^(.*)/") then
    text, info = system.read_regular(path, MAX_SIZE)
  end
  if not text or info.owner ~= system.user() or info.mode & OTHERS ~= 0 or info.links ~= 1 then
    return {}
  end
  local found, list, now, count = {}, nil, clock.time(), 0
  local start = " " .. prefix
  for line in text:gmatch "[^\n]+" do
    if line:byte() == 32 then
      if list and line:sub(1, #start) == start and is_name(line:sub(2)) then
        count = count + 1
        list.names[count] = line:sub(2)
      end
    else
      local kind, time = line:match "^(%l+) (%d+)$"
      local age = KINDS[kind] and now - tonumber(time)
      list, count = age and age >= 0 and age < MAX_AGE and { time = tonumber(time), names = {} } or nil, 0
      found[kind or ""] = list
    end
  end
  return found
end

-- Removes the files that are too old for every kind.
local function remove_old(place)
  for _, name in ipairs(system.list(place) or {}) do
    local path = place .. "/" .. name
    if name:find "^%x+$" and not next(read(path, "")) then
      system.remove(path)
    end
  end
end

-- Returns the sorted names of a list, with the earlier ones unless the list is complete.
local function merged(list, earlier)
  local set = {}
  for _, name in ipairs(not list.is_complete and earlier and earlier.names or {}) do
    set[name] = true
  end
  for name in pairs(list.names) do
    set[name] = is_name(name) or nil
  end
  local sorted = lists.sorted_names(set)
  return table.move(sorted, 1, math.min(#sorted, MAX_NAMES), 1, {})
end

-- Writes the file, with the names that are not in it yet. A list that is complete replaces the earlier one.
local function write(path, lists_by_kind)
  local place = path:match "^(.*)/"
  if not system.mkdirs(place) or not is_private(place) then
    return
  end
  local all, now, is_new, lines = read(path, ""), math.floor(clock.time()), not system.exists(path), {}
  for _, kind in ipairs(lists.sorted_names(KINDS)) do
    local list, earlier = lists_by_kind[kind], all[kind]
    local names = list and merged(list, earlier) or earlier and earlier.names
    local time = list and (list.is_complete or not earlier) and now or earlier and earlier.time
    if names then
      lines[#lines + 1] = ("%s %d\n"):format(kind, time)
      lines[#lines + 1] = names[1] and " " .. table.concat(names, "\n ") .. "\n" or nil
    end
  end
  system.write_file(path, table.concat(lines))
  if is_new then
    remove_old(place)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Observing commands

local observed -- what this process has read, by path

-- Writes what was read when the command has ended. A failure is not reported: nothing but completion needs the files.
local function write_observed()
  for path, kinds in pairs(observed) do
    write(path, kinds)
  end
end

--- Returns a function that receives the names that a region reads, for access.connect.
---@param session aws.Session
---@return fun(kind: "services"|"repositories", names: string[], is_complete: boolean)
function M.observer(session)
  local path
  return function(kind, list, is_complete)
    path = path or path_of(session.profile, session.endpoint_url, session.region) or ""
    if path == "" then
      return
    elseif not observed then
      observed = {}
      exit.at_end(write_observed)
    end
    local kinds = observed[path] or {}
    observed[path] = kinds
    local known = kinds[kind] or { names = {} }
    kinds[kind] = known
    known.is_complete = known.is_complete or is_complete
    for _, name in ipairs(list) do
      known.names[name] = true
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Completing

--- Returns the names of services or repositories that are known of an account and Region. No call is made.
---@param kind "services"|"repositories"
---@param given { profile?: string, region?: string, endpoint_url?: string }  the options of the command line
---@param prefix string  what the names begin with
---@return string[]
function M.of(kind, given, prefix)
  local place = folder()
  if not place or not is_private(place) then
    return {}
  end
  local profile = config.load(given.profile)
  local region = profile and config.region(profile, given.region)
  local found = region and read(path_of(profile, given.endpoint_url, region), prefix) or {}
  return found[kind] and found[kind].names or {}
end

--- Returns the profiles of the AWS config files, and their Regions, sorted.
---@return string[] profiles
---@return string[] regions
function M.profiles()
  local profile = config.load "default"
  local names, regions = {}, {}
  for name, values in pairs(profile and profile.profiles or {}) do
    names[name] = is_name(name) or nil
    if type(values.region) == "string" and values.region:find "^[%w-]+$" then
      regions[values.region] = true
    end
  end
  return lists.sorted_names(names), lists.sorted_names(regions)
end

return M
