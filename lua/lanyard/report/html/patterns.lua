--- Joins the grants of one pattern in an HTML report: grants to one principal that differ only in their repository.

local fold = require "lanyard.report.graph.fold"

local M = {}

--- The grants of one row.
---@class report.Pattern
---@field edge report.Edge     the first one
---@field edges report.Edge[]

-- Returns the texts, or else the labels, of the statements of a grant as a key.
local function statements_of(edge)
  local wanted, parts = {}, {}
  for _, label in ipairs(edge.access and edge.access.statements or {}) do
    wanted[label] = true
    parts[#parts + 1] = label
  end
  for _, statement in ipairs(edge.to.repository and edge.to.repository.statements or {}) do
    parts[#parts + 1] = wanted[statement.label] and statement.text or nil
  end
  return table.concat(parts, "\0")
end

local function key_of(edge)
  return table.concat({ edge.from.id, edge.access and edge.access.principal or "", edge.state, edge.label,
    statements_of(edge) }, "\0")
end

--- Returns the rows of a graph by group: one for each grant, or one for each pattern if the graph has more grants than
--- lanyard.report.graph.fold.MOST. `row_of` has the id of the first grant of a row by the id of each of its grants.
---@param graph report.Graph
---@return report.Pattern[][] rows
---@return { [string]: string } row_of
function M.of(graph)
  local rows, row_of, count = {}, {}, 0
  for _, group in ipairs(graph.groups) do
    count = count + #group.edges
  end
  for i, group in ipairs(graph.groups) do
    local list, known = {}, {}
    for _, edge in ipairs(group.edges) do
      local key = count > fold.MOST and key_of(edge) or edge
      if not known[key] then
        known[key] = { edge = edge, edges = {} }
        list[#list + 1] = known[key]
      end
      table.insert(known[key].edges, edge)
      row_of[edge.id] = known[key].edge.id
    end
    rows[i] = list
  end
  return rows, row_of
end

return M
