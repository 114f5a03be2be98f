local addresses = require "lanyard.policy.lint.addresses"

local function parse(text)
  return assert(addresses.parse(text), text)
end

describe("addresses of conditions", function()
  it("are parsed", function()
    assert.same({ bytes = { 203, 0, 113, 7 }, prefix = 24 }, parse "203.0.113.7/24")
    assert.equal(32, parse("203.0.113.7").prefix)
    assert.same({ 32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, parse("2001:db8::1").bytes)
    assert.same({ 10, 1, 2, 3 }, { table.unpack(parse("::ffff:10.1.2.3").bytes, 13) })
    for _, text in ipairs { "", "me", "1.2.3", "1.2.3.256", "1:2", ":::", "12345::", "1.2.3.4/a", "1.2.3.4/", "1.2.3.4/33", "::1/129" } do
      assert.is_nil(addresses.parse(text), text)
    end
  end)

  it("lose their host bits", function()
    for text, expected in pairs {
      ["203.0.113.7/24"] = "203.0.113.0/24", ["1.2.3.4/0"] = "0.0.0.0/0", ["10.255.0.1/9"] = "10.128.0.0/9",
      ["2001:db8::1/32"] = "2001:db8::/32", ["2001:db8:a000::/33"] = "2001:db8:8000::/33", ["fe80::1/0"] = "::/0",
      ["1:2:3:4:5:6:7:8/127"] = false, ["1:2:3:4:5:6:7:9/127"] = "1:2:3:4:5:6:7:8/127", ["203.0.113.0/24"] = false,
    } do
      assert.equal(expected or nil, addresses.without_host_bits(parse(text)), text)
    end
  end)

  it("are private if all of a network is", function()
    for text, expected in pairs {
      ["10.0.0.0/8"] = true, ["10.0.0.0/7"] = false, ["172.31.255.255"] = true, ["172.32.0.0"] = false,
      ["0.0.0.0/0"] = false, ["::1"] = true, ["fd12::/16"] = true, ["2001:db8::/32"] = false, ["127.0.0.1"] = true,
    } do
      assert.equal(expected, addresses.is_private(parse(text)), text)
    end
  end)

  it("contain others of their family", function()
    assert.is_true(addresses.contains(parse "10.0.0.0/8", parse "10.1.2.3"))
    assert.is_false(addresses.contains(parse "10.1.2.3", parse "10.0.0.0/8"))
    assert.is_true(addresses.contains(parse "0.0.0.0/0", parse "1.2.3.4"))
    assert.is_false(addresses.contains(parse "::/0", parse "1.2.3.4"))
  end)
end)
