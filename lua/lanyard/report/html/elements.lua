--- Elements of an HTML report.

local escape = require "lanyard.text.escape"

local M = {}

--- Returns a text as markup.
M.text = escape.markup

--- Returns an element with a class.
---@param name string
---@param class string
---@param content string|number markup
---@return string
function M.element(name, class, content)
  return ('<%s class="%s">%s</%s>'):format(name, class, content, name)
end

--- Returns preformatted text of one or several lines.
---@param value string
---@param class? string
---@return string
function M.block(value, class)
  local lines = {}
  for line in (value:gsub("\r\n?", "\n"):gsub("\t", "  ") .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = M.text(line)
  end
  return ("<pre%s>%s</pre>"):format(class and (' class="%s"'):format(class) or "", table.concat(lines, "\n"))
end

-- Tables have explicit roles: on a narrow screen their style lays them out as blocks, and screen readers would no
-- longer announce them as tables.

--- Returns the beginning of a table.
---@param caption string markup
---@param names string[] headings, as markup
---@return string
function M.table_head(caption, names)
  local cells = {}
  for i, name in ipairs(names) do
    cells[i] = ('<th scope="col" role="columnheader">%s</th>'):format(name)
  end
  return ('<table role="table">\n<caption>%s</caption>\n<thead role="rowgroup"><tr role="row">%s</tr></thead>\n'
    .. '<tbody role="rowgroup">\n'):format(caption, table.concat(cells))
end

M.TABLE_FOOT = "</tbody>\n</table>\n"

--- Returns a cell of a table.
---@param content string markup
---@param name? string the heading, which a narrow screen shows in the cell
---@param class? string
---@return string
function M.cell(content, name, class)
  return ('<td role="cell"%s%s>%s</td>'):format(name and (' data-name="%s"'):format(name) or "",
    class and (' class="%s"'):format(class) or "", content)
end

--- Returns a list below a heading; an empty text without items.
---@param heading string markup
---@param items table[]
---@param line fun(item: table): string returns the markup of an item
---@return string
function M.list(heading, items, line)
  local lines = {}
  for i, item in ipairs(items) do
    lines[i] = ("<li>%s</li>\n"):format(line(item))
  end
  return #lines > 0 and ("<h3>%s</h3>\n<ul>\n%s</ul>\n"):format(heading, table.concat(lines)) or ""
end

return M
