--- The grants of an HTML report: their picture, and a table for each account and Region.

local elements = require "lanyard.report.html.elements"
local svg = require "lanyard.report.svg"

local M = {}

local text, block, cell = elements.text, elements.block, elements.cell

local STATES = { ok = "can pull", noted = "can pull, with a finding", broken = "cannot pull", missing = "cannot pull" }

local function labels_of(edge)
  return edge.access and table.concat(edge.access.statements, ", ") or edge.state == "ok" and edge.label or "-"
end

-- Returns the statements of a grant: their texts where the report has them, else their labels.
local function statements_cell(edge)
  local wanted, blocks = {}, {}
  for _, label in ipairs(edge.access and edge.access.statements or {}) do
    wanted[label] = true
  end
  for _, statement in ipairs(edge.to.repository and edge.to.repository.statements or {}) do
    blocks[#blocks + 1] = wanted[statement.label] and block(statement.text) or nil
  end
  if #blocks == 0 then
    return ("<code>%s</code>"):format(text(labels_of(edge)))
  end
  return ("<details><summary>%s</summary>\n%s\n</details>"):format(text(labels_of(edge)), table.concat(blocks, "\n"))
end

local function row(edge)
  local ids = #edge.findings > 0 and ": " .. edge.label or ""
  local principal = edge.access and edge.access.principal ~= edge.from.name
    and ("<br><code>%s</code>"):format(text(edge.access.principal)) or ""
  return ('<tr role="row" id="%s">%s%s%s%s%s</tr>\n'):format(edge.id, cell(text(edge.to.name), "Repository"),
    cell(text(edge.from.name) .. principal, "Principal"), cell(text(edge.from.kind), "Kind", "short"),
    cell(text(STATES[edge.state] .. ids), "Pull", edge.state), cell(statements_cell(edge), "Statement"))
end

--- Writes the grants of a report.
---@param graph report.Graph
---@param out fun(text: string)
function M.write(graph, out)
  out('<section>\n<h2>Graph of grants</h2>\n<div class="picture" tabindex="0" role="region" aria-label="Picture">\n')
  out(svg.draw(graph, true))
  out "</div>\n</section>\n<section>\n<h2>Grants</h2>\n"
  for _, group in ipairs(graph.groups) do
    if #group.edges > 0 then
      out(elements.table_head(text(group.title), { "Repository", "Principal", "Kind", "Pull", "Statement" }))
      for _, edge in ipairs(group.edges) do
        out(row(edge))
      end
      out(elements.TABLE_FOOT)
    else
      out(("<p>%s: %s.</p>\n"):format(text(group.title), group.error and "unknown" or "no grants"))
    end
  end
  out "</section>\n</main>\n"
end

return M
