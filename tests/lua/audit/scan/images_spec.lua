local images = require "lanyard.audit.scan.images"
local world = require "world"

local function reference(name, account, region)
  return ("%s.dkr.ecr.%s.amazonaws.com/%s"):format(account or "111122223333", region or "us-east-1", name)
end

local function inventory_of(service)
  return { account = "111122223333", region = "us-east-1", services = { service } }
end

describe("the deployed images of an inventory", function()
  it("are the images in ECR, once for each service, with the containers that run them", function()
    local deployed = images.deployed(inventory_of {
      name = "web", region = "us-east-1",
      current = { images = { b = reference "web:1", a = reference "web:1", c = "nginx:latest" } },
      next = { images = { a = reference "web:2" } },
    }, { web = { name = "web" } })
    assert.equal(2, #deployed)
    assert.same({ "a", "b" }, deployed[1].containers)
    assert.equal("web", deployed[1].repository.name)
    assert.same({ reference "web:2", {} }, { deployed[2].reference, deployed[2].containers })
  end)

  it("are local only in the service's own account and Region", function()
    local deployed = images.deployed(inventory_of {
      name = "web", region = "us-east-1",
      current = { images = { a = reference("web:1", "444455556666"), b = reference("web:1", nil, "eu-west-1") } },
    }, { web = { name = "web" } })
    assert.equal(2, #deployed)
    for _, image in ipairs(deployed) do
      assert.is_false(image.is_local)
      assert.is_nil(image.repository)
    end
  end)

  it("are looked up once for each reference", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      repositories = { { name = "web", images = { "1" } } },
    } } } }
    local repository = w:repository "web"
    local function image(tag)
      return { reference = "web:" .. tag, uri = { tag = tag }, repository = repository }
    end
    local deployed = { image "1", image "1", image "2" }
    images.check_existence(w.region, deployed)
    assert.same({ true, true, false }, { deployed[1].exists, deployed[2].exists, deployed[3].exists })
    assert.equal(2, w:count "DescribeImages")
  end)
end)
