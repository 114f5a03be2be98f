--- Reads README.md or a translation: its blocks of commands and Lua, its commands, and what is between backquotes.

local readme = {}

-- Returns the commands of a block: { text, source = its lines }. A line that ends in \ continues, and what follows two
-- blanks and # is a comment, which the text lacks.
local function commands_of(lines)
  local commands, text, source = {}, "", ""
  for _, line in ipairs(lines) do
    text, source = text .. line:gsub("%s%s+#.*$", ""), source .. line .. "\n"
    local begun = text:match "^(.*)\\$"
    if begun then
      text = begun
    else
      commands[#commands + 1] = { text = text:gsub("%s+", " "), source = source }
      text, source = "", ""
    end
  end
  return commands
end

--- Returns the blocks in their order: { language = "sh" | "lua", lines, text, commands = of "sh" }. An indented block is
--- one of commands.
function readme.blocks(text)
  local blocks, block, is_fenced = {}, nil, false
  local function finish()
    if block then
      block.text = table.concat(block.lines, "\n") .. "\n"
      block.commands = block.language == "sh" and commands_of(block.lines) or nil
      blocks[#blocks + 1] = block
    end
    block, is_fenced = nil, false
  end
  for line in text:gmatch "([^\n]*)\n" do
    local language, indented = line:match "^```(%a*)$", line:match "^    (.*)$"
    if is_fenced and language then
      finish()
    elseif is_fenced then
      table.insert(block.lines, line)
    elseif language then
      block, is_fenced = { language = language, lines = {} }, true
    elseif indented then
      block = block or { language = "sh", lines = {} }
      table.insert(block.lines, indented)
    else
      finish()
    end
  end
  return blocks
end

--- Returns the text without its blocks.
function readme.prose(text)
  return (text:gsub("\n```.-\n```\n", "\n"):gsub("\n    [^\n]*", ""))
end

--- Returns what is between backquotes outside of blocks, sorted; a line break counts as a blank.
function readme.literals(text)
  local literals = {}
  for literal in readme.prose(text):gmatch "`([^`]+)`" do
    literals[#literals + 1] = literal:gsub("%s+", " ")
  end
  table.sort(literals)
  return literals
end

--- Returns the text of a block without comments.
function readme.code(block)
  return (block.text:gsub("%s%s+#[^\n]*", ""))
end

--- Returns the first literal of each row of a table, in their order, or the number of columns of a row without one.
function readme.table_rows(text)
  local rows = {}
  for row in ("\n" .. text):gmatch "\n(|[^\n]*)" do
    local _, columns = row:gsub("|", "")
    rows[#rows + 1] = row:match "`([^`]+)`" or columns
  end
  return rows
end

return readme
