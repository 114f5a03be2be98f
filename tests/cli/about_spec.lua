-- What the binary consists of: versions, licences and notices.

local helper = require "helper"
local index = require "lanyard.model.index"

local function lanyard(...)
  return helper.run { helper.lanyard, ... }
end

describe("lanyard --version --verbose", function()
  it("prints the versions of the models and of the libraries", function()
    local result = lanyard("--version", "--verbose")
    assert.equal(0, result.status)
    assert.equal(lanyard("--version").out, result.out:match "^[^\n]*\n")
    local versions = {}
    for name, version in result.out:gmatch "\n(%S+) +([^\n]+)" do versions[name] = version end
    local names = index.services()
    assert.equal(names and ("%s (%d services)"):format(index.source(), #names) or "none (lanyard help NoModels)", versions.models)
    assert.equal(_VERSION:match "%d+%.%d+", versions.Lua:match "^(%d+%.%d+)%.%d+$")
    for _, name in ipairs { "libcurl", "OpenSSL", "libevent", "zlib", "argparse", "lua-cjson" } do
      assert.matches("^%d+%.%d+", versions[name], name)
    end
    assert.equal(require("lanyard.deflate").version(), versions.zlib)
  end)

  it("is an error with other words", function()
    for _, words in ipairs { { "--version", "--verbos" }, { "--version", "--verbose", "x" }, { "--licenses", "x" }, { "--licenses", "--verbose" } } do
      local result = lanyard(table.unpack(words))
      assert.equal(2, result.status)
      assert.equal(("lanyard: %s takes no arguments: '%s' is not expected (lanyard help)\n"):format(words[1], words[#words]), result.err)
    end
  end)
end)

describe("lanyard --licenses", function()
  local out = lanyard("--licenses").out

  it("prints lanyard's licence, and a part for each component", function()
    assert.truthy(out:find(helper.read "LICENSE", 1, true))
    local titles = {}
    for title in ("\n" .. out):gmatch "\n=+\n([^\n=]+)\n=+\n" do titles[#titles + 1] = title end
    local list = table.concat(titles, "\n")
    for _, name in ipairs { "Lua %(MIT%)", "lua%-cjson %(MIT%)", "argparse %(MIT%)", "libcurl %(curl%)", "OpenSSL %(Apache%-2%.0%)",
      "libevent %(BSD%-3%-Clause%)", "zlib %(Zlib%)", "nghttp2 %(MIT%)" } do
      assert.matches(name, list)
    end
    assert.equal(lanyard("--version", "--verbose").out:find "SQLite" ~= nil, list:find "SQLite %(blessing%)" ~= nil)
    assert.equal(index.services() ~= nil, list:find "The models of AWS services %(Apache%-2%.0%)" ~= nil)
  end)

  it("contains the texts that the notices refer to", function()
    if not helper.exists "/usr/share/common-licenses/Apache-2.0" then
      return pending "this machine is not a Debian system"
    end
    assert.truthy(out:find("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION", 1, true))
    for _, package in ipairs { "liblua5.4-dev", "libssl-dev", "zlib1g-dev" } do
      local text = helper.read(("/usr/share/doc/%s/copyright"):format(package))
      assert.truthy(out:find(text:gsub("%s*$", ""), 1, true), package)
    end
    if (index.source() or ""):find "^botocore" then
      assert.truthy(out:find("Amazon.com, Inc. or its affiliates", 1, true))
      assert.truthy(out:find("botocore", 1, true))
    end
  end)
end)
