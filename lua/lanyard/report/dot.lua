--- The graph of grants in the DOT language of Graphviz: https://graphviz.org/doc/info/lang.html

local escape = require "lanyard.text.escape"
local fold = require "lanyard.report.graph.fold"
local graph = require "lanyard.report.graph"

local M = {}

local EDGES = {
  ok = "", noted = ' color="#9a6700" fontcolor="#9a6700"',
  broken = ' color="#cf222e" fontcolor="#cf222e" style=dashed arrowhead=tee',
  missing = ' color="#cf222e" fontcolor="#cf222e" style=dotted arrowhead=tee',
}

local function node_line(node)
  local shape = node.kind == "repository" and "box" or node.kind == "absent" and 'box style=dashed' or "ellipse"
  local tooltip = node.note or node.kind
  return ("    %s [label=%s shape=%s tooltip=%s];\n"):format(node.id, escape.dot(node.name), shape, escape.dot(tooltip))
end

local function write_group(group, number, out)
  out(("  subgraph cluster_%d {\n    label=%s;\n"):format(number,
    escape.dot(group.error and group.title .. ": " .. group.error or group.title)))
  for _, side in ipairs { group.left, group.right } do
    for _, node in ipairs(side) do
      out(node_line(node))
    end
  end
  out "  }\n"
  for _, edge in ipairs(group.edges) do
    out(("  %s -> %s [label=%s%s];\n"):format(edge.from.id, edge.to.id, escape.dot(edge.label), EDGES[edge.state]))
  end
end

--- Writes the graph of a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options report.Options
function M.write(report, out, options)
  out 'digraph lanyard {\n  rankdir=LR;\n  node [fontname="sans-serif"];\n  edge [fontname="sans-serif" fontsize=10];\n'
  local drawn = fold.of(graph.of(report, options.catalogue), options.boxes)
  if drawn.note then
    out(("  label=%s;\n"):format(escape.dot(drawn.note)))
  end
  for i, group in ipairs(drawn.groups) do
    write_group(group, i, out)
  end
  out "}\n"
end

return M
