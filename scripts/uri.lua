-- Print the image URI of a repository, as a Lightsail deployment takes it.
--
-- REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST. The tag is `latest` unless given. The repository
-- is looked up, so that the URI is the one that ECR itself gives.

local cli = require "lanyard.cli"
local names = require "lanyard.aws.names"
local report = require "lanyard.report"

local command = cli.command(...):with_aws():with_output { "text", "json" }
command:argument("image", "The repository, with a tag or a digest."):argname "REPOSITORY[:TAG|@DIGEST]"
local options = command:parse()

local repository_name, digest = options.image:match "^([^@]*)@(.*)$"
local tag
if not repository_name then
  repository_name, tag = options.image:match "^([^:]*):(.*)$"
  repository_name = repository_name or options.image
end
local checks = {
  { names.repository, repository_name },
  { names.digest, digest },
  { names.image_tag, tag },
}
for _, check in ipairs(checks) do
  local ok, why = true, nil
  if check[2] then
    ok, why = check[1](check[2])
  end
  if not ok then
    command:usage(why)
  end
end

local here = cli.connect(options)
local repository = cli.check(here:repositories { repository_name })[1]
local suffix = digest and "@" .. digest or ":" .. (tag or "latest")
local uri = repository.uri .. suffix
if options.output == "json" then
  report.json { repository = repository.name, uri = uri }
else
  cli.out(uri)
end
