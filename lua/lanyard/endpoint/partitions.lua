--- Finds the partition of a Region in AWS's list of partitions (partitions.json of the SDKs).
---
---     partitions.new(data)("eu-west-1").dnsSuffix   --> "amazonaws.com"

local failure = require "lanyard.endpoint.failure"

local M = {}

-- The most alternatives that the expression of a partition can have.
local MAX_ALTERNATIVES = 500

-- Splits "^(us|eu)\-\w+$" at its groups, and returns every text that takes one alternative of each.
local function alternatives(expression, at)
  local before, group, after = expression:match "^(.-)%(([^()]*)%)(.*)$"
  if not before or before:find "\\$" then
    return { expression }
  end
  local texts = {}
  local rest = alternatives(after, at)
  for word in (group .. "|"):gmatch "([^|]*)|" do
    for _, text in ipairs(rest) do
      texts[#texts + 1] = before .. word .. text
      if #texts > MAX_ALTERNATIVES then
        failure.raise(at, "the expression '%s' has more than %d alternatives", expression, MAX_ALTERNATIVES)
      end
    end
  end
  return texts
end

local CLASSES = { d = "%d", w = "[%w_]" }

-- Translates an expression without groups: characters, \d, \w, \ before punctuation, + and *.
local function to_pattern(expression, at)
  local inner = expression:match "^%^(.*)%$$"
  local pattern, position = { "^" }, 1
  local function unsupported()
    failure.raise(at, "the expression '%s' has a form that lanyard does not know", expression)
  end
  if not inner then
    unsupported()
  end
  while position <= #inner do
    local class, next_position = inner:match("^\\([dw])()", position)
    local char
    if not class then
      char, next_position = inner:match("^\\(%p)()", position)
    end
    if not (class or char) then
      char, next_position = inner:match("^([%w_-])()", position)
    end
    if not (class or char) then
      unsupported()
    end
    local repetition = inner:match("^[+*]", next_position) or ""
    pattern[#pattern + 1] = (class and CLASSES[class] or char:gsub("%p", "%%%0")) .. repetition
    position = next_position + #repetition
  end
  return table.concat(pattern) .. "$"
end

local function patterns_of(expression, at)
  if type(expression) ~= "string" then
    failure.raise(at, "a regular expression was expected")
  end
  local patterns = {}
  for i, text in ipairs(alternatives(expression, at)) do
    patterns[i] = to_pattern(text, at)
  end
  return patterns
end

local function matches(partition, region)
  if partition.regions[region] then
    return true
  end
  for _, pattern in ipairs(partition.patterns) do
    if region:find(pattern) then
      return true
    end
  end
  return false
end

-- Returns the attributes of a partition. A Region can replace some of them.
local function attributes_of(partition, region)
  local attributes = { name = partition.id }
  for _, source in ipairs { partition.outputs, partition.regions[region] or {} } do
    for name, value in pairs(source) do
      attributes[name] = value
    end
  end
  return attributes
end

local function prepare(partition, number)
  local at = "partitions." .. number - 1
  if type(partition) ~= "table" or type(partition.outputs) ~= "table" then
    failure.raise(at, "an object with id, regionRegex and outputs was expected")
  elseif partition.regions ~= nil and type(partition.regions) ~= "table" then
    failure.raise(at .. ".regions", "an object was expected")
  end
  for name, region in pairs(partition.regions or {}) do
    if type(region) ~= "table" then
      failure.raise(("%s.regions.%s"):format(at, name), "an object was expected")
    end
  end
  return {
    id = partition.id, outputs = partition.outputs, regions = partition.regions or {},
    patterns = patterns_of(partition.regionRegex, at .. ".regionRegex"),
  }
end

--- Returns a function that finds the partition of a Region. A Region that no partition has is in the first one, which
--- is "aws", and so is none: older rule sets ask for it. Raises a failure for data that cannot be read.
---@param data { partitions: table[] }  as in partitions.json
---@return fun(region: string?): table attributes  name, dnsSuffix, dualStackDnsSuffix, supportsFIPS, ...
function M.new(data)
  local list, found, count = {}, {}, 0
  if type(data) ~= "table" or type(data.partitions) ~= "table" or not data.partitions[1] then
    failure.raise("partitions", "a list of partitions was expected")
  end
  for i, partition in ipairs(data.partitions) do
    list[i] = prepare(partition, i)
  end
  return function(region)
    region = region or ""
    local attributes = found[region]
    if attributes then
      return attributes
    end
    local chosen = list[1]
    for _, partition in ipairs(list) do
      if matches(partition, region) then
        chosen = partition
        break
      end
    end
    count = count + 1
    if count > 1000 then
      found, count = {}, 1
    end
    attributes = attributes_of(chosen, region)
    found[region] = attributes
    return attributes
  end
end

return M
