-- For the specs of tests/torture that run whole commands with faults: an emulator in this process, so that its state
-- can be reset and read between two commands without a restart, a state folder that is reset with it, and the binary
-- with tests/support/faults.c loaded.

local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local launch = require "launch"
local process = require "lanyard.process"
local system = require "lanyard.system"

local M = {}

-- Files are in memory: what is synced at each step need not wait for a disk.
local MEMORY = "/dev/shm"
local REGION = "us-east-1"
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/%s"

-- Statements of other tools in a person's layout.
M.OTHERS = [[
{ "Version": "2012-10-17",
  "Statement": [
    { "Sid"   : "Audit-Team Read", "Effect": "Allow",
      "Action": "ecr:DescribeImages",  "Principal": {"AWS": ["444455556666"]} },
    { "Effect": "Deny", "Sid": "no deletion",
      "Principal": "*", "Action": [ "ecr:DeleteRepository" ] }
  ]
}
]]

-- The text of each of the statements above.
M.OTHER_STATEMENTS = {
  [[{ "Sid"   : "Audit-Team Read", "Effect": "Allow",
      "Action": "ecr:DescribeImages",  "Principal": {"AWS": ["444455556666"]} }]],
  [[{ "Effect": "Deny", "Sid": "no deletion",
      "Principal": "*", "Action": [ "ecr:DeleteRepository" ] }]],
}

--- Returns the ARN of a puller role of the seed.
function M.role(service)
  return ROLE:format(service, service)
end

local function service(name)
  return { name = name, role = true, role_arn = M.role(name) }
end

M.SEED = { regions = { [REGION] = {
  services = { service "web", service "jobs", { name = "off" } },
  repositories = {
    { name = "web", images = { "1.0", "1.1" } },
    { name = "team/a" },
    { name = "shared", policy = M.OTHERS },
    { name = "team/b", policy = M.OTHERS },
  },
} } }

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function sh(...)
  assert(os.execute((...):format(select(2, ...))))
end

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local made = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do
    made[key] = copy(item)
  end
  return made
end

local faults_library -- { path } of the compiled tests/support/faults.c

-- Compiles tests/support/faults.c, once for all stages of a process: the compiler takes as long as twenty commands.
local function compiled()
  if not faults_library then
    local folder = helper.folder()
    local path = folder .. "/faults.so"
    sh("gcc -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -o %s tests/support/faults.c -ldl", quote(path))
    -- The folder is removed at the end of the process, which finalizes all objects.
    faults_library = setmetatable({ path = path }, { __gc = function() getmetatable(folder).__close() end })
  end
  return faults_library.path
end

local Stage = {}
Stage.__index = Stage

--- Starts an emulator with a seed. Closing the stage stops it and removes all files.
---@param options? { seed?: table, faults?: table }
function M.new(options)
  options = options or {}
  local self = setmetatable({ folder = helper.folder(helper.exists(MEMORY) and MEMORY or nil) }, Stage)
  self.home = self.folder.path .. "/home"
  self.state = self.home .. "/state/lanyard"
  self.library = compiled()
  self.log = self.folder.path .. "/log"
  sh("mkdir -p %s", quote(self.home))
  self.emulator = assert(emulator.start {
    activation_delay = 0, seed = options.seed or M.SEED, faults = options.faults, on_error = error,
  })
  self.world = self.emulator.world
  return self
end

function Stage:__close()
  self.emulator:stop()
  getmetatable(self.folder).__close()
end

local function replace_folder(folder, by)
  launch.remove(folder)
  local status, _, errors = launch.run({ "cp", "-a", by, folder }, { "PATH=" .. os.getenv "PATH" }, "")
  assert(status == 0, errors)
end

--- Keeps the state of the emulator and of the home folder, for `reset`.
function Stage:keep()
  self.kept = { state = copy(self.world.state), home = self.folder.path .. "/kept" }
  replace_folder(self.kept.home, self.home)
end

--- Restores what `keep` kept.
function Stage:reset()
  self.world.state = copy(self.kept.state)
  replace_folder(self.home, self.kept.home)
end

