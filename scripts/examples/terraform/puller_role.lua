-- The program of Terraform's data source `external`: reads the puller role of a container service, and the repositories
-- that grant it pull access. It changes nothing.
--
-- stdin: a JSON object with texts: service, and region and profile if the environment does not set them
-- stdout: a JSON object with texts: role_arn (empty while the role is off), state, repositories (separated by commas)
-- https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external

local cli = require "lanyard.cli"
local json = require "lanyard.json"

local KNOWN = { service = true, region = true, profile = true }

local query = json.decode(io.read "a")
if type(query) ~= "table" then
  cli.leave(cli.exit.usage, "the query is not a JSON object")
end
for name, value in pairs(query) do
  if not KNOWN[name] or type(value) ~= "string" then
    cli.leave(cli.exit.usage, ("'%s' is not a text of the query: service, region, profile"):format(name))
  end
end
if not query.service then
  cli.leave(cli.exit.usage, "the query has no service")
end

local region = cli.connect { region = query.region, profile = query.profile, rules = "none" }
local service = cli.check(region:service(query.service))
local names = {}
if service.role.arn then
  local repositories = cli.check(region:repositories())
  local policies = region:policies(repositories)
  local grants, unread = region:grants_of(service.role.arn, policies)
  if unread[1] then
    cli.fail(unread[1].err)
  end
  for i, grant in ipairs(grants) do
    names[i] = grant.repository.name
  end
end
table.sort(names)
cli.json(json.encode {
  role_arn = service.role.arn or "", state = service.state, repositories = table.concat(names, ","),
})
