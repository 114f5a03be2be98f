-- Command lines as words, without a shell.
--
--   words.split "grant web 'team/*'"     --> { "grant", "web", "team/*" } | nil, what is wrong
--   words.quote "team/*"                 --> "'team/*'"

local M = {}

-- piece(text, position) --> length, addition | nil
-- What stands at the position (a quoted run, a backslash with its character, a character): how much of the text
-- it takes, and what it adds to a word. nil: it has no end.
function M.piece(text, position)
  local c = text:sub(position, position)
  if c == "'" then
    local inside = text:match("^'([^']*)'", position)
    return inside and #inside + 2, inside
  elseif c == '"' then
    local last = position + 1
    while true do
      last = text:find('["\\]', last)
      if not last then
        return nil
      elseif text:sub(last, last) == '"' then
        local inside = text:sub(position + 1, last - 1)
        return last - position + 1, (inside:gsub('\\(["\\])', "%1"))
      end
      last = last + 2
    end
  elseif c == "\\" then
    return position < #text and 2, text:sub(position + 1, position + 1)
  end
  return 1, c
end

-- What is wrong where piece gives nil.
function M.unended(text, position)
  return text:sub(position, position) == "\\" and "it ends in a backslash" or "a quote has no end"
end

-- split(text) --> list | nil, what is wrong. As a POSIX shell splits words, and as the AWS CLI does: quotes
-- and backslashes count; nothing is expanded.
function M.split(text)
  local list, word, position = {}, nil, 1
  while position <= #text do
    if text:find("^[ \t\r\n]", position) then
      list[#list + 1] = word
      word, position = nil, position + 1
    else
      local length, adds = M.piece(text, position)
      if not length then
        return nil, M.unended(text, position)
      end
      word, position = (word or "") .. adds, position + length
    end
  end
  list[#list + 1] = word
  if #list == 0 then
    return nil, "it is empty"
  end
  return list
end

-- A word as one types it, quoted where a shell would read it otherwise.
function M.quote(word)
  if word:find "^[%w_./:=@%%+-]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- A command line of these words.
function M.join(list)
  local quoted = {}
  for i, word in ipairs(list) do
    quoted[i] = M.quote(word)
  end
  return table.concat(quoted, " ")
end

return M
