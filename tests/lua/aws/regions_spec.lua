local endpoints = require "lanyard.aws.endpoints"
local regions = require "lanyard.aws.regions"

describe("the Regions of a service", function()
  it("are the Regions of its model, sorted", function()
    assert.equal(19, #regions.of "lightsail")
    assert.equal(34, #regions.of "ecr")
    for _, name in ipairs { "ap-east-1", "eu-south-2", "sa-east-1", "us-east-1" } do
      assert.is_true(regions.serves("lightsail", name), name)
    end
    for _, name in ipairs { "us-west-1", "me-south-1", "eu-south-1", "cn-north-1", "us-east-9", "" } do
      assert.is_false(regions.serves("lightsail", name), name)
    end
    for _, service in ipairs { "lightsail", "ecr" } do
      local sorted = table.move(regions.of(service), 1, 99, 1, {})
      table.sort(sorted)
      assert.same(sorted, regions.of(service))
    end
  end)

  it("belong to the partition aws", function()
    for _, name in ipairs(regions.of "sts") do
      assert.equal("aws", endpoints.partition(name))
      assert.is_true(regions.exists(name))
    end
    assert.is_false(regions.exists "us-gov-west-1")
  end)

  it("cannot be changed by a caller", function()
    table.insert(regions.of "lightsail", "mars-1")
    assert.is_false(regions.serves("lightsail", "mars-1"))
  end)
end)
