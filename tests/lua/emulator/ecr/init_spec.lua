-- The replies of the emulated ECR, through the client that scripts use.

local json = require "lanyard.json"
local world = require "world"

local function fails(code, reply, err)
  assert.is_nil(reply)
  assert.equal(code, err.code)
  return err
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function decode_base64(text)
  local bits, count, out = 0, 0, {}
  for c in text:gsub("=+$", ""):gmatch "." do
    bits, count = bits << 6 | ALPHABET:find(c, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(bits >> count & 255)
    end
  end
  return table.concat(out)
end

local function policy(principal, action)
  return json.encode { Version = "2008-10-17", Statement = json.array {
    { Effect = "Allow", Principal = { AWS = principal }, Action = action or "ecr:BatchGetImage" },
  } }
end

describe("emulated ECR", function()
  local w, ecr
  before_each(function()
    w = world.new()
    ecr = w.region.ecr
  end)
  after_each(function() getmetatable(w).__close(w) end)

  it("creates and deletes repositories", function()
    local created = assert(ecr:CreateRepository { repositoryName = "team/app" }).repository
    assert.equal("111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app", created.repositoryUri)
    fails("RepositoryAlreadyExistsException", ecr:CreateRepository { repositoryName = "team/app" })
    assert(ecr:DeleteRepository { repositoryName = "team/app" })
    fails("RepositoryNotFoundException", ecr:DeleteRepository { repositoryName = "team/app" })
    fails("RepositoryNotEmptyException", ecr:DeleteRepository { repositoryName = "shared-repo" })
  end)

  it("reports a violation with the message of ECR", function()
    local err = fails("InvalidParameterException", ecr:GetRepositoryPolicy { repositoryName = "Bad//Name" })
    assert.matches("^Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular ", err.message)
    fails("InvalidParameterException", ecr:DescribeRepositories { maxResults = 0 })
    fails("InvalidParameterException", ecr:DescribeRepositories { repositoryNames = json.array {} })
    fails("InvalidParameterException", ecr:DescribeRepositories { maxResults = 1, repositoryNames = { "shared-repo" } })
    fails("InvalidParameterException", ecr:DescribeRepositories { nextToken = "nonsense" })
    fails("InvalidParameterException",
      ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = (" "):rep(10241) })
  end)

  it("returns pages", function()
    local first = assert(ecr:DescribeRepositories { maxResults = 1 })
    assert.equal("my-private-repo", first.repositories[1].repositoryName)
    local second = assert(ecr:DescribeRepositories { maxResults = 1, nextToken = first.nextToken })
    assert.equal("shared-repo", second.repositories[1].repositoryName)
    assert.is_nil(second.nextToken)
  end)

  it("rejects policies that ECR rejects", function()
    for _, text in ipairs {
      "", "{", "[]", "{}", '{"Version":"2008-10-17","Statement":[]}', '{"Statement":[{}]}',
      policy("444455556666", "ecr:NoSuchAction"), policy("444455556666", "s3:GetObject"),
      policy("444455556666", "ecr:GetAuthorizationToken"), policy "nonsense",
      '{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"allow","Principal":"*","Action":"ecr:*"}]}',
      '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Efect":1}]}',
    } do
      local err = fails("InvalidParameterException",
        ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })
      assert.matches("'Invalid repository policy provided'", err.message)
    end
  end)

  it("requires principals of the own account and Lightsail's roles to exist, and accepts others", function()
    for _, principal in ipairs {
      "arn:aws:iam::111122223333:role/nobody", "arn:aws:iam::111122223333:user/nobody", "AROA2XQYJ5EXAMPLE12345",
      "arn:aws:iam::999999999999:role/amazon/lightsail/us-east-1/containers/x/private-repo-access/y",
      "arn:aws:sts::111122223333:assumed-role/nobody/s",
    } do
      local err = fails("InvalidParameterException",
        ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy(principal) })
      assert.matches("'Principal not found'", err.message)
    end
    for _, principal in ipairs { "*", "444455556666", "arn:aws:iam::444455556666:role/x", "111122223333",
      "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ci-deploy" } do
      assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy(principal) })
    end
  end)

  it("rejects a policy that locks the caller out, and enforces it when it is forced", function()
    local text = '{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:SetRepositoryPolicy"}]}'
    fails("InvalidParameterException", ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text })
    assert(ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = text, force = true })
    fails("AccessDeniedException", ecr:SetRepositoryPolicy { repositoryName = "shared-repo", policyText = policy "*" })
  end)

  it("stores images by digest and tag", function()
    local put = assert(ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":1}', imageTag = "v1" })
    local digest = put.image.imageId.imageDigest
    assert.matches("^sha256:%x+$", digest)
    fails("ImageAlreadyExistsException",
      ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":1}', imageTag = "v1" })
    fails("ImageDigestDoesNotMatchException",
      ecr:PutImage { repositoryName = "shared-repo", imageManifest = '{"a":2}', imageDigest = digest })
    local shown = assert(ecr:DescribeImages { repositoryName = "shared-repo", imageIds = { { imageTag = "v1" } } })
    assert.equal(digest, shown.imageDetails[1].imageDigest)
    fails("ImageNotFoundException", ecr:DescribeImages { repositoryName = "shared-repo", imageIds = { { imageTag = "v2" } } })
    local got = assert(ecr:BatchGetImage { repositoryName = "shared-repo", imageIds = { { imageTag = "v1" }, { imageTag = "v2" } } })
    assert.equal('{"a":1}', got.images[1].imageManifest)
    assert.equal("ImageNotFound", got.failures[1].failureCode)
    assert.equal(2, #assert(ecr:ListImages { repositoryName = "shared-repo" }).imageIds)
  end)

  it("returns a token from which a client reads AWS's user and a password", function()
    local data = assert(ecr:GetAuthorizationToken()).authorizationData
    assert.equal(1, #data)
    assert.matches("^AWS:[%w+/]+$", decode_base64(data[1].authorizationToken))
    assert.equal("https://111122223333.dkr.ecr.us-east-1.amazonaws.com", data[1].proxyEndpoint)
    assert.is_true(math.abs(w:time() + 12 * 3600 - data[1].expiresAt) < 60)
    local other = assert(ecr:GetAuthorizationToken { registryIds = { "444455556666", "111122223333" } }).authorizationData
    assert.equal("https://444455556666.dkr.ecr.us-east-1.amazonaws.com", other[1].proxyEndpoint)
  end)

  it("tags repositories", function()
    local arn = "arn:aws:ecr:us-east-1:111122223333:repository/shared-repo"
    assert(ecr:TagResource { resourceArn = arn, tags = { { Key = "env", Value = "prod" } } })
    assert.same({ { Key = "env", Value = "prod" } }, { table.unpack(assert(ecr:ListTagsForResource { resourceArn = arn }).tags) })
    fails("InvalidParameterException", ecr:ListTagsForResource { resourceArn = "nonsense" })
  end)
end)

describe("the emulated registry policy", function()
  it("is stored, read and deleted for each Region", function()
    local w <close> = world.new()
    local ecr = w.region.ecr
    local err = fails("RegistryPolicyNotFoundException", ecr:GetRegistryPolicy())
    assert.equal("Registry policy does not exist in the registry with id '111122223333'", err.message)
    fails("RegistryPolicyNotFoundException", ecr:DeleteRegistryPolicy())
    local text = '{"Version":"2012-10-17","Statement":[{"Sid":"copy","Effect":"Allow","Principal":{"AWS":"444455556666"},'
      .. '"Action":"ecr:ReplicateImage","Resource":"arn:aws:ecr:us-east-1:111122223333:repository/*"}]}'
    assert.equal("111122223333", assert(ecr:PutRegistryPolicy { policyText = text }).registryId)
    assert.equal(text, assert(ecr:GetRegistryPolicy()).policyText)
    assert.equal(text, assert(ecr:DeleteRegistryPolicy()).policyText)
    fails("RegistryPolicyNotFoundException", ecr:GetRegistryPolicy())
  end)

  it("is rejected when it is invalid", function()
    local w <close> = world.new()
    for _, text in ipairs { "", "{}", '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:ReplicateImage"}}' } do
      local err = fails("InvalidParameterException", w.region.ecr:PutRegistryPolicy { policyText = text })
      assert.matches("'PolicyText' .* 'Invalid registry policy provided'", err.message)
    end
  end)
end)
