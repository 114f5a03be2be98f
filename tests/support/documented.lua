-- The documentation of this checkout, from its sources.

local extract = require "lanyard.documentation.extract"
local helper = require "helper"
local pages = require "lanyard.documentation.pages"
local prose = require "lanyard.documentation.prose"

local M = {}

-- Returns the modules and the problems.
function M.read()
  local sources = {}
  local pipe <close> = assert(io.popen "find lua -name '*.lua'")
  for path in pipe:lines() do
    sources[path] = helper.read(path)
  end
  return extract.modules(sources, require "lanyard.modules")
end

-- Returns the examples of modules: { file, line, code, module }.
function M.examples(modules)
  local list, seen = {}, {}
  local function add(module, blocks, file)
    for _, block in ipairs(blocks or {}) do
      if type(block) == "table" and block.language == "lua" and not seen[block] then
        seen[block] = true
        list[#list + 1] = {
          file = file, line = block.line, module = module.name, arguments = block.arguments or "",
          code = prose.code { literal = pages.example(block.literal, module) },
        }
      end
    end
  end
  for _, module in ipairs(modules) do
    add(module, module.blocks, module.file)
    for _, member in ipairs(module.members) do
      add(module, member.blocks, member.file)
    end
    for _, class in ipairs(module.classes) do
      add(module, class.blocks, class.file)
      for _, method in ipairs(class.methods) do
        add(module, method.blocks, method.file)
      end
    end
  end
  return list
end

-- Returns the lines that an example shows after "-->"; nil if it shows none.
function M.shown(code)
  local lines = {}
  for text in (code .. "\n"):gmatch "%-%-> ?([^\n]*)\n" do
    lines[#lines + 1] = text .. "\n"
  end
  return lines[1] and table.concat(lines)
end

return M
