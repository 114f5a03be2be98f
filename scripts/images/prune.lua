local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Delete old images in Lightsail's own registry.",
  category = "operations",
  description = [[
Keeps the newest images of each label, as many as --keep says, and deletes the others. An image that a
deployment uses is always kept, whatever its age: of all deployments that Lightsail lists, since each
of them can be restored. So is an image with the same digest as a used one. The deployments are read
again before each deletion.

If an image cannot be deleted, the command continues with the others. Lightsail cannot restore a
deleted image.
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--keep", type = "integer", help = "How many images of each label to keep; required." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "yes", "rules", "aws",
  },
  exit = {
    { 0, "the images were deleted, or there was nothing to delete" },
    { 1, "an image could not be deleted" },
    { 4, "a rule denied a deletion, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard images prune web --keep 5", "Delete all but the newest five images of each label." },
    { "lanyard images prune web --keep 0 --dry-run", "Print which images no deployment uses." },
  },
}
local options = command:parse(...)

local changes = require "lanyard.cli.changes"
local escape = require "lanyard.text.escape"
local view = require "lanyard.cli.images"

if not options.keep then
  command:usage("say with --keep how many images of each label are kept", "MissingArgument")
end

local region = cli.connect(options)
local seen
local _ <close> = changes.on_interruption(function()
  view.pruned(seen or {}, options)
end)
local results, err = region:prune_images(options.service, {
  keep = options.keep, dry_run = options.dry_run, progress = cli.progress,
  observe = function(all) seen = all end,
  confirm = function(names)
    cli.confirm(options, escape.format("Delete %d %s of '%s'?", #names, #names == 1 and "image" or "images",
      options.service))
  end,
})
cli.progress(nil)
return view.pruned(cli.check(results, err), options)
