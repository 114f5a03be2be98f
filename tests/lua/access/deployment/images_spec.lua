local grants = require "lanyard.access.grants"
local image_reference = require "lanyard.access.deployment.image"
local images = require "lanyard.access.deployment.images"
local policy = require "lanyard.policy"
local world = require "world"

local HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
local DIGEST = "sha256:" .. ("0"):rep(64)

-- Looks at one image as a person writes it. --> the image | nil, err
local function look(w, text)
  local image = assert(image_reference.parse_argument("app", text))
  local ok, err = images.resolve(w.region, { image })
  return ok and image, err
end

describe("the image of a container", function()
  it("is a repository of one's own where no registry's host is named", function()
    local w <close> = world.new()
    for text, reference in pairs {
      ["my-private-repo"] = HOST .. "/my-private-repo:latest",
      ["my-private-repo:1.0"] = HOST .. "/my-private-repo:1.0",
      [HOST .. "/my-private-repo:1.0"] = HOST .. "/my-private-repo:1.0",
      [HOST .. "/my-private-repo"] = HOST .. "/my-private-repo",
    } do
      local image = assert(look(w, text))
      assert.equal(reference, image.reference)
      assert.matches("^sha256:%x+$", image.found_digest)
      assert.equal("my-private-repo", image.repository.name)
    end
  end)

  it("passes as it is where it is of another registry, or of Lightsail's own store", function()
    local w <close> = world.new()
    for _, text in ipairs { "docker.io/library/nginx:latest", "localhost/x", "public.ecr.aws/nginx/nginx:1", ":web.app.3", ":web.app.latest",
      "registry.example:5000/x@" .. DIGEST } do
      local image = assert(look(w, text))
      assert.equal(text, image.reference)
      assert.is_true(image.outside)
    end
    assert.same({}, w.calls)
    -- In a deployment a name alone is one of Docker Hub.
    assert.is_true(assert(image_reference.parse("app", "nginx:latest")).outside)
  end)

  it("is refused with a name that ECR does not take", function()
    for _, text in ipairs { "Web", "web:", "web@sha256:1", "web:.x", "a", HOST .. "/Web", HOST .. "/web:.x",
      HOST .. "/web@sha256:1", "http://docker.io/nginx", "docker.io/", "docker.io/Nginx", "docker.io//nginx",
      "docker.io/nginx:", "docker.io/nginx\27[31m", "docker.io/nginx@sha256:1", ":web.app", ":app:3" } do
      local image, err = image_reference.parse_argument("app", text)
      assert.is_nil(image, text)
      assert.equal("InvalidName", err.code)
    end
  end)

  it("is refused where it is of another Region, without a call", function()
    local w <close> = world.new()
    local image, err = look(w, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1")
    assert.is_nil(image)
    assert.equal("WrongRegion", err.code)
    assert.matches("eu%-west%-1; a service in us%-east%-1", err.message)
    assert.same({}, w.calls)
  end)

  it("is left to its owner where it is of another account", function()
    local w <close> = world.new()
    local image = assert(look(w, "999999999999.dkr.ecr.us-east-1.amazonaws.com/web:1"))
    assert.is_true(image.foreign)
    assert.is_nil(image.repository)
    assert.equal(0, w:count "DescribeImages")
  end)

  it("must be there, by tag and by digest, and not in the archive", function()
    local w <close> = world.new()
    for text, message in pairs {
      ["my-private-repo:9"] = "repository 'my%-private%-repo' has no image tagged '9' in us%-east%-1",
      ["my-private-repo@" .. DIGEST] = "has no image sha256:0+",
    } do
      local image, err = look(w, text)
      assert.is_nil(image)
      assert.equal("ImageNotFoundException", err.code)
      assert.matches(message, err.message)
    end
    local image, err = look(w, "nginx:latest")
    assert.is_nil(image)
    assert.equal("RepositoryNotFoundException", err.code)
    assert.matches("docker%.io/library/nginx", err.tip)
    image, err = images.describe({ name = "us-east-1", ecr = { DescribeImages = function()
      return { imageDetails = { { imageStatus = "ARCHIVED" } } }
    end } }, { repository_name = "web", reference = "web:1" })
    assert.is_nil(image)
    assert.matches("ARCHIVED", err.message)
  end)

  it("is shown without what a terminal acts on", function()
    local image, err = image_reference.parse("app", HOST .. "/web:\27[31m")
    assert.is_nil(image)
    assert.not_matches("\27", err.message)
  end)

  it("is pinned to the digest that its tag points to", function()
    local w <close> = world.new()
    local image = assert(look(w, "my-private-repo:1.0"))
    images.pin(image)
    assert.equal(HOST .. "/my-private-repo@" .. image.found_digest, image.reference)
    assert.equal(image.found_digest, assert(look(w, image.reference)).found_digest)
  end)
end)

describe("whether a role may pull", function()
  local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/0v"
  local REPOSITORY = { arn = "arn:aws:ecr:us-east-1:111122223333:repository/web" }
  local PULL = '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

  local function decide(...)
    local statements = {}
    for i, statement in ipairs { ... } do
      statements[i] = '{"Sid":"s' .. i .. '","Principal":{"AWS":"' .. ROLE .. '"},' .. statement .. "}"
    end
    local doc = assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(statements, ",") .. "]}"))
    return grants.explain(doc, ROLE, REPOSITORY, 1769860800) -- 2026-01-31T12:00:00Z
  end

  it("is decided for both actions, at this time", function()
    local function until_date(date)
      return '"Effect":"Allow",' .. PULL .. ',"Condition":{"DateLessThan":{"aws:CurrentTime":"' .. date .. '"}}'
    end
    assert.equal("allow", (decide('"Effect":"Allow",' .. PULL)))
    assert.equal("allow", (decide(until_date "2026-02-01T00:00:00Z")))
    assert.equal("deny", (decide(until_date "2026-01-31T00:00:00Z")))
    local decision, why = decide '"Effect":"Allow","Action":"ecr:BatchGetImage"'
    assert.equal("deny", decision)
    assert.matches("no statement allows the role to call ecr:GetDownloadUrlForLayer", why)
    decision, why = decide('"Effect":"Allow",' .. PULL, '"Effect":"Deny","Action":"ecr:*"')
    assert.equal("deny", decision)
    assert.matches("statement 's2' denies ecr:BatchGetImage", why)
    decision, why = decide('"Effect":"Allow",' .. PULL .. ',"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}')
    assert.equal("depends", decision)
    assert.matches("a condition decides whether the role can call ecr:GetDownloadUrlForLayer %(statement 's1'%)", why)
    assert.equal("deny", (grants.explain(nil, ROLE, REPOSITORY, 0)))
  end)
end)
