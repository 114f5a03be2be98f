local aws, task = require "lanyard.aws", require "lanyard.task"

local ecr = assert(aws.client "ecr")
local repositories = assert(ecr:list("DescribeRepositories", "repositories"))
local lines = task.map(repositories, function(repository)
  local reply, err = ecr:GetRepositoryPolicy { repositoryName = repository.repositoryName }
  return ("%-10s %s"):format(repository.repositoryName, reply and "has a policy" or err.code)
end, { limit = 8 })
print(table.concat(lines, "\n"))
