--- Suggests the word that a mistyped one was probably meant to be.
---
--- ```lua
--- local suggest = require "lanyard.text.suggest"
--- print(suggest("grnt", { "grant", "revoke" }))
--- --> grant
--- ```

-- The maximum number of letters added, removed, replaced, or exchanged with the next one.
local MOST = 3

-- The minimum length of a word that is completed.
local SHORTEST = 3

-- Returns the edit distance of two words, ignoring case; `limit` or more if it is not less. Two letters that are
-- exchanged count once (optimal string alignment). It is computed one row at a time. A cell that is `limit` or more
-- columns from the diagonal is at least `limit`, and so is the result if all cells of a row are.
local function distance(a, b, limit)
  a, b = a:lower(), b:lower()
  local row, before = {}, nil
  for column = 0, math.min(#b, limit - 1) do row[column] = column end
  for i = 1, #a do
    local earlier, first = before, math.max(i - limit + 1, 1)
    before, row = row, { [0] = i < limit and i or nil }
    local least, letter = row[0] or limit, a:byte(i)
    for j = first, math.min(i + limit - 1, #b) do
      local steps = (before[j - 1] or limit) + (letter == b:byte(j) and 0 or 1)
      if earlier and j > 1 and letter == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        steps = math.min(steps, (earlier[j - 2] or limit) + 1)
      end
      row[j] = math.min(steps, (before[j] or limit) + 1, (row[j - 1] or limit) + 1)
      least = math.min(least, row[j])
    end
    if least >= limit then
      return limit
    end
  end
  return row[#b] or limit
end

-- Returns the only word that begins with another one.
local function completed(word, words)
  local found, start = nil, word:lower()
  for _, candidate in ipairs(#word >= SHORTEST and words or {}) do
    if candidate:sub(1, #word):lower() == start then
      if found then
        return nil
      end
      found = candidate
    end
  end
  return found
end

--- Returns the nearest of some words: the one with the fewest letters to change, else the only one that begins with the
--- word. Returns nil if none is near.
---@param word string
---@param words string[]
---@return string?
return function(word, words)
  local best, least = nil, MOST + 1
  for _, candidate in ipairs(words) do
    if math.abs(#candidate - #word) < least then
      local steps = distance(word, candidate, least)
      if steps < least and steps * 2 < #candidate then
        best, least = candidate, steps
      end
    end
  end
  return best or completed(word, words)
end
