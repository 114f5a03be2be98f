--- Values that are in files: `file://NAME` is the text of a file, and `fileb://NAME` its bytes.
---
---     file_value.read "file://policy.json"   --> the text
---     file_value.read "fileb://function.zip" --> { bytes = ... }, which is never decoded
---     file_value.read "web"                  --> "web"
---
--- https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html

local environment = require "lanyard.environment"
local system = require "lanyard.system"

local M = {}

-- The largest value of AWS is a program of Lambda (50 MB). Larger values, and devices without an end, are mistakes.
local MAX_BYTES = 256 * 1024 * 1024

local Bytes = {}

--- Reports whether a value is the bytes of a file.
---@param value any
---@return boolean
function M.is_bytes(value)
  return getmetatable(value) == Bytes
end

--- Returns a value, or the content of the file that it names.
---@param text string
---@return string|table? value  a text, or { bytes: string }
---@return string? message
function M.read(text)
  local scheme, name = text:match "^(fileb?)://(.*)$"
  if not scheme then
    return text
  end
  local path, message = environment.expand_path(name)
  if not path then
    return nil, ("%s: %s"):format(text, message)
  end
  local content, err = system.read_file(path, MAX_BYTES)
  if not content then
    return nil, ("%s: %s"):format(text, err.message)
  elseif scheme == "fileb" then
    return setmetatable({ bytes = content }, Bytes)
  elseif not utf8.len(content) then
    return nil, ("%s: the file is not UTF-8 text; fileb:// reads bytes"):format(text)
  end
  return content
end

return M
