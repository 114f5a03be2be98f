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
    } do
      local declared, message = declaration.read(("cli.command { %s }"):format(text), "script")
      assert.is_nil(declared)
      assert.equal(expected, message)
    end
  end)
end)
