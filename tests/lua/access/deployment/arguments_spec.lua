local arguments = require "lanyard.access.deployment.arguments"

describe("the arguments of a deployment", function()
  it("name images and the public endpoint", function()
    assert.same({
      images = { { container = "app", text = "web:1.4" }, { container = "side", text = "x.test/a=b" } },
      public_endpoint = { containerName = "app", containerPort = 8080 },
      resolve = true,
    }, arguments.read { image = { "app=web:1.4", "side=x.test/a=b" }, public_endpoint = "app:8080", resolve = true })
    assert.same({ images = {}, force = true }, arguments.read { image = {}, force = true })
    assert.same({ images = {} }, arguments.read { image = {}, file = "web.json" })
  end)

  it("are rejected with a message if they are not valid", function()
    for expected, options in pairs {
      ["'app' is not of the form CONTAINER=IMAGE"] = { image = { "app" } },
      ["'=web' is not of the form CONTAINER=IMAGE"] = { image = { "=web" } },
      ["container 'a' is named twice"] = { image = { "a=b", "a=c" } },
      ["'app' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app" },
      ["'app:0' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:0" },
      ["'app:65536' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:65536" },
      ["'app:99999999999999999999' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:99999999999999999999" },
      ["pass CONTAINER=IMAGE or --file; --force alone deploys the current deployment again"] = { image = {} },
    } do
      local wants, message = arguments.read(options)
      assert.is_nil(wants)
      assert.equal(expected, message)
    end
  end)
end)
