local service_view = require "lanyard.cli.service"

describe("the view of a service", function()
  it("has prices without digits that they do not need", function()
    for price, text in pairs { [7] = "7", [12.5] = "12.50", [0.3333] = "0.33", [3200] = "3200" } do
      assert.equal(text, service_view.price(price))
    end
    assert.equal("7", service_view.price(7.0))
    assert.equal("-", service_view.price(nil))
  end)

  it("has ages in one unit", function()
    for seconds, text in pairs {
      [0] = "0 s", [119.9] = "119 s", [120] = "2 min", [7199] = "119 min", [7200] = "2 h", [172799] = "47 h",
      [172800] = "2 d", [86400 * 400] = "400 d", [-5] = "0 s",
    } do
      assert.equal(text, service_view.age(seconds))
    end
    assert.equal("-", service_view.age(nil))
  end)

  it("has power and scale, also where Lightsail names none", function()
    assert.equal("nano x 2", service_view.capacity { power = "nano", scale = 2 })
    assert.equal("? x ?", service_view.capacity {})
  end)

  it("has domain names with their certificates, by name", function()
    assert.same({ "a.example (second)", "b.example (first)", "c.example (second)" },
      service_view.domain_lines { first = { "b.example" }, second = { "c.example", "a.example" } })
  end)
end)
