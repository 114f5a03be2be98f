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
  it("rejects text that is not well-formed", function()
    for _, text in ipairs { "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a", "<a>x",
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "<a><!-- </a>" } do
      local root, message = xml.parse(text)
      assert.is_nil(root, text)
      assert.matches("^byte %d+: ", message)
    end
  end)
  it("limits nesting", function()
    assert.is_nil(xml.parse(("<a>"):rep(1000) .. ("</a>"):rep(1000)))
    assert.truthy(xml.parse(("<a>"):rep(32) .. ("</a>"):rep(32)))
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
    local function seconds(count)
      local text = "<R>" .. ("<member>x</member>\n  a<!-- -->b"):rep(count) .. "</R>"
      local before = os.clock()
      assert(xml.parse(text))
      return os.clock() - before
    end
    seconds(2000)
    assert.is_true(seconds(40000) < 40 * math.max(seconds(4000), 0.001))
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
    local parts = { "<", element.name, math.random() < 0.2 and " a='b'>" or ">", escape(element.text) }
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
