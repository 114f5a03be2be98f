--- The graph of grants as a value for lanyard.json.

local graph = require "lanyard.report.graph"
local json = require "lanyard.json"

local M = {}

local function nodes_of(nodes)
  local list = json.array {}
  for i, node in ipairs(nodes) do
    list[i] = { id = node.id, name = node.name, kind = node.kind, note = node.note }
  end
  return list
end

local function grants_of(edges)
  local list = json.array {}
  for i, edge in ipairs(edges) do
    local findings = json.array {}
    for j, finding in ipairs(edge.findings) do
      findings[j] = finding.id
    end
    list[i] = {
      id = edge.id, from = edge.from.id, to = edge.to.id, state = edge.state, label = edge.label, findings = findings,
    }
  end
  return list
end

--- Returns the graph of a report: for each account and Region its principals, repositories and grants. `from` and `to`
--- of a grant are ids of a principal and a repository.
---@param report audit.Report
---@param catalogue { [string]: { breaks_pull: boolean } } the findings by id
---@return table
function M.of(report, catalogue)
  local drawn = graph.of(report, catalogue)
  local scopes = json.array {}
  for i, group in ipairs(drawn.groups) do
    scopes[i] = {
      title = group.title, error = group.error, principals = nodes_of(group.left), repositories = nodes_of(group.right),
      grants = grants_of(group.edges),
    }
  end
  return { scopes = scopes, counts = drawn.counts }
end

return M
