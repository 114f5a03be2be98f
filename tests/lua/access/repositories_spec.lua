local json = require "lanyard.json"
local world = require "world"

describe("repositories", function()
  it("are found by name and by glob, sorted, each once", function()
    local w <close> = world.new()
    local names = {}
    for i, repository in ipairs(assert(w.region:repositories { "shared-repo", "*-repo" })) do
      names[i] = repository.name
    end
    assert.same({ "my-private-repo", "shared-repo" }, names)
  end)

  it("are selected by the URIs of their images, if these are of this account and Region", function()
    local w <close> = world.new()
    local uri = assert(w.region:repositories { "shared-repo" })[1].uri
    for _, suffix in ipairs { "", ":1.0", "@sha256:" .. ("0"):rep(64) } do
      local found = assert(w.region:repositories { uri .. suffix, "shared-repo", "my-*" })
      assert.same({ "my-private-repo", "shared-repo" }, { found[1].name, found[2].name })
      assert.equal(2, #found)
    end
    for message, one in pairs {
      ["is in eu%-west%-1, and the Region of this command is us%-east%-1"] = uri:gsub("us%-east%-1", "eu-west-1"),
      ["in the registry of account 444455556666, and the caller's registry is the one of account 111122223333"] =
        uri:gsub("^%d+", "444455556666"),
    } do
      local found, err = w.region:repositories { one }
      assert.is_nil(found)
      assert.equal("InvalidName", err.code)
      assert.matches(message, err.message)
    end
  end)

  it("cause an error if one is missing, unless the caller collects missing ones", function()
    local many, wanted = {}, {}
    for i = 1, 120 do
      many[i] = { name = ("r%04d"):format(i) }
      wanted[i] = many[i].name
    end
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = many } } } }
    wanted[40], wanted[121], wanted[122] = "nosuch", "no-*", "r0*"
    local none, err = w.region:repositories(wanted)
    assert.is_nil(none)
    assert.equal("RepositoryNotFoundException", err.code)
    assert.equal("repository 'nosuch' does not exist in us-east-1 of account 111122223333", tostring(err))
    assert.match("^check the name and the Region", err.tip)
    assert.is_string(err.request_id)
    local missing = {}
    assert.equal(120, #assert(w.region:repositories(wanted, missing)))
    assert.equal("RepositoryNotFoundException", missing.nosuch.code)
    assert.equal("NoMatch", missing["no-*"].code)
    missing["nosuch"], missing["no-*"] = nil, nil
    assert.same({}, missing)
    none, err = w.region:repositories({ "no-*", "nosuch", "nor-this" }, {})
    assert.is_nil(none)
    assert.match("nosuch", tostring(err))
  end)

  it("must be the requested ones: what a reply lacks, repeats or adds is an error", function()
    local w <close> = world.new()
    local shared = assert(w.region:repositories { "shared-repo" })[1]
    local function raw(name, arn)
      return { repositoryName = name, repositoryArn = arn or (shared.arn:gsub("shared%-repo", name)),
        repositoryUri = shared.uri:gsub("shared%-repo", name), registryId = shared.registry_id }
    end
    for message, list in pairs {
      ["lacks the repository 'my%-private%-repo'"] = { raw "shared-repo" },
      ["lacks the repository 'shared%-repo'"] = {},
      ["'other%-repo', which was not requested"] = { raw "shared-repo", raw "my-private-repo", raw "other-repo" },
      ["'shared%-repo' twice"] = { raw "shared-repo", raw "my-private-repo", raw "shared-repo" },
      ["is that of another"] = { raw "shared-repo", raw("my-private-repo", shared.arn) },
    } do
      w.change = function(_, reply) reply.body = json.encode { repositories = json.array(list) } end
      local found, err = w.region:repositories({ "shared-repo", "my-private-repo" }, {})
      assert.is_nil(found)
      assert.equal("InvalidResponse", err.code)
      assert.matches(message, err.message)
    end
    w.change = function(_, reply) reply.body = "{}" end
    assert.matches("repositories of the reply is missing", select(2, w.region:repositories()).message)
  end)

  it("are only missing if ECR rejects the call", function()
    local w <close> = world.new()
    w.change = function(_, reply) reply.status = 500 end
    local missing = {}
    local found, err = w.region:repositories({ "nosuch" }, missing)
    assert.is_nil(found)
    assert.same({ 500, nil }, { err.status, missing.nosuch })
  end)

  it("are read page by page", function()
    local many = {}
    for i = 1, 2500 do many[i] = { name = ("r%04d"):format(i) } end
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = many } } } }
    assert.equal(2500, #assert(w.region:repositories()))
    assert.equal(3, w:count "DescribeRepositories")
  end)
end)
