--- The lanyard command: finds the script of a command, runs it as the main task, and turns how it ended into an exit
--- status. core/main.c calls it with the words of the command line.

local command_line = require "lanyard.cli.command"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local leading_options = require "lanyard.cli.leading_options"
local layout = require "lanyard.text.layout"
local lists = require "lanyard.lists"
local progress = require "lanyard.cli.progress"
local search_path = require "lanyard.cli.search_path"
local suggest = require "lanyard.text.suggest"
local system = require "lanyard.system"
local task = require "lanyard.task"
local terminal = require "lanyard.cli.terminal"
local topics = require "lanyard.cli.topics"

-- Loaded when it is printed. lanyard(1) is made from the same text.
local function usage()
  return require("lanyard.assets").read "lanyard/cli/usage.txt"
end

-- ---------------------------------------------------------------------------------------------
-- Running

-- Loaded when a command is looked up. A script that is run by its path does not need it.
local function find_commands()
  return require "lanyard.cli.commands"
end

-- Like the loader of stock Lua, it skips a byte order mark and a line that begins with #!.
local function load_chunk(source, chunk_name, name)
  command_line.sources[chunk_name] = source
  command_line.names[chunk_name] = name
  local chunk, message = load((source:gsub("^\xEF\xBB\xBF", ""):gsub("^#![^\n]*", "")), chunk_name, "t")
  if not chunk then
    exit.problem("InvalidScript", message:match "^[^\n]*") -- a stack overflow of the parser adds a traceback
  end
  return chunk
end

