--- Splits the plain text of descriptions into blocks.
---
---     prose.blocks "One\nparagraph.\n\n  lanyard status"  --> { "One paragraph.", { literal = "  lanyard status" } }
---
--- A line that begins with two blanks is kept as it is; the other lines are filled. An empty line separates paragraphs.
--- Between backquotes is what a user types or reads literally.

local M = {}

--- A paragraph as one line, or lines to keep as they are; adjacent: without an empty line before them.
---@alias prose.Block string|{ literal: string, adjacent: boolean? }

--- Splits a text into paragraphs and groups of literal lines. Empty lines within a group remain.
---@param text string
---@return prose.Block[]
function M.blocks(text)
  local blocks, lines, is_literal, gap, adjacent = {}, {}, false, "", nil
  local function flush()
    if #lines > 0 then
      blocks[#blocks + 1] = is_literal and { literal = table.concat(lines, "\n"), adjacent = adjacent }
        or table.concat(lines, " ")
    end
    lines, gap = {}, ""
  end
  for line in (text:gsub("%s+$", "") .. "\n"):gmatch "([^\n]*)\n" do
    local keeps = line:find "^  " ~= nil
    if line == "" then
      if is_literal then
        gap = "\n"
      else
        flush()
        adjacent = nil
      end
    else
      if keeps ~= is_literal then
        local touches = #lines > 0 and gap == "" or nil
        flush() -- with the old value of adjacent
        is_literal, adjacent = keeps, touches
      end
      lines[#lines + 1] = gap .. line
      gap = ""
    end
  end
  flush()
  return blocks
end

--- Splits a line into the parts inside and outside of backquotes.
---@param line string
---@return { [1]: string, code: boolean? }[]
function M.spans(line)
  local spans, position = {}, 1
  while position <= #line do
    local first, last, code = line:find("`([^`]+)`", position)
    if (first or #line + 1) > position then
      spans[#spans + 1] = { line:sub(position, (first or 0) - 1) }
    end
    if not first then
      break
    end
    spans[#spans + 1] = { code, code = true }
    position = last + 1
  end
  return spans
end

return M
