-- Texts as lists of lines.

local lines = require "lanyard.text.lines"

describe("the lines of a text", function()
  it("have no newlines, and one is empty if the text has an empty line", function()
    assert.same({ "one", "", "two" }, lines.of "one\n\ntwo\n")
    assert.same({ "" }, lines.of "\n")
  end)

  it("are the same without a newline at the end", function()
    assert.same(lines.of "one\ntwo\n", lines.of "one\ntwo")
    assert.same({}, lines.of "")
  end)

  it("can be continued with a backslash", function()
    assert.same({ "one   two three", "four" }, lines.joined "one \\\n two\\\nthree\nfour\n")
    assert.same({ "one" }, lines.joined "one\\\n")
  end)
end)
