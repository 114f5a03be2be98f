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

-- A long table is laid out part by part, only while the part is on the screen. Its columns have a fixed width.
local LONG, PART = 200, 50

-- Returns the beginning of a part of a table. A long table needs the number of rows to estimate the height of the part.
local function part_head(is_long, count)
  return ('<tbody role="rowgroup"%s>\n'):format(is_long and (' style="--rows:%d"'):format(count) or "")
end

--- A table of a page.
---@class report.html.Table
---@field caption string     markup
---@field headings string[]  markup
---@field class string       the class that sets the widths of the columns of a long table
---@field items table[]      one for each row
---@field row fun(item: table): string  returns the markup of a row
---@field count? integer     rows of this table and of similar ones beside it; #items unless given

--- Writes a table.
---@param one report.html.Table
---@param out fun(text: string)
function M.write_table(one, out)
  local cells = {}
  for i, name in ipairs(one.headings) do
    cells[i] = ('<th scope="col" role="columnheader">%s</th>'):format(name)
  end
  local is_long = (one.count or #one.items) > LONG
  out(('<table role="table"%s>\n<caption>%s</caption>\n<thead role="rowgroup"><tr role="row">%s</tr></thead>\n'):format(
    is_long and (' class="long %s"'):format(one.class) or "", one.caption, table.concat(cells)))
  for i, item in ipairs(one.items) do
    if i == 1 or is_long and i % PART == 1 then
      out((i == 1 and "" or "</tbody>\n") .. part_head(is_long, math.min(PART, #one.items - i + 1)))
    end
    out(one.row(item))
  end
  out "</tbody>\n</table>\n"
end

--- Returns a cell of a table.
---@param content string markup
---@param name? string the heading, which a narrow screen shows in the cell
---@param class? string
---@return string
function M.cell(content, name, class)
  return ('<td role="cell"%s%s>%s</td>'):format(name and (' data-name="%s"'):format(name) or "",
    class and (' class="%s"'):format(class) or "", content)
end

--- Returns a text that opens.
---@param heading string markup
---@param content string markup
---@return string
function M.details(heading, content)
  return ("<details><summary>%s</summary>\n%s\n</details>"):format(heading, content)
end

--- Returns a list below a heading, closed if it is long; an empty text without items.
---@param heading string markup
---@param items table[]
---@param line fun(item: table): string returns the markup of an item
---@return string
function M.list(heading, items, line)
  local lines = {}
  for i, item in ipairs(items) do
    lines[i] = ("<li>%s</li>\n"):format(line(item))
  end
  if #lines == 0 then
    return ""
  end
  local list = ("<ul>\n%s</ul>"):format(table.concat(lines))
  return ("<h3>%s</h3>\n%s\n"):format(heading, #lines > LONG and M.details("All " .. #lines, list) or list)
end

return M
