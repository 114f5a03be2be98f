local helper = require "helper"
local xml = require "lanyard.text.xml"

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
  it("rejects text that is not well-formed", function()
    for _, text in ipairs { "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a", "<a>x",
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "<a><!-- </a>" } do
      local root, message = xml.parse(text)
      assert.is_nil(root, text)
      assert.matches("^byte %d+: ", message)
    end
  end)
  it("limits nesting and attributes", function()
    assert.is_nil(xml.parse(("<a>"):rep(1000) .. ("</a>"):rep(1000)))
    assert.truthy(xml.parse(("<a>"):rep(32) .. ("</a>"):rep(32)))
    assert.truthy(xml.parse(("<a>"):rep(63) .. "<a/>" .. ("</a>"):rep(63)))
    assert.same({ nil, "byte 193: nesting too deep" }, { xml.parse(("<a>"):rep(65) .. ("</a>"):rep(65)) })
    local names = {}
    for i = 1, 65 do names[i] = (' a%d=""'):format(i) end
    assert.same({ nil, "byte 443: too many attributes" }, { xml.parse("<a" .. table.concat(names) .. "/>") })
    assert.truthy(xml.parse("<a" .. table.concat(names, "", 1, 64) .. "/>"))
  end)
  it("reads attributes", function()
    local root = assert(xml.parse [[<a one="1" two = '"&lt;&#10;' x:three="a
b	c"/>]])
    assert.same({ one = "1", two = '"<\n', ["x:three"] = "a b c" }, root.attributes)
    assert.is_nil(xml.child(assert(xml.parse "<a><b/></a>"), "b").attributes)
  end)
  it("finds an attribute under another prefix", function()
    local root = assert(xml.parse '<a xmlns:type="u" i:type="User"/>')
    assert.same({ "User", "i:type" }, { xml.attribute(root, "xsi:type") })
    assert.equal("User", xml.attribute(root, "i:type"))
    assert.is_nil(xml.attribute(root, "kind"))
    assert.is_nil(xml.attribute(assert(xml.parse "<a/>"), "kind"))
  end)
  it("ignores the prefixes of names", function()
    assert.same({ B = "x", ["C.d-1"] = "y" }, value '<n:A xmlns:n="u" xmlns="v"><n:B>x</n:B><C.d-1>y</C.d-1></n:A>')
    assert.is_nil((xml.parse "<n:a></a>"))
  end)
  it("skips a byte order mark, and rejects other encodings than UTF-8", function()
    assert.equal("é", value '\xEF\xBB\xBF<?xml version="1.0" encoding="utf-8"?><a>é</a>')
    assert.equal("x", value "<?xml version = '1.0' encoding = 'US-ASCII' standalone='yes'?><a>x</a>")
    for _, text in ipairs { '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', '<?xml version="1.0" encoding="UTF-16"?><a/>',
      "\xFE\xFF\0<\0a\0/\0>", "\xFF\xFE<\0a\0/\0>\0" } do
      assert.same({ nil, "byte 1: an encoding other than UTF-8" }, { xml.parse(text) })
    end
    for _, text in ipairs { "<a>\xE9</a>", "<a>\xC0\x80</a>", "<a>\xED\xA0\x80</a>", "<a>\1</a>", "<a>\0</a>" } do
      assert.same({ nil, "byte 4: invalid UTF-8 or a control character" }, { xml.parse(text) })
    end
  end)
  it("reads references to control characters, which S3 writes in keys", function()
    assert.equal("a\1b", value "<a>a&#x1;b</a>")
  end)
  it("normalizes line ends, but not references to them", function()
    assert.equal("a\nb\nc\r\n\nd", value "<a>a\r\nb\rc&#13;\n<![CDATA[\r\n]]>d</a>")
  end)
  it("makes a list of children with the same name", function()
    assert.same({ DBInstances = { DBInstance = { { Id = "a" }, { Id = "b" } } }, Marker = "m" }, value [[<R><DBInstances>
      <DBInstance><Id>a</Id></DBInstance><DBInstance><Id>b</Id></DBInstance></DBInstances><Marker>m</Marker></R>]])
  end)
  it("rejects attributes and tags that are not well-formed", function()
    for _, text in ipairs { "<a b>", "<a b=>", "<a b=c/>", '<a b="c/>', '<a b="<"/>', '<a b="&x;"/>', '<a b="1" b="2"/>',
      '<a b="1"c="2"/>', "<a / >", "<a/ >", "< a/>", "<a></a b='c'>", "<1/>", "<a>]]></a>", "<a><!-- </a>", "<a><?x </a>",
      "<a><b></a></b>", "</a>", "<![CDATA[x]]><a/>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#000000065;</a>" } do
      local root, message = xml.parse(text)
      assert.is_nil(root, text)
      assert.matches("^byte %d+: %a", message)
    end
  end)
  it("has no entities except the predefined ones", function()
    for _, text in ipairs {
      '<!DOCTYPE r SYSTEM "http://evil.test/x.dtd"><r/>',
      '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>',
      '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><r/>',
      "<r><!DOCTYPE r></r>", "<r><!ENTITY a SYSTEM 'x'></r>", "<r>&a;</r>", "<r>&lt</r>", "<r>&#xFFFFFFFFFFFFFFFF41;</r>",
    } do
      assert.is_nil((xml.parse(text)), text)
    end
  end)
  it("has no text of the reply in its errors", function()
    for _, text in ipairs { "<r>&secret;</r>", "<r>secret", "<r>secret</s>", "secret", "<r>&secret", "<r/>secret",
      "<r><![CDATA[secret</r>", "<r><!-- secret</r>" } do
      local root, message = xml.parse(text)
      assert.is_nil(root, text)
      assert.is_nil(message:find("secret", 1, true), message)
    end
  end)
  it("reads maps of the Query protocol", function()
    assert.same({ Map = { a = "1", b = { c = "2" } } }, value [[<R><Map><entry><key>a</key><value>1</value></entry>
      <entry><key>b</key><value><c>2</c></value></entry></Map></R>]])
  end)
  it("reads a long reply in linear time", function()
    if helper.is_sanitized() then return pending "AddressSanitizer checks the rest of the text at each memmem" end
    local function seconds(count)
      local text = "<R>" .. ("<member>x</member>\n  a<!-- -->b"):rep(count) .. "</R>"
      local best = math.huge -- of several, since the machine does other work, too
      for _ = 1, 5 do
        local before = os.clock()
        assert(xml.parse(text))
        best = math.min(best, os.clock() - before)
      end
      return best
    end
    seconds(2000)
    assert.is_true(seconds(40000) < 50 * math.max(seconds(4000), 0.004))
  end)
end)

-- Random texts come from a seed that a failure names.
describe("xml with random texts", function()
  local PIECES = {
    "<a>", "</a>", "<b x='1'>", "</b>", "<c/>", "<!--", "-->", "<![CDATA[", "]]>", "<?x ?>", "<?", "&amp;", "&#65;", "&#x;",
    "&", ";", "<", ">", "/", "text", " ", "<!DOCTYPE", "\0", "\255", "]]", "\"", "=", "<a", "</",
  }

  local function random_text(random_piece)
    local parts = {}
    for i = 1, math.random(0, 40) do
      parts[i] = random_piece()
    end
    return table.concat(parts)
  end

  it("never raises an error, and returns a message or a complete tree", function()
    for seed = 1, 5000 do
      math.randomseed(seed)
      local text = random_text(seed % 2 == 0 and function() return PIECES[math.random(#PIECES)] end
        or function() return string.char(math.random(0, 255)) end)
      local ok, root, message = pcall(xml.parse, text)
      assert.is_true(ok, ("seed %d: %s"):format(seed, tostring(root)))
      if root then
        assert.is_true(pcall(xml.value, root), "seed " .. seed)
      else
        assert.is_true(#message < 100 and message:find "^byte %d+: " ~= nil, ("seed %d: %s"):format(seed, message))
      end
    end
  end)

  local function escape(text)
    return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&#60;", [">"] = "&#x3e;" }))
  end

  local function random_tree(depth)
    local element = { name = ("abc"):sub(math.random(3)), text = "" }
    if depth < 5 and math.random() < 0.6 then
      for i = 1, math.random(4) do element[i] = random_tree(depth + 1) end
    else
      element.text = random_text(function() return ({ "x", "&", "<", ">", " ", "é", "]]>" })[math.random(7)] end)
    end
    return element
  end

  local function write(element)
    element.attributes = math.random() < 0.2 and { a = "b" } or nil
    local parts = { "<", element.name, element.attributes and " a='b'>" or ">", escape(element.text) }
    for _, child in ipairs(element) do
      parts[#parts + 1] = write(child)
    end
    return table.concat(parts) .. "</" .. element.name .. (math.random() < 0.2 and " >" or ">")
  end

  it("reads every tree that was written", function()
    for seed = 1, 500 do
      math.randomseed(seed)
      local tree = random_tree(0)
      local text = write(tree)
      assert.same(tree, assert(xml.parse(text)), "seed " .. seed)
      assert.is_nil((xml.parse(text:sub(1, -2))), "seed " .. seed)
    end
  end)

  it("rejects unterminated elements of any length", function()
    for _, text in ipairs { "<" .. ("a"):rep(1000000), "<a " .. ("x"):rep(1000000), "<a>" .. ("</a"):rep(200000) } do
      assert.is_nil((xml.parse(text)))
    end
  end)
end)

describe("xml.write", function()
  it("escapes text and attributes", function()
    local element = { name = "A", attributes = { xmlns = "https://x.example/", ["xsi:type"] = 'a"<&\n' }, {
      name = "B", text = "<\r\n&>\u{85}\u{2028}\t'" }, { name = "C" } }
    local text = xml.write(element)
    assert.equal('<A xmlns="https://x.example/" xsi:type="a&quot;&lt;&amp;&#xA;"><B>&lt;&#xD;&#xA;&amp;&gt;&#x85;&#x2028;\t\'</B>'
      .. "<C></C></A>", text)
    local root = assert(xml.parse(text))
    assert.same(element.attributes, root.attributes)
    assert.equal(element[1].text, root[1].text)
  end)
end)
