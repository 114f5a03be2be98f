local xml = require "lanyard.aws.xml"

local function value(text)
  return xml.value(assert(xml.parse(text)))
end

describe("xml", function()
  it("reads elements, lists and text", function()
    assert.same({ Name = "a & b", List = { "x", "y" }, Empty = "" }, value [[
      <?xml version="1.0"?><!-- a comment -->
      <R xmlns="https://example.com/"><Name>a &amp; b</Name><List><member>x</member><member>y</member></List><Empty/></R>
    ]])
  end)
  it("reads character references and CDATA", function()
    assert.equal("A\u{20AC}<>&", value "<R>&#65;&#x20AC;<![CDATA[<>&]]></R>")
  end)
  it("refuses what is no well-formed element", function()
    for _, text in ipairs { "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a", "<a>x",
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "<a><!-- </a>" } do
      local root, why = xml.parse(text)
      assert.is_nil(root, text)
      assert.matches("^byte %d+: ", why)
    end
  end)
  it("refuses to nest without end", function()
    assert.is_nil(xml.parse(("<a>"):rep(1000) .. ("</a>"):rep(1000)))
  end)
end)
