local help = require "lanyard.cli.help"

local DECLARED = {
  summary = "Print the size of a policy.",
  category = "policies",
  description = [[
A paragraph of many words that must be filled to the width of eighty columns, and must not break any of its words.

  literal   text   stays
]],
  arguments = { { "repository", args = "*", help = "Name or glob of a repository." } },
  options = {
    "aws",
    { "--output", choices = { "table", "json" } },
    { "--timeout", type = "duration", default = "10m", help = "How long to wait." },
    { "--all", help = "Select every repository of the Region, whatever its name is and however many there are." },
  },
  exit = { { 0, "the size was printed" }, { 1, "a policy could not be read" } },
  examples = { { "lanyard size my-private-repo", "Print one size." } },
}

describe("the help of a command", function()
  local text = help.command("size", DECLARED)

  it("has the summary, usage, options, exit statuses and examples", function()
    assert.equal("Print the size of a policy.", text:match "^[^\n]+")
    for _, line in ipairs {
      "Usage: lanyard size [<repository> ...] [OPTION ...]", "  literal   text   stays",
      "  --output FORMAT         Output format: table (default), json.",
      "  --timeout DURATION      How long to wait (such as 90s, 10m, 2h or 1d; default:", (" "):rep(26) .. "10m).",
      "AWS options", "  --profile NAME          Profile in the AWS config files.",
      "  0   the size was printed", "  2   the command line is invalid", "  130 interrupted", "  lanyard size my-private-repo", "      Print one size.",
    } do
      assert.truthy(text:find("\n" .. line .. "\n", 1, true), line .. "\nis not in\n" .. text)
    end
  end)

  it("has the usages of the declaration, each on a line", function()
    local declared = { summary = "Size.", usage = { "<file>", "[OPTION ...] -- <command>" }, exit = { { 2, "own text" } } }
    local usages = help.command("size", declared)
    assert.match("\nUsage: lanyard size <file> %[OPTION %.%.%.%]\n       lanyard size %[OPTION %.%.%.%] %-%- <command>\n", usages)
    assert.match("\n  2   own text\n  130 interrupted\n", usages)
    assert.equal("size <file>", help.usage("size", declared))
  end)

  it("fits 80 columns, breaks no word, and leaves no blank at the end of a line", function()
    for line in text:gmatch "[^\n]+" do
      assert.is_true(#line <= 80, line)
      assert.not_match("%s$", line)
    end
    assert.truthy(text:find("eighty columns,", 1, true))
  end)
end)

describe("a catalogue", function()
  it("lists the most severe entries first, then by name", function()
    assert.equal("Findings.\n\n  critical  public  everyone\n  low       idle    unused\n  low       old     late", help.catalogue("Findings.", {
      old = { severity = "low", summary = "late" }, public = { severity = "critical", summary = "everyone" },
      idle = { severity = "low", summary = "unused" },
    }))
  end)
end)

describe("the list of commands", function()
  it("has a heading for each category, and yours last", function()
    local text = help.overview {
      { name = "grant", summary = "Grant.", category = "access" },
      { name = "policy lint", summary = "Check.", category = "policies" },
      { name = "mine", summary = "Mine." },
      { name = "plan", summary = "Plan.", category = "desired state" },
    }
    assert.equal("\nAccess\n  grant        Grant.\n\nDesired state\n  plan         Plan.\n\nYour commands\n  mine         Mine.\n", text)
  end)
end)
