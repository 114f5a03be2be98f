local state_directory = require "lanyard.access.state_directory"

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
