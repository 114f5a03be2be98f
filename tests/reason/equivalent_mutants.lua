-- Mutants that no test can notice, with the reason. An entry names the file, the line of code without its indentation,
-- the change as mutants.lua prints it, and the reason.

local M = {}

local LIST = {
}

local reasons = {}
for _, entry in ipairs(LIST) do
  reasons[table.concat({ entry[1], entry[2], entry[3] }, "\n")] = entry[4]
end

--- Returns the reason why no test can notice a mutant, or nil.
---@param mutant { path: string, code: string, name: string }
---@return string?
function M.reason(mutant)
  return reasons[table.concat({ mutant.path:match "[^/]+$", mutant.code, mutant.name }, "\n")]
end

return M
