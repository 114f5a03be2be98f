--- Completes a command line: what can follow the words before the cursor. The scripts of `lanyard completion` ask for
--- it with `lanyard __complete SHELL WORD... PREFIX`.
---
---     completion.candidates({ "grant" }, "w")  --> { { "web" } }, nil
---
--- Everything comes from declarations and files of the user: no call is made, no question is asked, and no script is
--- run.

local commands = require "lanyard.cli.commands"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local shared = require "lanyard.cli.options"

local parts = lazy "lanyard.cli.parts"

local M = {}

---@alias completion.Candidate { [1]: string, [2]: string? }  a word, and what it is
---@alias completion.Files "files"|"folders"|nil  what the shell completes itself

-- What completes an argument or an option, by its name, else by its type or placeholder.
local BY_NAME = {
  service = "services", ["--service"] = "services", repository = "repositories", ["--repository"] = "repositories",
  image = "images", file = "files", old = "files", new = "files", db = "files", directory = "folders", path = "files",
  command = "command", ["--profile"] = "profiles", ["--region"] = "regions",
}
local BY_VALUE = { DIR = "folders", ["FILE,..."] = "files" }

-- Options before a command.
local LEADING = {
  { "--emulator", help = "Run the command against a new emulator.", attached = "files" },
  { "--version", help = "Print the version." }, { "--licenses", help = "Print licences and notices." },
  { "--help", help = "List the commands." }, { "--debug", help = "Print tracebacks and a wire log." },
  { "-e", help = "Run a line of Lua.", type = "text" },
}
local OWN = { { "--help", help = "Print this help." }, { "--debug", help = "Print tracebacks and a wire log." } }

-- ---------------------------------------------------------------------------------------------
-- Options

local function takes_value(option)
  return option.type ~= nil or option.choices ~= nil
end

