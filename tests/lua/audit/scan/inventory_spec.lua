local inventory = require "lanyard.audit.scan.inventory"
local world = require "world"

local IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1"

local SEED = { regions = { ["us-east-1"] = {
  services = { { name = "web", role = true, containers = { web = { image = IMAGE } } } },
  repositories = { { name = "jobs" }, { name = "web", images = { "1" } } },
} } }

local function names(repositories)
  local list = {}
  for i, repository in ipairs(repositories) do list[i] = repository.name end
  return list
end

describe("an inventory", function()
  it("is complete unless globs or the region select repositories", function()
    local w <close> = world.new { seed = SEED }
    assert.is_true(assert(inventory.open(w.region, {})).complete)
    assert.is_false(assert(inventory.open(w.region, { globs = { "web" } })).complete)
    assert.is_false(assert(inventory.open(w.region, { partial = true })).complete)
  end)

  it("visits each repository once and retains those from which services deploy", function()
    local w <close> = world.new { seed = SEED }
    w.world.region("us-east-1").services.web.deployments[1].succeeds = true
    local found = assert(inventory.open(w.region, {}))
    assert.same({ "jobs", "web" }, names(found.repositories))
    local visited = {}
    inventory.read_policies(w.region, found, { unused_days = 90 }, function(repository, position)
      visited[#visited + 1] = position .. " " .. repository.name
    end)
    assert.same({ "1 jobs", "2 web" }, visited)
    assert.same({ "web" }, names(found.repositories))
  end)

  it("finds out once what equal policies say, but not whether their grants are used", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true, containers = { web = { image = IMAGE } } } },
      repositories = { { name = "jobs" }, { name = "new" }, { name = "web", images = { "1" } } },
    } } } }
    for _, name in ipairs { "jobs", "web" } do
      w.world.region("us-east-1").repositories[name].created = 0
    end
    local role = assert(w.region:service "web").role.arn
    for _, name in ipairs { "jobs", "new", "web" } do
      w:put(name, ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},'
        .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'):format(role))
    end
    local found, by_name = assert(inventory.open(w.region, {})), {}
    inventory.read_policies(w.region, found, { unused_days = 90 }, function(repository)
      by_name[repository.name] = repository
    end)
    assert.equal(by_name.jobs.doc, by_name.web.doc)
    assert.equal(by_name.jobs.statements, by_name.web.statements)
    assert.same({ true, nil, nil }, { by_name.jobs.access[1].unused, by_name.new.access[1].unused,
      by_name.web.access[1].unused })
  end)

  it("needs the list of repositories, and nothing else", function()
    local denied = { code = "AccessDeniedException", message = "no", status = 400 }
    local function opened(operation)
      local w <close> = world.new { seed = SEED, faults = { { operation = operation, error = denied } } }
      return inventory.open(w.region, {})
    end
    assert.equal("AccessDeniedException", select(2, opened "DescribeRepositories").code)
    assert.matches("AccessDeniedException", assert(opened "GetContainerServices").services_unknown)
    assert.matches("AccessDeniedException", assert(opened "GetRegistryPolicy").registry_unknown)
  end)
end)
