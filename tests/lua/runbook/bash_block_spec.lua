local bash_block = require "lanyard.runbook.bash_block"
local helper = require "helper"
local system = require "lanyard.system"

describe("a bash block", function()
  it("runs as one argument of bash, with its values as variables before it", function()
    assert.same({ "env", "A=1", "b=x y'z", "bash", "-eu", "-o", "pipefail", "-c", "echo $A\n", "bash" },
      bash_block.words("echo $A\n", { b = "x y'z", A = "1" }))
  end)

  it("has its placeholder found, with its line and name", function()
    assert.same({ "{{a_1}}", 2, "a_1" }, { bash_block.placeholder "x\ny {{a_1}} {{b}}\n" })
    assert.same({ "{{ a }}", 1, "a" }, { bash_block.placeholder "{{ a }}" })
    assert.same({ "{{}}", 3 }, { bash_block.placeholder "\n\n{{}}" })
    assert.is_nil(bash_block.placeholder "{{.Name}} {{json .}} {{a,b},c} {{- end }} ${a}")
  end)

  it("has its syntax checked without being run", function()
    assert.is_true(bash_block.check "echo x >&2; exit 3\n")
    local ok, message, line = bash_block.check "true\nfi\n"
    assert.is_nil(ok)
    assert.equal("bash: syntax error near unexpected token `fi'", message)
    assert.equal(2, line)
    assert.equal(1, (select(3, bash_block.check "if\n"))) -- not the line after the block
  end)

  it("is not checked without bash", function()
    local path = os.getenv "PATH"
    local folder <close> = helper.folder()
    os.execute(("ln -s $(command -v env) %s/env"):format(folder))
    local _ <close> = setmetatable({}, { __close = function() system.setenv("PATH", path) end })
    system.setenv("PATH", folder.path)
    local ok, message, line = bash_block.check "true\n"
    assert.same({ nil, "bash blocks need bash, which is not in PATH", nil }, { ok, message, line })
  end)
end)
