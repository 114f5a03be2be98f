--- Makes documents of the statements of others.
---
---     local smaller = assemble(doc, texts)    -- texts: of doc:statements(), or JSON

local core = require "lanyard.policy.core"
local json = require "lanyard.json"
local statements = require "lanyard.policy.statements"

-- Returns the JSON text of a document's member Version, or "".
local function version_of(doc)
  local version = statements.version(doc)
  return version and ('"Version":%s,'):format(json.encode(version)) or ""
end

--- Returns a document with the Version of another and some statements, in one parse: edits one by one would parse the
--- whole text each time.
---@param doc policy.Document  gives the Version
---@param texts string[]       the JSON texts of the statements
---@return policy.Document? assembled
---@return lanyard.Error? err  the text is too long for a policy
return function(doc, texts)
  return core.parse(('{%s"Statement":[%s]}'):format(version_of(doc), table.concat(texts, ",")))
end
