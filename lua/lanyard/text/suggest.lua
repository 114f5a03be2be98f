-- The word that a mistyped one was meant to be: the fewest letters added, lost or exchanged.

local MOST = 3

-- The edit distance of two words, letter case aside (Levenshtein's, one row at a time).
local function distance(a, b)
  a, b = a:lower(), b:lower()
  local row = {}
  for column = 0, #b do row[column] = column end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local exchanged = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(exchanged, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

-- nearest(word, words) --> the nearest of the words, or nil when none is near
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
