local helper = require "helper"
local store = require "lanyard.trust.store"
local system = require "lanyard.system"
local tree = require "lanyard.trust.tree"
local trust = require "lanyard.trust"

local function sh(form, ...)
  assert(os.execute(form:format(...)))
end

-- Returns a folder with a checkout, and makes HOME another folder in it.
local function checkout()
  local folder = helper.folder()
  sh("cd %s && mkdir -p -m 755 home co/.lanyard/scripts && chmod 755 co co/.lanyard co/.lanyard/scripts", folder)
  helper.write(folder .. "/co/.lanyard/rules.lua", "-- rules\n")
  helper.write(folder .. "/co/.lanyard/scripts/size.lua", "print 'size'\n")
  sh("chmod 644 %s/co/.lanyard/rules.lua %s/co/.lanyard/scripts/size.lua", folder, folder)
  system.setenv("XDG_DATA_HOME", nil)
  system.setenv("HOME", folder .. "/home")
  return folder, folder .. "/co"
end

describe("lanyard.trust", function()
  local home, data = os.getenv "HOME", os.getenv "XDG_DATA_HOME"
  after_each(function()
    system.setenv("HOME", home)
    system.setenv("XDG_DATA_HOME", data)
  end)

  local function trusted(co)
    local place = trust.check(co)
    assert.equal("unknown", place.state, place.reason)
    assert.is_true(assert(trust.accept(place, 1)))
    assert.equal("trusted", trust.check(co).state)
    return place
  end

  it("trusts a checkout after it was recorded, and not before", function()
    local folder <close>, co = checkout()
    local place = trust.check(co)
    assert.equal("unknown", place.state)
    local text, err = place:read "rules.lua"
    assert.is_nil(text)
    assert.equal("Untrusted", err.code)
    trusted(co)
    assert.equal("-- rules\n", trust.check(co):read "rules.lua")
    assert.same({ "size.lua" }, trust.check(co):names "scripts/")
    assert.is_nil(trust.check(co):read "nothing.lua")
    assert.equal("absent", trust.check(folder .. "/home").state)
    local info = system.stat(folder .. "/home/.local/share/lanyard/trust")
    assert.equal(tonumber("700", 8), info.mode)
    for _, name in ipairs(system.list(folder .. "/home/.local/share/lanyard/trust")) do
      assert.equal(tonumber("600", 8), system.stat(folder .. "/home/.local/share/lanyard/trust/" .. name).mode)
    end
  end)

  for title, case in pairs {
    ["adds a file"] = { "echo x > co/.lanyard/scripts/new.lua", "changed", "scripts/new.lua was added" },
    ["adds a file that no command reads"] = { "mkdir co/.lanyard/x; echo x > co/.lanyard/x/y", "changed", "x/y was added" },
    ["changes a file"] = { "echo x >> co/.lanyard/rules.lua", "changed", "rules.lua was changed" },
    ["removes a file"] = { "rm co/.lanyard/rules.lua", "changed", "rules.lua was removed" },
    ["removes everything"] = { "rm -r co/.lanyard", "changed", "it was removed" },
    ["moves a file"] = { "cd co/.lanyard; mv rules.lua scripts/r.lua", "changed", "scripts/r.lua was added, rules.lua was removed" },
    ["moves bytes from a file to the next"] = { "cd co/.lanyard; printf '%s' '-- rule' > rules.lua; printf 's\\nprint 1' > scripts/size.lua",
      "changed", "rules.lua was changed, scripts/size.lua was changed" },
    ["links a file"] = { "cd co/.lanyard; mv rules.lua ../r; ln -s ../r rules.lua", "refused", "rules.lua is not a regular file: a symbolic link" },
    ["links a file twice"] = { "ln co/.lanyard/rules.lua co/other", "refused", "rules.lua has 2 hard links" },
    ["links a folder"] = { "cd co/.lanyard; mv scripts ../s; ln -s ../s scripts", "refused", "scripts is not a regular file: a symbolic link" },
    ["links .lanyard"] = { "cd co; mv .lanyard l; ln -s l .lanyard", "refused", ".lanyard is not a folder: a symbolic link" },
    ["adds a dangling link"] = { "ln -s nowhere co/.lanyard/x", "refused", "x is not a regular file: a symbolic link" },
    ["adds a FIFO"] = { "mkfifo co/.lanyard/scripts/x.lua", "refused", "scripts/x.lua is not a regular file: a FIFO or a device" },
    ["lets the group write a file"] = { "chmod g+w co/.lanyard/rules.lua", "refused", "can be written by other users: chmod go%-w " },
    ["lets everybody write a folder"] = { "chmod o+w co/.lanyard/scripts", "refused", "scripts can be written by other users" },
    ["makes a file too large"] = { "head -c 1100000 /dev/zero > co/.lanyard/big", "refused", "more than 1048576 bytes" },
    ["has too many folders"] = { "cd co/.lanyard; mkdir $(seq 1100)", "refused", "more than 1000 files" },
    ["has too many files"] = { "cd co/.lanyard; for i in $(seq 1100); do echo > f$i; done", "refused", "more than 1000 files" },
  } do
    it("does not trust a checkout any more that " .. title, function()
      local folder <close>, co = checkout()
      trusted(co)
      sh("cd %s && { %s; }", folder, (case[1]:gsub("%%", "%%%%")))
      local place = trust.check(co)
      assert.equal(case[2], place.state)
      assert.matches(case[3], place.reason)
      local text, err = place:read "rules.lua"
      assert.is_nil(text)
      assert.equal("Untrusted", err.code)
    end)
  end

  it("returns the bytes that it compared, whatever becomes of the files", function()
    local folder <close>, co = checkout()
    trusted(co)
    local place = trust.check(co)
    sh("cd %s/co/.lanyard && rm rules.lua && mkfifo rules.lua && ln -sf /dev/zero scripts/size.lua", folder)
    assert.equal("-- rules\n", place:read "rules.lua")
    assert.equal("print 'size'\n", place:read "scripts/size.lua")
  end)

  it("trusts what it read when the user was asked, not what is there after the answer", function()
    local folder <close>, co = checkout()
    local place = trust.check(co)
    helper.write(folder .. "/co/.lanyard/rules.lua", "-- swapped\n")
    assert(trust.accept(place, 1))
    assert.equal("changed", trust.check(co).state)
  end)

  it("trusts a folder at its real path only", function()
    local folder <close>, co = checkout()
    trusted(co)
    sh("cd %s && ln -s co link && cp -a co copy", folder)
    assert.equal("trusted", trust.check(folder .. "/link").state)
    assert.equal("trusted", trust.check(folder .. "/link/../co").state)
    assert.equal("unknown", trust.check(folder .. "/copy").state)
  end)

  it("revokes, also for a folder that was removed", function()
    local folder <close>, co = checkout()
    trusted(co)
    assert.is_true(trust.revoke(co))
    assert.is_false(trust.revoke(co))
    trusted(co)
    local real = system.real_path(co)
    sh("rm -r %s/co", folder)
    assert.equal(real, trust.list()[1].root)
    assert.is_true(trust.revoke(real))
    assert.same({}, trust.list())
  end)

  it("records names and texts of any bytes", function()
    local folder <close> = checkout()
    local names = { "a\nb", "5:x,", "\xff\xfe", "c'\"" }
    for _, name in ipairs(names) do
      helper.write(folder .. "/co/.lanyard/" .. name, "0:,\0" .. name)
    end
    trusted(folder .. "/co")
    local record = store.read(system.real_path(folder .. "/co"))
    for _, name in ipairs(names) do
      assert.equal("0:,\0" .. name, record.by_path[name].text)
    end
  end)

  it("hashes paths, lengths and contents", function()
    local folder <close> = helper.folder()
    local hashes = {}
    for i, files in ipairs { { a = "bc" }, { ab = "c" }, { a = "b", c = "" }, { a = "", b = "c" }, { a = "1:b,0:," }, {} } do
      local path = ("%s/%d"):format(folder, i)
      sh("mkdir -m 755 %s", path)
      for name, text in pairs(files) do
        helper.write(path .. "/" .. name, text)
      end
      sh("chmod -R go-w %s", path)
      local hash = assert(tree.read(path)).hash
      assert.is_nil(hashes[hash], "two trees have one hash")
      hashes[hash] = true
    end
  end)

  for title, case in pairs {
    ["that others can write"] = { "chmod 770 $S", "can be written by other users" },
    ["below a folder that all users can write"] = { "chmod 777 home/.local", "can be written by all users: chmod o%-w" },
    ["below a folder that a group can write"] = { "chmod 775 home/.local", "can be written by its group: chmod g%-w" },
    ["that is a link"] = { "mv $S t; ln -s $PWD/t $S", "is not a folder" },
    ["with a damaged record"] = { "for f in $S/*; do echo x > $f; done", "is damaged" },
    ["with a cut record"] = { "for f in $S/*; do truncate -s -1 $f; done", "is damaged" },
    ["with the record of another folder"] = { "sed -i s,/co,/cx, $S/*", "is of another folder" },
    ["with a record that others can write"] = { "chmod 666 $S/*", "can be written by other users" },
    ["with a linked record"] = { "cd $S; for f in *; do mv $f ../r; ln -s ../r $f; done", "a symbolic link" },
  } do
    it("does not use a store " .. title, function()
      local folder <close>, co = checkout()
      trusted(co)
      sh("cd %s && D=$PWD && S=$PWD/home/.local/share/lanyard/trust && { %s; }", folder, (case[1]:gsub("%%%%", "%%")))
      local place = trust.check(co)
      assert.equal("refused", place.state)
      assert.matches(case[2], place.reason)
      assert.is_nil((place:read "rules.lua"))
    end)
  end

  it("needs a home that does not depend on the current directory", function()
    local folder <close>, co = checkout()
    for _, value in ipairs { "", ".", "home" } do
      system.setenv("HOME", value)
      system.setenv("XDG_DATA_HOME", value)
      local place = trust.check(co)
      assert.equal("refused", place.state)
      assert.matches("neither HOME nor XDG_DATA_HOME is an absolute path", place.reason)
      assert.is_nil((trust.accept(place, 1)))
    end
    system.setenv("XDG_DATA_HOME", folder .. "/home")
    trusted(co)
    assert.is_true(system.exists(folder .. "/home/lanyard/trust"))
  end)
end)
