--- Makes documents of the statements of others.
---
---     local smaller = assemble(doc, texts)    -- texts: of doc:statements(), or JSON

local core = require "lanyard.policy.core"
local json = require "lanyard.json"

-- Returns the JSON text of a document's member Version, or "".
local function version_of(doc)
  for _, member in ipairs(doc:tree()) do
    if member.key.value == "Version" and member.kind == "string" then
      return ('"Version":%s,'):format(json.encode(member.value))
    end
  end
  return ""
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
