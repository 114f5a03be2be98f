--- Words that many models have, as codes of two bytes: nearly one fifth of the size of the index.
---
---     local list = words.choose { "DescribeTags", "ListTags", "TagList" }   -- when the index is written
---     local encode = words.encoder(list)
---     words.expander(table.concat(list, "\n"))(encode "ListTags")                               --> ListTags
---
--- The texts are ASCII. A code is two bytes beyond ASCII, so frequent words share the first one.

local M = {}

local FIRST, COUNT = 128, 128 -- the first byte of a code, and how many values a byte of a code has
local LEAST = 3 -- texts that have a word
local STEP = 16 -- words between two whose positions are known
local WORD = "%u?[a-z0-9]+" -- a capitalized or lower-case word

local function code_of(number)
  return string.char(FIRST + (number - 1) // COUNT, FIRST + (number - 1) % COUNT)
end

--- Returns the words that are worth a code, the most frequent first.
---@param texts string[]
---@return string[]
function M.choose(texts)
  local counts = {}
  for _, text in ipairs(texts) do
    local seen = {}
    for word in text:gmatch(WORD) do
      if #word >= 3 and not seen[word] then
        seen[word] = true
        counts[word] = (counts[word] or 0) + 1
      end
    end
  end
  local list = {}
  for word, count in pairs(counts) do
    if count >= LEAST then
      list[#list + 1] = word
    end
  end
  table.sort(list, function(a, b)
    if counts[a] ~= counts[b] then
      return counts[a] > counts[b]
    end
    return a < b
  end)
  return table.move(list, 1, math.min(#list, COUNT * COUNT), 1, {})
end

--- Returns a function that writes the codes of words.
---@param list string[]
---@return fun(text: string): string encode
function M.encoder(list)
  local codes = {}
  for number, word in ipairs(list) do
    codes[word] = code_of(number)
  end
  return function(text)
    return (text:gsub(WORD, codes))
  end
end

-- Returns the position of the word after a number of other words.
local function after(list, position, count)
  for _ = 1, count do
    position = (list:find("\n", position, true) or #list) + 1
  end
  return position
end

--- Returns the positions of the first word and of each further one after STEP words.
---@param list string  the words, one on each line
---@return integer[]
function M.starts(list)
  local starts, position = {}, 1
  while position <= #list do
    starts[#starts + 1] = position
    position = after(list, position, STEP)
  end
  return starts
end

--- Returns a function that writes words in place of codes. A service needs few of the words, so each is found when its
--- code is first seen.
---@param list string  the words, one on each line
---@param starts? integer[]  what `starts` returns for the list
---@return fun(text: string): string expand
function M.expander(list, starts)
  starts = starts or M.starts(list)
  local words = setmetatable({}, { __index = function(self, code)
    local first, second = code:byte(1, 2)
    local number = (first - FIRST) * COUNT + second - FIRST
    local start = starts[number // STEP + 1]
    local word = math.type(start) == "integer" and list:match("^[^\n]+", after(list, start, number % STEP)) or false
    self[code] = word
    return word
  end })
  return function(text)
    return (text:gsub("[\x80-\xff][\x80-\xff]", words))
  end
end

return M
