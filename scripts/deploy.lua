local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Deploy images to a container service, and follow the result.",
  category = "operations",
  description = [[
CONTAINER=IMAGE gives a container another image. A name without a registry host
(REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST) is a repository of this account
and Region; other images have the host of their registry
(docker.io/library/nginx:latest). Everything that is not named stays as it is:
ports, environment, command, public endpoint, and containers. A first deployment
without --public has no public endpoint.
--file describes the whole deployment instead, in the JSON of
CreateContainerServiceDeployment. --containers and --public-endpoint take AWS's
two files (file://containers.json, file://public-endpoint.json).

Options of a container name it if the deployment has several:
  --port app:80:HTTP, --env app:KEY=VALUE, --env-file app:.env,
  --unset-env app:KEY, --command 'app:serve --all'

--env-file reads the dotenv grammar: NAME=VALUE, also after `export`; # begins a
comment; a value in single quotes is literal; in double quotes \n, \r, \t, \", \\
and \$ are escapes, and a quoted value can have several lines; nothing is
expanded; lines can end with CR LF. Of several values of a name the last one
counts, and --env comes after files.

A value ssm:NAME is read from Systems Manager's parameters, and a value
secretsmanager:NAME or secretsmanager:NAME#KEY from Secrets Manager, when the
command runs. No file and no output of lanyard has these values: they name the
reference and its version. Lightsail keeps environments readable: a caller with
the permission GetContainerServiceDeployments can read them. ssm::TEXT is the
literal ssm:TEXT.

Before anything changes, the command checks that the images exist in the
service's Region, and that their policies allow the pull or will allow it. It
then enables the puller role, grants, and deploys. If the same deployment is
running, and no tag was pushed since, the result is `unchanged`.

If the deployment fails, the command prints the likely reasons and the last
log lines of the containers. Values of environment variables are shown as ***.

When the deployment is active, the command prints its URL. A smoke test follows
no redirect, and its certificate is checked. If it fails, --rollback deploys the
containers of the last version that was active again; after a deployment that
failed, that version is still active. The exit status is then 1. A command that
was interrupted can be repeated: it continues, and deploys nothing twice.

--create with --power makes one command of all steps from no service to an active
deployment. A service that exists is not changed.
]],
  arguments = {
    { "service", help = "Name of the container service." },
    { "image", args = "*", help = "CONTAINER=IMAGE: a container, and the image that it is to run." },
  },
  options = {
    { "--file", type = "file", help = "The whole deployment as JSON; images that are named replace those in it." },
    { "--containers", type = "file", help = "All containers as JSON, as the AWS CLI takes them." },
    { "--port", type = "text", value = "PORT:PROTOCOL", repeated = true,
      help = "Open a port for HTTP, HTTPS, TCP or UDP." },
    { "--command", type = "text", value = "WORDS", repeated = true,
      help = "Launch command, as a shell has it or as a JSON list; empty: the image's own." },
    { "--env", type = "text", value = "KEY=VALUE", repeated = true, help = "Set a variable of the environment." },
    { "--env-file", type = "file", repeated = true, help = "Set the variables of a file." },
    { "--unset-env", type = "text", value = "KEY", repeated = true, help = "Remove a variable of the environment." },
    { "--public", type = "text", value = "CONTAINER:PORT", help = "Container and port of the public endpoint." },
    { "--public-endpoint", type = "text", value = "CONTAINER:PORT",
      help = "The same, or a file with the whole public endpoint as JSON." },
    { "--no-public", help = "Remove the public endpoint." },
    { "--health-path", type = "text", value = "PATH", help = "Path that the health check requests." },
    { "--health-codes", type = "text", value = "CODES", help = "Its success codes, such as 200-299 (200 to 499)." },
    { "--health-interval", type = "duration", help = "Time between health checks (5s to 300s)." },
    { "--health-timeout", type = "duration", help = "Time for a reply to a health check (2s to 60s)." },
    { "--health-healthy", type = "integer", help = "Successes until a container is healthy." },
    { "--health-unhealthy", type = "integer", help = "Failures until a container is unhealthy." },
    { "--create", help = "Create the service if it does not exist." },
    { "--power", type = "text", value = "POWER", help = "With --create: its power, such as nano or micro." },
    { "--scale", type = "positive-integer", help = "With --create: its number of nodes (default: 1)." },
    { "--smoke", type = "text", value = "PATH[=CODES]", repeated = true,
      help = "Request the path of the public URL until its status is one of the codes (default: 200-399)." },
    { "--smoke-timeout", type = "positive-duration", default = "1m", help = "How long to repeat a smoke test." },
    { "--rollback", help = "Restore the last active version if the deployment or a smoke test fails." },
    { "--resolve", help = "Deploy the digests that the tags point to now, so that no other image runs later." },
    { "--force", help = "Deploy again even if the same deployment is running." },
    { "--no-wait", help = "Request the deployment, and do not follow it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait, for each step." },
    { "--show-environment", help = "Print the values of environment variables." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the deployment is active, or was requested with --no-wait" },
    { 1, "a step failed, or the deployment or a smoke test did, also after a rollback" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard deploy web app=web:1.4", "Give container app another image, and deploy." },
    { "lanyard deploy web --file web.json --resolve", "Deploy what a file describes, by digest." },
    { "lanyard deploy web app=web:1.4 --dry-run", "Print what would change." },
    { "lanyard deploy web --env MODE=live --env KEY=ssm:/web/key", "Change the environment." },
    { "lanyard deploy web app=web:1.4 --smoke /up=200 --rollback", "Deploy, test, and return if it fails." },
  },
}
local options = command:parse(...)

local arguments = require "lanyard.access.deployment.arguments"
local release = require "lanyard.cli.release"
local smoke = require "lanyard.access.deployment.smoke"

local checks, message = smoke.parse_all(options.smoke)
local wants
if checks then
  wants, message = arguments.read(options)
end
if not wants then
  command:usage(message, "InvalidValue")
end
cli.check_file(arguments.read_files(wants, options, options.service))

local region = cli.connect(options)
return release.run(region, options, {
  smoke = checks, smoke_timeout = options.smoke_timeout, rollback = options.rollback,
}, function()
  return region:plan_deployment(options.service, wants)
end)
