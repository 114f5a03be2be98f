-- Delete old images of container services' own registries. Images that a deployment uses are always kept.
-- lanyard prune-images.lua --keep N [--dry-run | --yes] [SERVICE ...]
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Delete old images in the registries of the container services of a Region.",
  description = "If a service or an image fails, the command continues with the others, and the exit status is 1.",
  arguments = { { "service", args = "*", help = "Names of container services; all of the Region unless given." } },
  options = { { "--keep", type = "positive-integer", default = "5", help = "Images of each label that are kept." },
    "dry-run", "yes", "rules", "aws" },
}
local options = command:parse(...)
local region, failed = cli.connect(options), false
local names = #options.service > 0 and options.service or nil
for _, service in ipairs(cli.check(region:services(names))) do
  local results, err = region:prune_images(service.name, {
    keep = options.keep, dry_run = options.dry_run, progress = cli.progress,
    confirm = function(images) cli.confirm(options, ("Delete %d images of %s?"):format(#images, service.name)) end,
  })
  cli.progress(nil)
  failed = failed or not results
  if not results then cli.note(service.name .. ": " .. cli.describe(err)) end
  for _, result in ipairs(results or {}) do
    failed = failed or result.err ~= nil
    if result.kind ~= "kept" then
      cli.out(("%s: %s"):format(result.image.name, result.err and cli.describe(result.err) or result.kind))
    end
  end
end
return failed and cli.exit.failed or cli.exit.ok