-- The environment of a command, with the variables of `faults`: { mode = "kill", at = 3, ... }.
local function environment(self, faults)
  local list = {
    "PATH=" .. os.getenv "PATH", "HOME=" .. self.home, "XDG_STATE_HOME=" .. self.home .. "/state",
    "AWS_ACCESS_KEY_ID=" .. helper.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY=" .. helper.SECRET_KEY, "AWS_REGION=" .. REGION,
    "AWS_ENDPOINT_URL=" .. self.emulator.url, "AWS_EC2_METADATA_DISABLED=true", "ASAN_OPTIONS=detect_leaks=0",
  }
  for name, value in pairs(faults or {}) do
    list[#list + 1] = ("FAULTS_%s=%s"):format(name:upper(), value)
  end
  if faults then
    list[#list + 1] = "LD_PRELOAD=" .. self.library
  end
  return list
end

--- Runs a lanyard command. It fails if the command does not end within a minute.
---@param words string[]
---@param faults? table  the settings of faults.c in lower case: { mode, at, when, errno, below, log }
---@param other_home? string  run it as on another machine, with this home folder
---@return { status: integer, out: string, errors: string }  status: 128 plus the signal that ended it
function Stage:run(words, faults, other_home)
  local command = { "env", "-i" }
  local variables = environment(other_home and setmetatable({ home = other_home }, { __index = self }) or self, faults)
  table.move(variables, 1, #variables, #command + 1, command)
  command[#command + 1] = helper.lanyard
  table.move(words, 1, #words, #command + 1, command)
  local pieces = {}
  local ended, err = process.run {
    words = command, errors = "keep", timeout = 60,
    output = function(piece) pieces[#pieces + 1] = piece end,
  }
  assert(ended, err and ("%s: %s"):format(table.concat(words, " "), err.message))
  return {
    status = ended.signal and 128 + ended.signal or ended.status,
    out = table.concat(pieces), errors = ended.errors or "",
  }
end

--- Runs a command, and fails if its exit status is not 0.
function Stage:must(words, ...)
  local result = self:run(words, ...)
  if result.status ~= 0 then
    error(("%s: exit status %d\n%s%s"):format(table.concat(words, " "), result.status, result.out, result.errors), 2)
  end
  return result
end

--- Runs a command with `faults` that disturb nothing, and returns the names of the calls that they count.
function Stage:calls(words, faults)
  os.remove(self.log)
  local all = { log = self.log }
  for name, value in pairs(faults) do
    all[name] = value
  end
  self:must(words, all)
  local names = {}
  for line in io.lines(self.log) do
    names[#names + 1] = line
  end
  return names
end

-- ---------------------------------------------------------------------------------------------
-- The state at the end

local function region(self)
  return self.world.region(REGION)
end

--- Returns the text of a repository's policy, or nil.
function Stage:policy(repository)
  local policy = region(self).repositories[repository].policy
  return policy and policy.text
end

-- A role that was created has a random id.
local function without_id(text)
  return text and text:gsub("(/private%-repo%-access/)%w+", function(path) return path .. "ID" end)
end

local function deployments_of(one)
  local list = {}
  for i, deployment in ipairs(one.deployments) do
    local images = {}
    for container, content in pairs(deployment.containers) do
      images[container] = content.image
    end
    list[i] = { version = deployment.version, images = images }
  end
  return list
end

-- Adds the files below a folder of the home folder.
local function add_files(files, home, folder)
  for _, name in ipairs(assert(system.list(home .. "/" .. folder))) do
    local path = folder .. name
    local info = assert(system.stat(home .. "/" .. path))
    if info.type == "folder" then
      add_files(files, home, path .. "/")
    else
      files[path] = helper.read(home .. "/" .. path)
    end
  end
end

--- Returns the text of each file below the home folder, by its path there.
function Stage:files()
  local files = {}
  add_files(files, self.home, "")
  return files
end

local function journal_line(name, text)
  local suffix = name:match "^%d+(.*)$"
  if suffix ~= ".json" and suffix ~= ".open.json" then
    return "an unfinished file ID" .. suffix:gsub("%w+$", "XXXXXX")
  end
  local entry = assert(json.decode(text), name)
  return ("%s %s %s%s"):format(entry.repository, entry.action, entry.state, suffix == ".json" and "" or " (open)")
end

--- Returns what the journal says, as sorted lines "REPOSITORY ACTION STATE".
function Stage:journal()
  local lines = {}
  for path, text in pairs(self:files()) do
    local name = not path:find("%.logs/") and path:match "^state/lanyard/journal/.*/(%d[^/]*)$"
    lines[#lines + 1] = name and journal_line(name, text) or nil
  end
  table.sort(lines)
  return lines
end

--- Returns the text of each repository's policy; "" without one.
function Stage:policies()
  local policies = {}
  for name in pairs(region(self).repositories) do
    policies[name] = self:policy(name) or ""
  end
  return policies
end

--- Returns what is wrong if a policy differs from `before` and the journal has no entry with its text.
function Stage:unjournaled_change(before)
  local recorded = {}
  for path, text in pairs(self:files()) do
    if path:find "^state/lanyard/journal/.*/%d+[.open]*%.json$" then
      local entry = assert(json.decode(text), path)
      recorded[entry.repository .. " " .. (entry.after or "")] = true
    end
  end
  for name, text in pairs(self:policies()) do
    if text ~= before[name] and not recorded[name .. " " .. text] then
      return ("the policy of %s was changed without a journal entry"):format(name)
    end
  end
  return nil
end

-- Returns what the user trusts: one line for each record, without its time.
local function trusted(self)
  local lines = {}
  for path, text in pairs(self:files()) do
    lines[#lines + 1] = path:find "lanyard/trust/%x+$" and text:gsub("%d%d%d%d%d%d%d%d%d+", "TIME")
  end
  table.sort(lines)
  return lines
end

-- Returns the images of a service, oldest first.
local function images_of(one)
  local images = {}
  for i, image in ipairs(one.images or {}) do
    images[i] = ("%s.%d"):format(image.label, image.version)
  end
  return images
end

-- Returns what the owner of a service decides.
local function settings_of(one)
  return { power = one.power, scale = one.scale, disabled = one.disabled or false, tags = copy(one.tags) }
end

--- Returns what a command leaves, for comparison: policies, services, roles, deployments, journal, and what is trusted.
function Stage:outcome()
  local outcome = { policies = {}, services = {}, roles = {}, deployments = {}, images = {}, journal = self:journal(), trusted = trusted(self) }
  for name, repository in pairs(region(self).repositories) do
    outcome.policies[name] = without_id(repository.policy and repository.policy.text) or "none"
  end
  for name, one in pairs(region(self).services) do
    outcome.services[name], outcome.roles[name] = settings_of(one), one.role_on or false
    outcome.deployments[name] = deployments_of(one)
    outcome.images[name] = images_of(one)
  end
  return outcome
end


-- A message of SQLite that looks like one of Lua.
local READONLY = "attempt to write a readonly database"

--- Returns the part of a text that is an internal error, or nil.
function M.internal_error(text)
  text = text:gsub(READONLY, "")
  return text:match "[^\n]*attempt to %a+[^\n]*" or text:match "[^\n]*stack traceback[^\n]*"
    or text:match "[^\n]*bad argument[^\n]*" or text:match "[^\n]*%.lua:%d+:[^\n]*" or text:match "[^\n]*nil value[^\n]*"
end

-- Returns the first difference of two values as text, or nil.
local function difference(expected, actual, path)
  if type(expected) ~= "table" or type(actual) ~= "table" then
    return expected ~= actual
      and ("%s is %s instead of %s"):format(path, tostring(actual), tostring(expected)) or nil
  end
  local keys = {}
  for key in pairs(expected) do keys[key] = true end
  for key in pairs(actual) do keys[key] = true end
  for key in pairs(keys) do
    local found = difference(expected[key], actual[key], ("%s.%s"):format(path, key))
    if found then
      return found
    end
  end
  return nil
end

--- Returns the first difference of two outcomes as text, or nil.
function M.difference(expected, actual)
  if table.concat(expected.journal, "\n") ~= table.concat(actual.journal, "\n") then
    return ("the journal has %s instead of %s"):format(table.concat(actual.journal, ", "),
      table.concat(expected.journal, ", "))
  end
  return difference(expected, actual, "state")
end

return M
