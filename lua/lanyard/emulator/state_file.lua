--- Loads and saves the state of an emulator.
---
---     local state, err = state_file.load "state.json"   -- nil, nil when the file does not exist

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local system = require "lanyard.system"

local M = {}

local VERSION = 2

--- What exists in one Region of an emulator.
---@class emulator.RegionState
---@field services table       see lanyard.emulator.lightsail.services
---@field repositories table   see lanyard.emulator.ecr.repositories
---@field registry_policy? emulator.StoredPolicy
---@field account_settings? table<string, string>  see lanyard.emulator.ecr.account_settings
---@field certificates? table     see lanyard.emulator.lightsail.certificates
---@field parameters? table       see lanyard.emulator.ssm
---@field secrets? table          see lanyard.emulator.secretsmanager

--- Everything that exists in an emulator, as its state file has it.
---@class emulator.State
---@field version integer
---@field regions table<string, emulator.RegionState>
---@field roles table<string, table>  by ARN, see lanyard.emulator.iam
---@field users table<string, table>  by ARN
---@field organization? table|false  see lanyard.emulator.organizations
---@field programs? table<string, emulator.Program>  of images in other registries

--- Returns an empty state.
---@return emulator.State
function M.empty()
  return { version = VERSION, regions = {}, roles = {}, users = {} }
end

local function invalid(message)
  return nil, errors.new { code = "InvalidState", message = message }
end

--- Loads the state of a file.
---@param path string
---@return emulator.State? state
---@return lanyard.Error? err  nil when the file does not exist
function M.load(path)
  local text, err = system.read_file(path)
  if not text then
    return nil, err.code ~= "NotFound" and err or nil
  end
  local state
  state, err = json.decode(text)
  if not state then
    return invalid(("%s: %s"):format(path, err.message))
  elseif type(state) ~= "table" or state.version ~= VERSION or type(state.regions) ~= "table" then
    return invalid(path .. " is not a state file of this version of the emulator")
  end
  return state
end

--- Saves a state.
---@param path string
---@param state emulator.State
---@return true? ok
---@return lanyard.Error? err
function M.save(path, state)
  return system.write_file(path, json.encode(state, { pretty = true }) .. "\n")
end

return M
