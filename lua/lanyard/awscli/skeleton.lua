--- Makes samples of inputs and outputs: `--generate-cli-skeleton`.
---
---     skeleton.input(operation.input)    --> { repositoryNames = { "" }, maxResults = 0 }
---     skeleton.output(operation.output)  --> { repositories = { { repositoryName = "repositoryName" } } }

local json = require "lanyard.json"
local ordered = require "lanyard.awscli.ordered"

local M = {}

local SCALARS = { integer = 0, long = 0, float = 0.0, double = 0.0, boolean = true, timestamp = "1970-01-01T00:00:00",
  blob = json.null }

local sample -- a value of a shape

-- A structure that contains itself is empty the second time.
local function structure(shape, open, named)
  local names, object = {}, {}
  for i, member in ipairs((open[shape.name] or 0) > 1 and {} or shape.members) do
    names[i], object[member.member] = member.member, sample(member, open, named, member.member)
  end
  return ordered.object(names, object)
end

-- open: how often the shape of a name is being made
-- named: texts are the names of their members
local function sample_of(shape, open, named, name)
  if shape.type == "structure" then
    return structure(shape, open, named)
  elseif shape.type == "list" then
    return json.array { sample(shape.item, open, named, named and shape.item.name or "") }
  elseif shape.type == "map" then
    return { KeyName = sample(shape.value, open, named, "") }
  elseif shape.type == "string" then
    return named and name or shape.enum and shape.enum[1] or ""
  end
  return SCALARS[shape.type]
end

function sample(shape, open, named, name)
  open[shape.name] = (open[shape.name] or 0) + 1
  local value = sample_of(shape, open, named, name)
  open[shape.name] = open[shape.name] - 1
  return value
end

--- Returns an input with all members.
---@param shape? model.Shape
---@return table
function M.input(shape)
  return shape and sample(shape, {}, false, "") or {}
end

--- Returns an output with all members. Texts are the names of their members.
---@param shape? model.Shape
---@return table
function M.output(shape)
  return shape and sample(shape, {}, true, "") or {}
end

return M
