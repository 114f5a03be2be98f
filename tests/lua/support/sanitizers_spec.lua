-- Which commands of the sanitized build are sanitized. Each test has a module of its own, as each spec has.

local helper = require "helper"
local system = require "lanyard.system"

system.setenv("LANYARD_TEST_SANITIZED", nil)

local function fresh()
  return assert(loadfile "tests/support/sanitizers.lua")()
end

describe("a command of the sanitized build", function()
  it("is sanitized if it has a name, an option, a variable or a script that no command had before", function()
    local sanitizers = fresh()
    local is_chosen = sanitizers.is_chosen
    assert.is_true(is_chosen { "build/lanyard", "grant", "web", "a/b" })
    assert.is_false(is_chosen { "build/lanyard", "grant", "web", "c/d" })
    assert.is_true(is_chosen { "build/lanyard", "grant", "web", "c/d", "--yes" })
    assert.is_true(is_chosen { "build/lanyard", "revoke", "web", "--yes" })
    assert.is_true(is_chosen({ "build/lanyard", "revoke", "web" }, { AWS_REGION = "a" }))
    assert.is_false(is_chosen({ "build/lanyard", "revoke", "web", "--yes" }, { AWS_REGION = "b" }))
    assert.is_true(is_chosen { "build/lanyard", "-e", "return 1" })
    assert.is_true(is_chosen { "build/lanyard", "-e", "return {}" })
    assert.is_false(is_chosen { "build/lanyard", "-e", "return 2" })
    assert.is_true(is_chosen { "sh", "-c", "cd /tmp/tmp.a1 && grant" })
    assert.is_false(is_chosen { "sh", "-c", "cd /tmp/tmp.b2 && grant" })
  end)

  it("has an option that is known with and without its value, and may have numbers", function()
    local is_chosen = fresh().is_chosen
    assert.is_true(is_chosen { "lanyard", "status", "--limit=1" })
    assert.is_false(is_chosen { "lanyard", "status", "--limit", 2 })
  end)

  it("is sanitized in one of eight other cases", function()
    local is_chosen, count = fresh().is_chosen, 0
    for i = 1, 81 do
      count = count + (is_chosen { "lanyard", "status", "/folder/" .. i } and 1 or 0)
    end
    assert.equal(11, count)
  end)

  it("has options that say whether it looks for leaks", function()
    local sanitizers = fresh()
    assert.match("^detect_leaks=1:", sanitizers.options(true))
    assert.match("^detect_leaks=0:", sanitizers.options(false))
  end)

  it("prints the line of undefined behaviour", function()
    local flags = helper.read "Makefile":match "\nSANITIZED = ([^\n]+)"
    local folder <close> = helper.folder()
    helper.write(folder .. "/add.c", "int main(int argc, char **argv) {\n  (void)argv;\n  return argc + 2147483647;\n}\n")
    local result = helper.run { "sh", "-c", ("cd %s && gcc %s -o add add.c && ASAN_OPTIONS=%s ./add"):format(folder, flags,
      fresh().options(false)) }
    assert.match("ERROR: AddressSanitizer: ILL", result.err)
    assert.match("add%.c:3", result.err)
  end)

  it("runs the first build instead if it is not chosen, also in a script", function()
    local folder <close> = helper.folder()
    local own, plain = helper.lanyard, helper.plain
    local _ <close> = setmetatable({}, { __close = function() helper.lanyard, helper.plain = own, plain end })
    for _, name in ipairs { "sanitized", "plain" } do
      assert(os.execute(("mkdir -p '%s/%%a+b/%s'"):format(folder, name)))
      local path = ("%s/%%a+b/%s/lanyard"):format(folder, name)
      helper.write(path, "#!/bin/sh\necho " .. name .. "\n")
      assert(os.execute(("chmod +x '%s'"):format(path)))
    end
    helper.lanyard, helper.plain = folder .. "/%a+b/sanitized/lanyard", folder .. "/%a+b/plain/lanyard"
    assert.equal("sanitized\n", helper.run({ helper.lanyard, "first" }).out)
    assert.equal("plain\n", helper.run({ helper.lanyard, "first" }).out)
    local words = { "sh", "-c", ("'%s'; echo %s.so"):format(helper.lanyard, helper.lanyard) }
    assert.equal("sanitized\n" .. helper.lanyard .. ".so\n", helper.run(words).out)
    assert.equal("plain\n" .. helper.lanyard .. ".so\n", helper.run(words).out)
  end)
end)
