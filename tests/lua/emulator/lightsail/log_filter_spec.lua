local log_filter = require "lanyard.emulator.lightsail.log_filter"

describe("a filter pattern", function()
  local LINE = 'GET /a-b "x" ERROR timeout'
  for pattern, expected in pairs {
    [""] = true, ["  "] = true, ERROR = true, ["ERROR timeout"] = true, ["ERROR absent"] = false, ["-ERROR"] = false, ["-absent ERROR"] = true,
    ["?absent ?ERROR"] = true, ["?absent ?other"] = false, ['"/a-b"'] = true, ['-"/a-b"'] = false, ['"\\"x\\""'] = true, ['"/a-c"'] = false,
    ['?"no" ?"timeout"'] = true, error = false, ['""'] = true,
  } do
    it(("%s %s"):format(expected and "selects a line by" or "excludes a line by", pattern), function()
      assert.equal(expected, log_filter.matches(assert(log_filter.parse(pattern)), LINE))
    end)
  end

  for pattern, character in pairs { ["a-b"] = "-", ["/path"] = "/", ["a:b"] = ":", ["(x)"] = "(", ["[x]"] = "[", ["{ $.x = 1 }"] = "{", ["\u{e9}"] = "\u{e9}",
    ["?"] = "", ["a \u{20ac}"] = "\u{20ac}" } do
    it("needs quotes for " .. pattern, function()
      local terms, message = log_filter.parse(pattern)
      assert.is_nil(terms)
      assert.equal(("Invalid character(s) in term '%s'"):format(character), message)
    end)
  end

  it("must close its quotes", function()
    for _, pattern in ipairs { '"', '"a', '"a\\"', 'a "' } do
      assert.same({ nil, "Invalid filter pattern" }, { log_filter.parse(pattern) })
    end
  end)
end)
