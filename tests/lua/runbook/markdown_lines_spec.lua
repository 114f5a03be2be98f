local lines = require "lanyard.runbook.markdown_lines"

describe("a line of Markdown", function()
  it("has its leading tabs expanded to columns that are multiples of four", function()
    assert.equal("    a\tb", lines.expand_tabs "\ta\tb")
    assert.equal("-   a", lines.expand_tabs "-\ta")
    assert.equal("  a", lines.without_indent("\ta", 2))
    assert.equal(" a", lines.without_indent("   a", 2))
    assert.equal("a", lines.without_indent(" a", 2))
  end)

  it("can be a fence, a heading, an underline or a break", function()
    assert.same({ "`", 3, "lua exit=0,3" }, { lines.fence "```  lua exit=0,3 " })
    assert.is_nil((lines.fence "``` a`b"))
    assert.same({ 2, "Grant" }, { lines.heading "## Grant ##" })
    assert.is_nil((lines.heading "#tag"))
    assert.same({ 1, 2 }, { lines.underline "===", lines.underline "- " })
    assert.is_true(lines.is_break "* * *")
    assert.is_false(lines.is_break "--")
  end)

  it("can begin a list item, which not always interrupts a paragraph", function()
    assert.equal(4, lines.item_marker("10. ten", false))
    assert.equal(2, lines.item_marker("-     code", false))
    assert.is_nil(lines.item_marker("10. ten", true))
    assert.equal(3, lines.item_marker("1. one", true))
    assert.is_nil(lines.item_marker("-x", false))
  end)

  it("can begin HTML, whose end depends on its kind", function()
    for line, last in pairs {
      ["<!-- a"] = "b -->", ["<?php"] = "?>", ["<![CDATA["] = "]]>", ["<!DOCTYPE"] = ">", ["<pre>"] = "</PRE>", ["<div>"] = "",
    } do
      local is_end = lines.html_end(line, true)
      assert.is_true(is_end(last), line)
      assert.is_false(is_end "text")
    end
    assert.is_nil(lines.html_end("<b>", true))
    assert.is_truthy(lines.html_end("<b>", false))
  end)
end)
