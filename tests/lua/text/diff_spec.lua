local diff = require "lanyard.text.diff"

describe("diff.unified", function()
  it("is empty for equal texts", function()
    assert.equal("", diff.unified("a\nb\n", "a\nb\n", {}))
  end)
  it("has removed and added lines, with three lines of context", function()
    local old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    local new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"
    assert.equal("--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
      diff.unified(old, new, { from = "old", to = "new" }))
  end)
  it("has a hunk for each group of changes", function()
    local lines = {}
    for i = 1, 40 do lines[i] = tostring(i) end
    local old = table.concat(lines, "\n") .. "\n"
    lines[2], lines[39] = "two", "thirty-nine"
    local text = diff.unified(old, table.concat(lines, "\n") .. "\n", {})
    local _, hunks = text:gsub("\n@@ ", "")
    assert.equal(2, hunks)
  end)
  it("is accepted by patch(1)", function()
    local old, new = "a\nb\nc\nd\n", "b\nx\nc\ny\nd\ne\n"
    local text = diff.unified(old, new, { from = "f", to = "f" })
    local added, removed = select(2, text:gsub("\n%+[^+]", "")), select(2, text:gsub("\n%-[^-]", ""))
    assert.equal(3, added)
    assert.equal(1, removed)
  end)
end)
