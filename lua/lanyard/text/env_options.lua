--- Hides the values of the option --env in command lines.
---
---     env_options.hide "lanyard deploy web --env KEY=hunter2"        --> "lanyard deploy web --env KEY=***"
---     env_options.hide "lanyard deploy web --env 'app:KEY=a b' -x"   --> "lanyard deploy web --env 'app:KEY=***' -x"
---
--- The environment of a container is secret whatever the names of its variables are. A reference such as ssm:/web/key
--- is not a secret and stays.

local shellwords = require "lanyard.text.shellwords"

local M = {}

-- The position after the word at a position; of a quote that is not closed, the end of the line.
local function end_of_word(text, position)
  while position <= #text and not text:find("^%s", position) do
    local length = shellwords.piece(text, position)
    if not length then
      return text:find("\n", position, true) or #text + 1
    end
    position = position + length
  end
  return position
end

local function is_reference(value)
  local rest = value:match "^[\"']?ssm:(.*)" or value:match "^[\"']?secretsmanager:(.*)"
  return rest ~= nil and rest:sub(1, 1) ~= ":"
end

-- A word with its value hidden
local function hidden(word)
  local name, value = word:match "^([^=]+=)(.+)$"
  if not name or is_reference(value) then
    return word
  end
  local quote = word:match "^[\"']"
  return name .. "***" .. (quote and word:sub(-1) == quote and quote or "")
end

--- Returns a text with *** in place of the values.
---@param text string
---@return string
function M.hide(text)
  local parts, position = {}, 1
  while true do
    local _, last = text:find("%f[%-]%-%-env[ =]+", position)
    if not last then
      parts[#parts + 1] = text:sub(position)
      return table.concat(parts)
    end
    local stop = end_of_word(text, last + 1)
    parts[#parts + 1] = text:sub(position, last) .. hidden(text:sub(last + 1, stop - 1))
    position = stop
  end
end

return M
