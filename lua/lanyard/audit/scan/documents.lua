--- Shares parsed policies among the repositories of an audit. Thousands of repositories may have the same policy text:
--- it is parsed once, and what follows from the text alone is found out once.
---
---     local documents = documents.new()
---     local doc, err = region:policy(repository, documents:parser())
---     local facts = documents:facts_of(doc)
---     facts.size = facts.size or doc:compact_size()
---
--- A shared document must not be changed. Only the documents that were used last are kept, because every repository can
--- have a text of its own.

local repository_policy = require "lanyard.access.repository_policy"

local M = {}

-- How many documents are kept at least; at most twice as many are.
local KEPT = 64

---@class audit.Documents
---@field private recent { [string]: policy.Document }   by text
---@field private earlier { [string]: policy.Document }  by text; replaced when `recent` is full
---@field private count integer                          documents in `recent`
---@field private facts { [policy.Document]: { [string]: any } }
local Documents = {}
Documents.__index = Documents

--- Returns a collection without documents.
---@return audit.Documents
function M.new()
  return setmetatable({ recent = {}, earlier = {}, count = 0, facts = setmetatable({}, { __mode = "k" }) }, Documents)
end

local function keep(self, text, doc)
  if self.count == KEPT then
    self.earlier, self.recent, self.count = self.recent, {}, 0
  end
  self.recent[text], self.count = doc, self.count + 1
end

--- Returns a function that parses the policy of a repository, for `region:policy`. Equal texts have one document.
---@return fun(text: string, name: string): policy.Document?, aws.Error?
function Documents:parser()
  return function(text, name)
    local doc, err = self.recent[text], nil
    if doc then
      return doc
    end
    doc = self.earlier[text]
    if not doc then
      doc, err = repository_policy.parse(text, name)
    end
    if doc then
      keep(self, text, doc)
    end
    return doc, err
  end
end

--- Returns the table of what is known to follow from a document. The caller adds to it.
---@param doc policy.Document
---@return { [string]: any } facts  empty at first
function Documents:facts_of(doc)
  local facts = self.facts[doc]
  if not facts then
    facts = {}
    self.facts[doc] = facts
  end
  return facts
end

return M
