local env_file = require "lanyard.access.deployment.env_file"

-- The variables of a text, by name.
local function parse(text)
  local values = {}
  for _, one in ipairs(assert(env_file.parse(text))) do values[one.name] = one.value end
  return values
end

describe("a file of environment variables", function()
  it("has lines NAME=VALUE, export, blank lines and comments", function()
    assert.same({ A = "1", B = "two words", C = "", D = "x=y", ["spring.url"] = "u", E = "5" }, parse [[
# a comment
A=1
  export B = two words

C=
	# an indented comment
D=x=y
spring.url=u
export	E=5]])
    assert.same({ export = "1", exported = "2" }, parse "export=1\nexported=2\n")
    assert.same({}, parse "")
    assert.same({}, parse "\n\n# nothing")
  end)

  it("ends a value without quotes at a # after white space, and keeps other characters", function()
    assert.same({ A = "a#b", B = "a", C = "", D = [[C:\new]], E = [[it's "so"]], F = "", G = "`x`" },
      parse [[
A=a#b
B=a # comment
C=# comment
D=C:\new
E=it's "so"
F= # comment
G=`x`]])
  end)

  it("reads quoted values, also over several lines", function()
    assert.same({
      A = [[a\n$B "c" # d]], B = "a\nb\t\"c\" \\ $D \\x", C = "-----BEGIN\nline\n-----END", D = "one\ntwo", E = "", F = "x",
    }, parse [[
A='a\n$B "c" # d'
B="a\nb\t\"c\" \\ \$D \x"
C="-----BEGIN
line
-----END"   # comment
D='one
two'
E=""
F='x' ]])
  end)

  it("expands nothing", function()
    assert.same({ A = "$HOME", B = "${HOME:-x}", C = "$(id)", D = "`id`" },
      parse "A=$HOME\nB=\"${HOME:-x}\"\nC='$(id)'\nD=\"`id`\"\n")
  end)

  it("accepts CR LF and a byte order mark", function()
    assert.same({ A = "1", B = "x y", C = "p\nq", D = "" }, parse "\239\187\191A=1\r\nB='x y'\r\n\r\nC=\"p\r\nq\"\r\nD=\r\n")
  end)

  it("takes the last value of a name, and lists each name once", function()
    local list = assert(env_file.parse "A=1\nB=2\nA=3\n")
    assert.same({ { name = "A", value = "3" }, { name = "B", value = "2" } }, list)
  end)

  it("rejects anything else with its line and without a value", function()
    for text, message in pairs {
      ["A=1\nhunter2\n"] = "line 2 is neither NAME=VALUE nor a comment",
      ["export A"] = "line 1 is neither NAME=VALUE nor a comment",
      ["A\n=1"] = "line 1 is neither NAME=VALUE nor a comment",
      ["=hunter2"] = "line 1 is neither NAME=VALUE nor a comment",
      ["1A=hunter2"] = "line 1 is neither NAME=VALUE nor a comment",
      ["A: hunter2"] = "line 1 is neither NAME=VALUE nor a comment",
      ["A B=hunter2"] = "line 1 is neither NAME=VALUE nor a comment",
      ["A=1\nB='hunter2\nC=3\n"] = "line 2: B: its quote is not closed",
      ['A="hunter2\\"'] = "line 1: A: its quote is not closed",
      ['A="hunter2\\'] = "line 1: A: its quote is not closed",
      ["A='x'hunter2"] = "line 1: A: only a comment can follow its closing quote",
      ["A='x'#hunter2"] = "line 1: A: only a comment can follow its closing quote",
      ["A=hunter2\0"] = "it is not UTF-8 text",
      ["A=hunter2\255"] = "it is not UTF-8 text",
    } do
      local list, found = env_file.parse(text)
      assert.is_nil(list, text)
      assert.equal(message, found)
    end
  end)
end)
