--- Divides named nodes by the prefixes of their names. A prefix ends after one of / : - _ and the dot, as in "team/",
--- "team/api-" or "arn:aws:iam::".
---
---     local all = prefixes.part("", nodes)
---     for _, part in ipairs(prefixes.divide(all)) do print(part.prefix, #part.nodes) end

local M = {}

--- Nodes whose names begin with a prefix.
---@class report.Part
---@field prefix string
---@field nodes report.Node[]
---@field others? boolean  only nodes without a longer prefix, next to parts that have one

-- Returns the nodes by their next prefix, the prefixes in the order of the nodes, and the nodes without one.
local function by_next_prefix(prefix, nodes)
  local groups, order, others = {}, {}, {}
  for _, node in ipairs(nodes) do
    local longer = node.name:match("^[^/:_.-]*[/:_.-]", #prefix + 1)
    local found = longer and prefix .. longer
    if not found then
      others[#others + 1] = node
    elseif not groups[found] then
      groups[found] = { node }
      order[#order + 1] = found
    else
      table.insert(groups[found], node)
    end
  end
  return groups, order, others
end

--- Returns the part of nodes, with the longest prefix that all of them have.
---@param prefix string       a prefix of all names
---@param nodes report.Node[]  one or more
---@return report.Part
function M.part(prefix, nodes)
  if #nodes == 1 then
    return { prefix = nodes[1].name, nodes = nodes }
  end
  local groups, order, others = by_next_prefix(prefix, nodes)
  while #order == 1 and #others == 0 do
    prefix, nodes = order[1], groups[order[1]]
    groups, order, others = by_next_prefix(prefix, nodes)
  end
  return { prefix = prefix, nodes = nodes }
end

--- Divides a part by the next prefix of its names. Parts of one node each are returned for names without another one.
---@param part report.Part  of two or more nodes
---@return report.Part[]  in the order of the nodes, except that those without a longer prefix are last
function M.divide(part)
  local groups, order, others = by_next_prefix(part.prefix, part.nodes)
  local parts = {}
  for i, prefix in ipairs(order) do
    parts[i] = M.part(prefix, groups[prefix])
  end
  if #order > 0 and #others > 1 then
    parts[#parts + 1] = { prefix = part.prefix, nodes = others, others = true }
  else
    for _, node in ipairs(others) do
      parts[#parts + 1] = { prefix = node.name, nodes = { node } }
    end
  end
  return parts
end

return M
