local declaration = require "lanyard.cli.declaration"
local output_option = require "lanyard.cli.output_option"

local function options_of(text)
  return assert(declaration.read(("cli.command { summary = 'A.', options = { %s } }"):format(text), "script")).options
end

describe("a declared --output", function()
  it("with json has text and yaml, followed by the option --query", function()
    local options = options_of [["aws", { "--output", choices = { "table", "json" } }, { "--all", help = "All." }]]
    assert.equal("aws", options[1])
    assert.same({ "--output", choices = { "table", "json", "text", "yaml" } }, options[2])
    assert.equal(output_option.QUERY, options[3])
    assert.equal("--all", options[4][1])
  end)

  it("without json stays as it is", function()
    assert.same({ { "--output", choices = { "csv" } } }, options_of '{ "--output", choices = { "csv" } }')
    assert.same({ { "--all", help = "All." } }, options_of '{ "--all", help = "All." }')
  end)

  it("keeps its order, its own text, and a --query of the command's own", function()
    assert.same({ "text", "json", "yaml" }, options_of('{ "--output", choices = { "text", "json" } }')[1].choices)
    local options = options_of [[{ "--output", choices = { "json" } }, { "--query", type = "text", help = "SQL." }]]
    assert.same({ "json", "text", "yaml" }, options[1].choices)
    assert.equal("text", options[2].type)
    assert.is_nil(options[3])
  end)

  it("is completed once", function()
    local once = output_option.complete { { "--output", choices = { "json" } } }
    assert.same(once, output_option.complete(once))
  end)

  it("has the formats of its type", function()
    local shared = require("lanyard.cli.options").report
    local found = {}
    for _, option in ipairs(shared) do
      found[option[1]] = option
    end
    assert.equal("query", found["--query"].type)
    assert.equal("yaml", found["--output"].choices[#found["--output"].choices])
    assert.is_true(output_option.writes_text { { "--output", choices = { "text", "json" } } })
    assert.is_false(output_option.writes_text { { "--output", choices = { "json" } } })
    assert.is_false(output_option.writes_text "nonsense")
    assert.is_false(output_option.writes_text { 1, { "--output", choices = 1 } })
  end)
end)
