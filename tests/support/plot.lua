-- Plots of measurements as SVG, with logarithmic axes.

local M = {}

local WIDTH, HEIGHT, LEFT, BOTTOM, LEGEND = 960, 560, 70, 50, 300
local COLOURS = { "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf" }

local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Returns the least and the greatest of a coordinate.
local function range(series, coordinate)
  local least, most = math.huge, 0
  for _, one in ipairs(series) do
    for _, point in ipairs(one.points) do
      least, most = math.min(least, point[coordinate]), math.max(most, point[coordinate])
    end
  end
  return least, most
end

local function scale(least, most, from, to)
  local low, high = math.log(least), math.log(math.max(most, least * 1.01))
  return function(value) return from + (math.log(value) - low) / (high - low) * (to - from) end
end

--- Writes a plot.
---@param path string
---@param title string
---@param names { x: string, y: string }
---@param ticks { x: number[], y: number[] }
---@param series { name: string, points: number[][], dashed?: boolean }[]  points have positive coordinates
function M.write(path, title, names, ticks, series)
  local x = scale(ticks.x[1], ticks.x[#ticks.x], LEFT, WIDTH - LEGEND)
  local least, most = range(series, 2)
  local y = scale(least, most, HEIGHT - BOTTOM, 40)
  local out = { ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">')
    :format(WIDTH, HEIGHT), ('<rect width="%d" height="%d" fill="white"/>'):format(WIDTH, HEIGHT) }
  local function add(form, ...) out[#out + 1] = form:format(...) end
  add('<text x="%d" y="22" font-size="15">%s</text>', LEFT, escape(title))
  for _, tick in ipairs(ticks.x) do
    add('<path d="M%.1f 40V%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>', x(tick), HEIGHT - BOTTOM,
      x(tick), HEIGHT - BOTTOM + 16, tick)
  end
  for _, tick in ipairs(ticks.y) do
    if tick >= least and tick <= most then
      add('<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>', LEFT, y(tick), WIDTH - LEGEND,
        LEFT - 6, y(tick) + 4, tick)
    end
  end
  add('<text x="%d" y="%d">%s</text>', LEFT, HEIGHT - 12, escape(names.x))
  add('<text x="14" y="%d" transform="rotate(-90 14 %d)">%s</text>', HEIGHT - BOTTOM, HEIGHT - BOTTOM, escape(names.y))
  for i, one in ipairs(series) do
    local colour, line = one.dashed and "#555" or COLOURS[(i - 1) % #COLOURS + 1], {}
    for p, point in ipairs(one.points) do line[p] = ("%.1f %.1f"):format(x(point[1]), y(point[2])) end
    add('<path d="M%s" fill="none" stroke="%s" stroke-width="1.5"%s/>', table.concat(line, "L"), colour,
      one.dashed and ' stroke-dasharray="5 4"' or i > #COLOURS and ' stroke-dasharray="9 2"' or "")
    add('<text x="%d" y="%d" fill="%s">%s</text>', WIDTH - LEGEND + 14, 40 + i * 18, colour, escape(one.name))
  end
  out[#out + 1] = "</svg>\n"
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(table.concat(out, "\n")))
end

return M
