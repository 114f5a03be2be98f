-- Replace the puller role of a service: revoke the old role, turn it off and on, grant the new one the same.
-- Deployments cannot pull meanwhile. lanyard rotate.lua SERVICE
local cli = require "lanyard.cli"
local region, name = cli.connect {}, ...
local old = cli.check(region:service(name)).role.arn or cli.fail "the puller role is off"
local grants = cli.check(region:grants_of(old, cli.check(region:policies())))
for _, grant in ipairs(grants) do -- first: AWS refuses to store a policy that names a role that no longer exists
  cli.check(region:revoke({ principal = old }, grant.repository))
end
cli.check(region:disable(name))
local service = cli.check(region:enable(name)).service
for _, grant in ipairs(grants) do
  local change = cli.check(region:grant(service, grant.repository))
  cli.out(("%s: %s to %s"):format(grant.repository.name, change.kind, service.role.arn))
end
