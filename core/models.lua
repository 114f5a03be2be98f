-- Writes the index of the models of AWS services, which the binary contains.
--   lua5.4 core/models.lua FOLDER > models.index
-- FOLDER has models in a form that lanyard.model knows. Without a FOLDER the index is empty: a build without models.

package.path = "lua/?.lua;lua/?/init.lua"
package.cpath = "build/host/?.so"

local folder = arg[1]
if folder then
  local models, err = require("lanyard.model.folder").open(folder)
  local bytes
  if models then
    bytes, err = require("lanyard.model.pack").index(models)
  end
  if not bytes then
    io.stderr:write("core/models.lua: ", tostring(err), "\n")
    os.exit(1)
  end
  io.stdout:write(bytes)
end
