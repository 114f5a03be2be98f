--- Checks the arguments of lanyard.policy. Each function returns nil, or what is wrong: the argument, what is expected,
--- and what it is.
---
---     local problem = arguments.document("before", before) or arguments.options(options, "always kind limit")
---     arguments.verify("public", problem)                          -- raises an error where public was called

local argument_errors = require "lanyard.policy.argument_errors"
local lists = require "lanyard.lists"
local request_of = require "lanyard.policy.request"
local suggest = require "lanyard.text.suggest"

local expected, shown = argument_errors.expected, argument_errors.shown

local M = { document = argument_errors.document, verify = argument_errors.verify }

-- core/lua/reason.c has the same limits.
local MOST_ACCOUNTS, MOST_KEYS, MOST_LIMIT = 100000, 1000, 1000000000

-- Checks that a table has no other fields. unknown: the message for one, with its name
local function fields(name, value, known, unknown)
  if type(value) ~= "table" then
    return expected(name, "a table", value)
  end
  local names = lists.sorted_names(lists.set(known))
  for field in pairs(value) do
    if type(field) ~= "string" or not lists.contains(names, field) then
      local near = type(field) == "string" and suggest(field, names)
      return ("%s%s%s (known: %s)"):format(name, unknown:format(tostring(field)),
        near and ("; did you mean '%s'?"):format(near) or "", table.concat(names, ", "))
    end
  end
  return nil
end

-- Checks a list of texts. check(text): what is expected of one | nil if it is that
local function texts(name, value, check, most)
  if type(value) ~= "table" then
    return expected(name, "a list", value)
  end
  local count = 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 then
      return ("%s: a list expected, got a table with the key %s"):format(name, shown(key))
    end
    count = count + 1
  end
  if count > most then
    return ("%s: at most %d expected, got %d"):format(name, most, count)
  end
  for i = 1, count do
    local wanted = type(value[i]) == "string" and check(value[i])
    if type(value[i]) ~= "string" or value[i] == "" or value[i]:find "%z" then
      return expected(("%s[%d]"):format(name, i), "a text that is not empty", value[i])
    elseif wanted then
      return ("%s[%d]: %s is not %s"):format(name, i, shown(value[i]), wanted)
    end
  end
  return nil
end

local function filled(name, value)
  return type(value) == "table" and next(value) == nil and ("%s: a list that is not empty expected"):format(name) or nil
end

-- ---------------------------------------------------------------------------------------------
-- Texts

local function action_form(text)
  return text ~= "*" and not text:find "^[%w*?-]+:[%w*?_-]+$" and "an action: write SERVICE:ACTION" or nil
end

local function account_form(text)
  return not text:find "^%d%d%d%d%d%d%d%d%d%d%d%d$" and "an account id of 12 digits" or nil
end

local function organization_form(text)
  return not text:find "^o%-[a-z0-9]+$" and "the id of an organization, such as o-a1b2c3d4e5" or nil
end

local function key_form(text)
  return not text:find "^[^:%s]+:." and "the name of a condition key, such as aws:PrincipalOrgID" or nil
end

local function resource_form(text)
  return text ~= "*" and not text:find "[*?]" and not text:find "^arn:" and "an ARN or a pattern" or nil
end

-- Returns the kind of a principal that can be asked about: "account", "service" or "arn" | nil
function M.principal_kind(principal)
  local kind = request_of.caller(principal).kind
  local account, name = principal:match "^arn:[%w*?-]+:iam::([%d*?]+):(.+)$"
  if account and kind ~= "root" and not name:find "^%a+%-provider/"
    and (account:find "[*?]" or not account_form(account)) and (name:find "^user/." or name:find "^role/."
    or name:find "^%a*[*?]") then
    return "arn"
  elseif not account_form(principal) then
    return "account"
  end
  return kind == "service" and kind or nil
end

-- ---------------------------------------------------------------------------------------------
-- Options

local OPTIONS = {}

function OPTIONS.kind(name, value)
  return value ~= "resource" and value ~= "identity" and expected(name, "'resource' or 'identity'", value) or nil
end

function OPTIONS.accounts(name, value)
  if type(value) ~= "table" then
    return expected(name, "a table of account ids and their organizations", value)
  end
  local count = 0
  for account, organization in pairs(value) do
    count = count + 1
    if type(account) ~= "string" or account_form(account) then
      return expected(name, "a key that is an account id, a string of 12 digits,", account)
    elseif organization ~= false and (type(organization) ~= "string" or organization_form(organization)) then
      return expected(("%s['%s']"):format(name, account),
        "the id of an organization, such as o-a1b2c3d4e5, or false for an account in none,", organization)
    end
  end
  return count > MOST_ACCOUNTS
    and ("%s: at most %d accounts expected, got %d"):format(name, MOST_ACCOUNTS, count) or nil
end

function OPTIONS.always(name, value)
  return texts(name, value, key_form, MOST_KEYS)
end

function OPTIONS.limit(name, value)
  local whole = type(value) == "number" and math.tointeger(value)
  return not (whole and whole >= 1 and whole <= MOST_LIMIT)
    and expected(name, ("a whole number from 1 to %d"):format(MOST_LIMIT), value) or nil
