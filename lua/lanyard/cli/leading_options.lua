--- The options before the command: lanyard's own, and options of the AWS CLI, which people write there.
---
---     local own, leading, rest = leading_options.split { "--profile", "ops", "status", "web" }
---     own.first                                  --> "status"
---     leading_options.joined(leading, rest)      --> { "--profile", "ops", "web" }

local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"

local suggest = lazy "lanyard.text.suggest"

local M = {}

-- Options of the AWS CLI that people write before the command; they are passed to the command.
local TAKES_VALUE = {
  ["--profile"] = true, ["--region"] = true, ["--endpoint-url"] = true, ["--output"] = true,
  ["--query"] = true,
  ["--ca-bundle"] = true, ["--cli-connect-timeout"] = true, ["--cli-read-timeout"] = true,
}

local KNOWN = lists.sorted_names(TAKES_VALUE)
table.move({ "--emulator", "--version", "--licenses", "--help", "--debug" }, 1, 5, #KNOWN + 1, KNOWN)

--- Joins the options before a command with its words. An option that is also after the command counts there, as the
--- last one counts in the AWS CLI.
---@param leading string[]
---@param words string[]
---@return string[]
function M.joined(leading, words)
  local given, all = {}, {}
  for _, word in ipairs(words) do
    if word == "--" then
      break
    end
    given[word:match "^%-%-[%w-]+" or false] = true
  end
  local i = 1
  while leading[i] do
    local count = TAKES_VALUE[leading[i]] and 2 or 1
    if not given[leading[i]:match "^%-%-[%w-]+"] then
      table.move(leading, i, i + count - 1, #all + 1, all)
    end
    i = i + count
  end
  return table.move(words, 1, #words, #all + 1, all)
end

--- Returns why the words after `--version` or `--licenses` are invalid; nil for valid ones and for other commands.
---@param first string
---@param rest string[]
---@return string?
function M.unexpected(first, rest)
  local allowed = first == "--version" and rest[1] == "--verbose" and 1 or 0
  if (first == "--version" or first == "--licenses") and rest[allowed + 1] then
    return ("%s takes no arguments: '%s' is not expected"):format(first, rest[allowed + 1])
  end
end

--- Splits the words before the command: options of lanyard itself, and options for the command.
---@param words string[]
---@return { emulator?: boolean, seed?: string, first?: string }? own  seed: a file; first: the command
---@return string[]|string leading  options for the command; or why the words are invalid
---@return string[]|string? rest  words after the command; or the code of the error
---@return string? topic  of help about the error
function M.split(words)
  local own, leading, i = {}, {}, 1
  while words[i] and words[i]:sub(1, 1) == "-" do
    local word = words[i]
    if word == "--emulator" then
      own.emulator = true
    elseif word == "--emulator=" then
      return nil, "--emulator= needs the file of a seed", "MissingValue", "emulate"
    elseif word:find "^%-%-emulator=" then
      own.emulator, own.seed = true, word:match "=(.*)"
    elseif word == "--version" or word == "--licenses" or word == "-e" or word == "-" then
      own.first = word
      i = i + 1
      break
    elseif word == "--help" or word == "-h" then
      own.first = "help"
      i = i + 1
      break
    elseif word == "--debug" or word:match "^(%-%-[%w-]+)=" and TAKES_VALUE[word:match "^(%-%-[%w-]+)="] then
      leading[#leading + 1] = word
    elseif TAKES_VALUE[word] and words[i + 1] then
      table.move(words, i, i + 1, #leading + 1, leading)
      i = i + 1
    else
      local near = suggest(word, KNOWN)
      return nil, ("unknown option '%s' before a command%s"):format(word,
        near and ("; did you mean '%s'?"):format(near) or ""), "UnknownOption"
    end
    i = i + 1
  end
  if not own.first then
    own.first = words[i]
    i = i + 1
  end
  return own, leading, table.move(words, i, #words, 1, {})
end

return M
