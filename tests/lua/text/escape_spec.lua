local escape = require "lanyard.text.escape"
local json = require "lanyard.json"

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

  it("replaces characters that are invisible or change the direction of writing", function()
    -- Default_Ignorable_Code_Point and Bidi_Control of Unicode, line separators, and noncharacters.
    for _, code in ipairs { 0xad, 0x34f, 0x61c, 0x115f, 0x17b4, 0x180e, 0x200b, 0x200d, 0x200e, 0x2028, 0x202a, 0x2060,
      0x2064, 0x2066, 0x206f, 0x3164, 0xfdd0, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xfffe, 0x1bca0, 0x1d173, 0x1fffe,
      0xe0001, 0xe0041, 0xe007f, 0xe0100, 0x10ffff } do
      local character = utf8.char(code)
      assert.equal(("a\\u{%x}b"):format(code), escape.printable("a" .. character .. "b"))
      assert.same({ "a" .. character }, json.decode(escape.json(json.encode { "a" .. character })))
      assert.is_nil(escape.json(json.encode { character }):find(character, 1, true))
    end
    for _, code in ipairs { 0xac, 0xae, 0x34e, 0x61b, 0x1160 + 1, 0x200a, 0x2010, 0x2070, 0xe000, 0xfffc, 0x1f6a2 } do
      assert.equal(utf8.char(code), escape.printable(utf8.char(code)))
    end
  end)

  it("keeps the lines and tabs of a text", function()
    assert.equal("a\n\tb\r\nc\\x0dd\\x1b\n\n", escape.lines "a\n\tb\r\nc\rd\27\n\n")
    assert.equal("\\u{202e}", escape.lines "\u{202e}")
    assert.equal("", escape.lines "")
  end)

  it("formats values into one line", function()
    assert.equal("a\\x0ab: 7 nil", escape.format("%s: %d %s", "a\nb", 7, nil))
    assert.equal("%s 100%", escape.format("%s 100%%", "%s"))
  end)

  it("keeps the values of JSON", function()
    for _, text in ipairs { '{"a":"é 🚢"}', "[]", '"\xff"' } do
      assert.equal(text, escape.json(text))
    end
    assert.equal([["\u007f\udb40\udc41\u202e"]], escape.json '"\127\u{e0041}\u{202e}"')
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
