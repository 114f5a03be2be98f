local helper = require "helper"
local system = require "lanyard.system"

local function run(command, ...)
  assert(os.execute(command:format(...)))
end

describe("read_regular", function()
  it("returns the text and describes the file that it read", function()
    local folder <close> = helper.folder()
    local path = folder .. "/a"
    assert(system.write_file(path, "text\0more"))
    run("chmod 640 %s; ln %s %s/b", path, path, folder)
    local text, info = assert(system.read_regular(path))
    assert.equal("text\0more", text)
    assert.equal(9, info.size)
    assert.equal(tonumber("640", 8), info.mode)
    assert.equal(2, info.links)
    assert.equal(system.user(), info.owner)
    local other = assert(system.stat(folder .. "/b"))
    assert.equal(info.inode, other.inode)
    assert.equal(info.device, other.device)
  end)

  it("reads a file of exactly the limit, and no larger one", function()
    local folder <close> = helper.folder()
    assert(system.write_file(folder .. "/a", ("x"):rep(100)))
    assert.equal(100, #assert(system.read_regular(folder .. "/a", 100)))
    local text, err = system.read_regular(folder .. "/a", 99)
    assert.is_nil(text)
    assert.equal("TooLarge", err.code)
    assert.equal(("cannot read %s/a: it has more than 99 bytes"):format(folder), err.message)
    assert(system.write_file(folder .. "/empty", ""))
    assert.equal("", (assert(system.read_regular(folder .. "/empty", 0))))
  end)

  it("limits a file whose size is not known before it is read", function()
    local text, err = system.read_regular("/proc/self/status", 10)
    assert.is_nil(text)
    assert.equal("TooLarge", err.code)
  end)

  it("refuses everything else at once", function()
    local folder <close> = helper.folder()
    assert(system.write_file(folder .. "/file", "x"))
    run("ln -s file %s/link; ln -s nowhere %s/dangling; mkfifo %s/fifo; mkdir %s/folder", folder, folder, folder, folder)
    for path, kind in pairs {
      [folder .. "/link"] = "a symbolic link", [folder .. "/dangling"] = "a symbolic link",
      [folder .. "/fifo"] = "a FIFO or a device", [folder .. "/folder"] = "a folder", ["/dev/zero"] = "a FIFO or a device",
    } do
      local text, err = system.read_regular(path)
      assert.is_nil(text)
      assert.equal("NotRegular", err.code)
      assert.equal(("cannot read %s: it is %s, not a regular file"):format(path, kind), err.message)
    end
  end)

  it("reports a missing file, and a wrong limit", function()
    local text, err = system.read_regular "/nonexistent/file"
    assert.is_nil(text)
    assert.equal("NotFound", err.code)
    assert.has_error(function() system.read_regular("/dev/null", -1) end)
    assert.has_error(function() system.read_file("/dev/null", -1) end)
  end)
end)

describe("stat", function()
  it("does not follow a link", function()
    local folder <close> = helper.folder()
    run("cd %s; touch file; ln -s file link; mkdir -m 710 folder; mkfifo fifo", tostring(folder))
    for name, kind in pairs { file = "file", link = "link", folder = "folder", fifo = "other" } do
      assert.equal(kind, assert(system.stat(folder .. "/" .. name)).type)
    end
    assert.equal(tonumber("710", 8), system.stat(folder .. "/folder").mode)
    local info, err = system.stat(folder .. "/nothing")
    assert.is_nil(info)
    assert.equal("NotFound", err.code)
  end)
end)

describe("real_path", function()
  it("resolves links and dots", function()
    local folder <close> = helper.folder()
    run("cd %s; mkdir a; ln -s a b", tostring(folder))
    local base = assert(system.real_path(tostring(folder)))
    assert.equal(base .. "/a", system.real_path(folder .. "/b/../b/."))
    local path, err = system.real_path(folder .. "/c")
    assert.is_nil(path)
    assert.equal("NotFound", err.code)
  end)
end)
