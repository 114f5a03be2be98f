--- Merges policy documents: the bytes of the first, and what only the others have, in one edit.

local compare = require "lanyard.policy.compare"
local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"
local statements = require "lanyard.policy.statements"

local function conflict(conflicts, message, document)
  return nil, errors.new { code = "Conflict", message = message, conflicts = conflicts, document = document }
end

-- Adds the members that only the second document has to `members`, except Version, and to `texts` as a list. Members
-- with different values are conflicts.
local function merge_members(members, texts, b, conflicts)
  local second = compare.members(b)
  for _, member in ipairs(b:tree()) do
    local name = member.key.value
    if name == "Statement" or name == "Version" or members[name] == second[name] then
      goto continue
    elseif members[name] or member.kind ~= "string" then
      conflicts[#conflicts + 1] = name
    else
      members[name], texts[#texts + 1] = second[name], { name, member.value }
    end
    ::continue::
  end
end

-- Adds the texts of the statements of a document that have a new meaning. Returns the conflict about Version, if any.
local function merge_statements(known, b, texts, conflicts)
  local version = compare.members(b).Version
  for _, statement in ipairs(b:statements()) do
    local meaning, sid = b:meaning(statement.index), statement.sid
    if known.members.Version ~= version and statements.has_variable(statement) then
      return ("statement %d of the second policy has a policy variable, and the Versions differ (%s, %s)")
        :format(statement.index, known.members.Version, version)
    elseif not known.meanings[meaning] and sid and known.sids[sid] then
      conflicts[#conflicts + 1] = sid
    elseif not known.meanings[meaning] then
      known.meanings[meaning], known.sids[sid or false] = true, true
      texts[#texts + 1] = statement.text
    end
  end
  return nil
end

-- Returns a copy of a document with more statements and members.
local function with_parts(doc, texts, members)
  local merged = doc:copy()
  local added, err = core.parse(('{"Statement":[%s]}'):format(table.concat(texts, ",")))
  if not added then
    return nil, err -- too long
  end
  local ok, message = pcall(merged.append, merged, added)
  if not ok then
    return nil, errors.new { code = "InvalidPolicy", message = tostring(message):gsub("^append: ", "") }
  end
  for _, member in ipairs(members) do
    merged:set { document = true, element = member[1], value = member[2] }
  end
  return merged
end

--- See policy.merge.
---@param a policy.Document
---@param others policy.Document[]
---@return policy.Document? merged
---@return lanyard.Error? err
return function(a, others)
  local known = { meanings = {}, sids = {}, members = compare.members(a) }
  for _, statement in ipairs(a:statements()) do
    known.meanings[a:meaning(statement.index)] = true
    known.sids[statement.sid or false] = true
  end
  local texts, members = {}, {}
  for i, doc in ipairs(others) do
    local conflicts = {}
    local differ = merge_statements(known, doc, texts, conflicts)
    if differ then
      return conflict({ "Version" }, differ, i + 1)
    end
    merge_members(known.members, members, doc, conflicts)
    if #conflicts > 0 then
      return conflict(conflicts, ("the policies disagree about %s"):format(table.concat(conflicts, ", ")), i + 1)
    end
  end
  return with_parts(a, texts, members)
end
