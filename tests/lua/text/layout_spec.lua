local layout = require "lanyard.text.layout"

describe("layout", function()
  it("fills paragraphs, and keeps lines that begin with two blanks where they fit", function()
    assert.equal("one two\nthree\n\n  a   b\n\nfour", layout.text("one\ntwo three\n\n  a   b\n\nfour\n", 8))
    assert.equal("Heading\n  term   text", layout.text("Heading\n  term   text\n", 20))
    assert.equal("One\n  a   b\n\nTwo\n  c   d\n\n  e\n\nfour", layout.text("One\n  a   b\n\nTwo\n  c   d\n\n  e\n\nfour\n", 20))
  end)

  it("lays terms out again where their descriptions do not fit", function()
    local text = "  --all     select every\n            repository\n  --none    select nothing"
    assert.equal(text, layout.literal(text, 26))
    assert.equal("  --all\n    select every\n    repository\n  --none\n    select nothing", layout.literal(text, 18))
  end)

  it("joins prose that has fixed line ends, and no lines of code", function()
    local prose = "  " .. ("word "):rep(13) .. "\n  end"
    assert.equal("  " .. ("word "):rep(7):sub(1, -2) .. "\n  " .. ("word "):rep(6) .. "end", layout.literal(prose, 40))
    assert.equal("  lanyard status\n  --output json\n  lanyard audit", layout.literal("  lanyard status --output json\n  lanyard audit", 17))
  end)

  it("has descriptions beside their terms, or below them where there is no room", function()
    local items = { { "--all", "Select every repository." }, { "--a-long-option VALUE", "It has a line." } }
    assert.equal("  --all   Select every repository.\n  --a-long-option VALUE\n          It has a line.",
      layout.rows(items, 35, 10))
    assert.equal("  --all\n    Select every\n    repository.\n  --a-long-option\n  VALUE\n    It has a line.",
      layout.rows(items, 20, 10))
  end)

  it("breaks only a word that is longer than a line, at a separator", function()
    for line in layout.text("The member `repositories_unknown` has the reason of ecr:GetDownloadUrlForLayer.", 20):gmatch "[^\n]+" do
      assert.is_true(#line <= 20, line)
    end
    assert.equal("`repositories_\nunknown`", layout.text("`repositories_unknown`", 20))
  end)

  it("leaves a text that fits", function()
    local text = "short\nlines\n"
    assert.equal(text, layout.refit(text, 5))
    assert.equal("short\nline\n", layout.refit("short line", 5))
  end)
end)
