local composed = require "lanyard.awscli.composed"
local json = require "lanyard.json"
local model = require "lanyard.model"

local service = model.new {
  metadata = {},
  operations = {
    DescribeCluster = {}, ListBootstrapActions = { output = { shape = "Actions" } },
    ListInstanceGroups = { output = { shape = "Groups" } }, ListInstanceFleets = { output = { shape = "Fleets" } },
  },
  shapes = {
    Actions = { type = "structure", members = { BootstrapActions = { shape = "List" } } },
    Groups = { type = "structure", members = { InstanceGroups = { shape = "List" } } },
    Fleets = { type = "structure", members = { InstanceFleets = { shape = "List" } } },
    List = { type = "list", member = { shape = "Item" } }, Time = { type = "timestamp" },
    Item = { type = "structure", members = { At = { shape = "Time" } } },
  },
}

-- As in the AWS CLI 1.45.
describe("an output of several calls", function()
  local function describe_cluster(kind)
    local called, value = {}, { Cluster = { Id = "j-1" } }
    local request = { service = "emr", model = service, operation = service:operation "DescribeCluster" }
    composed.complete(request, { Cluster = { Id = "j-1", InstanceCollectionType = kind } }, value, function(name, input)
      called[#called + 1] = name .. " " .. input.ClusterId
      return { [name:match "List(.*)"] = json.array { { At = 0 } } }
    end)
    return table.concat(called, ", "), json.encode(value)
  end

  it("is the one of emr describe-cluster, with groups or fleets", function()
    local called, value = describe_cluster "INSTANCE_FLEET"
    assert.equal("ListInstanceFleets j-1, ListBootstrapActions j-1", called)
    assert.equal('{"Cluster":{"BootstrapActions":[{"At":"1970-01-01T00:00:00+00:00"}],"Id":"j-1",'
      .. '"InstanceFleets":[{"At":"1970-01-01T00:00:00+00:00"}]}}', value)
    called = describe_cluster(nil)
    assert.equal("ListInstanceGroups j-1, ListBootstrapActions j-1", called)
  end)

  it("is not made for other services", function()
    local value = {}
    composed.complete({ service = "eks", operation = { name = "DescribeCluster" } }, { Cluster = {} }, value, error)
    assert.same({}, value)
  end)
end)
