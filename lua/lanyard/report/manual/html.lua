--- Writes pages of a manual as one HTML page, which needs no other file. lanyard.report.manual.mdoc describes the data.
---
---     html.document("Lanyard manual", { page, page })

local assets = require "lanyard.assets"
local elements = require "lanyard.report.html.elements"
local frame = require "lanyard.report.page"
local prose = require "lanyard.text.prose"

local M = {}

local markup = elements.text

-- Returns a paragraph as markup; what is between backquotes is code.
local function inline(text)
  local parts = {}
  for i, span in ipairs(prose.spans(text)) do
    parts[i] = span.code and ("<code>%s</code>"):format(markup(span[1])) or markup(span[1])
  end
  return table.concat(parts)
end

-- Returns the id of a page.
local function id_of(page)
  return page.section == 1 and page.name or ("%s.%d"):format(page.name, page.section)
end

local blocks_of

local function items_of(block)
  local parts = {}
  for i, item in ipairs(block.items) do
    local text = type(item[2]) == "table" and blocks_of(item[2]) or inline(item[2])
    parts[i] = ("<dt><code>%s</code></dt>\n<dd>%s</dd>\n"):format(markup(item[1]), text)
  end
  return "<dl>\n" .. table.concat(parts) .. "</dl>\n"
end

function blocks_of(blocks)
  local parts = {}
  for i, block in ipairs(blocks) do
    parts[i] = type(block) == "string" and ("<p>%s</p>\n"):format(inline(block))
      or block.literal and elements.block(block.literal) .. "\n"
      or block.heading and ("<h4>%s</h4>\n"):format(markup(block.heading))
      or items_of(block)
  end
  return table.concat(parts)
end

local function title_of(section)
  return (section.title:lower():gsub("^%l", string.upper))
end

-- Returns a page as a section. Other pages of the document that it names become links.
local function section_of(page, known)
  local usages = {}
  for i, usage in ipairs(page.synopsis) do
    usages[i] = type(usage) == "table" and usage.literal or usage
  end
  local parts = {
    ('<section id="%s">\n<h2>%s <small>%s</small></h2>\n'):format(id_of(page), markup(page.name:gsub("%-", " ", 1)),
      inline(page.summary)),
    #usages > 0 and elements.block(table.concat(usages, "\n")) .. "\n" or "",
  }
  for _, section in ipairs(page.sections) do
    parts[#parts + 1] = ("<h3>%s</h3>\n"):format(markup(title_of(section))) .. blocks_of(section.blocks)
  end
  local links = {}
  for _, other in ipairs(page.see or {}) do
    local name = other:match "^(%S+)"
    links[#links + 1] = known[name] and ('<a href="#%s">%s</a>'):format(known[name], markup(name)) or nil
  end
  parts[#parts + 1] = #links > 0 and ("<h3>See also</h3>\n<p>%s</p>\n"):format(table.concat(links, ", ")) or nil
  parts[#parts + 1] = "</section>\n"
  return table.concat(parts)
end

--- Returns a document with all pages, in their order, after a list of links to them.
---@param title string
---@param pages manual.Page[]
---@return string
function M.document(title, pages)
  local known, links, sections = {}, {}, {}
  for _, page in ipairs(pages) do
    known[page.name] = id_of(page)
  end
  for i, page in ipairs(pages) do
    links[i] = ('<li><a href="#%s">%s</a></li>'):format(id_of(page), markup(page.name))
    sections[i] = section_of(page, known)
  end
  return frame.head(markup(title), assets.read "lanyard/report/manual/html.css")
    .. ("<h1>%s</h1>\n<nav>\n<ul>\n%s\n</ul>\n</nav>\n<main>\n%s</main>\n</body>\n</html>\n"):format(markup(title),
      table.concat(links, "\n"), table.concat(sections))
end

return M
