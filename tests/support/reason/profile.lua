-- A pool of elements, with a universe of requests that decides every document made of them (see reason.universe).

local dimensions = require "reason.dimensions"
local oracle = require "reason.oracle"
local universe = require "reason.universe"

local A, C = universe.A, universe.C

---@class reason.Profile
---@field name string
---@field universe table
---@field of? table<string, string>  the dimensions of keys, in lower case, where they are not the usual ones
---@field identity? boolean
---@field options table      of new_access
---@field principals table<string, string[]>
---@field actions string[]
---@field many_actions? string[]  of which long lists are made
---@field resources? string[]
---@field one_matcher? boolean     the engine may know that a possible request of the enumeration is none
---@field without_colons? boolean  some uncertain requests are not enumerated
---@field sampled? boolean         requests are not enumerated that matter: a witness is checked by the evaluator only
---@field undecided? boolean       the engine may answer that it does not know
---@field qualifiers? string[]    what follows operators
---@field tests table[]      { key, families = { { operators, operands } }, set, always, null }

local FEW_CALLERS = universe.callers { accounts = { A, C }, names = { "a", "z" }, paths = { "" }, sessions = { "z" } }
local FEW_PRINCIPALS = { AWS = { A, "arn:aws:iam::" .. A .. ":role/a", "arn:aws:iam::" .. A .. ":user/a" } }
local FEW_RESOURCES = { "arn:aws:s3:::z" }
local FEW_ACTIONS = { "s:a", "s:b", "*" }
local FEW_ACTION_VALUES = { "s:a", "s:b", "s:c" }

-- Returns a profile. What it lacks is small.
local function make(name, fields)
  fields.name = name
  fields.principals = fields.principals or FEW_PRINCIPALS
  fields.actions = fields.actions or FEW_ACTIONS
  fields.tests = fields.tests or {}
  fields.options = fields.options or {}
  fields.options.kind = fields.identity and "identity" or "resource"
  local list = {
    dimensions.who(fields.callers or FEW_CALLERS), dimensions.action(fields.action_values or FEW_ACTION_VALUES),
    dimensions.resource(fields.resource_values or FEW_RESOURCES, fields.owners), table.unpack(fields.keys or {}),
  }
  local own = fields.of or {}
  local function of(key_name) return own[key_name:lower()] or dimensions.of(key_name) end
  fields.universe = oracle.universe(list, of, fields.identity)
  return fields
end

return { make = make, FEW_CALLERS = FEW_CALLERS, FEW_PRINCIPALS = FEW_PRINCIPALS, FEW_ACTIONS = FEW_ACTIONS }
