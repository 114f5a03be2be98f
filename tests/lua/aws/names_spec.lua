local names = require "lanyard.aws.names"

describe("names.container_service", function()
  it("accepts what AWS's anchored pattern accepts", function()
    for _, name in ipairs { "a", "ab", "a1b", "my-service", ("a"):rep(63) } do
      assert.is_true(names.container_service(name), name)
    end
  end)
  it("rejects what only the unanchored pattern accepts", function()
    for _, name in ipairs { "", "a-", "-a", "a_b", "ab!!", "Web", "web-", ("a"):rep(64) } do
      local ok, message = names.container_service(name)
      assert.is_nil(ok, name)
      assert.equal(("'%s' is not a container service name: use 1 to 63 lower-case letters, digits and hyphens, without a "
        .. "hyphen at the beginning or end"):format(name), message)
    end
  end)
end)

describe("names.repository", function()
  it("accepts paths with each separator", function()
    for _, name in ipairs { "ab", "a/b", "team/app", "a.b", "a_b", "a__b", "a---b", "x1/y-2/z.3" } do
      assert.is_true(names.repository(name), name)
    end
  end)
  it("rejects what the pattern does not match", function()
    for _, name in ipairs { "", "a", "A/b", "/a", "a/", "a//b", "a..b", "a___b", "a-_b", "-a", "a-", "a b", ("a"):rep(257) } do
      assert.is_nil(names.repository(name), name)
    end
  end)
  it("names the tag or digest to leave out", function()
    assert.equal("'app:1.0' is not a repository name: grants are for a whole repository, so leave out ':1.0'",
      select(2, names.repository "app:1.0"))
    assert.match("leave out '@sha256:ab'$", select(2, names.repository "app@sha256:ab"))
    assert.match("an image URI has no scheme, so leave out 'https://'$", select(2, names.repository "https://host/app:1"))
    assert.equal("'A' is not a repository name: use 2 to 256 lower-case letters and digits, with . _ - / between them",
      select(2, names.repository "A"))
  end)
end)

describe("names.image", function()
  it("parses the URI of an image in ECR", function()
    assert.same({
      account = "111122223333", region = "us-east-1", repository = "team/app", tag = "1.0",
      host = "111122223333.dkr.ecr.us-east-1.amazonaws.com", suffix = "amazonaws.com",
    }, names.image "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app:1.0")
    local digest = "sha256:" .. ("a"):rep(64)
    local image = names.image("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/app@" .. digest)
    assert.equal(digest, image.digest)
    assert.is_nil(image.tag)
    assert.equal("cn-north-1", image.region)
    assert.equal("app", names.image("111122223333.dkr-ecr.eu-west-1.on.aws/app").repository)
  end)
  it("returns nil for other images", function()
    for _, image in ipairs { "nginx", "nginx:latest", "public.ecr.aws/nginx/nginx:1", "docker.io/library/nginx",
      "1111.dkr.ecr.us-east-1.amazonaws.com/app", "111122223333.dkr.ecr.us-east-1.example.com/app",
      ":my-service.web.3" } do
      assert.is_nil(names.image(image), image)
    end
  end)
end)

describe("names of Regions, accounts, tags and digests", function()
  it("are checked as a whole", function()
    assert.is_true(names.region "us-east-1")
    assert.is_true(names.region "us-gov-west-1")
    assert.is_nil(names.region "us-east")
    assert.is_nil(names.region "us-east-1.evil.example")
    assert.is_true(names.registry_id "111122223333")
    assert.is_nil(names.registry_id "1111")
    assert.is_true(names.image_tag "v1.0_x")
    assert.is_nil(names.image_tag ".v1")
    assert.is_true(names.digest("sha256:" .. ("0"):rep(64)))
    assert.is_nil(names.digest("sha256:" .. ("0"):rep(63)))
  end)
end)

describe("the name of an image", function()
  it("is a repository with an optional tag and digest", function()
    local digest = "sha256:" .. ("0"):rep(64)
    assert.same({ repository = "team/app" }, names.image_name "team/app")
    assert.same({ repository = "app", tag = "1.0" }, names.image_name "app:1.0")
    assert.same({ repository = "app", digest = digest }, names.image_name("app@" .. digest))
    assert.same({ repository = "app", tag = "1", digest = digest }, names.image_name("app:1@" .. digest))
  end)

  it("is rejected with the part that is invalid", function()
    for text, what in pairs {
      ["App:1"] = "repository name", ["app:.1"] = "image tag", ["app@sha256:1"] = "image digest", ["app:"] = "image tag",
    } do
      local image, message = names.image_name(text)
      assert.is_nil(image)
      assert.matches(what, message)
    end
  end)
end)
