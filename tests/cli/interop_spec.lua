-- The AWS CLI and boto3 against the emulator, and against what lanyard wrote there: an independent
-- client with AWS's own models reads every reply. Uses the Debian packages awscli and python3-boto3.

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

  it("reads what lanyard wrote", function()
    local emulator <close> = helper.emulator()
    assert.equal(0, emulator:run({ "grant", SERVICE, "my-private-repo", "--enable" }).status)
    local _, services = aws(emulator, "lightsail get-container-services --service-name " .. SERVICE)
    local role = services.containerServices[1].privateRegistryAccess.ecrImagePullerRole
    assert.equal(true, role.isActive)
    local _, policy = aws(emulator, "ecr get-repository-policy --repository-name my-private-repo")
    assert.equal(role.principalArn, json.decode(policy.policyText).Statement[1].Principal.AWS)
  end)

  it("writes what lanyard reads", function()
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
    local status = json.decode(emulator:run({ "status", SERVICE, "--output", "json" }).out)[1]
    assert.same({ "my-private-repo" }, { table.unpack(status.repositories) })
    local granted = emulator:run { "grant", SERVICE, "my-private-repo" }
    assert.match("unchanged", granted.out)
  end)

  it("gets AWS's own error where lanyard would", function()
    local emulator <close> = helper.emulator()
    local result = aws(emulator, "ecr get-repository-policy --repository-name my-private-repo")
    assert.match("RepositoryPolicyNotFoundException", result.err)
    result = aws(emulator, "sts get-caller-identity")
    assert.match("111122223333", result.out)
  end)
end)

describe("boto3", function()
  it("parses the reply of every operation that reads", function()
    local probe = helper.run { PYTHON, "-c", "import boto3" }
    if probe.status ~= 0 then
      pending "the Debian package python3-boto3 is not installed"
    end
    local emulator <close> = helper.emulator()
    local program = [==[
import boto3, json, sys
session = boto3.session.Session(region_name="us-east-1")
def client(name):
    return session.client(name, endpoint_url=sys.argv[1])
ecr, lightsail, sts = client("ecr"), client("lightsail"), client("sts")
names = [r["repositoryName"] for p in ecr.get_paginator("describe_repositories").paginate(
    PaginationConfig={"PageSize": 1}) for r in p["repositories"]]
policy = ecr.get_repository_policy(repositoryName="shared-repo")["policyText"]
ecr.set_repository_policy(repositoryName="shared-repo", policyText=policy)
services = lightsail.get_container_services()["containerServices"]
print(json.dumps({
    "names": sorted(names),
    "statements": len(json.loads(policy)["Statement"]),
    "service": services[0]["containerServiceName"],
    "account": sts.get_caller_identity()["Account"],
    "token": ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"],
    "regions": len(lightsail.get_regions()["regions"]) > 10,
}))
]==]
    local result = helper.run({ PYTHON, "-c", program, emulator.url }, emulator.environment)
    assert.equal("", result.err)
    assert.same({
      names = { "my-private-repo", "shared-repo" },
      statements = 2,
      service = SERVICE,
      account = "111122223333",
      token = "https://111122223333.dkr.ecr.us-east-1.amazonaws.com",
      regions = true,
    }, (function()
      local seen = json.decode(result.out)
      seen.names = { table.unpack(seen.names) }
      return seen
    end)())
  end)
end)
