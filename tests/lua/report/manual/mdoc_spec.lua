local mdoc = require "lanyard.report.manual.mdoc"

local function body_of(blocks)
  local text = mdoc.page { name = "x", section = 1, summary = "Do x.", synopsis = {}, sections = { { title = "DESCRIPTION",
    blocks = blocks } } }
  return text:match "\n%.Sh DESCRIPTION\n(.*)\n$"
end

describe("a page in mdoc", function()
  it("has a head, a name, a synopsis, sections and other pages", function()
    assert.equal(table.concat({
      ".Dd January 1, 2026", ".Dt LANYARD-SIZE 1", ".Os", ".Sh NAME", ".Nm lanyard-size", ".Nd print a size", ".Sh SYNOPSIS",
      ".Nm lanyard", ".Cm size Ar repository No ...", ".Oo Fl -all | Fl -first Ar \\&N Oc", ".Sh EXIT STATUS",
      ".Bl -tag -width Ds", ".It 0", "done", ".El", ".Sh SEE ALSO", ".Xr lanyard 1 ,", ".Xr lanyard-api 3", "",
    }, "\n"), mdoc.page {
      name = "lanyard-size", section = 1, summary = "Print a size.", date = "2026-01-01",
      synopsis = { "lanyard size <repository> ... [--all | --first N]" },
      sections = { { title = "EXIT STATUS", blocks = { { kind = "status", items = { { "0", "done" } } } } } },
      see = { "lanyard 1", "lanyard-api 3" },
    })
  end)

  it("begins each sentence on a line, and no line with a macro", function()
    assert.equal("One.\nTwo (three)?\nFour e.g.\nfive.", body_of { "One. Two (three)? Four e.g. five." })
    assert.equal("\\&.lanyard is a folder", body_of { ".lanyard is a folder" })
    assert.equal("\\&'a' is text", body_of { "'a' is text" })
    assert.equal(".Bd -literal\n\\&.Sh x\n\\-\\-a \\e b\n.Ed", body_of { { literal = ".Sh x\n--a \\ b" } })
    assert.equal("one\n.Pp\ntwo", body_of { "one", "two" })
  end)

  it("escapes what has a meaning in a text or an argument", function()
    assert.equal("a\\eb \\(oqx \\-\\-y\\(cq \\[u00E9]", body_of { "a\\b `x --y` é" })
    assert.equal(".Bl -tag -width Ds\n.It Fl \\&-in Ar \\&No\ntext\n.El", body_of { { kind = "option", items = { { "--in <No>", "text" } } } })
    assert.equal(".Bl -tag -width Ds\n.It Ev AWS_PROFILE , Ev HOME\ntext\n.El",
      body_of { { kind = "variable", items = { { "AWS_PROFILE, HOME", "text" } } } })
    assert.not_match("\n%.Sh", body_of { "a\n.Sh NAME" })
  end)
end)
