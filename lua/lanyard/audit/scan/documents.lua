--- Shares parsed policies among the repositories of an audit. Thousands of repositories may have the same policy text:
--- it is parsed once, and what follows from the text alone is found out once.
---
---     local documents = documents.new()
---     local doc, err = region:policy(repository, documents:parser())
---     local facts = documents:facts_of(doc)
---     facts.size = facts.size or doc:compact_size()
---
--- A shared document must not be changed. A document is kept if its text occurred before, and only the ones that were
--- used last are kept, because every repository can have a text of its own.

local repository_policy = require "lanyard.access.repository_policy"

local M = {}

-- How many texts are remembered at least; at most twice as many are.
local KEPT = 64

---@class audit.Documents
---@field private recent { [string]: policy.Document|false }   by text; false: it occurred once
---@field private earlier { [string]: policy.Document|false }  by text; replaced when `recent` is full
---@field private count integer                                texts in `recent`
---@field private facts { [policy.Document]: { [string]: any } }  of the documents that are kept
---@field private without { [string]: any }  facts of repositories without a policy
local Documents = {}
Documents.__index = Documents

--- Returns a collection without documents.
---@return audit.Documents
function M.new()
  return setmetatable({ recent = {}, earlier = {}, count = 0, facts = {}, without = {} }, Documents)
end

-- Remembers a text with its document, or false.
local function keep(self, text, doc)
  if self.count == KEPT then
    for old, unused in pairs(self.earlier) do
      if unused and self.recent[old] == nil then
        self.facts[unused] = nil
      end
    end
    self.earlier, self.recent, self.count = self.recent, {}, 0
  end
  self.count = self.count + (self.recent[text] == nil and 1 or 0)
  self.recent[text] = doc
end

--- Returns a function that parses the policy of a repository, for `region:policy`. Equal texts have one document, from
--- the second repository on.
---@return fun(text: string, name: string): policy.Document?, aws.Error?
function Documents:parser()
  return function(text, name)
    if self.recent[text] then
      return self.recent[text]
    end
    local occurred = self.recent[text] == false or self.earlier[text] ~= nil
    local doc, err = self.earlier[text], nil
    if not doc then
      doc, err = repository_policy.parse(text, name)
    end
    if not doc then
      return nil, err
    end
    self.facts[doc] = occurred and (self.facts[doc] or {}) or nil
    keep(self, text, occurred and doc or false)
    return doc
  end
end

--- Returns the table of what is known to follow from a document. The caller adds to it.
---@param doc? policy.Document  nil: there is no policy
---@return { [string]: any } facts  empty at first, and at each call for a document that is not kept
function Documents:facts_of(doc)
  if not doc then
    return self.without
  end
  return self.facts[doc] or {}
end

return M
