--- Finds and loads a rules file.
---
---     local file, err = rules_file.load(nil, check_mute)   -- the file in use
---     local answers, err = file.box:call("ask", 1, change)
---
--- The file is the one given, else the one of $LANYARD_RULES, else ./.lanyard/rules.lua. It runs in a sandbox, with the
--- vocabulary of prelude.lua.

local assets = require "lanyard.assets"
local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"

local M = {}

M.DEFAULT_PATH = "./.lanyard/rules.lua"

local MAX_BYTES = 1 << 20

---@class rules.Rule
---@field name string
---@field on table<string, true>  the kinds of changes that it applies to
---@field location string  FILE:LINE

---@class rules.Example
---@field name string
---@field change rules.Change
---@field expect "allow"|"deny"|"warn"|"finding"
---@field text? string  a part of the expected text
---@field location string  FILE:LINE

---@class rules.Contents
---@field rules rules.Rule[]
---@field mutes rules.Mute[]
---@field examples rules.Example[]

---@class rules.File
---@field path? string  absent when there is no rules file
---@field box? table  the sandbox; its function "ask" runs the check of a rule
---@field contents rules.Contents

-- Returns the path of the rules file, and whether it was named: only a file that was named must exist.
local function path_of(path)
  local variable = os.getenv "LANYARD_RULES"
  path = path or variable ~= "" and variable or nil
  return path or M.DEFAULT_PATH, path ~= nil
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

--- Loads a rules file. Without a name, a file that does not exist is an empty file.
---@param path? string  the file in use unless given
---@param check_mute? fun(mute: rules.Mute): true?, string?  only an audit knows which findings exist
---@return rules.File?
---@return lanyard.Error? err  code InvalidRules
function M.load(path, check_mute)
  local is_named
  path, is_named = path_of(path)
  local text, err = system.read_file(path, MAX_BYTES)
  if not text and err.code == "NotFound" and not is_named then
    return { contents = { rules = {}, mutes = {}, examples = {} } }
  elseif not text then
    return invalid(path, err.message)
  end
  local box, contents
  box, err = sandbox.open(text, path, { prelude = assets.read "lanyard/rules/prelude.lua" })
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
  return { path = path, box = box, contents = contents }
end

return M
