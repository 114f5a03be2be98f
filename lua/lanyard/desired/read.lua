-- The file that says who may pull: a Lua chunk that returns a table, run in a sandbox, or JSON with the
-- same names.
--
--   return {
--     region = "us-east-1",
--     grants = {
--       { service = "web",  repositories = { "web", "team/*" } },
--       { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31" },
--     },
--   }
--
-- `region` may be left out: then the file is for the Region of whoever reads it. A grant may have a `sid`
-- for its statements, and `optional = true` where its globs may match nothing yet.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local suggest = require "lanyard.text.suggest"
local repositories = require "lanyard.access.repositories"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"

local M = {}

-- The most bytes that are read as such a file.
local MOST_BYTES = 4 * 1024 * 1024

-- More mistakes than that are not told at once.
local MOST_MISTAKES = 20

local MEMBERS = { "region", "grants" }
local GRANT_MEMBERS = { "service", "repositories", "expires", "sid", "optional" }

-- ---------------------------------------------------------------------------------------------
-- Mistakes, each with its place. They know what a list is in the text's language: JSON tells [] from {}.

local Mistakes = {}
Mistakes.__index = Mistakes

-- The line of a text that alone has one of these words | nil
local function only_line(text, words)
  local number, found = 0, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    for _, word in ipairs(words) do
      if line:find(word, 1, true) then
        if found and found ~= number then
          return nil
        end
        found = number
      end
    end
  end
  return found
end

-- Notes what is wrong with the value at a path. A value does not know where it stood: its line is told
-- where the word that is wrong stands in one line only.
function Mistakes:add(path, what, word)
  local line = word and only_line(self.text, { word })
  local place = line and ("%s:%d: "):format(self.name, line) or self.name .. ": "
  self[#self + 1] = ("%s%s%s"):format(place, path ~= "" and path .. " " or "", escape.printable(what))
end

function Mistakes:error()
  if #self == 0 then
    return nil
  end
  local shown = table.move(self, 1, math.min(#self, MOST_MISTAKES), 1, {})
  if #self > MOST_MISTAKES then
    shown[#shown + 1] = ("%s: and %d more"):format(self.name, #self - MOST_MISTAKES)
  end
  return errors.new { code = "InvalidFile", message = table.concat(shown, "\n") }
end

local function quoted(text)
  return '"' .. text .. '"'
end

-- What a value is, in words.
local function kind_of(value)
  if value == json.null then
    return "null"
  elseif type(value) == "table" then
    return "a table"
  end
  return ("a %s"):format(type(value))
end

-- Whether a value of Lua is a table of items numbered from 1, and nothing else.
local function is_sequence(value)
  if type(value) ~= "table" then
    return false
  end
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value
end

local function check_members(mistakes, path, value, known)
  for _, name in ipairs(lists.sorted_names(value)) do
    if type(name) ~= "string" then
      mistakes:add(path, ("has an item without a name; it takes %s"):format(table.concat(known, ", ")))
    elseif not lists.contains(known, name) then
      local near = suggest(name, known)
      mistakes:add(path, ("has a member '%s', which is none: %s"):format(name,
        near and ("did you mean '%s'?"):format(near) or "it takes " .. table.concat(known, ", ")), name)
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- What the members may be

-- A text that a check takes; whether it is one.
local function check_text(mistakes, path, value, check)
  if type(value) ~= "string" then
    mistakes:add(path, value == nil and "is missing" or ("is %s, not a text"):format(kind_of(value)))
    return false
  end
  local ok, why = check(value)
  if not ok then
    mistakes:add(path, "is wrong: " .. tostring(why), quoted(value))
  end
  return ok
end

local function check_repositories(mistakes, path, value)
  if not mistakes.is_list(value) then
    mistakes:add(path, value == nil and "is missing" or ("is %s, not a list of names and globs")
      :format(kind_of(value)))
    return
  elseif #value == 0 then
    mistakes:add(path, "is empty: name a repository, or take the grant out")
  end
  local seen = {}
  for i, name in ipairs(value) do
    local region = ("%s[%d]"):format(path, i)
    if check_text(mistakes, region, name, repositories.check) and seen[name] then
      mistakes:add(region, ("names '%s' a second time"):format(name))
    end
    seen[name] = true
  end
end

-- A moment, or a day, which means its beginning (UTC) --> seconds since 1970 | nil, what is wrong
local function read_date(text)
  local at = timestamp.parse(text) or timestamp.parse(text .. "T00:00Z")
  if at then
    return at
  end
  return nil, ("'%s' is no date: write 2027-01-31 or 2027-01-31T12:00Z"):format(text)
end

local function check_sid(text)
  if text == "" or text:find "%c" then
    return nil, "a Sid is a text without control characters"
  end
  return true
end

local function read_grant(mistakes, path, value)
  if type(value) ~= "table" then
    mistakes:add(path, ("is %s, not a grant: { service = ..., repositories = { ... } }"):format(kind_of(value)))
    return nil
  end
  check_members(mistakes, path, value, GRANT_MEMBERS)
  check_text(mistakes, path .. ".service", value.service, names.container_service)
  check_repositories(mistakes, path .. ".repositories", value.repositories)
  local expires
  if value.expires ~= nil and check_text(mistakes, path .. ".expires", value.expires, read_date) then
    expires = read_date(value.expires)
  end
  if value.sid ~= nil then
    check_text(mistakes, path .. ".sid", value.sid, check_sid)
  end
  if value.optional ~= nil and type(value.optional) ~= "boolean" then
    mistakes:add(path .. ".optional", ("is %s, not true or false"):format(kind_of(value.optional)))
  end
  return { service = value.service, repositories = value.repositories, expires = expires, sid = value.sid,
    optional = value.optional or false, place = path }
end

-- Tells of a service that two grants name on one repository.
local function check_twice(mistakes, grants)
  local owner = {}
  for _, grant in ipairs(grants) do
    for _, name in ipairs(mistakes.is_list(grant.repositories) and grant.repositories or {}) do
      local key = tostring(grant.service) .. " " .. tostring(name)
      local first = owner[key]
      if first and first ~= grant then
        mistakes:add(grant.place, ("grants '%s' to '%s', as %s does: one grant says it")
          :format(tostring(name), tostring(grant.service), first.place))
      end
      owner[key] = first or grant
    end
  end
end

local function read_value(value, text, name)
  local mistakes = setmetatable({
    text = text, name = name, is_list = M.is_json(text) and json.is_array or is_sequence,
  }, Mistakes)
  if type(value) ~= "table" or json.is_array(value) then
    mistakes:add("", ("gives %s, not a table with grants"):format(value == nil and "nothing" or kind_of(value)))
    return nil, mistakes:error()
  end
  check_members(mistakes, "", value, MEMBERS)
  if value.region ~= nil then
    check_text(mistakes, "region", value.region, names.region)
  end
  local desired = { name = name, region = value.region, grants = {} }
  if not mistakes.is_list(value.grants) then
    mistakes:add("grants", value.grants == nil and "is missing" or ("is %s, not a list"):format(kind_of(value.grants)))
  else
    for i, grant in ipairs(value.grants) do
      table.insert(desired.grants, read_grant(mistakes, ("grants[%d]"):format(i), grant))
    end
    check_twice(mistakes, desired.grants)
  end
  local err = mistakes:error()
  if err then
    return nil, err
  end
  return desired
end

-- ---------------------------------------------------------------------------------------------

-- Whether a text is JSON rather than Lua: a chunk can't begin with a brace.
function M.is_json(text)
  return text:gsub("^\u{feff}", ""):find "^%s*{" ~= nil
end

-- text(text, name) --> { name, region | nil, grants = { { service, repositories, expires (seconds since
-- 1970) | nil, sid | nil, optional, place = "grants[1]" } } } | nil, err { code = "InvalidFile" | "Limit" },
-- whose message has a line for each mistake. `name` is what messages call the file.
function M.text(text, name)
  local value, err
  if M.is_json(text) then
    value, err = json.decode(text)
    if value == nil then
      local what = err.message:gsub("^line %d+, column %d+: ", "")
      return nil, errors.new {
        code = "InvalidFile", message = ("%s:%d:%d: %s"):format(name, err.line, err.column, what),
      }
    end
  else
    value, err = sandbox.value(text, name)
    if err then
      return nil, err
    end
  end
  return read_value(value, text, name)
end

-- content(path) --> the text of a file ("-": stdin), its name for messages | nil, err
function M.content(path)
  local text, err = system.read_file(path, MOST_BYTES)
  if not text then
    return nil, errors.new { code = "Usage", message = tostring(err) }
  end
  return text, path == "-" and "stdin" or path
end

-- file(path) --> as text(), of a file
function M.file(path)
  local text, name = M.content(path)
  if not text then
    return nil, name
  end
  return M.text(text, name)
end

return M
