--- The graph of grants as an SVG picture that needs no other file: services and other principals on the left,
--- repositories on the right, and a line for each grant. Each line ends in its own row at the repository, where it has
--- its label, so that labels do not overlap. Colours follow the light or dark scheme of the screen.

local assets = require "lanyard.assets"
local columns = require "lanyard.text.columns"
local edges = require "lanyard.report.graph.edges"
local escape = require "lanyard.text.escape"
local fold = require "lanyard.report.graph.fold"
local graph = require "lanyard.report.graph"

local M = {}

local ROW, BOX, MARGIN = 26, 22, 16
local LEFT, RIGHT, WIDTH = 280, 760, 1040 -- the right edge of the left boxes, the left edge of the right boxes
local STRAIGHT = 200 -- the straight end of a line, below its label
local TITLE, LEGEND, LINE = 34, 30, 18

-- The characters that fit in a box, in a label and in the whole width.
local BOX_CHARS, LABEL_CHARS, LINE_CHARS = 34, 40, 130

local STYLE = assets.read "lanyard/report/graph.css"

local MARKS = { ok = "", noted = "! ", broken = "\u{2715} ", missing = "\u{2715} " }

-- Shortens a text in the middle, because ARNs differ at their ends.
local function shorten(text, limit)
  text = escape.printable(text)
  local length = utf8.len(text)
  if length <= limit then
    return text
  end
  local head = (limit - 1) // 2
  local tail = limit - 1 - head
  return text:sub(1, utf8.offset(text, head + 1) - 1) .. "\u{2026}" .. text:sub(utf8.offset(text, length - tail + 1))
end

local function text_at(x, y, text, class)
  return ('<text x="%d" y="%d"%s>%s</text>'):format(x, y, class and (' class="%s"'):format(class) or "",
    escape.markup(text))
end

local function box(node, x, y, width, height)
  return ('<g class="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4"/>%s</g>\n')
    :format(node.kind, escape.markup(("%s: %s"):format(node.kind, node.name)), x, y, width, height,
      text_at(x + 8, y + 15, shorten(node.name, BOX_CHARS)))
end

-- ---------------------------------------------------------------------------------------------
-- Layout

-- Sets the rows of repositories and edges, and puts principals near their repositories. Returns the height.
local function lay_out(group, top)
  local rows, sums = {}, {}
  for _, edge in ipairs(group.edges) do
    rows[edge.to] = (rows[edge.to] or 0) + 1
  end
  local y = top
  for _, node in ipairs(group.right) do
    node.y, node.height = y, (math.max(rows[node] or 1, 1) - 1) * ROW + BOX
    node.next_row = y + BOX // 2
    y = y + node.height + ROW - BOX
  end
  for _, edge in ipairs(group.edges) do
    edge.y = edge.to.next_row
    edge.to.next_row = edge.y + ROW
    sums[edge.from] = (sums[edge.from] or 0) + edge.y
  end
  local bottom, free = y, top
  for _, node in ipairs(group.left) do
    local centre = sums[node] and sums[node] // #node.neighbours - BOX // 2 or free
    node.y = math.max(free, centre)
    free = node.y + ROW
  end
  return math.max(bottom, free) - top
end

-- ---------------------------------------------------------------------------------------------
-- Drawing

local function draw_edge(edge, link)
  local from, bend = edge.from.y + BOX // 2, RIGHT - STRAIGHT
  local middle = (LEFT + bend) // 2
  local path = ('<path d="M%d %dC%d %d %d %d %d %dH%d"/>')
    :format(LEFT, from, middle, from, middle, edge.y, bend, edge.y, RIGHT)
  local label = text_at(RIGHT - 8, edge.y - 4, MARKS[edge.state] .. shorten(edge.label, LABEL_CHARS), "label")
  local inside = ("<title>%s</title>%s%s"):format(escape.markup(edges.sentence(edge)), path, label)
  if link then
    inside = ('<a href="#%s">%s</a>'):format(link(edge.id), inside)
  end
  return ('<g class="%s">%s</g>\n'):format(edge.state, inside)
end

local function draw_group(group, y, link, parts)
  local function add(text) parts[#parts + 1] = text end
  add(text_at(MARGIN, y + 20, shorten(group.title, LINE_CHARS), "head") .. "\n")
  y = y + TITLE
  if group.error then
    add(text_at(MARGIN, y + 10, shorten("could not be audited: " .. group.error, LINE_CHARS), "quiet") .. "\n")
    return y + ROW
  end
  local height = lay_out(group, y)
  for _, edge in ipairs(group.edges) do
    add(draw_edge(edge, link))
  end
  for _, node in ipairs(group.left) do
    add(box(node, MARGIN, node.y, LEFT - MARGIN, BOX))
  end
  for _, node in ipairs(group.right) do
    add(box(node, RIGHT, node.y, WIDTH - MARGIN - RIGHT, node.height))
    if node.next_row == node.y + BOX // 2 then
      add(text_at(RIGHT - 8, node.y + 15, shorten(node.note or "no grants", LABEL_CHARS), "label quiet") .. "\n")
    end
  end
  return y + height + ROW // 2
end

local function legend(y)
  local parts, x = {}, MARGIN
  for _, entry in ipairs { { "ok", "can pull" }, { "noted", "can pull, with a finding" },
    { "broken", "granted, cannot pull" }, { "missing", "deploys, cannot pull" } } do
    parts[#parts + 1] = ('<g class="%s"><path d="M%d %dh36"/>%s</g>\n'):format(entry[1], x, y + 12,
      text_at(x + 42, y + 16, MARKS[entry[1]] .. entry[2]))
    x = x + 250
  end
  return table.concat(parts)
end

--- Returns the svg element of a graph.
---@param whole report.Graph
---@param link? fun(id: string): string  makes each line a link; returns the id of the element of an edge's id
---@return string
function M.draw(whole, link)
  local parts, y = { legend(MARGIN // 2) }, LEGEND
  local description = graph.summary(whole.counts)
  if whole.note then
    description = ("%s %s."):format(description, whole.note)
    for _, line in ipairs(columns.wrap(escape.printable(whole.note), LINE_CHARS)) do
      parts[#parts + 1] = text_at(MARGIN, y + 16, shorten(line, LINE_CHARS), "quiet") .. "\n"
      y = y + LINE
    end
  end
  for _, group in ipairs(whole.groups) do
    y = draw_group(group, y, link, parts)
  end
  return ('<svg xmlns="http://www.w3.org/2000/svg" class="lanyard-graph" width="%d" height="%d" viewBox="0 0 %d %d" '
    .. 'role="%s" aria-labelledby="lanyard-graph-title lanyard-graph-desc">\n'
    .. '<title id="lanyard-graph-title">Graph of grants</title>\n<desc id="lanyard-graph-desc">%s</desc>\n'
    .. "<style>\n%s</style>\n%s</svg>\n"):format(WIDTH, y, WIDTH, y, link and "group" or "img",
    escape.markup(description), STYLE, table.concat(parts))
end

--- Writes the graph of a report.
---@param report audit.Report
---@param out fun(text: string) gets whole lines
---@param options report.Options
function M.write(report, out, options)
  out '<?xml version="1.0" encoding="UTF-8"?>\n'
  out(M.draw(fold.of(graph.of(report, options.catalogue), options.boxes)))
end

return M
