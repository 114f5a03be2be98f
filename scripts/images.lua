local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the images in Lightsail's own registry, or delete old ones.",
  category = "operations",
  description = [[
Lists the images that were pushed to the registry of a container service (`aws lightsail
push-container-image`), by label, the newest of a label first. DEPLOYMENTS has the versions of the
deployments that use an image, with the state of a deployment that runs or is in progress. Images in
ECR are not listed.
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = { { "--output", choices = { "table", "json" } }, "aws" },
  commands = { "prune" },
  exit = {
    { 0, "the images were listed" },
    { 1, "the images or the deployments could not be read" },
  },
  examples = {
    { "lanyard images web", "List the images of web." },
    { "lanyard images web --query '[?!deployments].image'", "Print the images that no deployment uses." },
  },
}
local options = command:parse(...)

local view = require "lanyard.cli.images"

local region = cli.connect(options)
view.list(cli.check(region:images(options.service)), options)
return cli.exit.ok
