--- Knows the commands that take a password in an option without a name: mysql -pPASSWORD, redis-cli -a PASSWORD.

local lists = require "lanyard.lists"

local M = {}

-- Where the password is: "attached" to the option, in the word "after" it, or "either".
local OPTIONS = {
  ["mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlsh mycli mariadb mariadb-dump mariadb-admin"] =
    { ["-p"] = "attached" },
  ["mysqladmin mariadb-admin nmcli"] = { password = "after" },
  ["redis-cli valkey-cli keydb-cli"] = { ["-a"] = "after", ["--pass"] = "after" },
  ["sshpass mongo mongosh mongodump mongorestore mongoexport mongoimport psexec rdesktop"] = { ["-p"] = "either" },
  ["7z 7za 7zr 7zz"] = { ["-p"] = "attached" },
  ["zip unzip sqlcmd bcp osql ipmitool"] = { ["-P"] = "either" },
  ["ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldappasswd"] = { ["-w"] = "either" },
  openssl = { ["-k"] = "after", ["-passin"] = "after", ["-passout"] = "after", ["-pass"] = "after" },
  ["curl wget"] = { ["--pass"] = "after" },
  login = { ["-p"] = "after" }, -- docker login, skopeo login, helm registry login
}

---@alias secret_commands.Options table<string, "attached"|"after"|"either">

---@type table<string, secret_commands.Options>
local by_program = {}
for programs, options in pairs(OPTIONS) do
  for program in pairs(lists.set(programs)) do
    by_program[program] = by_program[program] or {}
    for option, where in pairs(options) do
      by_program[program][option] = where
    end
  end
end

--- Returns the options of a program that take a password, or nil.
---@param word string
---@return secret_commands.Options?
function M.options(word)
  return by_program[word]
end

--- Reports whether a command ends, or may end, in a text between two words. It continues after an escaped line end and
--- in the next item of a YAML list.
---@param gap string
---@param text string
---@param after integer  the position after the gap
---@return boolean
function M.ends_in(gap, text, after)
  if gap:find "[;|&]" then
    return true
  end
  return gap:find "\n" ~= nil and not gap:find "\\\r?\n[ \t]*$" and text:sub(after, after + 1) ~= "- "
end

-- The position of a value in the next word: after blanks, in the next item of a list.
local function next_word(text, position)
  return text:match("^[ \t]+()", position) or text:match("^\\*[\"'],%s*()", position)
    or text:match("^[ \t]*\\\r?\n[ \t]*()", position) or text:match("^\\*[\"']?\r?\n[ \t]*%- +()", position)
end

-- Reports whether a word ends at a position, instead of being joined with a quoted text or a further character.
local function is_word_end(text, first, last)
  return last == #text or text:find("^[%s,]", last + 1) ~= nil or text:find("^\\+[nrt\"']", last + 1) ~= nil
    or text:find("^[\"']", last + 1) ~= nil and text:byte(last + 1) == text:byte(first - 1)
end

--- Returns the position of the password that follows a word of a command, or nil.
---@param options secret_commands.Options
---@param text string
---@param first integer  of the word
---@param last integer
---@return integer? position  of the password or of its quote
function M.password_at(options, text, first, last)
  local word = text:sub(first, last)
  local where = options[word]
  local attached = where or options[word:sub(1, 2)]
  if attached and attached ~= "after" and not (where and is_word_end(text, first, last)) then
    return first + 2
  end
  local position = where and where ~= "attached" and next_word(text, last + 1)
  position = position and (text:match("^pass:()", position) or position)
  return position and not text:find("^[%s|&;<>]", position) and not text:find("^%-%-?%a", position) and position or nil
end

return M
