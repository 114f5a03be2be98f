local absences = require "lanyard.audit.scan.absences"
local audit = require "lanyard.audit"
local failures = require "lanyard.report.failures"
local task = require "lanyard.task"
local world = require "world"

local IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/gone:1"
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/lost/private-repo-access/abc123"
local POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},'
  .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'):format(ROLE)

-- A service that deploys from a repository that does not exist, and a grant to a service that does not exist.
local SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", role = true, containers = { web = { image = IMAGE } } } },
  repositories = { { name = "jobs" } },
} } }

-- Rejects all calls of an operation but the first, which lists.
local function denied(operation)
  return {
    operation = operation, after = 1, error = { code = "AccessDeniedException", message = "not for you", status = 400 },
  }
end

local function audited(faults)
  local w <close> = world.new { seed = SEED, faults = faults }
  w:put("jobs", POLICY)
  w.world.region("us-east-1").services.web.deployments[1].succeeds = true
  local report = assert(audit.run(w.region))
  local ids, texts = {}, {}
  for _, finding in ipairs(report.findings) do
    ids[finding.id] = true
  end
  for i, failure in ipairs(failures.of(report)) do
    texts[i] = ("%s: %s"):format(failure.kind, failures.text(failure))
  end
  return ids, texts
end

describe("the absence of an item from a list", function()
  it("is confirmed by AWS's rejection of its name, and unknown by no other error", function()
    local w <close> = world.new { seed = SEED }
    local found = absences.new(w.region)
    for _, item in ipairs { { "service", "lost" }, { "repository", "gone" }, { "service", "web" }, { "repository", "jobs" } } do
      assert.is_false(found:confirmed(item[1], item[2]))
      found:ask(item[1], item[2])
      assert.equal(item[2] == "lost" or item[2] == "gone", found:confirmed(item[1], item[2]))
    end
    assert.is_nil(found.unknown)
  end)

  it("costs one call, however many tasks ask", function()
    local w <close> = world.new { seed = SEED }
    local found = absences.new(w.region)
    local before = w:count "GetContainerServices"
    task.map({ "lost", "lost", "web" }, function(name) found:ask("service", name) end)
    assert.equal(before + 2, w:count "GetContainerServices")
    found:ask("repository", "gone")
    assert.equal(1, w:count "DescribeRepositories")
  end)

  it("makes a finding, and no failure of the audit, if it is confirmed", function()
    local ids, texts = audited {}
    assert.is_true(ids["missing-service"] and ids["image-missing"])
    assert.same({}, texts)
  end)

  it("is a failure of the audit if the call by name fails", function()
    local ids, texts = audited { denied "DescribeRepositories" }
    assert.is_true(ids["missing-service"])
    assert.is_nil(ids["image-missing"])
    assert.equal(1, #texts)
    assert.matches("^absences: Whether services or repositories missing from the lists of 111122223333 us%-east%-1 exist "
      .. "could not be checked: repository 'gone': .*AccessDeniedException", texts[1])
    ids, texts = audited { denied "GetContainerServices" }
    assert.is_nil(ids["missing-service"])
    assert.is_true(ids["image-missing"])
    assert.equal(1, #texts)
    assert.matches("could not be checked: service 'lost': .*AccessDeniedException", texts[1])
  end)

  it("is a failure of the audit once, if several calls fail", function()
    local _, texts = audited { denied "GetContainerServices", denied "DescribeRepositories" }
    assert.equal(1, #texts)
  end)

  it("is a failure of the audit if the reply has no item of the name", function()
    local w <close> = world.new { seed = SEED }
    w.change = function(called, reply)
      if called == "DescribeRepositories" then
        reply.status, reply.body = 200, '{"repositories":[]}'
      end
    end
    local found = absences.new(w.region)
    found:ask("repository", "gone")
    assert.is_false(found:confirmed("repository", "gone"))
    assert.matches("^repository 'gone': ", found.unknown)
  end)
end)
