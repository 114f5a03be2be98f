local aws = require "lanyard.aws"

local ecr = assert(aws.client "ecr")
for repository in ecr:each("DescribeRepositories", "repositories") do
  print(repository.repositoryName)
end
