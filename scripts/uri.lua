local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the image URI that a Lightsail deployment accepts.",
  category = "access",
  description = [[
The command reads the repository, so that the URI is the one that ECR returns. The
tag is not checked; `lanyard deploy` checks it. A URI is accepted, too, and checked.
]],
  arguments = {
    { "image", help = "REPOSITORY, REPOSITORY:TAG, REPOSITORY@DIGEST, or a URI of this Region's registry; the tag "
      .. "defaults to latest." },
  },
  options = { { "--output", choices = { "text", "json" } }, "aws" },
  exit = { { 0, "the URI was printed" }, { 1, "the repository does not exist, or could not be read" } },
  examples = { { "lanyard uri my-private-repo:1.4", "Print the URI of the image tagged 1.4." } },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"

local image, message = names.image(options.image), nil
local selected = image and options.image
if not image then
  image, message = names.image_name(options.image)
  selected = image and image.repository
end
if not image then
  command:usage(message, "InvalidValue")
end

local region = cli.connect(options)
local repository = cli.check(region:repositories { selected })[1]
local suffix = image.digest and "@" .. image.digest or ":" .. (image.tag or "latest")
local uri = repository.uri .. suffix
if options.output == "json" then
  report.json { repository = repository.name, uri = uri }
else
  cli.out(escape.printable(uri))
end
