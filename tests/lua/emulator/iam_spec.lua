-- The replies of the emulated STS and IAM, through the clients that scripts use.

local world = require "world"

local function fails(code, reply, err)
  assert.is_nil(reply)
  assert.equal(code, err.code)
  return err
end

describe("emulated STS and IAM", function()
  it("report the caller, which can assume a role", function()
    local w <close> = world.new()
    local sts = w.region.session:client "sts"
    assert.equal("arn:aws:iam::111122223333:user/operator", assert(sts:GetCallerIdentity()).Arn)
    local assumed = assert(sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy", RoleSessionName = "test" })
    assert.equal("arn:aws:sts::111122223333:assumed-role/ci-deploy/test", assumed.AssumedRoleUser.Arn)
    fails("AccessDenied", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/nobody", RoleSessionName = "test" })
    fails("ValidationError", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy", RoleSessionName = "x" })
    fails("ValidationError", sts:AssumeRole { RoleArn = "arn:aws:iam::111122223333:role/ci-deploy",
      RoleSessionName = "test", DurationSeconds = 1 })
  end)

  it("return roles of the own account only", function()
    local w <close> = world.new()
    local iam = w.region.session:client "iam"
    assert.equal("arn:aws:iam::111122223333:role/ci-deploy", assert(iam:GetRole { RoleName = "ci-deploy" }).Role.Arn)
    local err = fails("NoSuchEntity", iam:GetRole { RoleName = "nobody" })
    assert.equal(404, err.status)
  end)

  it("return users of the own account only", function()
    local w <close> = world.new()
    local iam = w.region.session:client "iam"
    assert.equal("arn:aws:iam::111122223333:user/auditor", assert(iam:GetUser { UserName = "auditor" }).User.Arn)
    assert.equal(404, fails("NoSuchEntity", iam:GetUser { UserName = "ci-deploy" }).status)
    fails("ValidationError", iam:GetUser { UserName = "a b" })
  end)

  it("return the caller without a name", function()
    local w <close> = world.new()
    local iam = w.region.session:client "iam"
    local own = assert(iam:GetUser()).User
    assert.same({ "arn:aws:iam::111122223333:user/operator", "operator", "/" }, { own.Arn, own.UserName, own.Path })
    assert.equal(own.UserId, assert(w.region.session:client "sts":GetCallerIdentity()).UserId)
    assert.same(own, assert(iam:GetUser { UserName = "operator" }).User)
    local err = fails("ValidationError", require("lanyard.emulator.iam").operations.GetUser.call(w.world, {},
      { caller = { arn = "arn:aws:sts::111122223333:assumed-role/ci-deploy/test" } }))
    assert.equal("Must specify userName when calling with non-User credentials", err.message)
  end)

  it("let a policy name the caller", function()
    local w <close> = world.new()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":'
      .. '"arn:aws:iam::111122223333:user/operator"},"Action":"ecr:BatchGetImage"}]}'
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })
    assert.equal(text, assert(w.region.ecr:GetRepositoryPolicy { repositoryName = "shared-repo" }).policyText)
  end)
end)