end

function OPTIONS.action(name, value)
  local wrong = type(value) ~= "string" or action_form(value)
  return wrong and expected(name, "an action, SERVICE:ACTION,", value) or nil
end

function OPTIONS.before(name, value)
  return M.document(name, value)
end

function OPTIONS.brief(name, value)
  return type(value) ~= "boolean" and expected(name, "true or false", value) or nil
end

--- Checks options. No options are none.
---@param options any
---@param known string  the names of the options, separated by blanks
---@return string? problem
function M.options(options, known)
  if options == nil then
    return nil
  end
  local problem = fields("options", options, known, ": unknown option '%s'")
  if problem then
    return problem
  end
  for _, name in ipairs(lists.sorted_names(options)) do
    problem = OPTIONS[name]("options." .. name, options[name])
    if problem then
      return problem
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- Requests

local SCALARS = { string = true, number = true, boolean = true }

-- Returns what is wrong with a value of a context. Fields are read raw, as the functions in C do.
local function context_value(key, value)
  local wrong = value
  if SCALARS[type(value)] then
    return nil
  elseif type(value) == "table" then
    local i = 1
    while i <= rawlen(value) and SCALARS[type(rawget(value, i))] do
      i = i + 1
    end
    if i > rawlen(value) then
      return nil
    end
    wrong = rawget(value, i)
  end
  return expected(("context: %s"):format(key), "a string, number, boolean or a list of them", wrong)
end

local function context(value)
  if type(value) ~= "table" then
    return expected("context", "a table", value)
  end
  local seen = {}
  for key, values in next, value do
    if type(key) ~= "string" then
      return "context: keys must be strings, got " .. shown(key)
    elseif seen[key:lower()] then
      return ("context: %s is given twice, in different letter cases"):format(key)
    end
    seen[key:lower()] = true
    local problem = context_value(key, values)
    if problem then
      return problem
    end
  end
  return nil
end

--- Checks the fields of a request.
---@param name string                     of the function
---@param request any
---@param types table<string, string|true>  the types of the fields; true: any
---@param required string[]
---@param level? integer                  how many more calls are between this one and the function
function M.request(name, request, types, required, level)
  level = 3 + (level or 0)
  if type(request) ~= "table" then
    error(("%s: a table expected, got %s"):format(name, type(request)), level)
  end
  for field, value in pairs(request) do
    local wanted = types[field]
    if not wanted then
      error(("%s has no field '%s'"):format(name, tostring(field)), level)
    elseif wanted ~= true and type(value) ~= wanted then
      error(("%s: %s: a %s expected, got %s"):format(name, field, wanted, type(value)), level)
    end
  end
  for _, field in ipairs(required) do
    if request[field] == nil then
      error(("%s requires '%s', a string"):format(name, field), level)
    end
  end
  M.verify(name, request.context ~= nil and context(request.context) or nil, level - 2)
end

-- Returns what is wrong with a policy of a request: a text, a document, or { policy =, name = } with a name.
local function policy_of(name, value)
  if type(value) == "table" and type(value.policy) ~= "table" then
    if value.name ~= nil and type(value.name) ~= "string" then
      return expected(name .. ".name", "a string", value.name)
    end
    name, value = name .. ".policy", value.policy
  end
  return type(value) ~= "string" and M.document(name, value)
    and expected(name, "a text, a document of lanyard.policy or { policy =, name = }", value) or nil
end

--- Checks the policies of a request.
---@param name string
---@param value any
---@param depth integer  0: a policy, 1: a list of policies, 2: a list of lists
---@return string? problem
function M.policies(name, value, depth)
  if value == nil then
    return nil
  elseif depth == 0 then
    return policy_of(name, value)
  elseif type(value) ~= "table" then
    return expected(name, "a list", value)
  end
  for i, one in ipairs(value) do
    local is_sound = depth == 1 and (type(one) == "string" or not M.document(name, one))
    local problem = not is_sound and M.policies(("%s[%d]"):format(name, i), one, depth - 1)
    if problem then
      return problem
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- What is asked

local ASKED = {
  actions = action_form, resources = resource_form,
  principals = function(text)
    return not M.principal_kind(text) and "an account id, a service, or the ARN of a user or role" or nil
  end,
}
local INSIDE = { accounts = account_form, organizations = organization_form }

-- Checks a table of lists of texts. forms: by the name of the list
local function table_of_lists(name, value, forms, filled_lists)
  local known = lists.sorted_names(forms)
  local problem = fields(name, value, table.concat(known, " "), " has no field '%s'")
  for _, field in ipairs(not problem and known or {}) do
    local list, path = value[field], name .. "." .. field
    problem = problem or list ~= nil
      and (filled_lists and filled(path, list) or texts(path, list, forms[field], MOST_KEYS)) or nil
  end
  return problem
end

--- Checks the argument of grants.
---@param asked any
---@return string? problem
function M.asked(asked)
  return table_of_lists("asked", asked, ASKED, true)
end

--- Checks the argument of outside.
---@param inside any
---@return string? problem
function M.inside(inside)
  return table_of_lists("inside", inside, INSIDE, false)
end

return M
