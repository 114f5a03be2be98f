local escape = require "lanyard.text.escape"

describe("an escape", function()
  it("leaves plain text of any script unchanged", function()
    for _, text in ipairs { "", "team/app:1.0", "größe 漢字 🚢" } do
      assert.equal(text, escape.printable(text))
    end
    assert.equal("7", escape.printable(7))
  end)

  it("replaces control characters and bytes that are not UTF-8", function()
    assert.equal("\\x1b[31m\\x0a\\x7f\\x00", escape.printable "\27[31m\n\127\0")
    assert.equal("a\\u{9b}31m", escape.printable "a\u{9b}31m")
    assert.equal("a\\x9b\\xffé", escape.printable "a\x9b\xffé")
    assert.equal("\\xed\\xa0\\x80", escape.printable "\xed\xa0\x80")
    assert.equal("\\u{202e}gnp.\\u{feff}", escape.printable "\u{202e}gnp.\u{feff}")
  end)

  it("escapes markup", function()
    assert.equal("&lt;script&gt;&quot;&amp;&#39;\\x1b", escape.markup "<script>\"&'\27")
  end)

  it("escapes Markdown tables, lists, links and mentions", function()
    assert.equal([[a\|b\<i\>\`x\` \[l\](u) \*\_]], escape.markdown "a|b<i>`x` [l](u) *_")
    assert.equal([[https\://evil.test www\.evil.test \@team]], escape.markdown "https://evil.test www.evil.test @team")
    assert.equal([[\- a\\x0ab-c]], escape.markdown "- a\nb-c")
    assert.equal("` lanyard revoke `", escape.code "lanyard revoke")
    assert.equal("``` a``b` ```", escape.code "a``b`")
  end)

  it("quotes fields of CSV and prevents formulas", function()
    for text, field in pairs {
      ["plain"] = "plain", ["a,b"] = '"a,b"', ['say "no"'] = '"say ""no"""', ["a;=1"] = '"a;=1"',
      ["=1+1"] = "'=1+1", ["@SUM(1)"] = "'@SUM(1)", ["-1"] = "'-1", ["+1"] = "'+1", [" =1"] = "\"' =1\"",
      ["\t=1"] = "\\x09=1", ["\u{ff1d}1"] = "'\u{ff1d}1", ["*"] = "*",
    } do
      assert.equal(field, escape.csv(text))
    end
  end)

  it("quotes for Graphviz, and uses numeric characters for Mermaid", function()
    assert.equal([["a\"b\\c\\x0a"]], escape.dot 'a"b\\c\n')
    assert.equal("#60;b#62;#34;#35;#96;#92;x0a é", escape.mermaid '<b>"#`\n é')
  end)

  it("escapes a label of Prometheus", function()
    assert.equal([[a\"b\\c\\x0ad]], escape.label 'a"b\\c\nd')
  end)
end)
