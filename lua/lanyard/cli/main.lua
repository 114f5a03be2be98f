--- The lanyard command: finds the script of a command, runs it as the main task, and turns how it ended into an exit
--- status. core/main.c calls it with the words of the command line.

local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local lazy = require "lanyard.lazy"
local leading_options = require "lanyard.cli.leading_options"
local lists = require "lanyard.lists"
local progress = require "lanyard.cli.progress"
local search_path = require "lanyard.cli.search_path"
local system = require "lanyard.system"
local task = require "lanyard.task"
local terminal = require "lanyard.cli.terminal"

local command_line = lazy "lanyard.cli.command"
local shellwords = lazy "lanyard.text.shellwords"

-- ---------------------------------------------------------------------------------------------
-- Running

-- Loaded when a command is looked up. A script that is run by its path does not need it.
local function find_commands()
  return require "lanyard.cli.commands"
end

-- A message about a script, and its help, need its source and its name.
local function note_chunk(source, chunk_name, name)
  command_line.sources[chunk_name] = source
  command_line.names[chunk_name] = name
end

-- Like the loader of stock Lua, it skips a byte order mark and a line that begins with #!.
local function load_chunk(source, chunk_name, name)
  note_chunk(source, chunk_name, name)
  local chunk, message = load((source:gsub("^\xEF\xBB\xBF", ""):gsub("^#![^\n]*", "")), chunk_name, "t")
  if not chunk then
    exit.problem("InvalidScript", message:match "^[^\n]*") -- a stack overflow of the parser adds a traceback
  end
  return chunk
end

local function load_script(script)
  local chunk_name = "@" .. script.path
  if not script.embedded then
    return load_chunk(script.source, chunk_name, script.name)
  end
  note_chunk(script.source, chunk_name, script.name)
  command_line.checked[chunk_name] = true
  return require("lanyard.embedded").chunk(script.embedded)
end

