local ahead = require "lanyard.audit.scan.ahead"
local audit = require "lanyard.audit"
local task = require "lanyard.task"
local world = require "world"

local POLICY = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}]]

-- A world with so many repositories, the first of which has a policy.
local function world_of(count)
  local repositories = {}
  for i = 1, count do
    repositories[i] = { name = ("app-%04d"):format(i), policy = i == 1 and POLICY or nil }
  end
  return world.new { seed = { regions = { ["us-east-1"] = { repositories = repositories } } } }
end

-- Adds all repositories to a reader, waits until it has called ECR so often, and stops it.
local function read_all(w, texts, count)
  texts:add(assert(w.region:repositories()))
  while w:count "GetRepositoryPolicy" < count do
    task.sleep(0.001)
  end
  texts:stop()
end

describe("policies that are read ahead", function()
  it("need no further call", function()
    local w <close> = world_of(3)
    local texts <close> = ahead.reader(w.region)
    read_all(w, texts, 3)
    assert.equal(3, w:count "GetRepositoryPolicy")
    local read = texts:read()
    assert.equal(POLICY, read(w.region.ecr, "app-0001"))
    assert.is_nil(read(w.region.ecr, "app-0002"))
    assert.equal(3, w:count "GetRepositoryPolicy")
  end)

  it("are read once, and the others when they are asked for", function()
    local w <close> = world_of(2)
    local texts <close> = ahead.reader(w.region)
    texts:stop()
    local read = texts:read()
    assert.equal(POLICY, read(w.region.ecr, "app-0001"))
    assert.equal(1, w:count "GetRepositoryPolicy")
  end)

  it("keep their errors", function()
    local w <close> = world_of(1)
    w.change = function(operation, reply)
      if operation == "GetRepositoryPolicy" then
        reply.status, reply.body = 400, '{"__type":"AccessDeniedException","message":"no"}'
      end
    end
    local texts <close> = ahead.reader(w.region)
    read_all(w, texts, 1)
    w.change = nil
    local text, err = texts:read()(w.region.ecr, "app-0001")
    assert.is_nil(text)
    assert.equal("AccessDeniedException", err.code)
  end)

  it("are at most 500", function()
    local w <close> = world_of(510)
    local texts <close> = ahead.reader(w.region)
    read_all(w, texts, 500)
    assert.equal(500, w:count "GetRepositoryPolicy")
  end)

  it("are read by an audit before all repositories are listed", function()
    local w <close> = world_of(1500)
    local pages = 0
    w.before = function(operation)
      pages = pages + (operation == "DescribeRepositories" and 1 or 0)
      while operation == "DescribeRepositories" and pages == 2 and w:count "GetRepositoryPolicy" == 0 do
        task.sleep(0.001) -- for ever, if no policy is read before the second page
      end
    end
    local report = assert(audit.run(w.region, {}))
    assert.equal(1500, #report.scopes[1].repositories)
    assert.equal(2, pages)
    assert.equal(1500, w:count "GetRepositoryPolicy")
  end)

  it("end with an audit whose list fails", function()
    local w <close> = world_of(1500)
    local pages = 0
    w.change = function(operation, reply)
      pages = pages + (operation == "DescribeRepositories" and 1 or 0)
      if operation == "DescribeRepositories" and pages == 2 then
        reply.status, reply.body = 400, '{"__type":"AccessDeniedException","message":"no"}'
      end
    end
    local report, err = audit.run(w.region, {})
    assert.is_nil(report)
    assert.equal("AccessDeniedException", err.code)
    assert.is_true(w:count "GetRepositoryPolicy" < 1000)
  end)
end)
