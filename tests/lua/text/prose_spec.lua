local prose = require "lanyard.text.prose"

describe("prose", function()
  it("has paragraphs and groups of literal lines", function()
    assert.same({ "One paragraph.", { literal = "  a\n\n  b" }, "Two." }, prose.blocks("One\nparagraph.\n\n  a\n\n  b\n\nTwo.\n\n"))
    assert.same({ "Heading", { literal = "  a", adjacent = true } }, prose.blocks "Heading\n  a")
    assert.same({}, prose.blocks "\n\n")
  end)

  it("has the parts inside and outside of backquotes", function()
    assert.same({ { "run " }, { "lanyard", code = true }, { " now" } }, prose.spans "run `lanyard` now")
    assert.same({ { "a", code = true } }, prose.spans "`a`")
    assert.same({ { "one ` only" } }, prose.spans "one ` only")
    assert.same({}, prose.spans "")
  end)
end)
