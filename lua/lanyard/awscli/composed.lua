--- Outputs that the AWS CLI makes of several calls: `emr describe-cluster` also has the groups or fleets of instances
--- and the bootstrap actions of the cluster.
---
---     composed.complete(request, reply, value, call, time)   -- adds to the printable value

local present = require "lanyard.awscli.present"

local M = {}

local OTHERS = { INSTANCE_FLEET = { "ListInstanceFleets", "InstanceFleets" } }
local GROUPS = { "ListInstanceGroups", "InstanceGroups" }
local ACTIONS = { "ListBootstrapActions", "BootstrapActions" }

--- Completes a printable value with the outputs of other operations.
---@param request awscli.Request
---@param reply table
---@param value table  changed
---@param call fun(operation: string, input: table): table
---@param time? fun(timestamp: number|string): number|string
function M.complete(request, reply, value, call, time)
  local cluster = request.service == "emr" and request.operation.name == "DescribeCluster" and reply.Cluster
  if not cluster or not value.Cluster then
    return
  end
  for _, other in ipairs { OTHERS[cluster.InstanceCollectionType] or GROUPS, ACTIONS } do
    local operation, member = other[1], other[2]
    local output = present(request.model:operation(operation).output, call(operation, { ClusterId = cluster.Id }), time)
    value.Cluster[member] = output[member]
  end
end

return M
