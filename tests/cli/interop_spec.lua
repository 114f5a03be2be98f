-- Runs the AWS CLI and boto3 against the emulator, also on what lanyard wrote there: independent clients with AWS's own
-- models read every reply. Requires the Debian packages awscli and python3-boto3.

local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"
local AWS = "/usr/bin/aws"
local PYTHON = "/usr/bin/python3"

local function aws(emulator, words)
  local list = { AWS, "--endpoint-url", emulator.url, "--output", "json" }
  for word in words:gmatch "%S+" do
    list[#list + 1] = word
  end
  local environment = { AWS_DEFAULT_REGION = "us-east-1", AWS_PAGER = "" }
  for name, value in pairs(emulator.environment) do
    environment[name] = value
  end
  local result = helper.run(list, environment)
  return result, result.status == 0 and result.out ~= "" and json.decode(result.out) or nil
end

describe("the AWS CLI", function()
  before_each(function()
    if not helper.exists(AWS) then
      pending "the Debian package awscli is not installed"
    end
  end)

  -- Each call of the AWS CLI takes over a second, so boto3 tests the errors and the other operations below.
  it("writes what lanyard reads, and reads what lanyard wrote", function()
    local emulator <close> = helper.emulator()
    local result, reply = aws(emulator, "lightsail update-container-service --service-name " .. SERVICE
      .. " --private-registry-access ecrImagePullerRole={isActive=true}")
    assert.equal("", result.err)
    assert.equal(SERVICE, reply.containerService.containerServiceName)
    local enabled = json.decode(emulator:run({ "enable", SERVICE, "--output", "json" }).out)
    assert.equal("unchanged", enabled.result)
    local text = ('{"Version":"2008-10-17","Statement":[{"Sid":"cli","Effect":"Allow",'
      .. '"Principal":{"AWS":"%s"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}')
      :format(enabled.principalArn)
    result = aws(emulator, "ecr set-repository-policy --repository-name my-private-repo --policy-text " .. text)
    assert.equal("", result.err)
    result = emulator:run { "status", SERVICE, "--output", "json" }
    assert.equal("", result.err)
    assert.same({ "my-private-repo" }, { table.unpack(json.decode(result.out)[1].repositories) })
    assert.match("unchanged", emulator:run({ "grant", SERVICE, "my-private-repo" }).out)
    assert.match("granted", emulator:run({ "grant", SERVICE, "shared-repo" }).out)
    local _, policy = aws(emulator, "ecr get-repository-policy --repository-name shared-repo")
    local statements = json.decode(policy.policyText).Statement
    assert.equal(enabled.principalArn, statements[#statements].Principal.AWS)
  end)

  it("logs in with a password from the emulated ECR", function()
    local emulator <close> = helper.emulator()
    local result = aws(emulator, "ecr get-login-password")
    assert.equal("", result.err)
    assert.match("^[%w+/=]+\n$", result.out)
  end)
end)

-- Calls every operation that the emulator serves. boto3 parses the replies with AWS's models.
local PROGRAM = [==[
import boto3, botocore.exceptions, json, sys, time
session = boto3.session.Session(region_name="us-east-1")
def client(name):
    return session.client(name, endpoint_url=sys.argv[1])
ecr, lightsail, sts, iam = client("ecr"), client("lightsail"), client("sts"), client("iam")
organizations = client("organizations")
out = {}
def code_of(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "none"

# ECR
out["created"] = ecr.create_repository(repositoryName="team/app", tags=[{"Key": "a", "Value": "b"}])["repository"]["repositoryUri"]
out["names"] = sorted(r["repositoryName"] for p in ecr.get_paginator("describe_repositories").paginate(
    PaginationConfig={"PageSize": 1}) for r in p["repositories"])
arn = ecr.describe_repositories(repositoryNames=["team/app"])["repositories"][0]["repositoryArn"]
ecr.tag_resource(resourceArn=arn, tags=[{"Key": "c", "Value": "d"}])
out["tags"] = {t["Key"]: t["Value"] for t in ecr.list_tags_for_resource(resourceArn=arn)["tags"]}
policy = ecr.get_repository_policy(repositoryName="shared-repo")["policyText"]
ecr.set_repository_policy(repositoryName="team/app", policyText=policy)
out["statements"] = len(json.loads(ecr.get_repository_policy(repositoryName="team/app")["policyText"])["Statement"])
ecr.delete_repository_policy(repositoryName="team/app")
out["no policy"] = code_of(ecr.get_repository_policy, repositoryName="team/app")
image = ecr.put_image(repositoryName="team/app", imageManifest='{"schemaVersion": 2}', imageTag="v1")["image"]["imageId"]
out["images"] = [
    ecr.list_images(repositoryName="team/app")["imageIds"] == [image],
    ecr.describe_images(repositoryName="team/app", imageIds=[image])["imageDetails"][0]["imageTags"],
    ecr.batch_get_image(repositoryName="team/app", imageIds=[{"imageTag": "v1"}])["images"][0]["imageManifest"],
]
out["token"] = ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"]
ecr.delete_repository(repositoryName="team/app", force=True)
out["key"] = ecr.create_repository(repositoryName="kms", encryptionConfiguration={"encryptionType": "KMS"})["repository"][
    "encryptionConfiguration"]["kmsKey"][:39]

# The registry policy
out["no registry policy"] = code_of(ecr.get_registry_policy)
statement = {"Effect": "Deny", "Principal": "*", "Action": "ecr:ListImages", "Resource": "*"}
ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
out["registry"] = [
    json.loads(ecr.get_registry_policy()["policyText"])["Statement"] == [statement],
    code_of(ecr.list_images, repositoryName="shared-repo"),
    code_of(ecr.put_registry_policy, policyText="{}"),
    json.loads(ecr.delete_registry_policy()["policyText"])["Statement"] == [statement],
    code_of(ecr.list_images, repositoryName="shared-repo"),
]

# Organizations
out["organization"] = [
    [a["Id"] for p in organizations.get_paginator("list_accounts").paginate() for a in p["Accounts"]],
    organizations.describe_organization()["Organization"]["MasterAccountId"],
    code_of(organizations.describe_account, AccountId="999999999999"),
]

# Lightsail
lightsail.create_container_service(serviceName="web", power="nano", scale=1, tags=[{"key": "env", "value": "dev"}])
lightsail.tag_resource(resourceName="web", tags=[{"key": "x", "value": "y"}])
lightsail.create_container_service_deployment(serviceName="web", containers={"app": {
    "image": "nginx", "environment": {"A": "b"}, "ports": {"80": "HTTP"}}},
    publicEndpoint={"containerName": "app", "containerPort": 80})
service = lightsail.get_container_services(serviceName="web")["containerServices"][0]
out["service"] = [service["state"], service["currentDeployment"]["state"], sorted(t["key"] for t in service["tags"]),
    service["privateRegistryAccess"]["ecrImagePullerRole"]]
out["deployments"] = [d["version"] for d in lightsail.get_container_service_deployments(serviceName="web")["deployments"]]
out["log"] = len(lightsail.get_container_log(serviceName="web", containerName="app")["logEvents"])
lightsail.update_container_service(serviceName="web", scale=2, isDisabled=True)
out["disabled"] = lightsail.get_container_services(serviceName="web")["containerServices"][0]["state"]
lightsail.delete_container_service(serviceName="web")
out["deleted"] = code_of(lightsail.get_container_services, serviceName="web")
out["regions"] = len(lightsail.get_regions(includeAvailabilityZones=True)["regions"]) > 10
out["unknown"] = code_of(lightsail.get_buckets)

# STS and IAM, with the temporary keys of STS
out["account"] = sts.get_caller_identity()["Account"]
keys = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/ci-deploy", RoleSessionName="test")["Credentials"]
assumed = boto3.session.Session(aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
    aws_session_token=keys["SessionToken"], region_name="us-east-1")
out["assumed"] = assumed.client("sts", endpoint_url=sys.argv[1]).get_caller_identity()["Arn"]
out["role"] = iam.get_role(RoleName="ci-deploy")["Role"]["Path"]
out["no role"] = code_of(iam.get_role, RoleName="nobody")
out["user"] = iam.get_user()["User"]["UserName"]
out["no user"] = code_of(assumed.client("iam", endpoint_url=sys.argv[1]).get_user)
out["sa-east-1"] = session.client("lightsail", endpoint_url=sys.argv[1], region_name="sa-east-1").get_container_services()[
    "containerServices"]
print(json.dumps(out))
]==]

describe("boto3", function()
  it("receives replies from every operation that conform to AWS's models", function()
    if helper.run({ PYTHON, "-c", "import boto3" }).status ~= 0 then
      pending "the Debian package python3-boto3 is not installed"
    end
    local emulator <close> = helper.emulator()
    local result = helper.run({ PYTHON, "-c", PROGRAM, emulator.url }, emulator.environment)
    assert.equal("", result.err)
    assert.same(json.decode [==[ {
      "created": "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app",
      "names": ["my-private-repo", "shared-repo", "team/app"],
      "tags": {"a": "b", "c": "d"},
      "statements": 2,
      "no policy": "RepositoryPolicyNotFoundException",
      "images": [true, ["v1"], "{\"schemaVersion\": 2}"],
      "token": "https://111122223333.dkr.ecr.us-east-1.amazonaws.com",
      "service": ["RUNNING", "ACTIVE", ["env", "x"], {"isActive": false, "principalArn": ""}],
      "deployments": [1],
      "log": 3,
      "disabled": "DISABLED",
      "deleted": "NotFoundException",
      "regions": true,
      "unknown": "UnknownOperationException",
      "account": "111122223333",
      "assumed": "arn:aws:sts::111122223333:assumed-role/ci-deploy/test",
      "role": "/",
      "no role": "NoSuchEntity",
      "user": "operator",
      "no user": "ValidationError",
      "key": "arn:aws:kms:us-east-1:111122223333:key/",
      "no registry policy": "RegistryPolicyNotFoundException",
      "registry": [true, "AccessDeniedException", "InvalidParameterException", true, "none"],
      "organization": [["111122223333"], "111122223333", "AccountNotFoundException"],
      "sa-east-1": []
    } ]==], json.decode(result.out))
  end)
end)
