--- Encodes the entries of a journal, and checks each one that is read from a file.
---
---     local text = entry.encode(one)
---     local one, problem = entry.decode(text, { id = "01795165200056435", is_open = false })
---
--- A file can be damaged, or be written by somebody else. An entry that `decode` returns has members of the documented
--- types and nothing else that a reader must check.

local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local repository_policy = require "lanyard.access.repository_policy"
local run = require "lanyard.access.journal.run"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- An entry of the journal.
---@class journal.Entry
---@field id string  its name in the journal
---@field version integer  of the form of the entry
---@field time string        timestamp of the beginning of the change
---@field closed? number     when it was finished, in seconds since 1970
---@field action string      "grant", "revoke", "undo", "apply", "restore", "minimize" or "edit"
---@field run? string         the id of the command run (lanyard.access.journal.run); absent in entries of 0.1.0
---@field detail? table      what the action recorded about itself; `undoes` of an undo is the id of another entry
---@field state "intended"|"done"|"lost"  intended: the write may have taken effect; done: it took effect; lost: another
---  writer replaced it before it was read back. A write that did not take effect leaves no entry.
---@field repository string  its name
---@field caller? string      the ARN of the caller, if it was known without a call
---@field access_key? string  the id of the access key that signed the change; absent in entries of 0.1.0
---@field account? string  of the registry
---@field region? string  of the registry
---@field endpoint? string  the endpoint of ECR that was called
---@field before? string     policy text, absent if there was no policy
---@field after? string      policy text, absent if the policy was deleted
---@field lost? string       policy text with the statements of others that disappeared during the change

M.VERSION = 1

--- The largest file that is read, in bytes. ECR accepts a policy of 10,240 characters. It may return that text with
--- each value on an indented line of its own, and JSON may need several bytes for a character: an entry with two such
--- texts has about 300 KB.
M.MAX_BYTES = 1024 * 1024

-- Longest values of the members that are not policies, in bytes.
local MAX_WORD = 300

local function is_word(value)
  return type(value) == "string" and #value <= MAX_WORD and value:find "^[%w%p]+$" ~= nil
end

local function is_text(value)
  return type(value) == "string"
end

local function is_time(value)
  return type(value) == "string" and value:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$" ~= nil
    and timestamp.parse(value) ~= nil
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

-- The name of a repository. Only a later version can have other names than ECR has today, but none with a control
-- character.
local function is_repository(value)
  return is_word(value) and (names.repository(value) or value:find "^[%w._/-]+$") and true or false
end

-- Each member, its check, and what it must be. `optional` ones can be absent.
local MEMBERS = {
  { "version", function(value) return value == M.VERSION end, "1: another version of lanyard may have written it" },
  { "time", is_time, "a timestamp" },
  { "closed", is_seconds, "a number of seconds", optional = true },
  { "action", function(value) return is_word(value) and value:find "^%l+$" ~= nil end, "a word", optional = true },
  { "run", function(value) return run.began(value) ~= nil end, "the id of a run", optional = true },
  { "repository", is_repository, "a repository name" },
  { "caller", is_word, "an ARN", optional = true },
  { "access_key", is_word, "an access key id", optional = true },
  { "account", is_word, "an account", optional = true },
  { "region", is_word, "a Region", optional = true },
  { "endpoint", is_word, "an endpoint", optional = true },
  { "before", is_text, "a text", optional = true },
  { "after", is_text, "a text", optional = true },
  { "lost", is_text, "a text", optional = true },
  { "detail", function(value) return type(value) == "table" end, "an object", optional = true },
}

local ID = "^[0-8]" .. ("%d"):rep(16) .. "$"

--- Reports whether a value is the id of an entry: 17 digits. An id that begins with 9 is later than the year 4800.
---@param value any
---@return boolean
function M.is_id(value)
  return type(value) == "string" and value:find(ID) ~= nil
end

local function problem_of(entry, expected)
  if type(entry) ~= "table" then
    return "it is not a JSON object"
  elseif entry.id ~= expected.id then
    return "it has another id than its name"
  end
  for _, member in ipairs(MEMBERS) do
    local name, check, what = member[1], member[2], member[3]
    local value = entry[name]
    if not (value == nil and member.optional) and not check(value) then
      return ("its member '%s' is not %s"):format(name, what)
    end
  end
  if entry.state ~= "intended" and (expected.is_open or entry.state ~= "done" and entry.state ~= "lost")
    or entry.state == "intended" and not expected.is_open then
    return ("its member 'state' is not %s"):format(expected.is_open and "'intended'" or "'done' or 'lost'")
  elseif expected.repository and entry.repository ~= expected.repository then
    return ("it belongs to repository '%s'"):format(entry.repository)
  elseif entry.action == "undo" and not (entry.detail and M.is_id(entry.detail.undoes)) then
    return "it does not say what it undoes"
  end
  return nil
end

--- Returns the text of an entry.
---@param entry journal.Entry
---@return string
function M.encode(entry)
  return json.encode(entry, { pretty = true }) .. "\n"
end

--- Reads the text of an entry.
---@param text string
---@param expected { id: string, is_open: boolean, repository: string? }  what the name of the file says
---@return journal.Entry? entry
---@return string? problem  why the text is not that entry
function M.decode(text, expected)
  local entry, err = json.decode(text)
  if entry == nil and err then
    return nil, err.message
  end
  local problem = problem_of(entry, expected)
  if problem then
    return nil, problem
  end
  entry.action = entry.action or "change"
  return entry
end

--- Reports whether a change changed what the policy means. ECR stores some policies in another form: writing its own
--- form again changes nothing, and there is nothing to undo.
---@param entry journal.Entry
---@return boolean
function M.has_effect(entry)
  local before = entry.before and repository_policy.parse(entry.before, entry.repository)
  local after = entry.after and repository_policy.parse(entry.after, entry.repository)
  return not (before and after) or not repository_policy.same(before, after)
end

--- Decides how the change of an interrupted entry ended.
---@param entry journal.Entry
---@param is_current fun(text: string?): boolean  whether the policy means the same as a text; nil is "no policy"
---@return "done"|"lost"|"dropped"  dropped: the write did not take effect
function M.outcome(entry, is_current)
  if is_current(entry.after) then
    return "done"
  elseif is_current(entry.before) then
    return "dropped"
  end
  return "lost"
end

return M
