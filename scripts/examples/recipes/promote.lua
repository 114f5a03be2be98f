-- Give an image another tag without pulling it, for example to promote it from test to production.
-- lanyard promote.lua REPOSITORY FROM-TAG TO-TAG
local cli = require "lanyard.cli"
local repository, from, to = ...
local ecr = cli.connect({}).ecr
local reply = cli.check(ecr:BatchGetImage { repositoryName = repository, imageIds = { { imageTag = from } } })
local image = reply.images[1] or cli.fail(("%s has no image %s"):format(repository, from))
local _, err = ecr:PutImage { repositoryName = repository, imageTag = to, imageManifest = image.imageManifest,
  imageManifestMediaType = image.imageManifestMediaType }
if err and err.code ~= "ImageAlreadyExistsException" then
  cli.fail(err)
end
cli.out(("%s:%s is %s"):format(repository, to, image.imageId.imageDigest))
