--- Splits the text of a documentation comment into paragraphs and code.
---
---     prose.blocks { "Returns the size.", "", "```lua", "print(doc:size())", "```" }
---     --> { "Returns the size.", { literal = "  print(doc:size())", language = "lua" } }

local M = {}

---@alias documentation.Block string|{ literal: string, language?: string, arguments?: string, line?: integer }  a
---  paragraph, or code; the line is the position of the first line of code in the text, and the arguments are what
---  follows the language

local function code_block(lines, fence, line)
  local shown = {}
  for i, text in ipairs(lines) do
    shown[i] = text ~= "" and "  " .. text or ""
  end
  local language, arguments = fence:match "^(%S+)%s*(.*)$"
  return {
    literal = table.concat(shown, "\n"), language = language or "text", line = line,
    arguments = arguments ~= "" and arguments or nil,
  }
end

--- Splits lines into blocks. Code is between fences; a `lua` block is an example, which the tests run.
---@param lines string[]
---@return documentation.Block[] blocks
---@return integer? indented  the position of a line that is indented like code, but is outside of a fence
function M.blocks(lines)
  local blocks, paragraph, code, opening, first, indented = {}, {}, nil, nil, nil, nil
  local function flush()
    blocks[#blocks + 1] = #paragraph > 0 and table.concat(paragraph, " ") or nil
    paragraph = {}
  end
  for i, line in ipairs(lines) do
    local fence = line:match "^```(.*)$"
    if fence and not code then
      flush()
      code, opening, first = {}, fence, i + 1
    elseif fence then
      blocks[#blocks + 1] = code_block(code, opening, first)
      code = nil
    elseif code then
      code[#code + 1] = line
    elseif line == "" then
      flush()
    else
      indented = indented or line:find "^    " and i or nil
      paragraph[#paragraph + 1] = line:match "^%s*(.-)%s*$"
    end
  end
  flush()
  return blocks, indented
end

--- Returns the first sentence of blocks.
---@param blocks documentation.Block[]
---@return string  "" if there is none
function M.summary(blocks)
  local first = type(blocks[1]) == "string" and blocks[1] or ""
  local sentence = (first .. " "):match "^(.-%.)%s+%f[%u`\"(]" or first:match "^(.-%.)%s*$"
  return sentence or first
end

--- Returns the code of a block as it was written, without the indentation.
---@param block { literal: string }
---@return string
function M.code(block)
  return (("\n" .. block.literal):gsub("\n  ", "\n"):sub(2))
end

return M
