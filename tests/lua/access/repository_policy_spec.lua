local json = require "lanyard.json"
local world = require "world"

local FOREIGN = json.encode { Version = "2012-10-17", Statement = { {
  Sid = "foreign", Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "ecr:BatchGetImage",
} } }

-- A world with another writer's statement, and replies to GetRepositoryPolicy changed by a function.
local function new(change)
  local w = world.new()
  local service = w:service()
  w:put("shared-repo", FOREIGN)
  local repository = w:repository "shared-repo"
  w.change = function(operation, reply)
    if operation == "GetRepositoryPolicy" then change(reply) end
  end
  return w, service, repository
end

describe("a policy", function()
  it("does not exist only if ECR rejects the call with status 400", function()
    for _, status in ipairs { 500, 503, 404, 403, 200 } do
      local w <close>, service, repository = new(function(reply)
        reply.status, reply.body = status, '{"__type":"RepositoryPolicyNotFoundException","message":"none"}'
      end)
      local change, err = w.region:grant(service, repository)
      assert.is_nil(change)
      assert.is_table(err)
      assert.equal(FOREIGN, w:text "shared-repo")
      assert.equal(0, w:count "SetRepositoryPolicy")
    end
  end)

  it("of another repository, or without a text, is an error", function()
    for _, body in ipairs {
      '{"repositoryName":"other","policyText":"{}"}', "{}", '{"policyText":null}', '{"policyText":[]}', "[]", "null",
    } do
      local w <close>, service, repository = new(function(reply) reply.status, reply.body = 200, body end)
      local change, err = w.region:grant(service, repository)
      assert.is_nil(change)
      assert.equal("InvalidResponse", err.code)
      assert.equal(FOREIGN, w:text "shared-repo")
    end
  end)
end)
