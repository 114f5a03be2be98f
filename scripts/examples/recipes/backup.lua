-- Save the policy of each repository as it is, in one file each: FOLDER/REPOSITORY.json.
-- lanyard backup.lua FOLDER
local cli, system = require "lanyard.cli", require "lanyard.system"
local folder, failed = (...), false
for _, item in ipairs(cli.check(cli.connect({}):policies())) do
  local path = ("%s/%s.json"):format(folder, item.repository.name)
  if item.err then
    failed = true
    cli.note(item.repository.name .. ": " .. cli.describe(item.err))
  elseif item.doc then
    cli.check(system.mkdirs(path:match "^(.*)/"))
    cli.check(system.write_file(path, tostring(item.doc)))
    cli.out(path)
  end
end
return failed and cli.exit.failed or cli.exit.ok
