-- Folders of botocore's models, where a machine has them: $LANYARD_BOTOCORE_DATA, and the folders that python3 finds.

local helper = require "helper"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local PYTHONS = { "python3", "/usr/bin/python3" }

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

---@class support.Botocore
---@field path string      the folder `data`
---@field version string
---@field python string    that imports this botocore
local Folder = {}
Folder.__index = Folder

-- The text of a file, which can be compressed; nil if it is missing.
local function text_of(path)
  if helper.exists(path) then
    return helper.read(path)
  elseif helper.exists(path .. ".gz") then
    local pipe <close> = assert(io.popen("gzip -dc " .. quote(path .. ".gz")))
    return pipe:read "a"
  end
end

-- The files of the folder: by service and name, the path in the newest API version.
local function files_of(self)
  if not self.files then
    self.files = {}
    for _, path in ipairs(lines_of(("ls -r %s/*/*/*.json %s/*/*/*.json.gz 2>/dev/null"):format(quote(self.path), quote(self.path)))) do
      local service, file = path:gsub("%.gz$", ""):match "([^/]+)/[^/]+/([^/]+)$"
      self.files[file] = self.files[file] or {}
      self.files[file][service] = self.files[file][service] or path:gsub("%.gz$", "")
    end
  end
  return self.files
end

-- Reads a JSON file of a service: "paginators-1.json". Returns nil if the service has none, and an error if lanyard
-- cannot read it.
function Folder:file(service, file)
  local path = (files_of(self)[file] or {})[service]
  if path then
    return json.decode(text_of(path), { deep = true })
  end
end

-- Returns the names of the services that have a file, sorted.
function Folder:services(file)
  return lists.sorted_names(files_of(self)[file] or {})
end

function Folder:partitions()
  local text = text_of(self.path .. "/partitions.json")
  return text and assert(json.decode(text))
end

-- Runs a script of tests/support with this botocore. `input` becomes JSON for it, and its output is JSON.
function Folder:oracle(script, input)
  local folder <close> = helper.folder()
  helper.write(folder .. "/input.json", json.encode(input))
  local pipe <close> = assert(io.popen(("PYTHONPATH=%s %s tests/support/%s %s %s"):format(quote(self.path .. "/../.."), self.python,
    script, quote(self.path), folder .. "/input.json")))
  return assert(json.decode(pipe:read "a"))
end

-- Returns the version that the botocore around the folder has; nil if it does not say it.
function Folder:release()
  local path = self.path .. "/../__init__.py"
  return helper.exists(path) and helper.read(path):match "__version__ = '([%d.]+)'" or nil
end

-- Returns the folders, each version once.
---@return support.Botocore[]
function M.folders()
  local found, seen = {}, {}
  local function add(path, version, python)
    if path and not seen[path] and helper.exists(path .. "/partitions.json") or helper.exists((path or "") .. "/endpoints.json") then
      seen[path] = true
      found[#found + 1] = setmetatable({ path = path, version = version, python = python }, Folder)
    end
  end
  local given = os.getenv "LANYARD_BOTOCORE_DATA"
  if given then
    add(given, given, "python3")
  end
  for _, python in ipairs(PYTHONS) do
    local lines = lines_of(python .. " -c 'import botocore, os; print(os.path.realpath(os.path.dirname(botocore.__file__))); "
      .. "print(botocore.__version__)' 2>/dev/null")
    if lines[2] and not (seen[lines[1] .. "/data"]) then
      add(lines[1] .. "/data", lines[2], python)
    end
  end
  return found
end

-- Returns the numbers of a version as a text that sorts like them.
local function sortable(version)
  return (version:gsub("%d+", function(number) return ("%06d"):format(math.tointeger(number)) end))
end

-- Returns the folder of the newest version, of the ones whose version is known; nil without botocore.
---@return support.Botocore?
function M.newest()
  local best
  for _, folder in ipairs(M.folders()) do
    folder.version = folder:release() or folder.version
    if folder:release() and (not best or sortable(folder.version) > sortable(best.version)) then
      best = folder
    end
  end
  return best
end

return M
