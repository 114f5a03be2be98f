--- Compares patterns with `*` and `?`: which ones of a list others make redundant.

local match = require "lanyard.match"

local M = {}

-- A character that no pattern contains.
local OTHER = "\1"

--- Reports whether one pattern certainly matches everything that another one matches.
---@param wide string
---@param narrow string
---@param ignore_case? boolean
---@return boolean
function M.covers(wide, narrow, ignore_case)
  -- The text that `*` of the narrow pattern matches can be empty, or longer than all fixed text of the wide one.
  local sample = narrow:gsub("%?", OTHER)
  local empty, long = sample:gsub("%*", ""), sample:gsub("%*", OTHER:rep(#wide + 1))
  return match.glob(wide, empty, ignore_case) and match.glob(wide, long, ignore_case)
end

-- The most comparisons for one list.
local MOST = 200000

--- Returns the items of a list that another one makes redundant, as pairs of indexes. Of equal items, the first counts.
---@param texts string[]
---@param covers fun(wide: string, narrow: string): boolean
---@param ignore_case? boolean
---@return { index: integer, by: integer }[]
function M.redundant(texts, covers, ignore_case)
  local found, first, wide = {}, {}, {}
  for i, text in ipairs(texts) do
    if text:find "[*?]" then
      wide[#wide + 1] = i
    end
  end
  for i, text in ipairs(texts) do
    local name = ignore_case and text:lower() or text
    local by = first[name]
    first[name] = by or i
    for _, other in ipairs(not by and #wide * #texts <= MOST and wide or {}) do
      local same = (ignore_case and texts[other]:lower() or texts[other]) == name
      if not same and covers(texts[other], text) and not (covers(text, texts[other]) and i < other) then
        by = other
        break
      end
    end
    if by then
      found[#found + 1] = { index = i, by = by }
    end
  end
  return found
end

--- Returns a redundant item as text.
---@param texts string[]
---@param pair { index: integer, by: integer }
---@return string
function M.redundancy(texts, pair)
  local text, other = texts[pair.index], texts[pair.by]
  return text == other and ("'%s' is in the list twice"):format(text)
    or ("'%s' is redundant beside '%s'"):format(text, other)
end

return M
