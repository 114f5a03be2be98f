-- Print the image URI of a repository, as a Lightsail deployment takes it.
--
-- REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST. The tag is `latest` unless given. The repository
-- is looked up, so that the URI is the one that ECR itself gives.

local cli = require "lanyard.cli"
local names = require "lanyard.aws.names"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "text", "json" }
command:argument("image", "The repository, with a tag or a digest."):argname "REPOSITORY[:TAG|@DIGEST]"
local options = command:parse()

local image, why = names.image_name(options.image)
if not image then
  command:usage(why)
end

local region = cli.connect(options)
local repository = cli.check(region:repositories { image.repository })[1]
local suffix = image.digest and "@" .. image.digest or ":" .. (image.tag or "latest")
local uri = repository.uri .. suffix
if options.output == "json" then
  report.json { repository = repository.name, uri = uri }
else
  cli.out(uri)
end
