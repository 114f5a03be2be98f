--- Describes who runs a runbook and where, for its transcript.
---
---     local about = origin.lines { name = "restore.md", text = text, set = {}, steps = book.steps }
---
--- STS names the caller, in one call for the default profile and one for each profile that a command names. What is
--- not found out is recorded as not known: the run itself does not depend on it.

local aws = require "lanyard.aws"
local cli = require "lanyard.cli"
local crypto = require "lanyard.crypto"
local environment = require "lanyard.environment"
local rules = require "lanyard.rules"
local system = require "lanyard.system"
local task = require "lanyard.task"
local version = require "lanyard.version"

local M = {}

local CALLER_SECONDS = 10 -- for credentials and the call; the run waits for it
local CONNECT_SECONDS = 5
local MAX_PROFILES = 10
local ANY_REGION = "us-east-1" -- where the caller is asked for when no Region is set
local MAX_RULES_BYTES = 4 * 1024 * 1024

-- Returns the name of a user id. The file lacks the users of a directory service, whom the login names in a variable.
local function user_name(id)
  for line in (system.read_file "/etc/passwd" or ""):gmatch "[^\n]+" do
    local name, number = line:match "^([^:]+):[^:]*:(%d+):"
    if number and math.tointeger(number) == id then
      return name
    end
  end
  local named = environment.get "LOGNAME" or environment.get "USER"
  return named and ("%s, as the environment says"):format(named) or "without a name"
end

local function user_line()
  local id = system.user()
  local before = environment.get "SUDO_USER"
  return ("operating-system user: %s (uid %d%s)"):format(user_name(id), id,
    before and ", by sudo from " .. before or "")
end

-- Opens a session that asks nobody and does not retry.
-- --> session, whether its Region is set | nil, err
local function open(profile)
  local settings = cli.session_options { profile = profile }
  settings.on_retry = nil
  settings.max_attempts, settings.connect_timeout, settings.timeout = 1, CONNECT_SECONDS, CALLER_SECONDS
  settings.ask = function() return nil end -- a command that needs the code of an MFA device asks for it
  local session, err = aws.session(settings)
  if session then
    return session, true
  elseif err.code ~= "NoRegion" then
    return nil, err
  end
  settings.region = ANY_REGION
  session, err = aws.session(settings)
  return session, err or false
end

local function endpoint_line(session)
  local endpoint, err = session:endpoint "ecr"
  if aws.defaults.endpoint_url then
    return "endpoint: the emulator in this process"
  elseif not endpoint then
    return ("endpoint: not known: %s"):format(err.message)
  elseif endpoint.source then
    return ("endpoint: %s (%s), not AWS's"):format(endpoint.url, endpoint.source)
  end
  return "endpoint: AWS's"
end

-- Returns the lines about the caller of a profile; nil is the default profile.
local function caller_lines(profile)
  local label = profile and ("AWS caller with --profile %s"):format(profile) or "AWS caller"
  local session, region = open(profile)
  if not session then
    return { ("%s: not known: %s"):format(label, region.message) }
  end
  local caller, err = task.timeout(CALLER_SECONDS, session.identity, session)
  local lines = { ("%s: %s"):format(label, caller and caller.arn or "not known: " .. err.message) }
  lines[#lines + 1] = caller and ("account: %s"):format(caller.account)
  lines[#lines + 1] = ("Region: %s"):format(region and session.region or "none is set")
  lines[#lines + 1] = endpoint_line(session)
  return lines
end

-- Returns the profiles that commands name, in their order.
local function profiles_of(steps, first)
  local names, seen = {}, {}
  for number = first, #steps do
    for _, command in ipairs(steps[number].commands or {}) do
      for i, word in ipairs(command.words) do
        local name = word:match "^%-%-profile=(.+)" or word == "--profile" and command.words[i + 1]
        if name and not seen[name] and #names < MAX_PROFILES then
          seen[name] = true
          names[#names + 1] = name
        end
      end
    end
  end
  return names
end

-- Describes the rules that apply to commands without --rules.
local function rules_line()
  local loaded = rules.new {}
  local ok, err = loaded:load()
  if not ok then
    return ("rules: not usable: %s"):format(err.message)
  elseif not loaded.file then
    return "rules: none"
  end
  local text = system.read_file(loaded.file, MAX_RULES_BYTES)
  return ("rules: %s%s"):format(loaded.file, text and (" (SHA-256 %s)"):format(crypto.sha256_hex(text)) or "")
end

---@class runbook.Origin
---@field name string        file name of the runbook
---@field text string        content of the runbook
---@field set string[]       NAME=VALUE each
---@field steps runbook.Step[]
---@field first? integer     number of the first step that is run; 1 by default
---@field shell? boolean     whether bash blocks are run

--- Describes a run: the runbook, lanyard's version, who runs it, where, with which rules and which variables.
---@param run runbook.Origin
---@return string[] lines
function M.lines(run)
  local lines = {
    ("runbook: %s (SHA-256 %s)"):format(run.name, crypto.sha256_hex(run.text)),
    "lanyard " .. version,
    user_line(),
    ("host: %s"):format(system.hostname() or "not known"),
  }
  local function add(more)
    table.move(more, 1, #more, #lines + 1, lines)
  end
  for _, variable in ipairs { "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL" } do
    local value = environment.get(variable)
    add { value and ("%s: %s"):format(variable, value) }
  end
  add(caller_lines(nil))
  for _, profile in ipairs(profiles_of(run.steps, run.first or 1)) do
    add(caller_lines(profile))
  end
  add { rules_line(), run.shell and "shell: bash blocks are run" or nil }
  for _, pair in ipairs(run.set) do
    add { "set: " .. pair }
  end
  return lines
end

return M
