-- Create a repository if it does not exist: tags that cannot be overwritten, scans on push, pushes by one role.
-- lanyard create-repository.lua NAME ROLE-ARN
local cli = require "lanyard.cli"
local name, role = ...
local region = cli.connect {}
local reply, err = region.ecr:CreateRepository { repositoryName = name, imageTagMutability = "IMMUTABLE",
  imageScanningConfiguration = { scanOnPush = true } }
if not reply and err.code ~= "RepositoryAlreadyExistsException" then
  cli.fail(err)
end
local repository = cli.check(region:repositories { name })[1]
local change = cli.check(region:edit(repository, function(doc)
  return doc:allow { sid = "Push", principal = role, actions = { "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart" } }
end))
cli.out(("%s: %s, policy %s"):format(name, reply and "created" or "exists", change.kind))
