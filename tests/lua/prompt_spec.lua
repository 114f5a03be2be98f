local helper = require "helper"
local json = require "lanyard.json"

-- Runs Lua code in lanyard, on a terminal with this input.
local function talk(code, dialogue)
  return helper.run { "/usr/bin/python3", "tests/cli/terminal.py", json.encode(json.array(dialogue)), helper.lanyard, "-e",
    "local prompt, task, cli = require 'lanyard.prompt', require 'lanyard.task', require 'lanyard.cli' " .. code }
end

describe("a question at the terminal", function()
  it("returns the entered line, and nil at the end of the input", function()
    local result = talk("print(prompt.ask 'Name? ', prompt.ask 'More? ')", { { "Name? ", "web\n" }, { "More? ", "\4" } })
    assert.match("web\tnil\r\n$", result.out)
  end)

  it("lets other tasks run, without output over it, and delays other questions", function()
    local result = talk([[
      local function ask(name) return function() return prompt.ask(name) end end
      local other = task.spawn(function()
        while not prompt.open do task.sleep(0) end
        cli.progress 'hidden'
        io.stderr:write '(others work)'
      end)
      local answers = task.map({ 'A? ', 'B? ' }, prompt.ask)
      cli.progress 'shown'
      task.sleep(1.5) -- progress is shown after the first second
      other:join()
      cli.progress(nil)
      print(answers[1], answers[2])
    ]], { { "(others work)", "1\n" }, { "B? ", "2\n" } })
    assert.not_match("hidden", result.out)
    assert.match("A%? %(others work%)1\r\nB%? 2\r\n.*shown\r\27%[K1\t2\r\n$", result.out)
  end)

  it("can be interrupted", function()
    local result = talk("local _ <close> = setmetatable({}, { __close = function() print 'closed' end }) cli.confirm({}, 'Sure?')",
      { { "Sure? [y/N] ", "\3" } })
    assert.equal(130, result.status)
    assert.match("closed\r\n", result.out)
  end)

  it("is not asked without a terminal", function()
    assert.equal("false\n", helper.run({ helper.lanyard, "-e", "print(require('lanyard.prompt').possible())" }).out)
  end)
end)
