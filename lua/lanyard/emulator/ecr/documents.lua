--- Parses the texts of policies, and keeps the documents of the texts that are in use.
---
---     local known = documents.of(stored, stored.text)
---     known.document, known.denies

local policy = require "lanyard.policy"

local M = {}

--- What is known about a text.
---@class emulator.KnownPolicy
---@field text string
---@field document? policy.Document  nil if the text is not a policy; it must not be changed
---@field denies boolean  whether a statement denies
---@field layout? string  see lanyard.emulator.ecr.policy
---@field accepted table<string, boolean>  see lanyard.emulator.ecr.acceptance

local by_owner = setmetatable({}, { __mode = "k" })
local by_text = setmetatable({}, { __mode = "v" })

local function new(text)
  local known = { text = text, document = policy.parse(text), denies = false, accepted = {} }
  for _, statement in ipairs(known.document and known.document:statements() or {}) do
    known.denies = known.denies or statement.effect == "Deny"
  end
  return known
end

--- Returns what is known about a text that nothing keeps.
---@param text string
---@return emulator.KnownPolicy
function M.find(text)
  local known = by_text[text] or new(text)
  by_text[text] = known
  return known
end

--- Returns what is known about a text, and keeps it as long as its owner exists. An owner has one text at a time.
---@param owner table
---@param text string
---@return emulator.KnownPolicy
function M.of(owner, text)
  local known = by_owner[owner]
  if not known or known.text ~= text then
    known = M.find(text)
    by_owner[owner] = known
  end
  return known
end

return M
