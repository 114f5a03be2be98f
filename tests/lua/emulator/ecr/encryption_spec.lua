local world = require "world"

local KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

describe("the encryption of an emulated repository", function()
  local w, ecr
  before_each(function()
    w = world.new()
    ecr = w.region.ecr
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function create(name, configuration)
    local reply, err = ecr:CreateRepository { repositoryName = name, encryptionConfiguration = configuration }
    return reply and reply.repository.encryptionConfiguration, err
  end

  it("is AES256 without a key unless it is given", function()
    assert.same({ encryptionType = "AES256" }, create "plain")
    assert.same({ encryptionType = "AES256" }, create("explicit", { encryptionType = "AES256" }))
  end)

  it("shows the ARN of a KMS key in every description", function()
    for name, key in pairs { arn = KEY, id = KEY:match "[^/]+$" } do
      assert.same({ encryptionType = "KMS", kmsKey = KEY }, create(name, { encryptionType = "KMS", kmsKey = key }))
      assert.same({ encryptionType = "KMS", kmsKey = KEY },
        assert(ecr:DescribeRepositories { repositoryNames = { name } }).repositories[1].encryptionConfiguration)
    end
    assert.same({ encryptionType = "KMS", kmsKey = KEY }, assert(ecr:DeleteRepository { repositoryName = "id" })
      .repository.encryptionConfiguration)
  end)

  it("shows the key behind an alias, and the default key", function()
    local default = create("default", { encryptionType = "KMS" }).kmsKey
    assert.matches("^arn:aws:kms:us%-east%-1:111122223333:key/%x+%-%x+%-%x+%-%x+%-%x+$", default)
    assert.equal(default, create("again", { encryptionType = "KMS", kmsKey = "alias/aws/ecr" }).kmsKey)
    assert.not_equal(default, create("own", { encryptionType = "KMS", kmsKey = "alias/own" }).kmsKey)
    assert.equal(create("own-2", { encryptionType = "KMS", kmsKey = "arn:aws:kms:us-east-1:111122223333:alias/own" }).kmsKey,
      create("own-3", { encryptionType = "KMS", kmsKey = "alias/own" }).kmsKey)
  end)

  for code, configurations in pairs {
    InvalidParameterException = {
      { encryptionType = "AES256", kmsKey = KEY }, { encryptionType = "KMS_DSSE" }, { encryptionType = "RSA" }, { kmsKey = KEY },
      { encryptionType = "KMS", kmsKey = "" }, { encryptionType = "KMS", kmsKey = "not a key" },
      { encryptionType = "KMS", kmsKey = "arn:aws:s3:::bucket" }, { encryptionType = "KMS", kmsKey = ("a"):rep(2049) },
    },
    KmsException = { { encryptionType = "KMS", kmsKey = "arn:aws:kms:eu-west-1:111122223333:key/1234" } },
  } do
    it("is rejected with " .. code, function()
      for i, configuration in ipairs(configurations) do
        local encrypted, err = create("r" .. i, configuration)
        assert.is_nil(encrypted)
        assert.equal(code, err.code, i)
      end
    end)
  end

  it("comes from a seed", function()
    local one <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = {
      { name = "web", encryptionConfiguration = { encryptionType = "KMS", kmsKey = KEY } } } } } } }
    assert.equal(KEY, assert(one.region.ecr:DescribeRepositories()).repositories[1].encryptionConfiguration.kmsKey)
  end)
end)
