-- The parts of scripts/packaging that need no package beyond the ones of `make test`. `make packages-test` builds and
-- installs the packages.
local helper = require "helper"

local INSTALL = "scripts/packaging/install.sh"

-- Returns the files and folders below a folder, sorted, without that folder's path.
local function files_below(folder)
  local result = helper.run { "sh", "-c", 'cd "$0" && find . -mindepth 1 | LC_ALL=C sort', folder }
  return result.out
end

local function run(...)
  local result = helper.run { ... }
  assert.equal("", result.err)
  assert.equal(0, result.status)
  return result.out
end

describe("install.sh", function()
  it("installs files with their modes, and removes what it installed and nothing else", function()
    local folder <close> = helper.folder()
    local root = folder .. "/root"
    run("mkdir", "-p", root .. "/usr/bin", root .. "/usr/share")
    helper.write(root .. "/usr/share/other", "")
    local before = files_below(root)
    run(INSTALL, "install", root, "/usr/share/lanyard/installed", "755:LICENSE:/usr/bin/tool",
      "644:README.md:/usr/share/a b/deep/file")
    assert.equal("755\n", run("stat", "-c", "%a", root .. "/usr/bin/tool"))
    assert.equal(helper.read "README.md", helper.read(root .. "/usr/share/a b/deep/file"))
    run(INSTALL, "uninstall", root, "/usr/share/lanyard/installed")
    assert.equal(before, files_below(root))
  end)

  it("keeps files of others in the folders that it made", function()
    local folder <close> = helper.folder()
    run(INSTALL, "install", folder.path, "/x/installed", "644:LICENSE:/x/y/file")
    helper.write(folder .. "/x/y/mine", "")
    run(INSTALL, "uninstall", folder.path, "/x/installed")
    assert.equal("./x\n./x/y\n./x/y/mine\n", files_below(folder.path))
  end)

  it("removes files that only the earlier installation had, and still knows the folders of the first one", function()
    local folder <close> = helper.folder()
    run(INSTALL, "install", folder.path, "/x/installed", "644:LICENSE:/x/old/file", "644:LICENSE:/x/same")
    run(INSTALL, "install", folder.path, "/x/installed", "644:README.md:/x/same")
    assert.equal("./x\n./x/installed\n./x/same\n", files_below(folder.path))
    assert.equal(helper.read "README.md", helper.read(folder .. "/x/same"))
    run(INSTALL, "uninstall", folder.path, "/x/installed")
    assert.equal("", files_below(folder.path))
  end)

  it("fails if nothing is installed, and if the list leads out of the root", function()
    local folder <close> = helper.folder()
    local result = helper.run { INSTALL, "uninstall", folder.path, "/x/installed" }
    assert.equal(1, result.status)
    assert.equal(("install.sh: nothing is installed: there is no %s/x/installed\n"):format(folder), result.err)
    helper.write(folder .. "/victim", "")
    run("mkdir", "-p", folder .. "/root/x")
    helper.write(folder .. "/root/x/installed", "/x/../../victim\n")
    result = helper.run { INSTALL, "uninstall", folder .. "/root", "/x/installed" }
    assert.equal(1, result.status)
    assert.equal("install.sh: /x/installed is damaged: /x/../../victim\n", result.err)
    assert.is_true(helper.exists(folder .. "/victim"))
  end)
end)

describe("dist.sh", function()
  it("writes the same bytes for the same commit in every folder, and only what is committed", function()
    local folder <close> = helper.folder()
    local script = run("realpath", "scripts/packaging/dist.sh"):match "[^\n]+"
    local result = helper.run({ "sh", "-euc", [[
      mkdir "$0/one" && cd "$0/one"
      git init -q . && echo text > file && mkdir sub && echo more > sub/other && chmod 755 file
      git add . && git -c user.name=a -c user.email=a@example.com commit -qm one
      umask 077
      "$1" name-1 "$0/one.tar.gz"
      umask 022
      git clone -q "$0/one" "$0/two" && cd "$0/two" && touch -d @0 file
      echo uncommitted >> file
      "$1" name-1 "$0/two.tar.gz"
      cmp "$0/one.tar.gz" "$0/two.tar.gz"
      tar -tzf "$0/one.tar.gz" | LC_ALL=C sort]], folder.path, script }, { HOME = folder.path })
    assert.equal(("dist.sh: uncommitted changes are not in %s/two.tar.gz\n"):format(folder), result.err)
    assert.equal("name-1/\nname-1/file\nname-1/sub/\nname-1/sub/other\n", result.out)
    assert.equal(0, result.status)
  end)
end)
