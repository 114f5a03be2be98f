-- The desired file that says what there is.
--
--   local found = assert(import.look(region))
--   io.write(import.lua(found))

local escape = require "lanyard.text.escape"
local grant = require "lanyard.access.grant"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local listing = require "lanyard.desired.listing"
local lists = require "lanyard.lists"
local principal = require "lanyard.access.principal"
local statements = require "lanyard.access.statements"
local describe = require "lanyard.desired.describe"

local M = {}

-- A line of the file is at most about so long.
local WIDTH = 100

-- ---------------------------------------------------------------------------------------------
-- Looking

-- Why a principal of an Allow is not what a desired file grants | nil, whether the file has a part of it. `said`:
-- whether the file has a grant of the service here.
local function oddity(statement, who, region, services, said)
  local service = services[who.service]
  if who.kind == "orphan" then
    return "the unique id of a role or user that was deleted"
  elseif who.kind == "service-role" then
    return ("the general role of %s, which pulls nothing"):format(who.service)
  elseif who.kind == "lightsail-service" then
    return "Lightsail as a service, which pulls nothing"
  elseif who.kind ~= "puller" then
    return nil
  elseif who.region ~= region then
    return ("a role of %s in %s, which cannot pull here"):format(who.service, who.region)
  elseif not service then
    return ("a role of %s, a service that is not there"):format(who.service)
  elseif service.role.arn ~= who.value then
    return ("a role of %s that is not its own any more"):format(who.service)
  elseif statements.only_pulls(statement) then
    local is_odd = not said and not statements.is_whole(statement)
    return is_odd and ("%s with a part of a pull only"):format(who.service) or nil
  elseif said and describe.has_pull(statement) and not statement.has_condition then
    return ("%s with more than a pull"):format(who.service), true
  end
  return ("%s with other actions or conditions than a pull until a date"):format(who.service)
end

-- Notes all that a policy says of Lightsail's roles and a desired file cannot say, or not all of it. `said` are the
-- services whose grants it says.
local function note_oddities(found, name, doc, services, said)
  for _, statement in ipairs(doc:statements()) do
    for _, one in ipairs(statement.effect == "Allow" and not statement.not_principal and statement.principals or {}) do
      local who = principal.classify(one.type, one.value)
      who.value = one.value
      local why, in_part = oddity(statement, who, found.region, services, said[who.service])
      if why then
        table.insert(in_part and found.partly or found.notes,
          ("%s: %s names %s"):format(name, statements.describe(statement), why))
      end
    end
  end
end

-- The grant of one service in one policy that a file can say: one that, asked for, would change nothing.
-- --> its end in seconds since 1970, or false where it has none | nil where there is no such grant
local function plain_grant(doc, service, repository, now)
  local standing = statements.existing_grants(doc, service.role.arn, "")
  local expires = statements.last_expiry(standing) or false
  local edit = grant.edit {
    role_arn = service.role.arn, sid = grant.sid_for(service.name), resource = repository.arn, expires = expires,
    now = now,
  }
  if edit(doc:copy()) ~= false then
    return nil
  end
  return expires
end

local function add_grant(found, name, expires, repository)
  local key = name .. " " .. (expires and describe.moment(expires) or "")
  found.by_key[key] = found.by_key[key] or { service = name, expires = expires or nil, repositories = {} }
  table.insert(found.by_key[key].repositories, repository.name)
end

local function look_at(found, one, services, names, now)
  local repository, doc = one.repository, one.doc
  local granted, said = describe.grants(doc), {}
  for _, name in ipairs(names) do
    local service = services[name]
    if granted[service.role.arn or ""] then
      local expires = plain_grant(doc, service, repository, now)
      if expires ~= nil then
        add_grant(found, name, expires, repository)
        said[name] = true
      end
    end
  end
  note_oddities(found, repository.name, doc, services, said)
end

-- look(region) --> { region, account, time, grants = { { service, expires | nil, repositories } }, notes = lines
-- on what is there and cannot be said, partly = likewise on what is said only in part, unread = { { repository,
-- err } } } | nil, err
function M.look(region)
  local services, repositories = listing.read(region)
  if not services then
    return nil, repositories
  end
  local account, err = region:account()
  if not account then
    return nil, err
  end
  local by_name = lists.by_name(services)
  local names, now = lists.sorted_names(by_name), region:time()
  local found = {
    region = region.name, account = account, time = now, grants = {}, notes = {}, partly = {}, unread = {},
    by_key = {},
  }
  for _, one in ipairs(region:policies(repositories)) do
    if one.err then
      table.insert(found.unread, one)
    elseif one.doc then
      look_at(found, one, by_name, names, now)
    end
  end
  for _, key in ipairs(lists.sorted_names(found.by_key)) do
    table.insert(found.grants, found.by_key[key])
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Writing

-- A text as Lua reads it, whatever bytes it has.
local function quote(text)
  return '"' .. text:gsub('[%c"\\\127-\255]', function(byte) return ("\\x%02x"):format(byte:byte()) end) .. '"'
end

local function list_of(names, indent)
  local quoted = {}
  for i, name in ipairs(names) do
    quoted[i] = quote(name)
  end
  local line = "{ " .. table.concat(quoted, ", ") .. " }"
  if #indent + #line <= WIDTH then
    return line
  end
  local inner = ",\n" .. indent .. "  "
  return "{\n" .. indent .. "  " .. table.concat(quoted, inner) .. ",\n" .. indent .. "}"
end

local function grant_line(one)
  local expires = one.expires and (", expires = %s"):format(quote(describe.moment(one.expires))) or ""
  return ("    { service = %s, repositories = %s%s },\n"):format(quote(one.service), list_of(one.repositories, "    "),
    expires)
end

-- Adds comments under a title.
local function add_comments(parts, title, notes)
  if #notes > 0 then
    parts[#parts + 1] = "--\n-- " .. title .. "\n"
  end
  for _, note in ipairs(notes) do
    parts[#parts + 1] = "--   " .. escape.printable(note) .. "\n"
  end
end

-- lua(found) --> a desired file in Lua, with comments on what it cannot say
function M.lua(found)
  local parts = { ("-- Who may pull in %s of account %s, as lanyard import found it on %s.\n"):format(found.region,
    found.account, timestamp.format(found.time)) }
  add_comments(parts, "What is there, too, and cannot be said here:", found.notes)
  add_comments(parts, "What is said here only in part:", found.partly)
  local unread = {}
  for i, one in ipairs(found.unread) do
    unread[i] = ("%s: %s"):format(one.repository.name, one.err.code)
  end
  add_comments(parts, "Not whole: these could not be read, and apply --prune would take their grants away:", unread)
  parts[#parts + 1] = ("\nreturn {\n  region = %s,\n  grants = {\n"):format(quote(found.region))
  for _, one in ipairs(found.grants) do
    parts[#parts + 1] = grant_line(one)
  end
  parts[#parts + 1] = "  },\n}\n"
  return table.concat(parts)
end

-- plain(found) --> a desired file, ready for lanyard.json
function M.plain(found)
  local grants = json.array {}
  for i, one in ipairs(found.grants) do
    grants[i] = { service = one.service, repositories = json.array(one.repositories),
      expires = one.expires and describe.moment(one.expires) or nil }
  end
  return { region = found.region, grants = grants }
end

return M
