local image_reference = require "lanyard.access.deployment.image"
local images = require "lanyard.access.deployment.images"
local world = require "world"

local HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
local DIGEST = "sha256:" .. ("0"):rep(64)

-- Resolves one image as a user writes it. image | nil, err
local function resolve(w, text)
  local image = assert(image_reference.parse_argument("app", text))
  local ok, err = images.resolve(w.region, { image })
  return ok and image, err
end

describe("an image of Lightsail's own registry", function()
  local function check(reference, options)
    local all = { seed = { regions = { ["us-east-1"] = { services = { { name = "web", images = { "app", "app" } } } } } } }
    for name, value in pairs(options or {}) do all[name] = value end
    local w <close> = world.new(all)
    local ok, err = images.check_stored(w.region, { assert(image_reference.parse("app", reference)) })
    return ok, err, w:count "GetContainerImages"
  end

  it("is registered to its service", function()
    for _, reference in ipairs { ":web.app.1", ":web.app.2", ":web.app.latest" } do
      assert.is_true(check(reference), reference)
    end
    for _, reference in ipairs { ":web.app.3", ":web.other.1", ":web.ap.latest", ":none.app.1" } do
      local ok, err = check(reference)
      assert.is_nil(ok, reference)
      assert.equal("ImageNotFoundException", err.code)
      assert.matches("no such image is registered to the container service '" .. reference:match "^:(%l+)", err.message)
    end
    assert.same({ true, nil, 0 }, { check "nginx:1" })
  end)

  it("is not checked where the caller may not list them, and other errors are returned", function()
    local function faults(code) return { faults = { { operation = "GetContainerImages", error = { code = code, message = "no" } } } } end
    assert.is_true(check(":web.app.9", faults "AccessDeniedException"))
    local ok, err = check(":web.app.1", faults "InvalidInputException")
    assert.is_nil(ok)
    assert.equal("InvalidInputException", err.code)
  end)
end)

describe("the image of a container", function()
  it("is in the caller's own registry if it has no registry host", function()
    local w <close> = world.new()
    for text, reference in pairs {
      ["my-private-repo"] = HOST .. "/my-private-repo:latest",
      ["my-private-repo:1.0"] = HOST .. "/my-private-repo:1.0",
      [HOST .. "/my-private-repo:1.0"] = HOST .. "/my-private-repo:1.0",
      [HOST .. "/my-private-repo"] = HOST .. "/my-private-repo",
    } do
      local image = assert(resolve(w, text))
      assert.equal(reference, image.reference)
      assert.matches("^sha256:%x+$", image.found_digest)
      assert.equal("my-private-repo", image.repository.name)
    end
  end)

  it("is kept as it is if it belongs to another registry, or to Lightsail's own store", function()
    local w <close> = world.new()
    for _, text in ipairs { "docker.io/library/nginx:latest", "localhost/x", "public.ecr.aws/nginx/nginx:1", ":web.app.3", ":web.app.latest",
      "registry.example:5000/x@" .. DIGEST } do
      local image = assert(resolve(w, text))
      assert.equal(text, image.reference)
      assert.is_true(image.outside)
    end
    assert.same({}, w.calls)
    -- In a deployment, a name without a host is on Docker Hub.
    assert.is_true(assert(image_reference.parse("app", "nginx:latest")).outside)
  end)

  it("is rejected with a name that ECR does not accept", function()
    for _, text in ipairs { "Web", "web:", "web@sha256:1", "web:.x", "a", HOST .. "/Web", HOST .. "/web:.x",
      HOST .. "/web@sha256:1", "http://docker.io/nginx", "docker.io/", "docker.io/Nginx", "docker.io//nginx",
      "docker.io/nginx:", "docker.io/nginx\27[31m", "docker.io/nginx@sha256:1", ":web.app", ":app:3" } do
      local image, err = image_reference.parse_argument("app", text)
      assert.is_nil(image, text)
      assert.equal("InvalidName", err.code)
    end
  end)

  it("is rejected without a call if it is in another Region", function()
    local w <close> = world.new()
    local image, err = resolve(w, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1")
    assert.is_nil(image)
    assert.equal("WrongRegion", err.code)
    assert.matches("eu%-west%-1; a service in us%-east%-1", err.message)
    assert.same({}, w.calls)
  end)

  it("is not checked if it belongs to another account", function()
    local w <close> = world.new()
    local image = assert(resolve(w, "999999999999.dkr.ecr.us-east-1.amazonaws.com/web:1"))
    assert.is_true(image.foreign)
    assert.is_nil(image.repository)
    assert.equal(0, w:count "DescribeImages")
  end)

  it("must exist, by tag or by digest, and not be archived", function()
    local w <close> = world.new()
    for text, message in pairs {
      ["my-private-repo:9"] = "repository 'my%-private%-repo' has no image tagged '9' in us%-east%-1",
      ["my-private-repo@" .. DIGEST] = "has no image sha256:0+",
    } do
      local image, err = resolve(w, text)
      assert.is_nil(image)
      assert.equal("ImageNotFoundException", err.code)
      assert.matches(message, err.message)
    end
    local image, err = resolve(w, "nginx:latest")
    assert.is_nil(image)
    assert.equal("RepositoryNotFoundException", err.code)
    assert.matches("docker%.io/library/nginx", err.tip)
    image, err = images.describe({ name = "us-east-1", ecr = { DescribeImages = function()
      return { imageDetails = { { imageDigest = DIGEST, imageTags = { "latest" }, imageStatus = "ARCHIVED" } } }
    end } }, { repository_name = "web", reference = "web:1" })
    assert.is_nil(image)
    assert.matches("ARCHIVED", err.message)
  end)

  it("is shown with control characters escaped", function()
    local image, err = image_reference.parse("app", HOST .. "/web:\27[31m")
    assert.is_nil(image)
    assert.not_matches("\27", err.message)
  end)

  it("is pinned to the digest that its tag points to", function()
    local w <close> = world.new()
    local image = assert(resolve(w, "my-private-repo:1.0"))
    images.pin(image)
    assert.equal(HOST .. "/my-private-repo@" .. image.found_digest, image.reference)
    assert.equal(image.found_digest, assert(resolve(w, image.reference)).found_digest)
  end)
end)
