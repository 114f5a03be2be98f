--- Draws values over time as an SVG picture that needs no other file: a panel for each metric, with a line of averages
--- and one of maxima. Colours follow the light or dark scheme of the screen. Times are in UTC.

local blocks = require "lanyard.text.blocks"
local escape = require "lanyard.text.escape"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- What is drawn.
---@class report.Chart
---@field title string
---@field from number    seconds since 1970
---@field to number      seconds since 1970
---@field period number  seconds from one value to the next; a longer gap interrupts a line
---@field panels { title: string, unit: string, points: { time: number, average: number?, maximum: number? }[] }[]

local WIDTH, LEFT, RIGHT, TOP = 800, 56, 24, 48
local PANEL, GAP = 140, 52 -- the height of a panel, and the space below it

local STYLE = [[
.lanyard-chart { background: #ffffff; color: #1f2328; font: 12px system-ui, sans-serif; }
.lanyard-chart text { fill: currentColor; }
.lanyard-chart .head { font-size: 15px; font-weight: 600; }
.lanyard-chart .name { font-weight: 600; }
.lanyard-chart .grid { stroke: currentColor; stroke-opacity: 0.2; }
.lanyard-chart .average, .lanyard-chart .maximum { fill: none; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; }
.lanyard-chart .average { stroke: #0969da; }
.lanyard-chart .maximum { stroke: #bc4c00; stroke-dasharray: 5 4; }
@media (prefers-color-scheme: dark) {
  .lanyard-chart { background: #0d1117; color: #e6edf3; }
  .lanyard-chart .average { stroke: #58a6ff; }
  .lanyard-chart .maximum { stroke: #f0883e; }
}
]]

local function time_of(seconds)
  return (timestamp.format(seconds):gsub("T(%d%d:%d%d):%d%dZ", " %1Z"))
end

local function text_at(x, y, text, attributes)
  return ('<text x="%d" y="%d"%s>%s</text>\n'):format(x, y, attributes and " " .. attributes or "",
    escape.markup(text))
end

-- The path of one statistic. A point without neighbours is a dot.
local function path_of(chart, panel, statistic, y, top)
  local parts, last = {}, nil
  for _, point in ipairs(panel.points) do
    local value = point[statistic]
    if value then
      local begins = not last or point.time - last > chart.period * 1.5
      local x = LEFT + (point.time - chart.from) / (chart.to - chart.from) * (WIDTH - LEFT - RIGHT)
      local height = math.max(0, math.min(1, value / top)) * PANEL
      parts[#parts + 1] = ("%s%.1f %.1f%s"):format(begins and "M" or "L", x, y + PANEL - height,
        begins and "h0.1" or "")
      last = point.time
    end
  end
  return parts[1] and ('<path class="%s" d="%s"/>\n'):format(statistic, table.concat(parts)) or ""
end

-- The largest of all values, and the average of the averages | nil
local function extent(panel)
  local largest, sum, count = nil, 0, 0
  for _, point in ipairs(panel.points) do
    for _, value in ipairs { point.average or point.maximum, point.maximum } do
      largest = math.max(largest or value, value)
    end
    sum, count = sum + (point.average or 0), count + (point.average and 1 or 0)
  end
  return largest, count > 0 and sum / count or nil
end

local function sentence(panel)
  local largest, average = extent(panel)
  if not largest then
    return ("%s: no values."):format(panel.title)
  end
  return ("%s: average %s, maximum %.1f %s."):format(panel.title,
    average and ("%.1f %s"):format(average, panel.unit) or "unknown", largest, panel.unit)
end

local function draw_panel(chart, panel, y, parts)
  local largest = extent(panel)
  local top = blocks.ceiling(largest or 1)
  local function add(text) parts[#parts + 1] = text end
  add(("<g><title>%s</title>\n"):format(escape.markup(sentence(panel))))
  add(text_at(LEFT, y - 8, panel.title, 'class="name"'))
  for step = 0, 2 do
    local line = y + PANEL - step * PANEL // 2
    add(('<path class="grid" d="M%d %dH%d"/>\n'):format(LEFT, line, WIDTH - RIGHT))
    add(text_at(LEFT - 6, line + 4, ("%g %s"):format(top * step / 2, panel.unit), 'text-anchor="end"'))
  end
  if not largest then
    add(text_at((LEFT + WIDTH - RIGHT) // 2, y + PANEL // 2 + 18, "no values", 'text-anchor="middle"'))
  end
  add(path_of(chart, panel, "maximum", y, top))
  add(path_of(chart, panel, "average", y, top))
  add(text_at(LEFT, y + PANEL + 18, time_of(chart.from)))
  add(text_at(WIDTH - RIGHT, y + PANEL + 18, time_of(chart.to), 'text-anchor="end"'))
  add "</g>\n"
end

local function legend()
  local x = WIDTH - RIGHT - 210
  return ('<path class="average" d="M%d 42h28"/>\n'):format(x) .. text_at(x + 34, 46, "average")
    .. ('<path class="maximum" d="M%d 42h28"/>\n'):format(x + 110) .. text_at(x + 144, 46, "maximum")
end

--- Writes a chart.
---@param chart report.Chart
---@param out fun(text: string)
function M.write(chart, out)
  local sentences, parts, y = {}, { text_at(LEFT, 24, chart.title, 'class="head"'), legend() }, TOP + 20
  for i, panel in ipairs(chart.panels) do
    sentences[i] = sentence(panel)
    draw_panel(chart, panel, y, parts)
    y = y + PANEL + GAP
  end
  out '<?xml version="1.0" encoding="UTF-8"?>\n'
  out(('<svg xmlns="http://www.w3.org/2000/svg" class="lanyard-chart" width="%d" height="%d" viewBox="0 0 %d %d" '
    .. 'role="img" aria-labelledby="lanyard-chart-title lanyard-chart-desc">\n'
    .. '<title id="lanyard-chart-title">%s</title>\n<desc id="lanyard-chart-desc">%s to %s. %s</desc>\n'
    .. "<style>\n%s</style>\n%s</svg>\n"):format(WIDTH, y, WIDTH, y, escape.markup(chart.title), time_of(chart.from),
    time_of(chart.to), escape.markup(table.concat(sentences, " ")), STYLE, table.concat(parts)))
end

return M
