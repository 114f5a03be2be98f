local helper = require "helper"
local state_directory = require "lanyard.access.state_directory"
local system = require "lanyard.system"

local function region(endpoint, name)
  return state_directory.region("/state", endpoint, "111122223333", name or "us-east-1")
end

describe("the directory of a Region's journals", function()
  it("is the same for all endpoints of AWS in a partition", function()
    local expected = "/state/journal/aws/111122223333/us-east-1"
    for _, host in ipairs { "api.ecr.us-east-1.amazonaws.com", "ecr-fips.us-east-1.amazonaws.com",
      "ecr.us-east-1.api.aws" } do
      assert.equal(expected, region("https://" .. host))
    end
    assert.matches("/aws%-cn/", region("https://api.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"))
  end)

  it("has host and port of any other endpoint", function()
    assert.equal("/state/journal/127.0.0.1_8080/111122223333/us-east-1", region "http://127.0.0.1:8080")
    assert.matches("/amazonaws.com.example.test/", region "https://amazonaws.com.example.test/x")
  end)
end)

describe("the directory of a repository", function()
  it("is one directory, whatever slashes the name has", function()
    assert.equal("/r/team+web", state_directory.repository("/r", "team/web"))
  end)

  it("has a name that the file system accepts, and differs for different long names", function()
    local prefix = ("a"):rep(250)
    local one, other = state_directory.repository("/r", prefix .. "1"), state_directory.repository("/r", prefix .. "2")
    assert.is_true(#one <= 203 and #other <= 203)
    assert.not_equal(one, other)
  end)
end)

describe("the root of the state", function()
  it("is the given directory", function()
    assert.equal("/elsewhere", state_directory.root "/elsewhere")
  end)
end)

describe("checking a directory of the state", function()
  -- Runs a function with the functions of lanyard.system for the owner of a directory and the user of this process.
  local function as(user, owner, body)
    local real_user, real_stat = system.user, system.stat
    local _ <close> = setmetatable({}, { __close = function() system.user, system.stat = real_user, real_stat end })
    system.user = function() return user end
    system.stat = function(path)
      local info, err = real_stat(path)
      if info then
        info.owner = owner
      end
      return info, err
    end
    return body()
  end

  it("accepts one that only this user can change, and one that does not exist", function()
    local folder <close> = helper.folder()
    assert(state_directory.check(folder.path))
    assert(state_directory.check(folder .. "/none"))
    for _, mode in ipairs { "755", "750", "711" } do
      local other <close> = helper.folder()
      helper.run { "chmod", mode, other.path }
      assert(state_directory.check(other.path))
    end
  end)

  it("refuses one that others can change, with the command that repairs it", function()
    for _, mode in ipairs { "777", "770", "722", "1777", "702" } do
      local folder <close> = helper.folder()
      helper.run { "chmod", mode, folder.path }
      local ok, err = state_directory.check(folder.path)
      assert.is_nil(ok)
      assert.equal("UnsafeStateFolder", err.code)
      assert.truthy(err.message:find(folder.path, 1, true))
      local command = err.tip:match "^run (chmod [^,]*),"
      assert.equal("chmod 700 " .. folder.path, command)
      assert.is_true(os.execute(command))
      assert(state_directory.check(folder.path))
    end
  end)

  it("refuses one that belongs to somebody else", function()
    local folder <close> = helper.folder()
    local ok, err = as(1000, 0, function() return state_directory.check(folder.path) end)
    assert.is_nil(ok)
    assert.equal("UnsafeStateFolder", err.code)
    assert.matches("belongs to the user with the id 0, and lanyard runs as 1000", err.message)
    assert.matches("^run sudo chown %-R 1000 /", err.tip)
  end)

  it("refuses the directory of a user when root runs lanyard with that user's HOME", function()
    local folder <close> = helper.folder()
    local ok, err = as(0, 1000, function() return state_directory.check(folder.path) end)
    assert.is_nil(ok)
    assert.matches("sudo %-H", err.tip)
    assert.is_nil(err.tip:find "chown")
  end)

  it("refuses a link, also to a directory of this user", function()
    local folder <close> = helper.folder()
    helper.run { "mkdir", folder .. "/real" }
    helper.run { "ln", "-s", folder .. "/real", folder .. "/link" }
    local ok, err = state_directory.check(folder .. "/link")
    assert.is_nil(ok)
    assert.matches("symbolic link", err.message)
    assert(state_directory.check(folder .. "/real"))
  end)

  it("reads a directory once if it is safe", function()
    local folder <close> = helper.folder()
    local real_stat, count = system.stat, 0
    local _ <close> = setmetatable({}, { __close = function() system.stat = real_stat end })
    system.stat = function(path)
      count = count + 1
      return real_stat(path)
    end
    for _ = 1, 5 do assert(state_directory.check(folder.path)) end
    assert.equal(1, count)
  end)

  it("includes the directories between the root and the one that is used", function()
    local folder <close> = helper.folder()
    helper.run { "mkdir", "-p", folder .. "/journal/aws/web" }
    assert(state_directory.check_below(folder.path, folder .. "/journal/aws/web/none"))
    for _, part in ipairs { "/journal", "/journal/aws/web", "" } do
      local other <close> = helper.folder()
      helper.run { "mkdir", "-p", other .. "/journal/aws/web" }
      helper.run { "chmod", "777", other .. part }
      local ok, err = state_directory.check_below(other.path, other .. "/journal/aws/web")
      assert.is_nil(ok)
      assert.truthy(err.tip:find("chmod 700 " .. other .. part, 1, true))
    end
  end)
end)
