-- Deploy an image (green) beside the active version (blue), watch it, and switch back to blue if a smoke test fails.
-- lanyard blue-green.lua SERVICE CONTAINER=IMAGE --smoke /up [--watch 10m]; lanyard blue-green.lua SERVICE --back
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Deploy an image beside the active version, watch it, and switch back if it fails.",
  description = "Lightsail starts the new version beside the old one, and switches when it is healthy. Run it again "
    .. "after an interruption: it continues. --back switches to the version that was active before the current one.",
  arguments = { { "service", help = "Name of the container service." },
    { "image", args = "?", help = "CONTAINER=IMAGE of the new version." } },
  options = { { "--smoke", type = "text", value = "PATH", repeated = true, help = "Path that has to answer." },
    { "--watch", type = "duration", default = "5m", help = "How long to repeat the smoke tests." },
    { "--back", help = "Switch to the version that was active before." }, "dry-run", "rules", "aws" },
}
local options = command:parse(...)
options.output, options.timeout = "table", 1800
local arguments, task = require "lanyard.access.deployment.arguments", require "lanyard.task"
local release, smoke = require "lanyard.cli.release", require "lanyard.access.deployment.smoke"
local checks, message = smoke.parse_all(options.smoke)
local wants, wrong = arguments.read { image = { options.image }, smoke = options.smoke, force = options.back }
if not checks or not wants or options.image and options.back then
  command:usage(message or wrong or "pass CONTAINER=IMAGE or --back", "InvalidValue")
end
local region = cli.connect(options)
local function back()
  return release.run(region, options, {}, function() return region:plan_rollback(options.service) end)
end
if options.back then return back() end
wants.resolve = true
local status = release.run(region, options, { smoke = checks, smoke_timeout = 180, rollback = true }, function()
  return region:plan_deployment(options.service, wants)
end)
for _ = 1, status == cli.exit.ok and #checks > 0 and not options.dry_run and options.watch // 15 + 1 or 0 do
  task.sleep(math.min(15, options.watch))
  local url = cli.check(region:service(options.service)).url
  if not smoke.all_passed(region:smoke(url, checks, { timeout = math.min(15, options.watch) })) then
    cli.note "a smoke test fails: switching back"
    return back() and cli.exit.failed
  end
end
return status
