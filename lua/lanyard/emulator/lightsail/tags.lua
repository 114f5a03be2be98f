--- The tags of Lightsail's resources.
---
--- Limits: "Tag keys accept a maximum of 128 letters, numbers, spaces in UTF-8, or the following characters:
--- + - = . _ : / @", values 256 (botocore's model of 2016-11-28, Tag), and 50 tags for each resource
--- (https://docs.aws.amazon.com/general/latest/gr/lightsail.html). Lightsail's texts for them are not recorded.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local MAX_TAGS = 50
local MAX_KEY = 128
local MAX_VALUE = 256

-- Letters and digits of other alphabets begin with a byte above 127.
local function is_text(value, max)
  local length = utf8.len(value)
  return length ~= nil and length <= max and not value:find "[^%w %+%-=._:/@\128-\255]"
end

local function check(tag, seen)
  local key, value = tag.key or "", tag.value or ""
  if key == "" or not is_text(key, MAX_KEY) or key:lower():find "^aws:" then
    return services.invalid(("The tag key \"%s\" is not valid."):format(key))
  elseif not is_text(value, MAX_VALUE) then
    return services.invalid(("The value of the tag \"%s\" is not valid."):format(key))
  elseif seen[key] then
    return services.invalid(("The tag key \"%s\" is specified more than once."):format(key))
  end
  seen[key] = true
  return nil
end

--- Returns tags with other ones added or replaced.
---@param current table<string, string>
---@param added { key: string?, value: string? }[]  of a request
---@return table<string, string>? tags
---@return emulator.Exception?
function M.add(current, added)
  local merged, seen, count = {}, {}, 0
  for key, value in pairs(current) do
    merged[key] = value
  end
  for _, tag in ipairs(added) do
    local failure = check(tag, seen)
    if failure then
      return nil, failure
    end
    merged[tag.key] = tag.value or ""
  end
  for _ in pairs(merged) do
    count = count + 1
  end
  if count > MAX_TAGS then
    return nil, services.invalid(("A resource can have at most %d tags."):format(MAX_TAGS))
  end
  return merged
end

--- Returns tags without some of them.
---@param current table<string, string>
---@param keys string[]
---@return table<string, string>
function M.remove(current, keys)
  local rest = {}
  for key, value in pairs(current) do
    rest[key] = not lists.contains(keys, key) and value or nil
  end
  return rest
end

--- Returns tags as replies have them.
---@param tags table<string, string>
---@return { key: string, value: string? }[]
function M.describe(tags)
  local list = json.array {}
  for i, key in ipairs(lists.sorted_names(tags)) do
    list[i] = { key = key, value = tags[key] ~= "" and tags[key] or nil }
  end
  return list
end

return M
