-- What the current directory can do without being trusted: provide no module, setting, state or record.

local checkouts = require "checkout"
local helper = require "helper"
local json = require "lanyard.json"

local checkout, sh = checkouts.new, checkouts.sh

describe("the current directory", function()
  -- Every name in a `require` of the tree, and some that users like.
  local function required()
    local names = { inspect = true, penlight = true, lfs = true, socket = true, ["pl.utils"] = true }
    local pipe <close> = assert(io.popen([[grep -rhoE --include='*.lua' --include='*.md' ]]
      .. [["require *\(? *[\"'][A-Za-z0-9_.-]+" lua scripts tests/compat tests/support README.md .github]]))
    for line in pipe:lines() do
      names[line:match "[%w_.-]+$"] = true
    end
    return names
  end

  -- A shared object that leaves a trace when it is loaded.
  local function native(folder)
    helper.write(folder .. "/evil.c", ('#include <stdio.h>\n__attribute__((constructor)) static void run(void) '
      .. '{ FILE *f = fopen("%s/RAN", "w"); if (f) fclose(f); }\n'):format(folder))
    sh("cc -shared -fPIC -o %s/evil.so %s/evil.c", folder, folder)
    return helper.read(folder .. "/evil.so")
  end

  it("provides no module, in Lua or C, whatever the path variables say", function()
    local co <close> = checkout()
    local object, files, list = native(co.folder), {}, {}
    local code = ("io.open('%s/RAN', 'w'):close() return {}"):format(co.folder)
    for name in pairs(required()) do
      local base = name:gsub("%.", "/")
      files[base .. ".lua"], files[base .. ".so"], files[base .. "/init.lua"] = code, object, code
      list[#list + 1] = name
    end
    co:write(files)
    assert.is_true(#list > 150, #list)
    helper.write(co.folder .. "/home/all.lua", ("for name in ('%s'):gmatch '%%S+' do pcall(require, name) end")
      :format(table.concat(list, " ")))
    -- Stock Lua runs them: the files are as they should be.
    for _, environment in ipairs { { LUA_PATH = "./?.lua" }, { LUA_PATH = "/?", LUA_CPATH = "./?.so" } } do
      co:run({ co.folder .. "/home/all.lua" }, environment, "lua5.4")
      assert.is_true(helper.exists(co.folder .. "/RAN"))
      os.remove(co.folder .. "/RAN")
    end
    for _, environment in ipairs {
      {}, { LUA_PATH = "./?.lua;;", LUA_CPATH = "./?.so;;" }, { LUA_PATH = "?.lua;?/init.lua", LUA_CPATH = "?.so" },
      { LUA_PATH_5_4 = "./?.lua", LUA_CPATH_5_4 = "./?.so" }, { LUA_PATH = ";;", LUA_CPATH = ";;" },
      { LUA_INIT = "dofile 'inspect.lua'", LUA_INIT_5_4 = "@inspect.lua" },
    } do
      for _, words in ipairs { { co.folder .. "/home/all.lua" }, { "-e", helper.read(co.folder .. "/home/all.lua") },
        { "--emulator", "audit" }, { "rules", "show" } } do
        co:run(words, environment)
        assert.is_false(helper.exists(co.folder .. "/RAN"), words[1])
      end
    end
    local paths = co:run { "-e", "print(package.path) print(package.cpath)" }.out
    for entry in paths:gmatch "[^;\n]+" do
      assert.equal("/", entry:sub(1, 1), paths)
    end
  end)

  for variable, value in pairs {
    LUA_PATH = "./?.lua;/nowhere/?.lua", LUA_CPATH = "?.so", LUA_PATH_5_4 = "lib/?.lua;;", LUA_CPATH_5_4 = "../?.so",
  } do
    it("is dropped from " .. variable .. " with one line, when a module is searched for", function()
      local co <close> = checkout { ["lib/x.lua"] = "print 'RAN'", ["x.lua"] = "print 'RAN'" }
      local result = co:run({ "-e", "pcall(require, 'x') pcall(require, 'y')" }, { [variable] = value })
      assert.equal("", result.out)
      assert.matches(("^lanyard: %s: the relative entry '[^\n]*' is ignored: only absolute paths are used\n$"):format(variable),
        result.err)
      assert.equal("", co:run({ "-e", "require 'lanyard.errors'" }, { [variable] = value }).err)
    end)
  end

  for variable, value in pairs {
    LANYARD_PATH = "/nowhere:./bin", XDG_CONFIG_HOME = "config", HOME = ".",
  } do
    it("is dropped from " .. variable .. " with one line", function()
      local co <close> = checkout { ["bin/x.lua"] = "print 'RAN'", ["config/lanyard/scripts/x.lua"] = "print 'RAN'",
        [".config/lanyard/scripts/x.lua"] = "print 'RAN'" }
      for _, words in ipairs { { "x" }, { "scripts" }, { "help" } } do
        local result = co:run(words, { [variable] = value })
        assert.falsy(result.out:find("RAN", 1, true))
        assert.matches(("^lanyard: %s: the relative entry '[^\n]*' is ignored: only absolute paths are used\n"):format(variable),
          result.err)
      end
    end)
  end

  it("holds neither records, nor state, nor temporary files because of a relative variable", function()
    local co <close> = checkout { [".lanyard/rules.lua"] = "" }
    local seed = co.folder .. "/home/seed.json"
    helper.write(seed, json.encode { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = "app" } },
    } } })
    local before = helper.run({ "find", co.path }).out
    for _, variable in ipairs { "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR" } do
      assert.equal(0, co:run("trust --yes", { [variable] = "here" }).status)
      assert.equal(0, co:run(("--emulator=%s grant web app"):format(seed), { [variable] = "here" }).status)
    end
    assert.equal(before, helper.run({ "find", co.path }).out)
    assert.is_false(helper.exists(co.folder .. "/home/.local/state"))
  end)
end)

describe("a relative HOME", function()
  it("lets the current directory provide neither AWS settings with commands, nor a journal", function()
    local co <close> = checkout()
    co:write { [".aws/config"] = ("[default]\nregion = us-east-1\ncredential_process = touch %s/RAN\n"):format(co.folder),
      [".aws/credentials"] = "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = planted\n" }
    local emulator <close> = helper.emulator()
    for _, line in ipairs { "status", "doctor --offline", "grant my-container-service my-private-repo --enable" } do
      co:run(line, { HOME = ".", AWS_EC2_METADATA_DISABLED = "true" })
      assert.is_false(helper.exists(co.folder .. "/RAN"), line)
    end
    emulator.environment.HOME, emulator.environment.XDG_STATE_HOME = ".", nil
    local result = co:run("grant my-container-service my-private-repo --enable", emulator.environment)
    assert.equal(1, result.status)
    assert.matches("neither XDG_STATE_HOME nor HOME is an absolute path", result.err)
    assert.is_false(helper.exists(co.path .. "/.local"))
  end)
end)
