--- The grants of an HTML report: their picture, and a table for each account and Region.

local elements = require "lanyard.report.html.elements"
local fold = require "lanyard.report.graph.fold"
local patterns = require "lanyard.report.html.patterns"
local summary = require "lanyard.report.summary"
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
  return elements.details(text(labels_of(edge)), table.concat(blocks, "\n"))
end

-- Returns the name of the repository of a row, or the names of several ones in a list that opens; with their
-- statements, if each has its own.
local function repositories_cell(pattern)
  local edges, names = pattern.edges, {}
  if #edges == 1 then
    return text(edges[1].to.name)
  end
  for i, edge in ipairs(edges) do
    names[i] = ("<li>%s%s</li>\n"):format(text(edge.to.name), pattern.is_mixed and " " .. statements_cell(edge) or "")
  end
  return elements.details(summary.plural(#edges, "repository", "repositories"),
    ('<ul class="parts">\n%s</ul>'):format(table.concat(names)))
end

local function row(pattern)
  local edge = pattern.edge
  local ids = #edge.findings > 0 and ": " .. edge.label or ""
  local principal = edge.access and edge.access.principal ~= edge.from.name
    and ("<br><code>%s</code>"):format(text(edge.access.principal)) or ""
  return ('<tr role="row" id="%s">%s%s%s%s%s</tr>\n'):format(edge.id,
    cell(repositories_cell(pattern), "Repository", #pattern.edges > 1 and "where" or nil),
    cell(text(edge.from.name) .. principal, "Principal"),
    cell(text(edge.from.kind), "Kind", "short"), cell(text(STATES[edge.state] .. ids), "Pull", edge.state),
    cell(pattern.is_mixed and "one or more for each repository" or statements_cell(edge), "Statement"))
end

local HEADINGS = { "Repository", "Principal", "Kind", "Pull", "Statement" }

local function write_group(group, rows, count, out)
  if #rows == 0 then
    return out(("<p>%s: %s.</p>\n"):format(text(group.title), group.error and "unknown" or "no grants"))
  end
  elements.write_table({ caption = text(group.title), headings = HEADINGS, class = "grants", items = rows, row = row,
    count = count }, out)
end

--- Writes the grants of a report.
---@param graph report.Graph
---@param out fun(text: string)
function M.write(graph, out)
  local rows, row_of = patterns.grants(graph)
  local count = 0
  for _, list in ipairs(rows) do
    count = count + #list
  end
  out('<section>\n<h2>Graph of grants</h2>\n<div class="picture" tabindex="0" role="region" aria-label="Picture">\n')
  out(svg.draw(fold.of(graph), function(id) return row_of[id] end))
  out '</div>\n</section>\n<section id="grants">\n<h2>Grants</h2>\n'
  for i, group in ipairs(graph.groups) do
    write_group(group, rows[i], count, out)
  end
  out "</section>\n</main>\n"
end

return M
