-- Print the IAM policy that an operator needs.
--
-- The repository-policy actions that AWS's page lists, on every repository or (--repository) on
-- one, the Lightsail actions that lanyard calls, what audits and deployments read of images, Regions,
-- the registry's policy and IAM's roles and users, and the tags that rules of one's own see. With
-- --assume-role it is what an audit of other accounts takes, too: the role of that name is to have
-- the same policy in each of them. Account and Region are the caller's unless given; --region '*'
-- allows every Region. The result is an identity policy, ready for IAM.

local arn = require "lanyard.arn"
local cli = require "lanyard.cli"
local endpoints = require "lanyard.aws.endpoints"
local names = require "lanyard.aws.names"
local targets = require "lanyard.audit.scan.targets"

local command = cli.command(...):with_aws()
command:option("--account", "The account that owns the repositories."):argname "ID"
command:option("--repository", "Only this repository."):argname "NAME"
command:option("--assume-role", "What lanyard audit --assume-role takes, too."):argname "NAME"
  :convert(targets.role_name)
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

-- What an audit of other accounts takes beside.
local function other_accounts(role)
  return ([[,
    {
      "Sid": "AuditOtherAccounts",
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Resource": "arn:%s:iam::*:role/%s"
    },
    {
      "Sid": "ListAccountsOfOrganization",
      "Effect": "Allow",
      "Action": "organizations:ListAccounts",
      "Resource": "*"
    }]]):format(partition, role)
end

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
      "Action": [
        "lightsail:UpdateContainerService",
        "lightsail:CreateContainerServiceDeployment"
      ],
      "Resource": "arn:%s:lightsail:%s:%s:ContainerService/*"
    },
    {
      "Sid": "ReadLightsailContainerServices",
      "Effect": "Allow",
      "Action": [
        "lightsail:GetContainerServices",
        "lightsail:GetContainerServiceDeployments",
        "lightsail:GetContainerLog",
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
    },
    {
      "Sid": "AuditEcrRegistry",
      "Effect": "Allow",
      "Action": "ecr:GetRegistryPolicy",
      "Resource": "*"
    },
    {
      "Sid": "AuditPrincipals",
      "Effect": "Allow",
      "Action": [
        "iam:GetRole",
        "iam:GetUser"
      ],
      "Resource": [
        "arn:%s:iam::%s:role/*",
        "arn:%s:iam::%s:user/*"
      ]
    }%s
  ]
}]]):format(repositories, partition, region, account, repositories, repositories, partition, account,
  partition, account, options.assume_role and other_accounts(options.assume_role) or ""))
