--- The filter patterns of GetContainerLog: terms, as in CloudWatch Logs.
---
--- "a b" selects lines with both terms, "?a ?b" lines with one of them, and "-a" lines without a term. Terms are
--- case-sensitive. A term with other characters than letters, digits and underscores must be quoted
--- (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html); CloudWatch's text for one
--- that is not is recorded in the notes of several projects.

local M = {}

-- Reads the term at a position. Returns the term and the position after it, or nil and a message.
local function read_term(pattern, position)
  if pattern:sub(position, position) ~= '"' then
    local term, after = pattern:match("^([%w_]+)()", position)
    if not term or not pattern:find("^%s", after) and after <= #pattern then
      local character = pattern:match("^[%w_]*(" .. utf8.charpattern .. ")", position)
      return nil, ("Invalid character(s) in term '%s'"):format(character or "")
    end
    return term, after
  end
  local text = {}
  local at = position + 1
  while true do
    local plain, stop = pattern:match('^([^"\\]*)()', at)
    text[#text + 1] = plain
    local character = pattern:sub(stop, stop)
    if character == "" then
      return nil, "Invalid filter pattern"
    elseif character == '"' then
      return table.concat(text), stop + 1
    end
    text[#text + 1] = pattern:sub(stop + 1, stop + 1)
    at = stop + 2
  end
end

--- Parses a pattern.
---@param pattern string
---@return { sign: string, term: string }[]? terms
---@return string? message
function M.parse(pattern)
  local terms, position = {}, pattern:match "^%s*()"
  while position <= #pattern do
    local sign, start = pattern:match("^([?-]?)()", position)
    local term, after = read_term(pattern, start)
    if not term then
      return nil, after
    end
    terms[#terms + 1] = { sign = sign, term = term }
    position = pattern:match("^%s*()", after)
  end
  return terms
end

--- Reports whether a line matches a pattern.
---@param terms { sign: string, term: string }[]
---@param line string
---@return boolean
function M.matches(terms, line)
  local any, one_of = false, false
  for _, one in ipairs(terms) do
    local found = line:find(one.term, 1, true) ~= nil
    if one.sign == "?" then
      any, one_of = true, one_of or found
    elseif found == (one.sign == "-") then
      return false
    end
  end
  return one_of or not any
end

return M
