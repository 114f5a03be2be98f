-- The vocabulary of a rules file: rule, bundled, example, mute, allow, deny, warn, finding. lanyard.rules reads this
-- file as an asset and runs it in the sandbox before the user's file. It is not a module.

local CHANGES = { "grant", "revoke", "enable", "disable", "deploy", "undo" }
-- Events that "any" does not contain: a rule of changes expects other facts.
local OTHERS = { audit = true, call = true, service = true }
local SEVERITIES = { critical = true, high = true, medium = true, low = true, info = true }
local EXPECTED = { allow = true, deny = true, warn = true, finding = true }
local RULE_FIELDS = { on = true, check = true }
-- The types of the members of a change, for examples.
local CHANGE_FIELDS = { on = "string", action = "action", image = "string", expect = "string", dry_run = "boolean",
  time = "string", epoch = "integer", caller = "table", service = "table", repository = "string",
  repository_details = "table", before = "policy", after = "policy", grant = "table", deployment = "table",
  call = "table", unknown = "string", organization = "table" }
local TYPE_NAMES = { table = "a table", string = "a string", boolean = "true or false",
  action = "create, update, delete or delete-image", state = "a table: { power = \"nano\", scale = 1, ... }",
  integer = "seconds since 1970", policy = "a policy: a string, { text = TEXT } or { statements = { ... } }" }
local LAST_SECOND = 253402300799 -- of the year 9999
local FINDING_FIELDS = { severity = true, message = true, why = true, fix = true }
local MUTE_FIELDS = { finding = true, repository = true, service = true, principal = true, statement = true,
  account = true, region = true, message = true, reason = true, ends = true }

local error, ipairs, next, pairs, pcall, type = error, ipairs, next, pairs, pcall, type
local math_type, match, concat, tostring = math.type, string.match, table.concat, tostring
local find = string.find

local known_changes = {}
for _, name in ipairs(CHANGES) do known_changes[name] = true end

local rules, mutes, examples = {}, {}, {}
local answers -- the answers of the check that is running

-- Returns FILE:LINE of the caller of the function that calls this one.
local function location()
  local _, text = pcall(error, "", 4)
  return match(text, "^(.*:%d+): $") or ""
end

-- Raises an error at the line of the rules file that called the vocabulary.
local function misuse(message)
  error(message, 3)
end

local function check_fields(fields, known, what)
  if type(fields) ~= "table" then
    error(what .. " takes a table: " .. what .. " { ... }", 3)
  end
  for name in pairs(fields) do
    if not known[name] then
      error(what .. " has an unknown field '" .. tostring(name) .. "'", 3)
    end
  end
end

local ACTIONS = { create = true, update = true, delete = true, ["delete-image"] = true }

local function has_type(value, expected)
  if expected == "integer" then
    return math_type(value) == expected and value >= 0 and value <= LAST_SECOND
  elseif expected == "action" then
    return ACTIONS[value] == true
  elseif expected == "state" then
    return type(value) == "table"
  elseif expected == "policy" then
    return type(value) == "string" or type(value) == "table" and (value.text == nil or type(value.text) == "string")
  end
  return type(value) == expected
end

-- Raises an error when the change of an example is invalid.
local function check_change(fields)
  for name, value in pairs(fields) do
    local expected = CHANGE_FIELDS[name]
    if expected == "policy" and fields.on == "service" then
      expected = "state"
    end
    if not expected then
      error("example has an unknown field '" .. tostring(name) .. "'", 3)
    elseif not has_type(value, expected) then
      error("example: " .. name .. " must be " .. TYPE_NAMES[expected], 3)
    end
  end
  for name, value in pairs(fields.caller or {}) do
    if type(value) ~= "string" then
      error("example: caller." .. tostring(name) .. " must be a string", 3)
    end
  end
end

local function is_text(value)
  return type(value) == "string" and match(value, "%S") ~= nil
end

-- Returns the set of changes that a rule applies to.
local function set_of(on)
  local set = {}
  for _, name in ipairs(type(on) == "table" and on or { on }) do
    if name == "any" then
      for _, change in ipairs(CHANGES) do set[change] = true end
    elseif known_changes[name] or OTHERS[name] then
      set[name] = true
    else
      error("on = '" .. tostring(name) .. "': expected " .. concat(CHANGES, ", ") .. ", any, audit, call or service", 3)
    end
  end
  if not next(set) then
    error("a rule needs on: " .. concat(CHANGES, ", ") .. ", any, audit, call, service, or a list of these", 3)
  end
  return set
