local helper = require "helper"

describe("lanyard new", function()
  local function lanyard(folder, words, environment)
    local all = { HOME = tostring(folder) }
    for name, value in pairs(environment or {}) do all[name] = value end
    return helper.run({ helper.lanyard, table.unpack(words) }, all)
  end

  it("writes a command that runs, and a spec that passes", function()
    local home <close> = helper.folder()
    local made = lanyard(home, { "new", "size" })
    local command, spec = home .. "/.config/lanyard/scripts/size.lua", home .. "/.config/lanyard/scripts/spec/size_spec.lua"
    assert.same({ 0, ("wrote %s\nwrote %s\n"):format(command, spec) }, { made.status, made.out })
    assert.matches("Try it:   lanyard %-%-emulator size\n", made.err)
    assert.matches("shared%-repo +538\n", lanyard(home, { "--emulator", "size" }).out)
    assert.matches("^Print the size", lanyard(home, { "help", "size" }).out)
    local tested = lanyard(home, { "test", spec })
    assert.same({ 0, "" }, { tested.status, tested.err })
    assert.matches("\n2 passed, 0 failed\n$", tested.out)
  end)

  it("overwrites nothing, and then leaves nothing", function()
    local home <close> = helper.folder()
    local folder = home .. "/scripts"
    assert.equal(0, lanyard(home, { "new", "size", "--directory", folder }).status)
    helper.write(folder .. "/size.lua", "mine")
    local again = lanyard(home, { "new", "size", "--directory", folder })
    assert.same({ 1, "", ("lanyard: cannot write %s/size.lua: it already exists\n"):format(folder) },
      { again.status, again.out, again.err })
    assert.equal("mine", helper.read(folder .. "/size.lua"))
    os.remove(folder .. "/size.lua")
    again = lanyard(home, { "new", "size", "--directory", folder })
    assert.equal(1, again.status)
    assert.matches("size_spec%.lua: it already exists\n$", again.err)
    assert.is_false(helper.exists(folder .. "/size.lua"))
  end)

  it("says how to run a command of another folder", function()
    local home <close> = helper.folder()
    local made = lanyard(home, { "new", "size", "--directory", home .. "/a b" })
    assert.truthy(made.err:find(("export LANYARD_PATH='%s/a b'\n"):format(home), 1, true), made.err)
    made = lanyard(home, { "new", "other", "--directory", home .. "/a b" }, { LANYARD_PATH = home .. "/a b" })
    assert.not_matches("LANYARD_PATH", made.err)
    made = lanyard(home, { "new", "size", "--directory", home .. "/.lanyard/scripts" })
    assert.matches("trust the scripts of this checkout first: lanyard trust\n", made.err)
  end)

  for name, message in pairs {
    ["grant"] = "'grant' is a built-in command, which nothing replaces: choose another name",
    ["help"] = "'help' is a built-in command, which nothing replaces: choose another name",
    ["size.lua"] = "write the name without .lua: 'size'",
    ["Size"] = "'Size' is not a valid name of a command: use up to 40 lower-case letters, digits, - and _, and begin "
      .. "with a letter",
    ["../x"] = "'../x' is not a valid name of a command: use up to 40 lower-case letters, digits, - and _, and begin "
      .. "with a letter",
  } do
    it("refuses the name " .. name, function()
      local home <close> = helper.folder()
      local made = lanyard(home, { "new", name })
      assert.same({ 2, "", ("lanyard: %s (lanyard help new)\n"):format(message) }, { made.status, made.out, made.err })
      assert.is_false(helper.exists(home .. "/.config"))
    end)
  end

  it("needs a folder", function()
    local made = helper.run { helper.lanyard, "new", "size" }
    assert.same({ 1, "lanyard: HOME and XDG_CONFIG_HOME are not absolute paths: pass --directory\n" },
      { made.status, made.err })
  end)
end)
