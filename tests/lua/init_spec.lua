-- The door: require "lanyard", in the binary and in stock Lua.

local helper = require "helper"
local modules = require "lanyard.modules"

local STOCK = { helper.lua, "-e", ([[package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
  package.cpath = "%s/?.so;" .. package.cpath]]):format(helper.build), "-e" }
local BINARY = { helper.lanyard, "-e" }

local ENVIRONMENT = { ASAN_OPTIONS = "detect_leaks=0" }

local function run(words, code)
  local all = table.move(words, 1, #words, 1, {})
  all[#all + 1] = code
  return helper.run(all, words == STOCK and ENVIRONMENT or nil)
end

for name, words in pairs { ["the binary"] = BINARY, ["stock Lua"] = STOCK } do
  describe("the door in " .. name, function()
    it("loads each module at its first use, and nothing before", function()
      local result = run(words, [[
        local lanyard = require "lanyard"
        print(package.loaded["lanyard.policy"], package.loaded["lanyard.access"], package.loaded["lanyard.aws"])
        print(lanyard.policy == require "lanyard.policy", lanyard.json == require "lanyard.json", lanyard.policy.new():size() > 0)
        print(lanyard.text.shellwords.join { "echo", "two words" }, lanyard.text.columns == require "lanyard.text.columns")
        print(type(lanyard.version), rawget(lanyard, "policy") == lanyard.policy, rawget(lanyard, "task"))]])
      assert.equal("", result.err)
      assert.equal("nil\tnil\tnil\ntrue\ttrue\ttrue\necho 'two words'\ttrue\nstring\ttrue\tnil\n", result.out)
    end)

    it("has every module of the list that is not inside another module", function()
      local result = run(words, [[
        local lanyard = require "lanyard"
        local modules = {}
        for _, name in ipairs(require "lanyard.modules") do modules[name] = true end
        for _, name in ipairs(require "lanyard.modules") do
          local value = lanyard
          if modules[name:match "^[^.]+"] and name:find(".", 1, true) then
            value = require("lanyard." .. name)
          else
            for field in name:gmatch "[^.]+" do value = value[field] end
          end
          assert(value == require("lanyard." .. name), name)
          print(name)
        end]])
      assert.equal("", result.err)
      assert.equal(table.concat(modules, "\n") .. "\n", result.out)
    end)

    it("names the nearest module for a mistyped field, with the place of the mistake", function()
      for field, near in pairs { ["polcy"] = "policy", ["Policy"] = "policy", ["acess"] = "access",
        ["text.colums"] = "text.columns", ["jsn"] = "json", ["htpd"] = "httpd" } do
        local result = run(words, ('local lanyard = require "lanyard"\nlocal _ = lanyard.%s'):format(field))
        assert.equal(1, result.status)
        assert.matches((":2: lanyard has no module '%s' %%(did you mean %s%%?%%)"):format(field:gsub("%.", "%%."),
          near:gsub("%.", "%%.")), result.err)
        assert.not_matches("no file", result.err)
      end
    end)

    it("says where the modules are listed if nothing is near", function()
      local result = run(words, 'local _ = require("lanyard").frobnicate')
      assert.matches("lanyard has no module 'frobnicate' %(lanyard help modules lists all%)", result.err)
      result = run(words, 'local _ = require("lanyard")[3]')
      assert.matches("lanyard has no module '3'", result.err)
    end)

    it("passes on the error of a module that cannot be loaded", function()
      local result = run(words, [[
        package.preload["lanyard.task"] = function() error("the disk is on fire", 0) end
        package.loaded["lanyard.task"] = nil
        print(pcall(function() return require("lanyard").task end))]])
      assert.matches("false\t.*the disk is on fire", result.out)
    end)
  end)
end
