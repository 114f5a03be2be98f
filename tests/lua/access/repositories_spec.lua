local world = require "world"

describe("repositories", function()
  it("come by name and by glob, sorted, each once", function()
    local w <close> = world.new()
    local names = {}
    for i, repository in ipairs(assert(w.here:repositories { "shared-repo", "*-repo" })) do
      names[i] = repository.name
    end
    assert.same({ "my-private-repo", "shared-repo" }, names)
  end)

  it("page through a large registry", function()
    local many = {}
    for i = 1, 2500 do many[i] = { name = ("r%04d"):format(i) } end
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = many } } } }
    assert.equal(2500, #assert(w.here:repositories()))
    assert.equal(3, w:count "DescribeRepositories")
  end)
end)
