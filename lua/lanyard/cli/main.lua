-- The lanyard command: finds the script that is asked for, runs it as the main task, and turns how
-- it ended into an exit status. Called by core/main.c with the words of the command line.

local assets = require "lanyard.assets"
local cli = require "lanyard.cli"
local embedded = require "lanyard.embedded"
local ending = require "lanyard.cli.ending"
local system = require "lanyard.system"
local task = require "lanyard.task"

local USAGE = [[
usage: lanyard [--emulator] COMMAND [OPTION ...] [ARGUMENT ...]
       lanyard FILE.lua [ARGUMENT ...]     run a script of your own
       lanyard -e CODE [ARGUMENT ...]      run a line of Lua
       lanyard help [COMMAND]              what there is, or one command's help
       lanyard help environment            the variables and config files that are read
       lanyard scripts                     where each command comes from
       lanyard --version
]]

-- Options of the AWS CLI that people write before the command; they are handed on to it.
local TAKES_VALUE = {
  ["--profile"] = true, ["--region"] = true, ["--endpoint-url"] = true, ["--output"] = true,
  ["--ca-bundle"] = true, ["--cli-connect-timeout"] = true, ["--cli-read-timeout"] = true,
}

-- ---------------------------------------------------------------------------------------------
-- Finding scripts

-- The folders that may hold scripts, the first that has a name wins; the embedded ones come last.
local function folders()
  local home = os.getenv "HOME"
  local config = os.getenv "XDG_CONFIG_HOME"
  if not config or config == "" then
    config = home and home .. "/.config"
  end
  local list = { "./.lanyard/scripts" }
  for folder in (os.getenv "LANYARD_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = folder
  end
  list[#list + 1] = config and config .. "/lanyard/scripts"
  list[#list + 1] = embedded.prefix .. "/share/lanyard/scripts"
  return list
end

-- The source of a script and where it was found, or nil.
local function find_script(name)
  if name:find "[^%w_-]" then
    return nil
  end
  for _, folder in ipairs(folders()) do
    local path = ("%s/%s.lua"):format(folder, name)
    if system.exists(path) then
      return cli.check(system.read_file(path)), path
    end
  end
  return embedded.script(name), ("scripts/%s.lua"):format(name)
end

-- Every script once: { name, path, summary }, by name.
local function all_scripts()
  local seen, list = {}, {}
  local function add(name, path, source)
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = { name = name, path = path, summary = cli.header(source) }
    end
  end
  for _, folder in ipairs(folders()) do
    for _, file in ipairs(system.list(folder) or {}) do
      local name = file:match "^([%w_-]+)%.lua$"
      local path = folder .. "/" .. file
      if name then
        add(name, path, system.read_file(path) or "")
      end
    end
  end
  for _, name in ipairs(embedded.scripts()) do
    add(name, "(built in)", embedded.script(name))
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- ---------------------------------------------------------------------------------------------
-- Running

local function load_chunk(source, chunk_name)
  cli.sources[chunk_name] = source
  local chunk, why = load((source:gsub("^#![^\n]*", "")), chunk_name, "t")
  if not chunk then
    cli.leave(cli.exit.failed, why)
  end
  return chunk
end

local function run_chunk(chunk, name, words)
  _G.arg = table.move(words, 1, #words, 1, { [0] = name })
  local status, message = ending.returned(chunk(table.unpack(words)))
  if message then
    cli.leave(status, message)
  end
  return status
end

local function run_script(name, words)
  local source, path = find_script(name)
  if not source then
    cli.leave(cli.exit.usage, ("there is no command '%s' (lanyard help lists them)"):format(name))
  end
  return run_chunk(load_chunk(source, "@" .. path), name, words)
end

local function run_file(path, words)
  local source = cli.check(system.read_file(path))
  return run_chunk(load_chunk(source, "@" .. path), path, words)
end

local function help(name)
  if name == "environment" then
    cli.out(assets.read "lanyard/cli/environment.txt")
    return cli.exit.ok
  elseif name then
    return run_script(name, { "--help" })
  end
  local lines = { USAGE, "commands:" }
  for _, script in ipairs(all_scripts()) do
    lines[#lines + 1] = ("  %-12s %s"):format(script.name, script.summary)
  end
  cli.out(table.concat(lines, "\n"))
  return cli.exit.ok
end

local function list_scripts()
  local rows = {}
  for _, script in ipairs(all_scripts()) do
    rows[#rows + 1] = { script.name, script.path, script.summary }
  end
  require("lanyard.report").rows({ "SCRIPT", "FROM", "SUMMARY" }, rows)
  return cli.exit.ok
end

-- Starts an emulator in this process and points every call at it. The journal goes to a folder of
-- its own, so that nothing of a trial is left. Closing the result stops it and removes the folder.
local function start_emulator()
  local folder = cli.check(system.temp_folder "lanyard-emulator")
  system.setenv("XDG_STATE_HOME", folder)
  local emulator = cli.check(require("lanyard.emulator").start {})
  require("lanyard.emulator").use(emulator)
  return setmetatable({}, {
    __close = function()
      emulator:stop()
      system.remove_tree(folder)
    end,
  })
end

-- What the words before the command ask for: options of lanyard's own, and words to hand on.
local function leading_options(words)
  local own, handed_on, i = {}, {}, 1
  while words[i] and words[i]:sub(1, 1) == "-" do
    local word = words[i]
    if word == "--emulator" then
      own.emulator = true
    elseif word == "--version" or word == "-e" then
      own.first = word
      i = i + 1
      break
    elseif word == "--help" or word == "-h" then
      own.first = "help"
      i = i + 1
      break
    elseif word == "--debug" or word:match "^(%-%-[%w-]+)=" and TAKES_VALUE[word:match "^(%-%-[%w-]+)="] then
      handed_on[#handed_on + 1] = word
    elseif TAKES_VALUE[word] and words[i + 1] then
      table.move(words, i, i + 1, #handed_on + 1, handed_on)
      i = i + 1
    else
      cli.leave(cli.exit.usage, ("unknown option '%s' before a command (lanyard help)"):format(word))
    end
    i = i + 1
  end
  if not own.first then
    own.first = words[i]
    i = i + 1
  end
  return own, table.move(words, i, #words, #handed_on + 1, handed_on)
end

local function run(words)
  local own, rest = leading_options(words)
  local first = own.first
  local _ <close> = own.emulator and start_emulator() or nil
  if not first then
    cli.note(USAGE)
    return cli.exit.usage
  elseif first == "--version" then
    cli.out("lanyard " .. require "lanyard.version")
    return cli.exit.ok
  elseif first == "-e" then
    local code = table.remove(rest, 1)
    if not code then
      cli.leave(cli.exit.usage, "-e needs a line of Lua (lanyard help)")
    end
    return run_chunk(load_chunk(code, "=(command line)"), "-e", rest)
  elseif first == "help" then
    return help(rest[1])
  elseif first == "scripts" then
    return list_scripts()
  elseif first:find "/" or first:find "%.lua$" then
    return run_file(first, rest)
  end
  return run_script(first, rest)
end

-- words: the command line, arg[0] excluded by position --> exit status
return function(words)
  local ok, result = pcall(task.run, function() return run(words) end, { signals = true })
  if ok then
    return result
  end
  local status, message = ending.of(result)
  if message then
    cli.note("lanyard: " .. message)
  end
  return status
end
