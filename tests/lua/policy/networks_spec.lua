local networks = require "lanyard.policy.networks"

describe("networks that keep the public out", function()
  it("are narrower than /8 for IPv4 and /32 for IPv6, also side by side", function()
    for texts, expected in pairs {
      ["0.0.0.0/0"] = false, ["::/0"] = false, ["0.0.0.0/1 128.0.0.0/1"] = false, ["11.0.0.0/8"] = true,
      ["11.0.0.0/7"] = false, ["12.0.0.0/8 13.0.0.0/8"] = false, ["11.0.0.0/8 13.0.0.0/8"] = true,
      ["192.0.2.0/24 198.51.100.7"] = true, ["2001:db8::/32"] = true, ["2001:db8::/31"] = false,
      ["2001:db8::/32 2001:db9::/32"] = false, ["2001:db8::1"] = true, ["192.0.2.1 ::/0"] = false,
      ["::ffff:192.0.2.1"] = true,
    } do
      local list = {}
      for text in texts:gmatch "%S+" do list[#list + 1] = text end
      assert.equal(expected, networks.protect(list), texts)
    end
  end)

  it("are not private ones alone, nor texts that are not networks", function()
    for _, text in ipairs {
      "10.0.0.0/8", "10.1.2.3", "172.16.0.0/12", "192.168.1.1/32", "100.64.0.0/10", "127.0.0.1", "169.254.0.0/16", "fd00::1",
      "fe80::/10", "::1", "*", "localhost",
    } do
      assert.is_false(networks.protect { text }, text)
    end
    assert.is_false(networks.protect { "192.0.2.1", "*" })
    assert.is_true(networks.protect { "10.0.0.0/8", "192.0.2.1" })
    assert.is_false(networks.is_private "172.32.0.0/16")
    assert.is_false(networks.is_private "0.0.0.0/0")
  end)
end)

describe("networks that overlap", function()
  it("are the ones that share addresses or are side by side", function()
    assert.same({ true, true, false, true, true },
      networks.overlaps { "10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/25", "198.51.100.0/25", "198.51.100.128/25" })
    assert.same({ true, false }, networks.overlaps { "*", "192.0.2.0/24" })
  end)
end)
