local helper = require "helper"

-- Returns the problem and the note about each command line. The binary runs it, which has the built-in commands.
local function verify(lines, environment)
  local result = helper.run({ helper.lanyard, "-e", [[
    local verify, json = require "lanyard.cli.verify", require "lanyard.json"
    for _, words in ipairs(json.decode(io.read "a")) do
      local problem, note = verify.problem(words)
      print(problem or note and "note: " .. note or "ok")
    end]] }, environment, require("lanyard.json").encode(lines))
  assert.equal("", result.err)
  local answers = {}
  for line in result.out:gmatch "[^\n]+" do answers[#answers + 1] = line end
  return answers
end

describe("a command line that is not run", function()
  it("is checked for its command, options and arguments", function()
    local cases = {
      { { "grant", "web", "app", "--dry-run" }, "ok" },
      { { "--profile", "x", "grant", "web", "app", "--region=us-east-1" }, "ok" },
      { { "audit", "merge", "a.json", "--output", "junit" }, "ok" },
      { { "audit", "--help" }, "ok" },
      { { "help", "grant" }, "ok" },
      { { "-e", "return 1" }, "ok" },
      { { "grnat" }, "there is no command 'grnat'; did you mean 'grant'?" },
      { { "grant" }, "missing argument 'service' (lanyard help grant)" },
      { { "grant", "web", "--al" }, "unknown option '--al'; did you mean '--all'? (lanyard help grant) [UnknownOption]" },
      { { "--dry-run", "grant" }, "unknown option '--dry-run' before a command" },
      { { "--emulator", "wait" }, "missing argument 'kind' (lanyard help wait)" },
      { {}, "a command is missing" },
      { { "-e" }, "-e needs a line of Lua" },
      { { "-e", "= 1" }, "(command line):1: unexpected symbol near '='" },
      { { "./absent.lua" }, "cannot read ./absent.lua: No such file or directory" },
    }
    local lines = {}
    for i, case in ipairs(cases) do lines[i] = require("lanyard.json").array(case[1]) end
    local answers = verify(require("lanyard.json").array(lines))
    for i, case in ipairs(cases) do
      if case[2]:find "^missing argument" then
        assert.match("^missing argument .*%(lanyard help " .. case[1][#case[1]] .. "%) %[MissingArgument%]$", answers[i])
      else
        assert.equal(case[2], answers[i])
      end
    end
  end)

  it("is checked by the declaration of a user's script, which is not run", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/mine.lua", 'local cli = require "lanyard.cli"\nprint "executed"\nlocal command = cli.command {\n  summary = "Do it.",'
      .. ' category = "audit", arguments = {}, options = { { "--fast", help = "Faster." } },\n  exit = { { 0, "done" } },'
      .. ' examples = { { "lanyard mine", "Do it." } },\n}\n')
    helper.write(folder .. "/built.lua", 'print "executed"\n')
    helper.write(folder .. "/broken.lua", "x x\n")
    local answers = verify({ { "mine", "--fast" }, { "mine", "--fats" }, { "built", "--x" }, { "broken" }, { folder .. "/mine.lua", "--fats" } },
      { LANYARD_PATH = folder.path })
    assert.equal("ok", answers[1])
    assert.match("^unknown option '%-%-fats'; did you mean '%-%-fast'%?", answers[2])
    assert.equal("note: the options of built are not checked: it declares none", answers[3])
    assert.match("broken%.lua:1: syntax error near 'x'$", answers[4])
    assert.match("^unknown option '%-%-fats'", answers[5])
    assert.equal(5, #answers)
  end)
end)
