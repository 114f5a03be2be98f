-- Reads the report of an audit from a file. All that a reader of reports relies on is looked at here, so that
-- who has one needs not: members, their types, and the words that have a meaning.
--
--   local report, err = read.report "yesterday.json"       -- "-" is standard input
--
-- The form is that of schema.json in lanyard.cli.print. Members that are not known are left as they are.

local audit = require "lanyard.audit"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local system = require "lanyard.system"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- Forms: functions of a value that give nil where it fits, else the place in it (as jq writes it) and why not.

local function named(value)
  return value == nil and "it is missing" or value == json.null and "it is null"
    or ("it is %s"):format(json.is_array(value) and "a list" or type(value) == "table" and "an object"
      or type(value) == "string" and "a text" or "a " .. type(value))
end

local function text(value)
  if type(value) ~= "string" then
    return "", "should be a text; " .. named(value)
  end
end

local function number(value)
  if math.type(value) ~= "integer" then
    return "", "should be a whole number; " .. named(value)
  end
end

local function boolean(value)
  if type(value) ~= "boolean" then
    return "", "should be true or false; " .. named(value)
  end
end

local function moment(value)
  if type(value) ~= "string" or not value:find "^%d+%-%d+%-%d+T%d+:%d+:%d+Z$" or not timestamp.parse(value) then
    return "", "should be a moment, as 2026-11-25T01:00:00Z"
  end
end

local function one_of(words)
  return function(value)
    if not lists.contains(words, value) then
      return "", "should be one of " .. table.concat(words, ", ")
    end
  end
end

local function absent(value)
  if value ~= nil then
    return "", "should not stand beside an error"
  end
end

local function optional(form)
  return function(value)
    if value ~= nil then
      return form(value)
    end
  end
end

local function list(form)
  return function(value)
    if not json.is_array(value) then
      return "", "should be a list; " .. named(value)
    end
    for i, item in ipairs(value) do
      local place, why = form(item)
      if place then
        return ("[%d]%s"):format(i - 1, place), why
      end
    end
  end
end

local function object(members)
  local names = lists.sorted_names(members)
  return function(value)
    if type(value) ~= "table" or json.is_array(value) then
      return "", "should be an object; " .. named(value)
    end
    for _, name in ipairs(names) do
      local place, why = members[name](value[name])
      if place then
        return (".%s%s"):format(name, place), why
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- The form of a report

local access = object {
  principal = text, type = text, kind = text, decision = one_of { "allow", "depends", "partial", "deny" },
  statement = text, statements = list(text), service = optional(text), region = optional(text),
  account = optional(text), expires = optional(text),
}

local repository = object {
  name = text, arn = text, access = list(access), unknown = optional(text), images_unknown = optional(text),
  statements = optional(list(object { index = number, label = text, text = text })),
}

local service = object {
  name = text, state = text, isActive = boolean, principalArn = text, images = optional(list(text)),
}

local looked_at = object {
  account = text, region = text, profile = optional(text), role = optional(text), repositories = list(repository),
  services = list(service), services_unknown = optional(text), registry_unknown = optional(text),
  identities_unknown = optional(text),
}

local failed = object {
  account = optional(text), region = optional(text), profile = optional(text), skipped = optional(boolean),
  error = object { code = text, message = text }, repositories = absent, services = absent, services_unknown = absent,
}

local function scope(value)
  return (type(value) == "table" and value.error ~= nil and failed or looked_at)(value)
end

local finding = object {
  id = text, severity = one_of(audit.SEVERITIES), message = text, why = text, fix = text, key = text,
  account = text, region = text, repository = optional(text), service = optional(text), principal = optional(text),
  statement = optional(text), index = optional(number), state = optional(one_of { "new", "unchanged" }),
  place = optional(object { first = number, last = number, line = number, column = number }),
  muted = optional(object { reason = text, ends = optional(text), place = text }),
}

local grant = object {
  account = text, region = text, repository = text, principal = text, type = text, decision = text,
}

local report = object {
  tool = text, time = moment, scopes = list(scope), findings = list(finding), muted = optional(list(finding)),
  part = optional(object { repositories = optional(list(text)), service = optional(text), shard = optional(text) }),
  baseline = optional(object {
    time = moment, gone = list(finding), grants = object { new = list(grant), gone = list(grant) },
  }),
}

-- ---------------------------------------------------------------------------------------------
-- Reading

-- report(path) --> report | nil, err { code = "Usage" }
function M.report(path)
  local name = path == "-" and "stdin" or path
  local function refuse(why, ...)
    return nil, errors.new { code = "Usage", message = why:format(...) }
  end
  local bytes, err = system.read_file(path)
  if not bytes then
    return refuse("%s", tostring(err))
  end
  local value
  value, err = json.decode(bytes)
  if value == nil then
    return refuse("%s is no report: %s", name, tostring(err))
  elseif type(value) ~= "table" or math.type(value.version) ~= "integer" then
    return refuse("%s is no report: write one with lanyard audit --output json", name)
  elseif value.version ~= audit.VERSION then
    return refuse("%s is a report of version %d, and this lanyard reads version %d: make it anew", name, value.version,
      audit.VERSION)
  end
  local place, why = report(value)
  if place then
    return refuse("%s is no report: %s %s; write one with lanyard audit --output json", name,
      place == "" and "." or place, why)
  end
  return value
end

return M
