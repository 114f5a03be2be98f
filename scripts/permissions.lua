local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the IAM policy that an operator needs.",
  category = "policies",
  description = [[
The result is an identity policy, ready for IAM. It allows the ECR actions on
repository policies that AWS's documentation lists, the Lightsail actions that
lanyard calls, and the reads that audits, deployments and rules make: images,
Regions, the registry policy, IAM roles and users, repository tags, the
organization, its accounts and resource control policies, CloudTrail's event
history. Organizations lists accounts and policies for its management account and
delegated administrators only: elsewhere, the statements
ListAccountsOfOrganization and ReadResourceControlPolicies can be left out, and
audits report that they do not consider these policies.

Only `lanyard service` needs the statement ManageLightsailContainerServices; it
and `lanyard deploy --create` need CreateLightsailContainerServices.

With --references it also allows reading parameters and secrets, for `lanyard
deploy --env KEY=ssm:NAME` and KEY=secretsmanager:NAME: name the ones that are
needed in it. A value that is encrypted with a customer managed key of KMS also
needs kms:Decrypt on the key.

Account and Region are the caller's by default. --region '*' allows every
Region. With --assume-role the policy also allows auditing other accounts; the
role of that name needs the same policy in each of them.
]],
  options = {
    { "--account", type = "text", value = "ID", help = "Account that owns the repositories (default: the caller's)." },
    { "--repository", type = "text", value = "NAME", help = "Allow only this repository." },
    { "--references", help = "Also allow reading parameters and secrets for environments." },
    { "--assume-role", type = "role-name", help = "Also allow what lanyard audit --assume-role needs." },
    "aws",
  },
  exit = {
    { 0, "the policy was printed" },
    { 1, "account or Region could not be determined" },
  },
  examples = {
    { "lanyard permissions > policy.json" },
    { "lanyard permissions --account 111122223333 --region '*'", "Needs no call to AWS." },
  },
}
local options = command:parse(...)

local arn = require "lanyard.arn"
local endpoints = require "lanyard.aws.endpoints"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"

local function check(is_valid, value)
  local valid, message
  if value and value ~= "*" then
    valid, message = is_valid(value)
    if not valid then
      command:usage(message, "InvalidValue")
    end
  end
end
check(names.region, options.region)
check(names.registry_id, options.account)
check(names.repository, options.repository)

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

-- Account and partition come from the endpoint: as parts of JSON strings they need JSON's escapes.
local function part(text)
  return json.encode(text):sub(2, -2)
end
region, account, partition = part(region), part(account), part(partition)

local repositories = ("arn:%s:ecr:%s:%s:repository/%s"):format(partition, region, account, options.repository or "*")

-- Replaces {partition}, {region}, {account} and {repositories}.
local function filled(text)
  return (text:gsub("{(%l+)}", {
    partition = partition, region = region, account = account, repositories = repositories,
  }))
end

local REFERENCES = [[,
    {
      "Sid": "ReadReferencesOfEnvironments",
      "Effect": "Allow",
      "Action": [
        "ssm:GetParameters",
        "secretsmanager:GetSecretValue"
      ],
      "Resource": [
        "arn:{partition}:ssm:{region}:{account}:parameter/*",
        "arn:{partition}:secretsmanager:{region}:{account}:secret:*"
      ]
    }]]

-- The statement for audits of other accounts.
local function other_accounts(role)
  return ([[,
    {
      "Sid": "AuditOtherAccounts",
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Resource": "arn:{partition}:iam::*:role/%s"
    }]]):format(role)
end

-- A text, because JSON objects have no order: this is the one of AWS's documentation.
cli.json(filled([[
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
      "Resource": "{repositories}"
    },
    {
      "Sid": "ManageLightsailEcrImagePullerRole",
      "Effect": "Allow",
      "Action": [
        "lightsail:UpdateContainerService",
        "lightsail:CreateContainerServiceDeployment",
        "lightsail:DeleteContainerImage"
      ],
      "Resource": "arn:{partition}:lightsail:{region}:{account}:ContainerService/*"
    },
    {
      "Sid": "ManageLightsailContainerServices",
      "Effect": "Allow",
      "Action": [
        "lightsail:DeleteContainerService",
        "lightsail:TagResource",
        "lightsail:UntagResource"
      ],
      "Resource": "arn:{partition}:lightsail:{region}:{account}:ContainerService/*"
    },
    {
      "Sid": "CreateLightsailContainerServices",
      "Effect": "Allow",
      "Action": "lightsail:CreateContainerService",
      "Resource": "*"
    },
    {
      "Sid": "ReadLightsailContainerServices",
      "Effect": "Allow",
      "Action": [
        "lightsail:GetContainerServices",
        "lightsail:GetContainerServiceDeployments",
        "lightsail:GetContainerLog",
        "lightsail:GetContainerServiceMetricData",
        "lightsail:GetContainerServicePowers",
        "lightsail:GetContainerImages",
        "lightsail:GetCertificates",
        "lightsail:GetRegions"
      ],
      "Resource": "*"
    },
    {
      "Sid": "AuditEcrImages",
      "Effect": "Allow",
      "Action": "ecr:DescribeImages",
      "Resource": "{repositories}"
    },
    {
      "Sid": "ShowEcrRepositoryTagsToRules",
      "Effect": "Allow",
      "Action": "ecr:ListTagsForResource",
      "Resource": "{repositories}"
    },
    {
      "Sid": "ShowOrganizationToRules",
      "Effect": "Allow",
      "Action": "organizations:DescribeOrganization",
      "Resource": "*"
    },
    {
      "Sid": "ListAccountsOfOrganization",
      "Effect": "Allow",
      "Action": "organizations:ListAccounts",
      "Resource": "*"
    },
    {
      "Sid": "ReadResourceControlPolicies",
      "Effect": "Allow",
      "Action": [
        "organizations:ListPolicies",
        "organizations:ListTargetsForPolicy",
        "organizations:DescribePolicy",
        "organizations:ListParents"
      ],
      "Resource": "*"
    },
    {
      "Sid": "AuditEcrRegistry",
      "Effect": "Allow",
      "Action": [
        "ecr:GetRegistryPolicy",
        "ecr:GetAccountSetting"
      ],
      "Resource": "*"
    },
    {
      "Sid": "FindWhoChangedPolicies",
      "Effect": "Allow",
      "Action": "cloudtrail:LookupEvents",
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
        "arn:{partition}:iam::{account}:role/*",
        "arn:{partition}:iam::{account}:user/*"
      ]
    }]] .. (options.references and REFERENCES or "")
  .. (options.assume_role and other_accounts(options.assume_role) or "") .. "\n  ]\n}"))
