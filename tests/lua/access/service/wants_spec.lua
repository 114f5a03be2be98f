local wants = require "lanyard.access.service.wants"

describe("what a service is to be", function()
  it("is accepted as Lightsail documents it", function()
    for _, case in ipairs {
      {}, { power = "xlarge", scale = 20 }, { scale = 1 }, { tags = { ["a b+-=._:/@"] = "", ["키"] = "값" } },
      { tags = { [("k"):rep(128)] = ("v"):rep(256) } }, { untag = { "env" } },
      { domains = { ["my-cert_1"] = { "www.example.com", "example.com" } } },
      { domains = { c = { ("a"):rep(63) .. ".example.com" } } },
    } do
      assert.is_true(wants.check(case))
    end
  end)

  it("is rejected otherwise, with what is wrong", function()
    for _, case in ipairs {
      { { power = "nano;" }, "'nano;' is not a power" }, { { power = 3 }, "'3' is not a power" },
      { { scale = 0 }, "'0' is not a scale: write a number of nodes, 1 to 20" }, { { scale = 21 }, "'21' is not a scale" },
      { { scale = "2" }, "'2' is not a scale" }, { { tags = { [""] = "x" } }, "a tag needs a key" },
      { { tags = { ["aws:x"] = "x" } }, "reserves keys that begin with aws:" }, { { tags = { ["AWS:x"] = "x" } }, "reserves" },
      { { tags = { ["a\n"] = "x" } }, "is not the key of a tag" }, { { tags = { a = "x;y" } }, "'x;y' is not the value of a tag" },
      { { tags = { [("k"):rep(129)] = "x" } }, "is not the key" }, { { tags = { a = ("v"):rep(257) } }, "is not the value" },
      { { tags = { a = "\xff" } }, "is not the value" }, { { untag = { "a*" } }, "is not the key" },
      { { tags = { a = "x" }, untag = { "a" } }, "the tag 'a' cannot be both set and removed" },
      { { domains = { c = {} } }, "the certificate 'c' needs a domain name" },
      { { domains = { [""] = { "a.example" } } }, "'' is not the name of a certificate" },
      { { domains = { c = { "example" } } }, "'example' is not a domain name: write it as www.example.com" },
      { { domains = { c = { "*.example.com" } } }, "is not a domain name" }, { { domains = { c = { "-a.example.com" } } }, "is not" },
      { { domains = { c = { "a-.example.com" } } }, "is not" }, { { domains = { c = { "a..example.com" } } }, "is not" },
      { { domains = { c = { "https://a.example.com" } } }, "is not" }, { { domains = { c = { "a.example.com." } } }, "is not" },
      { { domains = { c = { ("a"):rep(64) .. ".example.com" } } }, "is not" },
      { { domains = { c = { ("a."):rep(127) .. "com" } } }, "is not" },
      { { domains = { c = { "A.example.com" } } }, "write it in lower case" },
      { { domains = { c = { "a.example.com", "a.example.com" } } }, "'a.example.com' is given twice" },
      { { domains = { c = { "a.example.com" }, d = { "a.example.com" } } }, "is given for two certificates, 'c' and 'd'" },
    } do
      local ok, message = wants.check(case[1])
      assert.is_nil(ok, case[2])
      assert.matches(case[2], message, 1, true)
    end
  end)
end)
