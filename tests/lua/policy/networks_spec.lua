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

describe("networks that share addresses", function()
  -- Returns for each text the sorted positions of the others that share addresses with it.
  local function shared(texts)
    local visit_sharing, found = networks.sharing(texts), {}
    for i in ipairs(texts) do
      found[i] = {}
      visit_sharing(i, function(other) found[i][#found[i] + 1] = other ~= i and other or nil end)
      table.sort(found[i])
    end
    return found
  end

  it("are the ones around a network and inside of it, but not beside it", function()
    assert.same({ { 2, 5 }, { 1, 5 }, {}, {}, { 1, 2 } },
      shared { "10.0.0.0/8", "10.1.0.0/16", "198.51.100.0/25", "198.51.100.128/25", "10.1.2.3" })
    assert.same({ { 2 }, { 1 }, {} }, shared { "::/0", "ffff::/16", "0.0.0.0/0" })
    assert.same({ { 2, 3 }, { 1 }, { 1 } }, shared { "*", "192.0.2.0/24", "192.0.3.0/24" })
  end)

  it("are found as by a comparison of all pairs", function()
    local texts = {}
    for i = 1, 200 do
      texts[i] = ("%d.%d.0.0/%d"):format(10 + i % 3, i * 37 % 256, 8 + i * 11 % 12)
    end
    local function ends(text)
      local a, b, bits = text:match "^(%d+)%.(%d+)%.0%.0/(%d+)$"
      local size = 1 << (32 - tonumber(bits))
      local first = (tonumber(a) << 24 | tonumber(b) << 16) // size * size
      return first, first + size - 1
    end
    for i, others in ipairs(shared(texts)) do
      local expected, first, last = {}, ends(texts[i])
      for j, other in ipairs(texts) do
        local other_first, other_last = ends(other)
        expected[#expected + 1] = j ~= i and other_first <= last and first <= other_last and j or nil
      end
      assert.same(expected, others)
    end
  end)
end)
