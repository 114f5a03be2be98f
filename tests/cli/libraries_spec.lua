-- libcurl and libcrypto are loaded when they are first used.

local helper = require "helper"

-- Returns a folder in which the loader finds a file with the name of a library that is not one.
local function broken(name)
  local folder = helper.folder()
  helper.write(folder .. "/" .. name, "not a library")
  return folder
end

local function run(words, folder)
  return helper.run(words, {
    LD_LIBRARY_PATH = folder.path, ASAN_OPTIONS = "detect_leaks=0",
    LUA_PATH = "./lua/?.lua;./lua/?/init.lua", LUA_CPATH = helper.build .. "/?.so;" .. package.cpath,
  })
end

-- A static binary contains the libraries.
local is_static = not helper.run({ "readelf", "-d", helper.lanyard }).out:find("NEEDED", 1, true)

describe("a build with shared libraries", function()
  if is_static then
    pending "this binary is static"
    return
  end

  it("does not need libcurl and libcrypto to start", function()
    for _, file in ipairs { "lanyard", "lanyard.so" } do
      local needed = helper.run({ "readelf", "-d", helper.build .. "/" .. file }).out
      assert.matches("NEEDED.*libc%.so", needed)
      assert.not_matches("libcurl", needed)
      assert.not_matches("libcrypto", needed)
    end
    local folder <close> = broken "libcurl.so.4"
    helper.write(folder .. "/libcrypto.so.3", "not a library")
    assert.equal(0, run({ helper.lanyard, "--version" }, folder).status)
    helper.write(folder .. "/policy.json", '{"Version":"2012-10-17","Statement":[]}')
    assert.matches("no%-statement", run({ helper.lanyard, "policy", "lint", folder .. "/policy.json" }, folder).out)
  end)

  it("fails at the first call without libcurl, and names the package", function()
    local folder <close> = broken "libcurl.so.4"
    local result = run({ helper.lanyard, "--emulator", "status", "my-container-service" }, folder)
    assert.equal(1, result.status)
    assert.equal("", result.out)
    assert.matches("^lanyard: cannot load libcurl%.so%.4: [^\n]+ %(Debian package: libcurl4%) [^\n]+\n$", result.err)
  end)

  it("raises an error in a script without libcrypto, each time", function()
    local folder <close> = broken "libcrypto.so.3"
    local code = [[
      local crypto = require "lanyard.crypto"
      for _, name in ipairs { "sha256_hex", "sha256_base64", "sha1_hex" } do
        print(select(2, pcall(crypto[name], "x")))
      end
      print(select(2, pcall(crypto.equal, "x", "x")))
      print(select(2, pcall(require("lanyard.jws").key, "x")))
      print(crypto.base64 "x")
    ]]
    for _, program in ipairs { helper.lanyard, helper.lua } do
      local result = run({ program, "-e", code }, folder)
      assert.equal("", result.err)
      assert.equal(0, result.status)
      local count = 0
      for line in result.out:gmatch "[^\n]+" do
        count = count + 1
        if count < 6 then
          assert.matches("^cannot load libcrypto%.so%.3: .+ %(Debian package: libssl3%)$", line)
        else
          assert.equal("eA==", line)
        end
      end
      assert.equal(6, count)
    end
  end)
end)
