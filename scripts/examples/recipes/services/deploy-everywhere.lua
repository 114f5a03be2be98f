-- Deploy an image to every container service that runs one of its repository: the first alone, then the others.
-- lanyard deploy-everywhere.lua REPOSITORY:TAG [--smoke /up] [--dry-run]
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Deploy an image to every container service that runs an image of its repository.",
  description = "If the first service fails, the others are not deployed. A service whose deployment or smoke test "
    .. "fails keeps its version, or returns to it. Run it again after an interruption: it continues.",
  arguments = { { "image", help = "REPOSITORY:TAG in ECR." } },
  options = { { "--smoke", type = "text", value = "PATH[=CODES]", repeated = true, help = "Path that has to answer." },
    "dry-run", "rules", "aws" },
}
local options = command:parse(...)
local smoke, task = require "lanyard.access.deployment.smoke", require "lanyard.task"
local checks, message = smoke.parse_all(options.smoke)
local name = options.image:match "^([%l%d][%l%d._/-]*)[:@]"
if not (checks and name) then command:usage(message or "pass REPOSITORY:TAG", "InvalidValue") end
local region, failed = cli.connect(options), false
local uri = cli.check(region:repositories { name })[1].uri
local function deploy(job)
  local plan, err = region:plan_deployment(job.name, { images = job.images, resolve = true, dry_run = options.dry_run })
  local done = { succeeded = plan ~= nil }
  if plan and not options.dry_run then
    done, err = region:release(plan, { smoke = checks, rollback = true, timeout = 1800, progress = cli.progress })
  end
  failed = failed or not done.succeeded
  cli.out(("%s: %s"):format(job.name, err and cli.describe(err)
    or not done.succeeded and "failed; the version before is " .. (done.restored or { kind = "unknown" }).kind
    or plan.in_place and "unchanged" or options.dry_run and "would deploy" or "deployed"))
end
local jobs = {}
for _, service in ipairs(cli.check(region:services())) do
  local images = {}
  for container, image in pairs(service.current and service.current.images or {}) do
    if image:match "^[^:@]+" == uri then table.insert(images, { container = container, text = options.image }) end
  end
  if #images > 0 then table.insert(jobs, { name = service.name, images = images }) end
end
if jobs[1] then deploy(table.remove(jobs, 1)) end
if not failed then task.map(jobs, deploy, { limit = 4 }) end
return failed and cli.exit.failed or cli.exit.ok
