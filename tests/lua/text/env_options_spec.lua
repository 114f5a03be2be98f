local env_options = require "lanyard.text.env_options"

describe("the option --env in a text", function()
  it("has no value", function()
    for text, shown in pairs {
      ["deploy web --env A=V"] = "deploy web --env A=***",
      ["--env=A=V --env app:B=V=W next"] = "--env=A=*** --env app:B=*** next",
      ["--env 'A=V W' --env \"app:B=V W\" x"] = "--env 'A=***' --env \"app:B=***\" x",
      ["--env A='V W' x"] = "--env A=*** x",
      ["--env A=V\\ W x\n--env B=V\n"] = "--env A=*** x\n--env B=***\n",
      ["--env 'A=V W\nnext"] = "--env 'A=***\nnext",
      ["--env A=ssm::V"] = "--env A=***",
      ["--env A=secretsmanager::V"] = "--env A=***",
    } do
      assert.equal(shown, env_options.hide(text))
    end
  end)

  it("keeps references, and everything that is not a value", function()
    for _, text in ipairs { "--env A=ssm:/web/key", "--env 'app:A=secretsmanager:db#key' x", "--env-file A=V", "--env A", "--env A=",
      "--env", "--env ", "--environment A=V", "the option --env sets a variable; x=y", "" } do
      assert.equal(text, env_options.hide(text))
    end
  end)
end)
