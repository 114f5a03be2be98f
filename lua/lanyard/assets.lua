--- Reads files that the modules need besides Lua code: style sheets, SQL, help texts.
---
---     local css = assets.read "lanyard/report/page.css"
---
--- Assets are installed next to the modules; the name of an asset is its path from their folder. The binary contains
--- all assets.

local M = {}

-- `require` passes the path of this file, and that is where the assets are. Searching package.path again could find
-- another folder, for example one that depends on the current directory.
local _, path = ...
local folder = type(path) == "string" and path:match "^(.*)lanyard/assets%.lua$"

--- Returns the bytes of an asset. Raises an error if it is missing, which means that the installation is incomplete.
---@param name string  the path from the folder of the modules, with slashes
---@return string text
function M.read(name)
  if package.preload["lanyard.embedded"] then
    return require("lanyard.embedded").asset(name) or error(("the binary has no asset '%s'"):format(name), 2)
  end
  local file <close> = folder and io.open(folder .. name, "rb")
  return file and file:read "a" or error(("asset '%s' is missing: reinstall lanyard"):format(name), 2)
end

return M
