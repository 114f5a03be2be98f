--- The graph of grants as a Mermaid flowchart, which GitHub, GitLab and wikis draw: https://mermaid.js.org

local escape = require "lanyard.text.escape"
local fold = require "lanyard.report.graph.fold"
local graph = require "lanyard.report.graph"

local M = {}

local ARROWS = { ok = "-->", noted = "-->", broken = "-.-x", missing = "-.-x" }

local COLOURS = { noted = "#9a6700", broken = "#cf222e", missing = "#cf222e" }

local function write_group(group, number, out)
  out(('  subgraph g%d["%s"]\n    direction LR\n'):format(number,
    escape.mermaid(group.error and group.title .. ": " .. group.error or group.title)))
  for _, node in ipairs(group.left) do
    out(('    %s(["%s"])\n'):format(node.id, escape.mermaid(node.name)))
  end
  for _, node in ipairs(group.right) do
    out(('    %s["%s"]\n'):format(node.id, escape.mermaid(node.note and node.name .. ": " .. node.note or node.name)))
  end
  for _, edge in ipairs(group.edges) do
    out(('    %s %s|"%s"| %s\n'):format(edge.from.id, ARROWS[edge.state], escape.mermaid(edge.label), edge.to.id))
  end
  out "  end\n"
end

-- Mermaid numbers edges from 0.
local function write_colours(groups, out)
  for _, group in ipairs(groups) do
    for _, edge in ipairs(group.edges) do
      local colour = COLOURS[edge.state]
      if colour then
        out(("  linkStyle %d stroke:%s,color:%s\n"):format(edge.number - 1, colour, colour))
      end
    end
  end
end

--- Writes the graph of a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options report.Options
function M.write(report, out, options)
  local drawn = fold.of(graph.of(report, options.catalogue), options.boxes)
  local groups = drawn.groups
  out "flowchart LR\n"
  if drawn.note then
    out(('  note["%s"]\n'):format(escape.mermaid(drawn.note)))
  end
  for i, group in ipairs(groups) do
    write_group(group, i, out)
  end
  write_colours(groups, out)
end

return M
