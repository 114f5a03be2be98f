local helper = require "helper"
local json = require "lanyard.json"

-- Runs lines without a terminal.
local function run(lines, environment)
  return helper.run({ helper.lanyard, "--emulator", "repl" }, environment, table.concat(lines, "\n") .. "\n")
end

-- Types at a terminal. dialogue: { text to wait for, text to type } ... Returns what was shown, without sequences.
local function type_in(home, dialogue, ...)
  local result = helper.run({ "timeout", "20", "python3", "tests/cli/terminal.py", json.encode(json.array(dialogue)),
    helper.lanyard, "--emulator", "repl", ... }, { HOME = tostring(home), TERM = "xterm" })
  return { status = result.status, raw = result.out, err = result.err,
    out = result.out:gsub("\27%[[%d;?]*%a", ""):gsub("[^\n]*\r([^\r\n])", "%1") }
end

local END = "\4"

describe("lanyard repl without a terminal", function()
  it("prints expressions and waits for calls", function()
    local result = run { "x = { b = 1, a = 'two' }", "x", "1 + 1, nil, 'a', nil, nil", "nil, nil", "",
      "#aws.client('ecr'):list('DescribeRepositories', 'repositories')", "_ * 2" }
    assert.same({ 0, "", '{ a = "two", b = 1 }\n2\nnil\n"a"\nnil\n2\n4\n' }, { result.status, result.err, result.out })
  end)

  it("continues lines that are not complete", function()
    local result = run { "for i = 1, 2 do", "  print(i)", "end", "text = [[a", "b]]", "text" }
    assert.same({ 0, "", '1\n2\n"a\\nb"\n' }, { result.status, result.err, result.out })
  end)

  it("reads a last line without a line end, and many lines", function()
    local result = helper.run({ helper.lanyard, "repl" }, nil, ("x = (x or 0) + 1\n"):rep(20000) .. "x")
    assert.same({ 0, "20000\n", "" }, { result.status, result.out, result.err })
  end)

  it("ends at the first failure", function()
    for line, message in pairs {
      ["x = = 1"] = "stdin:4: unexpected symbol near '=' [InvalidScript]\n",
      ["error 'no'"] = "stdin:4: no [ScriptError]\n",
      ["\n\nx = 1\nif x then\n  error 'no'\nend"] = "stdin:8: no [ScriptError]\n",
      ["f()"] = "stdin:2: in f [ScriptError]\n",
      ["error { code = 'X' }"] = '{ code = "X" } [ScriptError]\n',
      ["require('lanyard.cli').leave(1, 'bye')"] = "bye\n",
      ["require('lanyard.cli').problem('NoRegion', 'none')"] = "none [NoRegion]\n",
      ["(nil).x"] = "stdin:4: attempt to index a nil value [ScriptError]\n",
      ["for i = 1, 2 do"] = "stdin:4: 'end' expected near <eof> [InvalidScript]\n",
    } do
      local result = run { "function f()", "  error 'in f'", "end", line, not line:find "for" and "print 'after'" or nil }
      assert.same({ 1, "", "lanyard: " .. message }, { result.status, result.out, result.coded })
    end
  end)

  it("reports errors of AWS as results", function()
    local result = run { "aws.client('ecr'):GetRepositoryPolicy { repositoryName = 'my-private-repo' }" }
    assert.same({ 0, "nil\n" }, { result.status, result.out })
    assert.matches("^ecr:GetRepositoryPolicy: RepositoryPolicyNotFoundException: ", result.err)
  end)
end)

-- What is written when a line can be typed.
local READY = "\27[?2004h"

