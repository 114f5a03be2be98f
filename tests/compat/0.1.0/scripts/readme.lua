#!/usr/bin/env lanyard
local aws, task = require "lanyard.aws", require "lanyard.task"
local ecr = assert(aws.client("ecr", { region = "us-east-1" }))
local repositories = assert(ecr:list("DescribeRepositories", "repositories"))
task.map(repositories, function(repository)
  local reply, err = ecr:GetRepositoryPolicy { repositoryName = repository.repositoryName }
  print(repository.repositoryName, reply and #reply.policyText or err.code)
end, { limit = 8 })
