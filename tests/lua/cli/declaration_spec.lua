local declaration = require "lanyard.cli.declaration"

local SCRIPT = [==[
#!/usr/bin/env lanyard
-- In a comment, cli.command { summary = 1 } declares nothing, nor does "cli.command {" in a string.
local cli = require "lanyard.cli"
local text = 'cli.command { ' .. "\" cli.command {"

local command = cli --[[ here, too: } ]] . command {
  summary = "Print } and {.", -- }
  category = "audit",
  description = [=[ ]] } ]=],
  options = { "aws", { "--all", help = 'a "quoted" } \' brace' } },
}
os.exit(1)
]==]

describe("a declaration", function()
  it("is cut out of a script that is not run", function()
    local declared = assert(declaration.read(SCRIPT, "script"))
    assert.same({
      summary = "Print } and {.", category = "audit", description = " ]] } ",
      options = { "aws", { "--all", help = "a \"quoted\" } ' brace" } },
    }, declared)
  end)

  it("is absent from a script that builds its options by calls", function()
    assert.is_nil(declaration.read("local command = cli.command(...):with_aws()\n", "script"))
    assert.is_nil(declaration.read("", "script"))
    assert.is_nil(declaration.read("local x = cli.command { summary = 'no end'", "script"))
  end)

  it("reaches nothing when it is evaluated, and ends", function()
    for _, expression in ipairs { "os.exit()", "io.open('/etc/passwd')", "require 'os'", "cli.exit" } do
      local declared, message = declaration.read(("cli.command { summary = %s }"):format(expression), "script")
      assert.is_nil(declared)
      assert.is_string(message, expression)
    end
    local declared, message = declaration.read("cli.command { summary = (function() while true do end end)() }", "script")
    assert.is_nil(declared)
    assert.is_string(message)
  end)

  it("is refused with the member that is wrong", function()
    for text, expected in pairs {
      ["category = 'audit'"] = "the declaration has no summary",
      ["summary = 'A.', sumary = 'B.'"] = "the declaration has an unknown member 'sumary'",
      ["summary = 'A.', options = { { help = 'x' } }"] = "option 1 has no name",
      ["summary = 'A.', options = { { '--x', hlep = 'x' } }"] = "option '--x' has an unknown member 'hlep'",
      ["summary = 'A.', arguments = { { 'x', help = 1 } }"] = "argument 'x': help must be a string",
      ["summary = 'A.', arguments = { { 'x', help = 'X.', type = 'nonsense' } }"] = "argument 'x': there is no type 'nonsense'",
      ["summary = 'A.', arguments = { { 'x', help = 'X.', args = 'z' } }"] = "argument 'x': args must be '?', '*', '+' or a number",
      ["summary = 'A.', options = { 'awz' }"] = "there is no group of options 'awz'",
      ["summary = 'A.', options = { { '--x', help = 'X.', type = 'placeholder' } }"] = "option '--x': there is no type 'placeholder'",
      ["summary = 'A.', options = { { '--x' } }"] = "option '--x' has no help",
      ["summary = 'A.', options = { { 'x', help = 'X.' } }"] = "option 'x': the name of an option is -- and a word",
      ["summary = 'A.', options = { { '--help', help = 'X.' } }"] = "option '--help' is declared twice, or every command has it",
      ["summary = 'A.', options = { { '--x', help = 'X.', choices = {} } }"] = "option '--x': choices is empty",
      ["summary = 'A.', options = { { '--x', help = 'X.', choices = { 1 } } }"] = "option '--x': choices must be a list of strings",
      ["summary = 'A.', commands = { 1 }"] = "commands must be a list of strings",
      ["summary = 'A.', exit = { 1, 'x' }"] = "exit must be a list of { status, text }",
      ["summary = 'A.', examples = { 1 }"] = "examples must be a list of { command line, text }",
    } do
      local declared, message = declaration.read(("cli.command { %s }"):format(text), "script")
      assert.is_nil(declared)
      assert.equal(expected, message)
    end
  end)
end)
