-- The vocabulary of a rules file: rule, example, mute, allow, deny, warn, finding. lanyard.rules reads this file as
-- an asset and runs it in the sandbox before the user's file. It is not a module.

local CHANGES = { "grant", "revoke", "enable", "disable", "deploy", "undo" }
local SEVERITIES = { critical = true, high = true, medium = true, low = true, info = true }
local EXPECTED = { allow = true, deny = true, warn = true, finding = true }
local RULE = { on = true, check = true }
-- The types of what a change has, in an example.
local SHAPES = { on = "string", expect = "string", dry_run = "boolean", time = "string", epoch = "integer",
  caller = "table", service = "table", repository = "string", repository_details = "table", before = "policy",
  after = "policy", grant = "table", deployment = "table", unknown = "string" }
local NAMES = { table = "a table", string = "a text", boolean = "true or false",
  integer = "seconds since 1970", policy = "a policy: a text, { text = TEXT } or { statements = { ... } }" }
local LAST_SECOND = 253402300799 -- of the year 9999
local FINDING = { severity = true, message = true, why = true, fix = true }
local MUTE = { finding = true, repository = true, service = true, principal = true, statement = true, account = true,
  region = true, message = true, reason = true, ends = true }

local error, ipairs, next, pairs, pcall, type = error, ipairs, next, pairs, pcall, type
local math_type, match, concat, tostring = math.type, string.match, table.concat, tostring

local known_changes = {}
for _, name in ipairs(CHANGES) do known_changes[name] = true end

local rules, mutes, examples = {}, {}, {}
local answers -- of the check that runs

-- FILE:LINE of what called the function that asks.
local function place()
  local _, text = pcall(error, "", 4)
  return match(text, "^(.*:%d+): $") or ""
end

-- Raises a mistake in what the file hands to one of these words.
local function mistake(text)
  error(text, 3)
end

local function check_fields(fields, known, what)
  if type(fields) ~= "table" then
    error(what .. " takes a table: " .. what .. " { ... }", 3)
  end
  for name in pairs(fields) do
    if not known[name] then
      error(what .. " has no field '" .. tostring(name) .. "'", 3)
    end
  end
end

-- Whether a value has one of the shapes of SHAPES.
local function has_shape(value, shape)
  if shape == "integer" then
    return math_type(value) == shape and value >= 0 and value <= LAST_SECOND
  elseif shape == "policy" then
    return type(value) == "string" or type(value) == "table" and (value.text == nil or type(value.text) == "string")
  end
  return type(value) == shape
end

-- Raises what is wrong with the change of an example.
local function check_change(fields)
  for name, value in pairs(fields) do
    local shape = SHAPES[name]
    if not shape then
      error("example has no field '" .. tostring(name) .. "'", 3)
    elseif not has_shape(value, shape) then
      error("example: " .. name .. " is " .. NAMES[shape], 3)
    end
  end
  for name, value in pairs(fields.caller or {}) do
    if type(value) ~= "string" then
      error("example: caller." .. tostring(name) .. " is a text", 3)
    end
  end
end

local function is_text(value)
  return type(value) == "string" and match(value, "%S") ~= nil
end

-- The set of what a rule is asked about.
local function set_of(on)
  local set = {}
  for _, name in ipairs(type(on) == "table" and on or { on }) do
    if name == "any" then
      for _, change in ipairs(CHANGES) do set[change] = true end
    elseif known_changes[name] or name == "audit" then
      set[name] = true
    else
      error("on = '" .. tostring(name) .. "': " .. concat(CHANGES, ", ") .. ", any or audit are expected", 3)
    end
  end
  if not next(set) then
    error("a rule has an on: " .. concat(CHANGES, ", ") .. ", any, audit, or a list of these", 3)
  end
  return set
end

function rule(name)
  if not is_text(name) then
    mistake 'a rule has a name: rule "name" { on = "grant", check = function(change) ... end }'
  end
  local at = place()
  return function(fields)
    check_fields(fields, RULE, "rule")
    if type(fields.check) ~= "function" then
      error('rule "' .. name .. '" has no function check', 2)
    end
    rules[#rules + 1] = { name = name, on = set_of(fields.on), check = fields.check, place = at }
  end
end

function example(name)
  if not is_text(name) then
    mistake 'an example has a name: example "name" { on = "grant", ..., expect = "deny" }'
  end
  local at = place()
  return function(fields)
    if type(fields) ~= "table" then
      mistake "example takes a table"
    end
    local kind, text = fields.expect, nil
    if type(kind) == "string" and not EXPECTED[kind] then
      kind, text = match(kind, "^(%a+): *(.+)$")
    end
    if not EXPECTED[kind] then
      error('expect is "allow", "deny", "warn" or "finding", or one of these with a text: "deny: TEXT"', 2)
    end
    if not (known_changes[fields.on] or fields.on == "audit") then
      error("on = '" .. tostring(fields.on) .. "': " .. concat(CHANGES, ", ") .. " or audit is expected", 2)
    end
    check_change(fields)
    local change = {}
    for key, value in pairs(fields) do change[key] = value end
    change.expect = nil
    examples[#examples + 1] = { name = name, change = change, expect = kind, text = text, place = at }
  end
end

function mute(fields)
  check_fields(fields, MUTE, "mute")
  if not is_text(fields.finding) then
    mistake "a mute names the finding that it is for: mute { finding = \"public-pull\", reason = \"...\" }"
  elseif not is_text(fields.reason) then
    mistake "a mute has a reason"
  end
  local copy = { place = place() }
  for name, value in pairs(fields) do
    if not is_text(value) then
      mistake("mute: " .. name .. " is a text")
    end
    copy[name] = value
  end
  mutes[#mutes + 1] = copy
end

-- Answers count when they are made, so that a forgotten `return` does not let a change pass.
local function answer(kind, fields)
  if not answers then
    error(kind .. " is for the check of a rule", 2)
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
    mistake 'deny takes a reason: deny "why"'
  end
  return answer("deny", { text = reason })
end

function warn(text)
  if not is_text(text) then
    mistake 'warn takes a text: warn "what"'
  end
  return answer("warn", { text = text })
end

function finding(fields)
  check_fields(fields, FINDING, "finding")
  if not SEVERITIES[fields.severity] then
    mistake "a finding's severity is critical, high, medium, low or info"
  elseif not is_text(fields.message) then
    mistake "a finding has a message"
  end
  return answer("finding", { severity = fields.severity, text = fields.message, why = is_text(fields.why)
    and fields.why or nil, fix = is_text(fields.fix) and fields.fix or nil })
end

-- Whether what a check returned is nothing, an answer, or a list of answers.
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
    list[i] = { name = one.name, on = one.on, place = one.place }
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
    local good, given = is_answer(value), {}
    for i, one in ipairs(answers) do given[i] = one end
    answers = nil
    if not good then
      error('rule "' .. rules[index].name .. '" returned a ' .. type(value)
        .. ": return allow(), deny \"reason\", warn \"text\", finding { ... }, or nothing", 0)
    end
    return given
  end,
}
