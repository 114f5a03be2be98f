-- Gate a pull request: fail if a changed policy file allows a request that the file of the target branch does not.
-- lanyard gate.lua OLD.json NEW.json [OLD.json NEW.json ...]
local cli, policy, system = require "lanyard.cli", require "lanyard.policy", require "lanyard.system"
local files, found = { ... }, false
local function read(path)
  local text = system.exists(path) and cli.check(system.read_file(path))
  return text and cli.check(policy.parse(text)) or policy.new() -- a file that does not exist allows nothing
end
for i = 1, #files, 2 do
  local witness, undecided, why = policy.new_access(read(files[i]), read(files[i + 1]))
  if witness then
    cli.out(("%s: allows %s: %s"):format(files[i + 1], witness.request.action, witness.because))
  elseif undecided then
    cli.out(("%s: new access cannot be excluded: %s"):format(files[i + 1], why))
  end
  found = found or witness ~= nil or undecided ~= nil
end
return found and cli.exit.found or cli.exit.ok
