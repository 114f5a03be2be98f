--- Finds and loads a rules file.
---
---     local file, err = rules_file.load(nil, check_mute)   -- the file in use
---     local answers, err = file.box:call("ask", 1, change)
---
--- The file is the one given, else the one of $LANYARD_RULES, else ./.lanyard/rules.lua, which the user must trust
--- (lanyard.trust). It runs in a sandbox, with the vocabulary of prelude.lua.

local assets = require "lanyard.assets"
local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local lazy = require "lanyard.lazy"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"
local trust = require "lanyard.trust"

local access_facts = lazy "lanyard.rules.access_facts"

local M = {}

--- The rules file in use when none is named.
M.DEFAULT_PATH = "./.lanyard/rules.lua"

--- The name that means: no rules.
M.NONE = "none"

local MAX_BYTES = 1 << 20

--- A rule of a rules file.
---@class rules.Rule
---@field name string
---@field on table<string, true>  the kinds of changes that it applies to
---@field location string  FILE:LINE
---@field bundled? boolean             the rule is one of lanyard's
---@field needs_organization? boolean  the rule uses the fact `organization`

--- An example of a rules file.
---@class rules.Example
---@field name string
---@field change rules.Change
---@field expect "allow"|"deny"|"warn"|"finding"
---@field text? string  a part of the expected text
---@field location string  FILE:LINE

--- What a rules file declares.
---@class rules.Contents
---@field rules rules.Rule[]
---@field mutes rules.Mute[]
---@field examples rules.Example[]

---@class rules.File
---@field path? string  absent when there is no rules file
---@field digest? string  the SHA-256 of the file
---@field untrusted? lanyard.Error  set when the file was loaded although the user does not trust it
---@field box? table  the sandbox; its function "ask" runs the check of a rule
---@field contents rules.Contents
---@field reasons? boolean  a rule may use the facts about every possible request
---@field organization? boolean  a rule uses the organization of the account

-- Returns the path of the rules file that the user named; nil if none was named.
local function named(path)
  local variable = os.getenv "LANYARD_RULES"
  return path or variable ~= "" and variable or nil
end

local function invalid(path, message)
  return nil, errors.new {
    code = "InvalidRules",
    message = ("the rules cannot be used: %s"):format(escape.printable(message)),
    tip = ("fix %s: nothing is changed without the rules"):format(path),
  }
end

-- Completes the contents, and checks what the prelude cannot know. Returns true, or nil and a message.
local function check(contents, path, check_mute)
  for _, list in pairs(contents) do
    for _, item in ipairs(list) do
      item.location = item.location ~= "" and item.location or path
    end
  end
  for _, mute in ipairs(check_mute and contents.mutes or {}) do
    local ok, message = check_mute(mute)
    if not ok then
      return nil, message
    end
  end
  return true
end

-- Returns an error whose code is UntrustedRules. Its tip has the three ways out.
local function untrusted(err)
  return errors.new {
    code = "UntrustedRules",
    message = err.message,
    tip = ("the rules may deny this, so nothing is done without a decision about them; use one of\n"
      .. "lanyard trust   to review %s and trust it%s\n"
      .. "--rules FILE    to apply the rules in a file that you name\n"
      .. "--rules none    to apply no rules"):format("./" .. trust.FOLDER, err.tip and " (" .. err.tip .. ")" or ""),
  }
end

-- Reads the rules file of the current directory. Returns nil without an error if there is none.
local function read_default(for_review)
  local text, err = trust.here():read "rules.lua"
  if text or not err then
    return text
  elseif err.code ~= "Untrusted" then
    return invalid(M.DEFAULT_PATH, err.message)
  elseif not for_review then
    return nil, untrusted(err)
  end
  local info
  text, info = system.read_regular(M.DEFAULT_PATH, MAX_BYTES)
  if not text then
    return invalid(M.DEFAULT_PATH, info.message)
  end
  return text, untrusted(err)
end

-- Runs the text of a rules file in a sandbox.
local function open(text, path, check_mute)
  local contents
  local box, err = sandbox.open(text, path, { prelude = assets.read "lanyard/rules/prelude.lua" })
  if box then
    contents, err = box:call "contents"
  end
  if not contents then
    return invalid(path, err.message)
  end
  local ok, message = check(contents, path, check_mute)
  if not ok then
    return invalid(path, message)
  end
  local reasons, organization = access_facts.named_in(text), false
  for _, rule in ipairs(contents.rules) do
    reasons, organization = reasons or rule.bundled, organization or rule.needs_organization
  end
  return {
    path = path, digest = crypto.sha256_hex(text), box = box, contents = contents, reasons = reasons,
    organization = organization,
  }
end

--- Loads a rules file. The name "none", or no file in the current directory, is an empty file.
---@param path? string  the file in use unless given
---@param settings? { check_mute?: (fun(mute: rules.Mute): true?, string?), for_review?: boolean }  check_mute: only an
---  audit knows which findings exist; for_review: load the file of the current directory also if it is not trusted
---@return rules.File?
---@return lanyard.Error? err  code InvalidRules or UntrustedRules
function M.load(path, settings)
  settings = settings or {}
  path = named(path)
  local text, err
  if path and path ~= M.NONE then
    text, err = system.read_file(path, MAX_BYTES)
    if not text then
      return invalid(path, err.message)
    end
  elseif not path then
    text, err = read_default(settings.for_review)
    if not text and err then
      return nil, err
    end
  end
  if not text then
    return { contents = { rules = {}, mutes = {}, examples = {} } }
  end
  local file
  local problem = err
  file, err = open(text, path or M.DEFAULT_PATH, settings.check_mute)
  if file then
    file.untrusted = problem
  end
  return file, err
end

return M
