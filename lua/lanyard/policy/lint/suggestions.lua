--- Suggestions for mistyped names, of which a hostile document gets a limited number: each takes up to a millisecond,
--- and a document of a megabyte can have 50,000 wrong names.
---
---     suggestions.start()                                  -- before a document is checked
---     suggestions.find(suggest, "Resorce", { "Resource" }) --> "Resource" | nil

local M = {}

local MOST = 1000

local left = MOST

--- Begins a new document.
function M.start()
  left = MOST
end

--- Calls a function that returns a suggestion or nil, unless the document has had all its suggestions.
---@param nearest fun(...): string?
---@param ... any  its arguments
---@return string?
function M.find(nearest, ...)
  if left == 0 then
    return nil
  end
  left = left - 1
  return nearest(...)
end

return M