end

function rule(name)
  if not is_text(name) then
    misuse 'a rule needs a name: rule "name" { on = "grant", check = function(change) ... end }'
  end
  local at = location()
  return function(fields)
    check_fields(fields, RULE_FIELDS, "rule")
    if type(fields.check) ~= "function" then
      error('rule "' .. name .. '" needs a function check', 2)
    end
    rules[#rules + 1] = { name = name, on = set_of(fields.on), check = fields.check, location = at }
  end
end

function example(name)
  if not is_text(name) then
    misuse 'an example needs a name: example "name" { on = "grant", ..., expect = "deny" }'
  end
  local at = location()
  return function(fields)
    if type(fields) ~= "table" then
      misuse "example takes a table"
    end
    local kind, text = fields.expect, nil
    if type(kind) == "string" and not EXPECTED[kind] then
      kind, text = match(kind, "^(%a+): *(.+)$")
    end
    if not EXPECTED[kind] then
      error('expect must be "allow", "deny", "warn" or "finding", or one of these with a text: "deny: TEXT"', 2)
    end
    if not (known_changes[fields.on] or OTHERS[fields.on]) then
      error("on = '" .. tostring(fields.on) .. "': expected " .. concat(CHANGES, ", ") .. ", audit, call or service", 2)
    end
    check_change(fields)
    local change = {}
    for key, value in pairs(fields) do change[key] = value end
    change.expect = nil
    examples[#examples + 1] = { name = name, change = change, expect = kind, text = text, location = at }
  end
end

function mute(fields)
  check_fields(fields, MUTE_FIELDS, "mute")
  if not is_text(fields.finding) then
    misuse "a mute needs the id of a finding: mute { finding = \"public-access\", reason = \"...\" }"
  elseif not is_text(fields.reason) then
    misuse "a mute needs a reason"
  end
  local copy = { location = location() }
  for name, value in pairs(fields) do
    if not is_text(value) then
      misuse("mute: " .. name .. " must be a string that is not empty")
    end
    copy[name] = value
  end
  mutes[#mutes + 1] = copy
end

-- An answer counts when it is created, so that a forgotten `return` does not let a change pass.
local function answer(kind, fields)
  if not answers then
    error(kind .. " can be called only in the check of a rule", 2)
  end
  fields.kind = kind
  answers[#answers + 1] = fields
  answers[fields] = true
  return fields
end

function allow()
  return answer("allow", {})
end

function deny(reason)
  if not is_text(reason) then
    misuse 'deny needs a reason: deny "reason"'
  end
  return answer("deny", { text = reason })
end

function warn(text)
  if not is_text(text) then
    misuse 'warn needs a text: warn "text"'
  end
  return answer("warn", { text = text })
end

function finding(fields)
  check_fields(fields, FINDING_FIELDS, "finding")
  if not SEVERITIES[fields.severity] then
    misuse "the severity of a finding must be critical, high, medium, low or info"
  elseif not is_text(fields.message) then
    misuse "a finding needs a message"
  end
  return answer("finding", { severity = fields.severity, text = fields.message, why = is_text(fields.why)
    and fields.why or nil, fix = is_text(fields.fix) and fields.fix or nil })
end

-- ---------------------------------------------------------------------------------------------
-- Bundled rules

local denied = deny -- a file can replace the global

local OWN_ORGANIZATION_FIELDS = { organizations = true, accounts = true }

-- Returns the set of the texts of a list that match a pattern, or nil without a list. one: what an item is
local function set_field(fields, name, pattern, one)
  local list, set = fields[name], {}
  if list == nil then
    return nil
  elseif type(list) ~= "table" or #list == 0 then
    error("own-organization: " .. name .. " must be a list with at least one item", 4)
  end
  for _, text in ipairs(list) do
    if type(text) ~= "string" or not match(text, pattern) then
      error("own-organization: '" .. tostring(text) .. "' is not " .. one, 4)
    end
    set[text] = true
  end
  return set
end

-- Lightsail's puller roles belong to accounts of AWS, and act for one container service.
local PULLER = "^arn:[%w-]+:iam::%d+:role/amazon/lightsail/[%w-]+/containers/"

-- Reports whether a class of callers is outside of all organizations and accounts.
local function is_outside(caller, organizations, accounts)
  if caller.kind == "organization" then
    return not organizations[caller.id]
  elseif caller.kind == "organization-path" then
    return not organizations[match(caller.id, "^(o%-[a-z0-9]+)/") or false]
  elseif caller.kind == "service" or caller.kind == "any-service" then
    return not caller.source -- it acts for the resources of any account
  elseif caller.kind ~= "account" and caller.kind ~= "principal" and caller.kind ~= "provider"
    and caller.kind ~= "pattern" then
    return true
  elseif match(caller.id, PULLER) then
    return false
  end
  local account = match(caller.id, "^arn:[%w-]+:%w+::(%d+):") or match(caller.id, "^%d+$")
  -- The id of a deleted or unknown principal has no account: it gives nobody of an organization access.
  if not account then
    return caller.kind ~= "principal" or find(caller.id, ":", 1, true) ~= nil
  end
  return accounts ~= nil and not accounts[account]
end

-- The sources for which a service acts: each must be in one of the organizations or accounts.
local function has_outside_source(source, organizations, accounts)
  for _, value in ipairs(source and source.values or {}) do
    local organization = match(value, "^o%-[a-z0-9]+")
    local account = match(value, "^%d+$") or match(value, "^arn:[^:]*:[^:]*:[^:]*:(%d+):")
    if organization and not organizations[organization] or account and accounts and not accounts[account]
      or not organization and not account then
      return true
    end
  end
  return false
end

-- Returns a set with one more item.
local function with(set, item)
  local copy = { [item] = true }
  for name in pairs(set) do copy[name] = true end
  return copy
end

local function own_organization(fields)
  local given = set_field(fields, "organizations", "^o%-[a-z0-9]+$", "the id of an organization, such as o-a1b2c3d4e5")
  local accounts = set_field(fields, "accounts", "^%d%d%d%d%d%d%d%d%d%d%d%d$", "an account id: write 12 digits")
  return {
    name = "no change opens a repository to another organization",
    on = set_of { "grant", "revoke", "undo" }, needs_organization = given == nil,
    check = function(change)
      local organizations = given
      if not change.new_access then
        return denied("it cannot be decided who gains access to " .. change.repository .. ": "
          .. tostring(change.unknown))
      elseif not given and not change.organization then
        return denied("the own organization is unknown: set organizations of the rule (" .. tostring(change.unknown)
          .. ")")
      elseif not given then
        organizations = { [change.organization.id or false] = true }
      end
      local ours = accounts and with(accounts, change.repository_details.account)
      for _, caller in ipairs(change.new_access) do
        if is_outside(caller, organizations, ours) or has_outside_source(caller.source, organizations, ours) then
          return denied("it would open " .. change.repository .. " to " .. caller.text)
        end
      end
    end,
  }
end

local BUNDLED = { ["own-organization"] = { create = own_organization, fields = OWN_ORGANIZATION_FIELDS } }

function bundled(name)
  if not BUNDLED[name] then
    misuse("there is no bundled rule '" .. tostring(name) .. "': expected own-organization")
  end
  local at = location()
  return function(fields)
    check_fields(fields, BUNDLED[name].fields, name)
    local one = BUNDLED[name].create(fields)
    one.location, one.bundled = at, true
    rules[#rules + 1] = one
  end
end

-- Reports whether a check returned nothing, an answer, or a list of answers.
local function is_answer(value)
  if value == nil or answers[value] then
    return true
  elseif type(value) ~= "table" then
    return false
  end
  for _, one in ipairs(value) do
    if not answers[one] then
      return false
    end
  end
  return #value > 0
end

local function plain_rules()
  local list = {}
  for i, one in ipairs(rules) do
    list[i] = { name = one.name, on = one.on, location = one.location, bundled = one.bundled,
      needs_organization = one.needs_organization }
  end
  return list
end

return {
  contents = function()
    return { rules = plain_rules(), mutes = mutes, examples = examples }
  end,
  ask = function(index, change)
    answers = {}
    local value = rules[index].check(change)
    local valid, given = is_answer(value), {}
    for i, one in ipairs(answers) do given[i] = one end
    answers = nil
    if not valid then
      error('rule "' .. rules[index].name .. '" returned a ' .. type(value)
        .. ": return allow(), deny \"reason\", warn \"text\", finding { ... }, or nothing", 0)
    end
    return given
  end,
}