describe("lanyard repl at a terminal", function()
  it("edits lines, continues them, and ends with Ctrl-D", function()
    local home <close> = helper.folder()
    local result = type_in(home, {
      { READY, "1 + 2x\127\r" }, { READY, "retur\1\11if true then\r" }, { READY, "print 'yes' end\r" },
      { READY, "'\u{d55c}\u{ae00}'\27[D\27[D\127\27[Cx\r" }, { READY, "abc\21\25\23'last'\27b\27[3~L\r" }, { READY, END },
    })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("\n3\r?\n", result.out)
    assert.matches("\nyes\r?\n", result.out)
    assert.truthy(result.out:find('\n"\u{ae00}x"', 1, true), result.out)
    assert.truthy(result.out:find('\n"Last"', 1, true), result.out)
  end)

  it("interrupts the line that runs, and nothing else", function()
    local home <close> = helper.folder()
    local result = type_in(home, {
      { READY, "io.write 'go\\n' task.sleep(1000)\r" }, { "go\r\n", "\3" },
      { READY, "io.write 'on\\n' while true do end\r" }, { "on\r\n", "\3" },
      { READY, "abc\3" }, { READY, "40 + 2\r" }, { READY, END },
    })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(2, select(2, result.out:gsub("interrupted\r?\n", "")))
    assert.matches("\n42\r?\n", result.out)
  end)

  it("completes with Tab", function()
    local home <close> = helper.folder()
    local result = type_in(home, {
      { READY, "ecr = aws.cli\t('ecr')\r" }, { READY, "ecr:DescribeRep\t {}.repositories[1].repositoryName\r" },
      { READY, "words = require 'lanyard.text.sh\t'\r" }, { READY, "words.jo\t {'a b'}\r" }, { READY, "ecr:Describe\t\t" },
      { "DescribeRepositories\r\n", "\3" }, { READY, END },
    })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches('\n"my%-private%-repo"\r?\n', result.out)
    assert.matches("\n\"'a b'\"\r?\n", result.out)
    assert.matches("DescribeImages\r?\nDescribeRegistry ", result.out)
  end)

  it("keeps a history of mode 0600, without secrets", function()
    local home <close> = helper.folder()
    local typed = type_in(home, {
      { READY, "first = 1\r" }, { READY, " hidden = 2\r" }, { READY, "secret_access_key = 'wJalrXUtnFEMI'\r" },
      { READY, "if true then\r" }, { READY, "second = 2 end\r" }, { READY, END },
    })
    assert.equal(0, typed.status)
    local path = home .. "/.local/share/lanyard/repl-history"
    assert.equal("first = 1\nif true then\\nsecond = 2 end\n", helper.read(path))
    local pipe <close> = io.popen("stat -c %a " .. path)
    assert.equal("600", pipe:read "l")
    local result = type_in(home, {
      { READY, "\27[A\27[A\27[B\r" }, { READY, "second * 7\r" }, { READY, "\18firs" }, { "first = 1", "\r" },
      { READY, "first + 100\r" }, { READY, END },
    })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("\n14\r?\n", result.out)
    assert.matches("\n101\r?\n", result.out)
    assert.equal(0, type_in(home, { { READY, "third = 3\r" }, { READY, END } }, "--no-history").status)
    assert.not_matches("third", helper.read(path))
  end)

  it("takes what is pasted as one input", function()
    local home <close> = helper.folder()
    local result = type_in(home, {
      { READY, "\27[200~for i = 1, 2 do\r\tprint(i * 11)\rend\27[201~\r" }, { READY, END },
    })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("11\r?\n22", result.out)
  end)

  it("has no escape sequences on a terminal that has none", function()
    local home <close> = helper.folder()
    local dialogue = { { "> ", "for i = 1, 2 do\r" }, { ">> ", "print(i * 7) end\r" }, { "14\r\n> ", END } }
    local result = helper.run({ "timeout", "20", "python3", "tests/cli/terminal.py", json.encode(dialogue),
      helper.lanyard, "repl" }, { HOME = tostring(home), TERM = "dumb" })
    assert.same({ 0, "" }, { result.status, result.err })
    assert.is_nil(result.out:find("\27", 1, true), result.out)
    assert.matches("7\r?\n14\r?\n", result.out)
  end)

  it("restores the terminal", function()
    local home <close> = helper.folder()
    local result = helper.run({ "timeout", "20", "python3", "tests/cli/terminal.py",
      json.encode { { READY, "1\r" }, { READY, END } }, "sh", "-c",
      "stty -g > $HOME/before; " .. helper.lanyard .. " repl; stty -g > $HOME/after" },
      { HOME = tostring(home), TERM = "xterm" })
    assert.equal(0, result.status)
    assert.equal(helper.read(home .. "/before"), helper.read(home .. "/after"))
  end)
end)
