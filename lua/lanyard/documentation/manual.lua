--- The pages of the manual about the modules for scripts, as data for lanyard.report.manual.
---
---     manual.page "2026-01-31"        -- lanyard-api(3), with all modules
---     manual.pages "2026-01-31"       -- a page for each module, for the HTML page

local documentation = require "lanyard.documentation"
local pages = require "lanyard.documentation.pages"

local M = {}

local INTRODUCTION = {
  "The binary contains Lua 5.4 and these modules. After `make install`, stock Lua 5.4 has them, too. "
    .. "`require \"lanyard\"` is the door: its fields are the modules, and each is loaded at its first use. "
    .. "`require \"lanyard.policy\"` loads one module. A mistyped field is an error with the nearest name.",
  "A function that can fail for reasons outside of the program returns nil and an error, a table with `code` and "
    .. "`message`. A mistake of the caller, such as an unknown option, raises an error.",
  "A type that ends in a question mark can be nil. `lanyard help` has the same: `lanyard help policy.new_access`.",
}

local SYNOPSIS = { {
  literal = 'local lanyard = require "lanyard"\nlocal policy, aws = lanyard.policy, lanyard.aws',
} }

--- Returns the page of all modules.
---@param date? string  YYYY-MM-DD
---@return manual.Page
function M.page(date)
  local blocks = table.move(INTRODUCTION, 1, #INTRODUCTION, 1, {})
  for _, module in ipairs(documentation.modules()) do
    blocks[#blocks + 1] = { heading = pages.title(module) }
    local whole = pages.whole(module)
    table.move(whole, 1, #whole, #blocks + 1, blocks)
  end
  return {
    name = "lanyard-api", section = 3, summary = "The Lua modules of lanyard for scripts.", date = date,
    synopsis = SYNOPSIS, see = { "lanyard 1", "lanyard-rules 1", "lanyard-runbook 1" },
    sections = { { title = "DESCRIPTION", blocks = blocks } },
  }
end

--- Returns a page for each module.
---@param date? string  YYYY-MM-DD
---@return manual.Page[]
function M.pages(date)
  local list = {}
  for i, module in ipairs(documentation.modules()) do
    list[i] = {
      name = module.globals and module.name or "lanyard." .. module.name, section = 3, summary = module.summary,
      date = date, sections = { { title = "DESCRIPTION", blocks = pages.whole(module) } },
      synopsis = module.globals and {} or { { literal = ('local %s = require "lanyard.%s"'):format(
        module.name:match "[^.]+$", module.name) } },
    }
  end
  return list
end

return M
