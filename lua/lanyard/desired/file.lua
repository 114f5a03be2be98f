--- Reads a desired-state file: the list of services and the repositories that each can pull from.
---
--- The file is a Lua chunk that returns a table, run in a sandbox, or JSON with the same member names:
---
---     return {
---       region = "us-east-1",
---       grants = {
---         { service = "web",  repositories = { "web", "team/*" } },
---         { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31" },
---       },
---     }
---
--- `region` is optional: without it the file applies to the Region of the session. A grant can have a `sid` for its
--- statements, and `optional = true` when its globs may match nothing.
---
--- `services` lists container services, with or without `grants`: see lanyard.desired.services.validate. In Lua, `keep`
--- is the value { keep = true }.

local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"
local validate = require "lanyard.desired.validate"

local M = {}

local MAX_BYTES = 4 * 1024 * 1024

-- What a file in Lua can name besides the library of the sandbox.
local VOCABULARY = "keep = { keep = true }"

--- Reports whether a text is JSON rather than Lua. A Lua chunk cannot begin with a brace.
---@param text string
---@return boolean
function M.is_json(text)
  return text:gsub("^\u{feff}", ""):find "^%s*{" ~= nil
end

-- Reports whether a Lua value is a table with the keys 1 to n and no others.
local function is_sequence(value)
  if type(value) ~= "table" then
    return false
  end
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value
end

local function parse_json(text, name)
  local value, err = json.decode(text)
  if value == nil then
    local message = err.message:gsub("^line %d+, column %d+: ", "")
    return nil, errors.new {
      code = "InvalidFile", message = ("%s:%d:%d: %s"):format(name, err.line, err.column, message),
    }
  end
  return value
end

--- Parses and validates the text of a desired-state file.
---@param text string
---@param name string  what messages call the file
---@return desired.Desired?
---@return lanyard.Error? err  code InvalidFile or Limit; the message has one line for each problem
function M.parse(text, name)
  local is_json = M.is_json(text)
  local value, err
  if is_json then
    value, err = parse_json(text, name)
  else
    value, err = sandbox.value(text, name, { prelude = VOCABULARY })
  end
  if err then
    return nil, err
  end
  local is_list = is_json and json.is_array or is_sequence
  local desired
  desired, err = validate.desired(value, { name = name, text = text, is_list = is_list })
  if desired then
    desired.digest = crypto.sha256_hex(text)
  end
  return desired, err
end

--- Returns the content of a file and the name that messages use for it.
---@param path string  "-" for stdin
---@return string? text
---@return string|lanyard.Error name
function M.contents(path)
  local text, err = system.read_file(path, MAX_BYTES)
  if not text then
    return nil, errors.new { code = "CannotRead", message = tostring(err) }
  end
  return text, path == "-" and "stdin" or path
end

--- Reads, parses and validates a desired-state file.
---@param path string  "-" for stdin
---@return desired.Desired?
---@return lanyard.Error? err
function M.read(path)
  local text, name = M.contents(path)
  if not text then
    return nil, name
  end
  return M.parse(text, name)
end

return M
