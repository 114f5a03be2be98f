-- List the repositories that somebody outside of the account or organization can pull from, with an example of who.
-- lanyard outsiders.lua [ORGANIZATION]
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local organization = ...
local region = cli.connect {}
local inside = { accounts = { cli.check(region:account_id()) }, organizations = { organization } }
for _, item in ipairs(cli.check(region:policies())) do
  local name, doc = item.repository.name, item.doc
  if item.err then
    cli.note(name .. ": " .. cli.describe(item.err))
  elseif doc then
    local witness, undecided = policy.outside(doc, inside)
    if witness then
      cli.out(("%s: %s"):format(name, witness.because))
    elseif undecided then
      cli.out(name .. ": cannot be excluded")
    end
  end
end