-- check: is called with the results | nil
local function run_chunk(chunk, name, words, check)
  _G.arg = table.move(words, 1, #words, 1, { [0] = name })
  local results = table.pack(chunk(table.unpack(words)))
  if check then
    check(results[1])
  end
  local status, message = exit.of_results(table.unpack(results, 1, results.n))
  if message then
    exit.leave(status, message)
  end
  return status
end

-- A script of the user can print its result in other ways than lanyard.cli.
local function run_own(chunk, name, words, check)
  local status = run_chunk(chunk, name, words, check)
  if status == exit.STATUS.ok and package.loaded["lanyard.cli.result"] then
    require("lanyard.cli.result").note_unused()
  end
  return status
end

-- Names the scripts that a built-in command hides. Each of the user's own is named once.
local function note_hidden(name)
  local hidden, err = find_commands().hidden(name)
  for _, script in ipairs(hidden) do
    require("lanyard.cli.hidden").note(script)
  end
  if err then
    terminal.note(("lanyard: %s; it does not replace the built-in command '%s'"):format(
      exit.describe(err.message), name))
  end
end

-- Reports whether a command changes something: it has --dry-run.
local function is_changing(script)
  local declared = find_commands().declaration(script)
  return lists.contains(declared and declared.options or {}, "dry-run")
end

-- leading: options before the command, which are passed to it.
local function run_script(name, leading, words)
  local script, rest, err = find_commands().find(name, words)
  if not script then
    exit.problem("UnknownCommand", require("lanyard.cli.unknown_command")(name, err)
      .. (err and "" or " (lanyard help lists all)"))
  elseif script.built_in then
    note_hidden(name)
  end
  if command_line.wants_help(rest) then
    require("lanyard.cli.help_command").script(script, rest)
    return exit.STATUS.ok
  elseif script.place then
    search_path.beside_trusted(script.place, "scripts/")
  elseif script.folder then
    search_path.beside(script.folder)
  end
  local all = leading_options.joined(leading, rest)
  local run_it = script.built_in and run_chunk or run_own
  local status = run_it(load_script(script), script.name, all)
  if status == exit.STATUS.ok and script.built_in and not terminal.used and is_changing(script) then
    exit.problem("NoResult", ("%s ended without a result: run it again with --debug"):format(script.name))
  end
  return status
end

local STDIN = 0

-- Reads standard input to its end. An interrupt ends the wait.
local function read_input()
  local parts = {}
  repeat
    task.readable(STDIN)
    parts[#parts + 1] = exit.check(system.read(STDIN))
  until parts[#parts] == ""
  return table.concat(parts)
end

-- Runs a script from standard input. Prompts are not read from the same input: its rest is not an answer.
local function run_input(words)
  local source = read_input()
  require("lanyard.prompt").forbid()
  return run_chunk(load_chunk(source, "=stdin", "-"), "-", words)
end

-- Ends the script for a seed that follows --emulator as its own word: it would run as a script, without an effect.
local function refuse_seed(path)
  local example = shellwords.join { "--emulator=" .. path }
  exit.problem("Usage", escape.printable(("%s is a seed, not a command: write %s (lanyard help emulate)"):format(path,
    example)))
end

-- may_be_seed: the file follows --emulator
local function run_file(path, words, may_be_seed)
  local source = exit.check(system.read_file(path))
  local folder = system.real_path(path:match "^(.*/)[^/]*$" or ".")
  if folder then
    search_path.beside(folder)
  end
  return run_own(load_chunk(source, "@" .. path), path, words, may_be_seed and function(result)
    if require("lanyard.emulator.seed").is_like(result) then
      refuse_seed(path)
    end
  end or nil)
end

-- ---------------------------------------------------------------------------------------------
-- The command line

-- Returns the words that `lanyard help` describes: `lanyard --help grant` and `lanyard help grant --help` print the
-- page of grant. Options for a command, such as --profile, are not for help.
local function asked_for(words)
  local names = {}
  for _, word in ipairs(words) do
    names[#names + 1] = word ~= "--help" and word ~= "-h" and word or nil
  end
  return names[1] and names or words
end

-- Starts an emulator in this process and points every call at it. The journal goes to a temporary folder, so that a
-- trial leaves nothing. Closing the result stops the emulator and removes the folder.
-- path: the file of its seed | nil
local function start_emulator(path)
  local seed = path and exit.check_file(require("lanyard.emulator.data_file").read(path))
  local folder = exit.check(system.temp_folder "lanyard-emulator")
  system.setenv("XDG_STATE_HOME", folder)
  system.setenv("XDG_CACHE_HOME", folder)
  local emulator = exit.check_file(require("lanyard.emulator").start { reformat = true, seed = seed })
  require("lanyard.emulator").use(emulator)
  return setmetatable({}, {
    __close = function()
      emulator:stop()
      system.remove_tree(folder)
    end,
  })
end

local function run(words)
  local own, leading, rest, topic = leading_options.split(words)
  if not own then
    exit.problem(rest, ("%s (lanyard help%s)"):format(leading, topic and " " .. topic or ""))
  end
  local first = own.first
  search_path.install()
  local _ <close> = own.emulator and start_emulator(own.seed) or nil
  if not first then
    require("lanyard.cli.help_command").usage()
    return exit.STATUS.usage
  elseif leading_options.unexpected(first, rest) then
    exit.problem("TooManyArguments", escape.printable(leading_options.unexpected(first, rest) .. " (lanyard help)"))
  elseif first == "--version" then
    terminal.out(rest[1] and require("lanyard.cli.about").versions() or "lanyard " .. require "lanyard.version")
    return exit.STATUS.ok
  elseif first == "--licenses" then
    terminal.out(require("lanyard.cli.about").licenses())
    return exit.STATUS.ok
  elseif first == "-e" then
    local code = table.remove(rest, 1)
    if not code then
      exit.problem("MissingValue", "-e needs a line of Lua (lanyard help)")
    end
    return run_chunk(load_chunk(code, "=(command line)", "-e"), "-e", leading_options.joined(leading, rest))
  elseif first == "-" then
    return run_input(leading_options.joined(leading, rest))
  elseif first == "__complete" then
    return require("lanyard.cli.completion.protocol").answer(rest)
  elseif first == "help" then
    return run_script(first, {}, asked_for(rest))
  elseif own.emulator and first:find "%.json$" and system.exists(first) then
    refuse_seed(first)
  elseif first:find "/" or first:find "%.lua$" then
    return run_file(first, leading_options.joined(leading, rest), own.emulator and not own.seed)
  end
  return run_script(first, leading, rest)
end

-- ---------------------------------------------------------------------------------------------
-- The output

local write_failure -- why the last write that failed did

-- Ends the script quietly if the reader of stdout has closed it: a script in an endless loop would not notice.
local function check_pipe(ok, message, number)
  write_failure = not ok and message or write_failure
  if not ok and number == terminal.CLOSED_PIPE then
    exit.leave(exit.STATUS.ok)
  end
end

-- Returns the exit status once stdout is flushed. A result that was not written is a failure, also where a script
-- ignored the error.
local function output_status(status)
  local kind, reason = system.output_failure()
  if status == exit.STATUS.ok and kind == "failed" then
    reason = write_failure or reason
    local message = "lanyard: cannot write the result" .. (reason and ": " .. reason or "")
    terminal.note(exit.with_code(message, "OutputFailed"))
    return exit.STATUS.failed
  end
  return status
end

-- Replaces print, io.write and os.exit by functions that notice a failed write.
local function watch_output()
  local io_write, os_exit = io.write, os.exit
  function _G.print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do
      parts[i] = tostring(parts[i])
    end
    progress.erase "\n"
    check_pipe(io.stdout:write(table.concat(parts, "\t"), "\n"))
    check_pipe(io.stdout:flush())
  end
  rawset(io, "write", function(...)
    progress.erase(tostring(select(-1, "", ...)))
    local results = table.pack(io_write(...))
    if io.output() == io.stdout then
      check_pipe(table.unpack(results, 1, 3))
    end
    return table.unpack(results, 1, results.n)
  end)
  rawset(os, "exit", function(code, close)
    local status = code == nil and 0 or code == true and 0 or code == false and exit.STATUS.failed or code
    os_exit(output_status(status), close)
  end)
end

-- words: the command line without the program's name --> exit status
return function(words)
  watch_output()
  local ok, result = pcall(task.run, function() return run(words) end, { signals = true })
  progress.finish(not ok and not exit.is_exit(result))
  if ok then
    local status = output_status(result)
    if status == result then
      exit.complete()
    end
    return status
  end
  local status, message = exit.of_error(result, command_line.debug)
  if message then
    terminal.note("lanyard: " .. message)
  end
  return output_status(status)
end
