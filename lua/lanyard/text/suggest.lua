--- Suggests the word that a mistyped one was probably meant to be.
---
--- ```lua
--- local suggest = require "lanyard.text.suggest"
--- print(suggest("grnt", { "grant", "revoke" }))
--- --> grant
--- ```

-- The maximum number of letters added, removed or replaced.
local MOST = 3

-- Returns the edit distance of two words (Levenshtein), ignoring case, one row at a time.
local function distance(a, b)
  a, b = a:lower(), b:lower()
  local row = {}
  for column = 0, #b do row[column] = column end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local replaced = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(replaced, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

--- Returns the nearest of some words, by edit distance, ignoring case.
---@param word string
---@param words string[]
---@return string? nearest  nil if none is near: more than three letters differ, or half of them
return function(word, words)
  local best, least = nil, MOST + 1
  for _, candidate in ipairs(words) do
    if math.abs(#candidate - #word) < least then
      local steps = distance(word, candidate)
      if steps < least and steps * 2 < #candidate then
        best, least = candidate, steps
      end
    end
  end
  return best
end
