-- Print the IAM policy that an operator needs.
--
-- The repository-policy actions that AWS's page lists, on every repository or (--repository) on
-- one, the Lightsail actions that lanyard calls, what an audit reads of images and Regions, and the
-- tags that rules of one's own see. Account and Region are the caller's unless given; --region '*' allows every
-- Region. The result is an identity policy, ready for IAM.

local arn = require "lanyard.arn"
local cli = require "lanyard.cli"
local endpoints = require "lanyard.aws.endpoints"
local names = require "lanyard.aws.names"

local command = cli.command(...):with_aws()
command:option("--account", "The account that owns the repositories."):argname "ID"
command:option("--repository", "Only this repository."):argname "NAME"
local options = command:parse()

local function must_be(check, value)
  if value and value ~= "*" then
    local ok, why = check(value)
    if not ok then
      command:usage(why)
    end
  end
end
must_be(names.region, options.region)
must_be(names.registry_id, options.account)
must_be(names.repository, options.repository)

local region, account, partition = options.region, options.account, nil
if not (region and account) then
  if region == "*" then
    options.region = nil
  end
  local session = cli.session(options)
  region = region or session.region
  if not account then
    local identity = cli.check(session:identity())
    account = identity.account
    partition = cli.check(arn.parse(identity.arn)).partition
  end
end
partition = partition or (region ~= "*" and endpoints.partition(region) or "aws")

local repositories = ("arn:%s:ecr:%s:%s:repository/%s"):format(partition, region, account, options.repository or "*")

-- The order of members is for people: AWS's page prints it so, and JSON objects have none.
cli.out(([[
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ManageEcrPrivateRepositoriesAccess",
      "Effect": "Allow",
      "Action": [
        "ecr:SetRepositoryPolicy",
        "ecr:DescribeRepositories",
        "ecr:DeleteRepositoryPolicy",
        "ecr:GetRepositoryPolicy"
      ],
      "Resource": "%s"
    },
    {
      "Sid": "ManageLightsailEcrImagePullerRole",
      "Effect": "Allow",
      "Action": "lightsail:UpdateContainerService",
      "Resource": "arn:%s:lightsail:%s:%s:ContainerService/*"
    },
    {
      "Sid": "ReadLightsailContainerServices",
      "Effect": "Allow",
      "Action": [
        "lightsail:GetContainerServices",
        "lightsail:GetRegions"
      ],
      "Resource": "*"
    },
    {
      "Sid": "AuditEcrImages",
      "Effect": "Allow",
      "Action": "ecr:DescribeImages",
      "Resource": "%s"
    },
    {
      "Sid": "ShowEcrRepositoryTagsToRules",
      "Effect": "Allow",
      "Action": "ecr:ListTagsForResource",
      "Resource": "%s"
    }
  ]
}]]):format(repositories, partition, region, account, repositories, repositories))