-- Returns the options of a declaration that are listed, and all of them by name.
local function options_of(declared)
  local all, by_name = {}, {}
  local function add(options)
    for _, option in ipairs(options) do
      if not by_name[option[1]] then
        by_name[option[1]] = option
        all[#all + 1] = not option.hidden and option or nil
      end
    end
  end
  for _, option in ipairs(declared and declared.options or {}) do
    add(type(option) == "table" and { option } or shared[option] or {})
  end
  add(OWN)
  return all, by_name
end

-- The options that can precede every command and take a value.
local function leading_options()
  local all, by_name = options_of { options = { "aws", { "--output", type = "text", help = "Output format." } } }
  for _, option in ipairs(LEADING) do
    all[#all + 1], by_name[option[1]] = not by_name[option[1]] and option or nil, option
  end
  return all, by_name
end

-- Reads words: the operands, the options given with their values, and the option whose value follows the last word.
local function read_words(words, by_name)
  local line, i = { operands = {}, given = {}, after_dashes = false }, 1
  while words[i] do
    local word = words[i]
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    local option = not line.after_dashes and by_name[name or word]
    if line.after_dashes or word:sub(1, 1) ~= "-" or word == "-" then
      line.operands[#line.operands + 1] = word
    elseif word == "--" then
      line.after_dashes = true
    elseif name then
      line.given[name] = value
    elseif option and takes_value(option) then
      if not words[i + 1] then
        line.pending = option
      end
      line.given[word], i = words[i + 1] or "", i + 1
    else
      line.given[word] = ""
    end
    i = i + 1
  end
  return line
end

-- ---------------------------------------------------------------------------------------------
-- Values

local KINDS = {}

local function plain(list)
  local items = {}
  for i, word in ipairs(list) do
    items[i] = { word }
  end
  return items
end

local function settings_of(given)
  return {
    profile = given["--profile"], region = given["--region"], endpoint_url = given["--endpoint-url"],
  }
end

function KINDS.services(given, prefix)
  return plain(require("lanyard.cli.completion.names").of("services", settings_of(given), prefix))
end

function KINDS.repositories(given, prefix)
  return plain(require("lanyard.cli.completion.names").of("repositories", settings_of(given), prefix))
end

-- An image of `deploy` can follow the name of a container.
function KINDS.images(given, prefix)
  local container, items = prefix:match "^([%w-]+=)" or "", {}
  for i, item in ipairs(KINDS.repositories(given, prefix:sub(#container + 1))) do
    items[i] = { container .. item[1] }
  end
  return items
end

function KINDS.profiles()
  return plain((require("lanyard.cli.completion.names").profiles()))
end

function KINDS.regions()
  local set = lists.set(table.concat(require("lanyard.aws.regions").of "ecr", " "))
  for _, region in ipairs((select(2, require("lanyard.cli.completion.names").profiles()))) do
    set[region] = true
  end
  return plain(lists.sorted_names(set))
end

function KINDS.files()
  return {}, "files"
end

function KINDS.folders()
  return {}, "folders"
end

-- Puts the earlier elements of a list before each candidate. Elements that are in the list are not offered again.
local function after_comma(items, prefix)
  local head = prefix:match "^.*," or ""
  local seen, joined = {}, {}
  for element in head:gmatch "[^,]+" do
    seen[element] = true
  end
  for _, item in ipairs(items) do
    joined[#joined + 1] = not seen[item[1]] and { head .. item[1], item[2] } or nil
  end
  return joined
end

-- Returns the candidates for the value of an argument or an option.
local function values_of(item, given, prefix)
  local choices = parts.choices(item)
  if choices then
    return plain(choices)
  end
  local kind = BY_NAME[item[1]] or BY_VALUE[item.value] or item.type == "file" and "files"
  local items, files = {}, nil
  if KINDS[kind] then
    items, files = KINDS[kind](given, prefix)
  end
  if item.list then
    if kind == "regions" then
      items[#items + 1] = { "all" }
    end
    items = after_comma(items, prefix)
  elseif item[1] == "--rules" and prefix ~= "" then
    items[1] = { "none" }
  end
  return items, files
end

-- ---------------------------------------------------------------------------------------------
-- Words

local function option_items(options, given)
  local items = {}
  for _, option in ipairs(options) do
    if given[option[1]] == nil or option.repeated then
      items[#items + 1] = { option[1], option.help or "Output format." }
    end
  end
  return items
end

-- Returns the candidates for a word that begins with a hyphen: an option, or "--option=" and its value.
local function option_words(options, by_name, line, prefix)
  local name, value = prefix:match "^(%-%-[%w-]+)=(.*)$"
  if not name then
    return option_items(options, line.given)
  elseif by_name[name] and by_name[name].attached then
    return {}, by_name[name].attached
  elseif not by_name[name] or not takes_value(by_name[name]) then
    return {}
  end
  local items, files = values_of(by_name[name], line.given, value)
  for _, item in ipairs(items) do
    item[1] = name .. "=" .. item[1]
  end
  return items, files
end

-- Returns the argument that an operand belongs to.
local function argument_at(declared, position)
  for _, argument in ipairs(declared.arguments or {}) do
    local args = argument.args or 1
    if args == "*" or args == "+" then
      return argument
    end
    position = position - (args == "?" and 1 or args)
    if position < 1 then
      return argument
    end
  end
  return nil
end

local function sub_commands(script, declared)
  local items = {}
  for _, sub in ipairs(declared.commands or {}) do
    local found = commands.find(script.name, { sub })
    items[#items + 1] = { sub, found and commands.summary(found) }
  end
  return items
end

local function unused(items, used)
  local rest = {}
  for _, item in ipairs(items) do
    rest[#rest + 1] = not used[item[1]] and item or nil
  end
  return rest
end

local function operand_words(script, declared, line, prefix)
  local items, files = {}, nil
  local position = #line.operands + 1
  local argument = argument_at(declared, position)
  if argument and BY_NAME[argument[1]] == "command" then
    return M.candidates(line.operands, prefix)
  elseif argument then
    items, files = values_of(argument, line.given, prefix)
  end
  if argument and (argument.args == "*" or argument.args == "+") then
    local used = {}
    for _, operand in ipairs(line.operands) do
      used[operand] = true
    end
    items = unused(items, used)
  end
  if position == 1 and not line.after_dashes then
    local subs = sub_commands(script, declared)
    items = table.move(items, 1, #items, #subs + 1, subs)
  end
  return items, files
end

-- Returns the candidates for a word of a command. given: the options before the command.
local function command_words(name, words, prefix, given)
  local script, rest = commands.find(name, words)
  local declared = script and commands.declaration(script)
  if not declared then
    return {}, script and "files" or nil
  end
  if declared.grammar then
    return require("lanyard.cli.grammars")[declared.grammar]().candidates(rest, prefix)
  end
  local options, by_name = options_of(declared)
  local line = read_words(rest, by_name)
  for option, value in pairs(given) do
    line.given[option] = line.given[option] or by_name[option] and value or nil
  end
  if line.pending then
    return values_of(line.pending, line.given, prefix)
  elseif prefix:sub(1, 1) == "-" and not line.after_dashes then
    return option_words(options, by_name, line, prefix)
  end
  return operand_words(script, declared, line, prefix)
end

-- Returns the candidates for the first word.
local function first_words(prefix)
  if prefix:find "/" then
    return {}, "files"
  end
  local items = {}
  for _, script in ipairs(commands.names()) do
    items[#items + 1] = { script.name, script.summary }
  end
  return items
end

-- Returns the codes of errors: of lanyard, and of AWS where lanyard has advice.
local function code_words()
  local items = {}
  for i, code in ipairs(require("lanyard.cli.errors").codes()) do
    items[i] = { code, "Error." }
  end
  return items
end

-- Returns what can follow `lanyard help`. The catalogue of errors is read for a word in capitals only, and the members
-- of modules for a word with a dot or colon.
local function help_words(words, prefix)
  if not words[1] and prefix:find "^%u" then
    return code_words()
  elseif not words[1] and prefix:find "^%l[%w_.]*[.:]" then
    return plain(require("lanyard.cli.help_modules").members(prefix))
  elseif not words[1] then
    local items, known = plain(lists.sorted_names(require "lanyard.cli.topics")), {}
    for _, script in ipairs(commands.names()) do
      items[#items + 1], known[script.name] = { script.name, script.summary }, true
    end
    for _, module in ipairs(require("lanyard.cli.help_modules").names()) do
      items[#items + 1] = not known[module] and { module, "Lua module." } or nil
    end
    return items
  end
  local script = commands.find(words[1], {})
  local declared = script and commands.declaration(script)
  if declared and declared.grammar then
    return require("lanyard.cli.grammars")[declared.grammar]().candidates(table.move(words, 2, #words, 1, {}), "")
  elseif words[2] then
    return {}
  end
  return declared and sub_commands(script, declared) or {}
end

--- Returns what a word can be.
---@param words string[]  the words between the program and the cursor
---@param prefix string   the part of the word before the cursor
---@return completion.Candidate[] items  also ones that do not begin with the prefix
---@return completion.Files files
function M.candidates(words, prefix)
  local options, by_name = leading_options()
  local first = 1
  while words[first] and words[first]:find "^%-." do
    local option = not words[first]:find "=" and by_name[words[first]]
    first = first + (option and takes_value(option) and 2 or 1)
  end
  local line = read_words(table.move(words, 1, math.min(first - 1, #words), 1, {}), by_name)
  local name, rest = words[first], table.move(words, first + 1, #words, 1, {})
  if line.given["-e"] then
    return {}
  elseif line.pending then
    return values_of(line.pending, line.given, prefix)
  elseif not name and prefix:sub(1, 1) == "-" then
    return option_words(options, by_name, line, prefix)
  elseif not name then
    return first_words(prefix)
  elseif name == "help" then
    return help_words(rest, prefix)
  elseif name:find "[/.]" then
    return {}, "files"
  end
  return command_words(name, rest, prefix, line.given)
end

return M
