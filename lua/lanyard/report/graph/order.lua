--- Orders the nodes and edges of the graph of grants so that few edges cross.

local M = {}

local function by_name(a, b)
  if a.name ~= b.name then
    return a.name < b.name
  end
  return a.key < b.key
end

local function arrange_repositories(group, prefix)
  table.sort(group.right, by_name)
  for i, node in ipairs(group.right) do
    node.position, node.id = i, ("%sr%d"):format(prefix, i)
  end
end

-- Principals are in the order of the average position of their repositories; those without repositories are last.
local function arrange_principals(group, prefix)
  for _, node in ipairs(group.left) do
    local sum = 0
    for _, repository in ipairs(node.neighbours) do
      sum = sum + repository.position
    end
    node.average = #node.neighbours > 0 and sum / #node.neighbours or math.huge
  end
  table.sort(group.left, function(a, b)
    if a.average ~= b.average then
      return a.average < b.average
    end
    return by_name(a, b)
  end)
  for i, node in ipairs(group.left) do
    node.position, node.id = i, ("%sp%d"):format(prefix, i)
  end
end

local function arrange_edges(group)
  local original = {}
  for i, edge in ipairs(group.edges) do
    original[edge] = i
  end
  table.sort(group.edges, function(a, b)
    if a.to ~= b.to then
      return a.to.position < b.to.position
    elseif a.from ~= b.from then
      return a.from.position < b.from.position
    end
    return original[a] < original[b]
  end)
end

--- Sorts the nodes and edges of a group, and gives the nodes their ids.
---@param group report.Group
---@param prefix string of the ids
function M.arrange(group, prefix)
  arrange_repositories(group, prefix)
  arrange_principals(group, prefix)
  arrange_edges(group)
end

return M
