-- Looks for a request that one document allows and another one does not, among random ones: for documents whose requests
-- are too many to enumerate. It has the interface of a universe (reason.oracle). Most requests are made from the texts of
-- the documents: the variables get values, texts with variables are expanded, and wildcards become short texts.

local core = require "lanyard.policy.core"
local json = require "lanyard.json"
local oracle = require "reason.oracle"
local reader = require "reason.elements"

local M = {}

---@class reason.Sampler
---@field random fun(limit: integer): integer
---@field callers table[]
---@field keys table<string, (string|false)[]>  the values of the keys
---@field words string[]       what replaces a wildcard
---@field count integer        of requests for a pair
local Sampler = {}
Sampler.__index = Sampler

function M.new(fields)
  return setmetatable(fields, Sampler)
end

function Sampler:pick(list)
  return list[self.random(#list)]
end

-- Returns a text without variables and wildcards. It may differ from each text that matches the pattern.
function Sampler:fill(pattern, context)
  local text = pattern:gsub("%${([^},]*)([^}]*)}", function(name, rest)
    if name:find "^[*?$]$" then
      return name == "*" and "\1" or name == "?" and "\2" or name
    end
    local value = context[name]
    return type(value) == "string" and value ~= "" and value or rest:match "'(.*)'" or ""
  end)
  text = text:gsub("*", function() return self:pick(self.words) end):gsub("?", function() return self:pick { "a", "x" } end)
  return (text:gsub("\1", "*"):gsub("\2", "?"))
end

-- Collects the patterns of resources, and the operands by key in lower case.
local function texts_of(...)
  local resources, operands = {}, {}
  for _, doc in ipairs { ... } do
    for _, statement in ipairs(reader.list_of(doc.Statement)) do
      for _, item in ipairs(reader.list_of(statement.Resource or statement.NotResource)) do resources[#resources + 1] = item end
      for _, keys in pairs(statement.Condition or {}) do
        for key, list in pairs(keys) do
          operands[key] = operands[key] or {}
          for _, item in ipairs(reader.list_of(list)) do table.insert(operands[key], item) end
        end
      end
    end
  end
  return resources, operands
end

function Sampler:request(resources, operands)
  local caller = self:pick(self.callers)
  local context = {}
  for key, value in pairs(caller.context) do context[key] = value end
  for _, key in ipairs(self.order) do context[key] = self:pick(self.keys[key]) or nil end
  -- Values that the operands of the documents have, in an order that differs.
  local from = self.random(#self.order)
  for i = 1, #self.order do
    local key = self.order[(from + i) % #self.order + 1]
    if operands[key] and self.random(100) <= 50 then
      context[key] = self:fill(self:pick(operands[key]), context)
    end
  end
  local resource = self.prefix .. self:pick(self.words)
  if #resources > 0 and self.random(100) <= 75 then
    resource = self:fill(self:pick(resources), context)
  end
  if self.random(100) <= 10 then resource = resource .. self:pick(self.words) end
  if not resource:find "^arn:aws:s3:::." then resource = self.prefix .. "z" end
  return { principal = caller.principal, issuer = caller.issuer, action = "s:a", resource = resource, context = context }
end

--- The interface of reason.Universe.
function Sampler:differs(before, after)
  local function parse(doc)
    return assert(core.parse(json.encode { Version = doc.Version, Statement = json.array(doc.Statement) }))
  end
  local first, second = parse(before), parse(after)
  local resources, operands = texts_of(before, after)
  for _ = 1, self.count do
    local request = self:request(resources, operands)
    if oracle.can(second, request) == "allow" and oracle.can(first, request):find "deny$" then
      return "certain", request
    end
  end
end

--- Returns a random request.
function Sampler:random_request()
  return self:request({}, {})
end

return M