local function run_chunk(chunk, name, words)
  _G.arg = table.move(words, 1, #words, 1, { [0] = name })
  local status, message = exit.of_results(chunk(table.unpack(words)))
  if message then
    exit.leave(status, message)
  end
  return status
end

-- A script of the user can print its result in other ways than lanyard.cli.
local function run_own(chunk, name, words)
  local status = run_chunk(chunk, name, words)
  if status == exit.STATUS.ok and package.loaded["lanyard.cli.result"] then
    require("lanyard.cli.result").note_unused()
  end
  return status
end

-- err: about a script of this name that is not trusted | nil
-- others: words that `lanyard help` accepts besides commands | nil
local function no_command(name, err, others)
  if err then
    exit.problem("UnknownCommand", ("there is no command '%s'; %s (review it, then run 'lanyard trust')"):format(name,
      exit.describe(err.message)))
  end
  local names = table.move(others or {}, 1, #(others or {}), 1, { "help", "scripts" })
  for _, script in ipairs((find_commands().list())) do
    names[#names + 1] = not script.name:find " " and script.name or nil
  end
  local near = others and require("lanyard.cli.errors").nearest(name) or suggest(name, names)
  exit.problem("UnknownCommand", ("there is no command '%s'%s (lanyard help lists all)"):format(name,
    near and ("; did you mean '%s'?"):format(near) or ""))
end

-- Prints a text that may come from a script of the current directory.
local function print_harmless(text)
  terminal.out((text:gsub("[^\n]+", escape.printable)))
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

-- Prints the help of a script. The script itself is not run: its declaration or its first comment is its help.
local function print_help(script)
  local declared, message = find_commands().declaration(script)
  if message then
    exit.problem("InvalidDeclaration",
      escape.printable(("%s: the declaration is invalid: %s"):format(script.path, message)))
  elseif not declared then
    local _, text = command_line.header(script.source)
    print_harmless(("Usage: lanyard %s [OPTION ...] [<argument> ...]\n\n%s"):format(script.name,
      text ~= "" and text or "This script has no help: it declares no command and begins with no comment."))
    return exit.STATUS.ok
  end
  local summaries = {}
  for _, command in ipairs(declared.commands or {}) do
    local sub = find_commands().find(script.name, { command })
    summaries[script.name .. " " .. command] = sub and find_commands().summary(sub)
  end
  print_harmless(require("lanyard.cli.help").command(script.name, declared, summaries,
    terminal.text_width()))
  return exit.STATUS.ok
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
    no_command(name, err)
  elseif script.built_in then
    note_hidden(name)
  end
  if command_line.wants_help(rest) then
    return print_help(script)
  elseif script.place then
    search_path.beside_trusted(script.place, "scripts/")
  elseif script.folder then
    search_path.beside(script.folder)
  end
  local all = leading_options.joined(leading, rest)
  local run_it = script.built_in and run_chunk or run_own
  local status = run_it(load_chunk(script.source, "@" .. script.path, script.name), script.name, all)
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

local function run_file(path, words)
  local source = exit.check(system.read_file(path))
  local folder = system.real_path(path:match "^(.*/)[^/]*$" or ".")
  if folder then
    search_path.beside(folder)
  end
  return run_own(load_chunk(source, "@" .. path), path, words)
end

-- ---------------------------------------------------------------------------------------------
-- Help and lists

-- Prints why the scripts of the current directory are not listed.
local function note_untrusted(err)
  if err then
    terminal.note(("lanyard: the scripts in ./.lanyard are ignored: %s (review them, then run 'lanyard trust')"):format(
      exit.describe(err.message)))
  end
end

local function overview()
  local list = {}
  local scripts, _, err = find_commands().list()
  note_untrusted(err)
  for _, script in ipairs(scripts) do
    local declared = find_commands().declaration(script)
    list[#list + 1] = {
      name = script.name, summary = find_commands().summary(script),
      category = script.built_in and declared and declared.category or nil,
    }
  end
  local width = terminal.text_width()
  print_harmless(layout.refit(usage(), width) .. require("lanyard.cli.help").overview(list, width)
    .. "\n" .. layout.hanging("'lanyard help COMMAND' describes a command.", width, 0))
  return exit.STATUS.ok
end

-- Prints the documentation of a module or of what is in it. Returns nil if no module has that name.
local function module_help(name)
  local width = terminal.text_width()
  local text, message = require("lanyard.cli.help_modules").text(name, width)
  if message then
    exit.problem("UnknownCommand", ("%s (lanyard help modules)"):format(escape.printable(message)))
  elseif text then
    terminal.out(layout.refit(text, width))
    return exit.STATUS.ok
  end
end

local function help(words)
  local name = words[1]
  if not name then
    return overview()
  elseif topics[name] then
    local width = terminal.text_width()
    terminal.out(layout.refit(topics[name](width), width))
    return exit.STATUS.ok
  end
  local script, rest, err = find_commands().find(name, { table.unpack(words, 2) })
  local page = not script and require("lanyard.cli.errors").describe(name)
  if page then
    terminal.out(layout.refit(page, terminal.text_width()))
    return exit.STATUS.ok
  elseif not script then
    local status = module_help(name)
    if status then
      return status
    end
    local names, modules = lists.sorted_names(topics), require("lanyard.cli.help_modules").names()
    no_command(name, err, table.move(modules, 1, #modules, #names + 1, names))
  end
  local declared = find_commands().declaration(script)
  if declared and declared.commands and not declared.arguments and rest[1] then
    exit.problem("UnknownCommand", ("%s (lanyard help %s)"):format(
      command_line.no_subcommand(script.name, declared, rest[1]), script.name))
  end
  local status = print_help(script)
  local note = script.built_in and not rest[1] and require("lanyard.cli.help_modules").note(name,
    terminal.text_width())
  if note then
    terminal.out(note)
  end
  return status
end

local function list_scripts()
  local rows = {}
  local scripts, hidden, err = find_commands().list()
  note_untrusted(err)
  for _, script in ipairs(hidden) do
    terminal.note("lanyard: " .. require("lanyard.cli.hidden").describe(script))
  end
  for _, script in ipairs(scripts) do
    rows[#rows + 1] = { script.name, script.built_in and "(built in)" or script.path, find_commands().summary(script) }
  end
  require("lanyard.cli.print").rows({ "SCRIPT", "FROM", "SUMMARY" }, rows)
  return exit.STATUS.ok
end

-- ---------------------------------------------------------------------------------------------
-- The command line

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
    terminal.note(usage())
    return exit.STATUS.usage
  elseif first == "--version" then
    terminal.out("lanyard " .. require "lanyard.version")
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
    return help(rest)
  elseif first == "scripts" then
    return list_scripts()
  elseif first:find "/" or first:find "%.lua$" then
    return run_file(first, leading_options.joined(leading, rest))
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
