-- Deploy an image whose environment is a .env file: variables that the file does not have any more are removed.
-- lanyard deploy-dotenv.lua SERVICE CONTAINER=IMAGE FILE
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Deploy an image with the environment of a .env file.",
  description = "Other settings of the container stay. A value such as ssm:/web/key or secretsmanager:web#key is "
    .. "fetched when the command runs, so that the file has no secret.",
  arguments = { { "service", help = "Name of the container service." },
    { "image", help = "CONTAINER=IMAGE: the container, and what it is to run." },
    { "file", help = "The .env file." } },
  options = { { "--resolve", help = "Deploy the digest of the tag." }, "dry-run", "rules", "aws" },
}
local options = command:parse(...)
local arguments = require "lanyard.access.deployment.arguments"
local container = options.image:match "^[^=]+"
local given = { image = { options.image }, env_file = { container .. ":" .. options.file }, resolve = options.resolve }
local wants, message = arguments.read(given)
if not wants then command:usage(message, "InvalidValue") end
cli.check_file(arguments.read_files(wants, given, options.service))
local is_set = {}
for _, variable in ipairs(wants.variables or {}) do is_set[variable.name] = true end

local region = cli.connect(options)
options.output, options.timeout = "table", 1800
return require("lanyard.cli.release").run(region, options, { rollback = true }, function()
  local current = cli.check(region:service(options.service)).current
  local deployment = current and cli.check(region:choose_deployment(options.service, current.version))
  local old = deployment and deployment.request.containers[container]
  wants.unset = {}
  for name in pairs(old and old.environment or {}) do
    if not is_set[name] then table.insert(wants.unset, { container = container, name = name }) end
  end
  return region:plan_deployment(options.service, wants)
end)
