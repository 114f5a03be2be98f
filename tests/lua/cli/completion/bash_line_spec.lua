local bash_line = require "lanyard.cli.completion.bash_line"

local BREAKS = " \t\n\"'@><=;|&(:"

local function words(line)
  local read = bash_line.read(line, BREAKS)
  local all = table.move(read.words, 1, #read.words, 1, {})
  all[#all + 1] = read.prefix
  return all
end

describe("a command line of bash", function()
  for line, expected in pairs {
    ["lanyard "] = { "lanyard", "" },
    ["lanyard gr"] = { "lanyard", "gr" },
    ["lanyard\tgrant  web a\\ b"] = { "lanyard", "grant", "web", "a b" },
    ["lanyard 'it is' \"a\\\"b\\x\" c"] = { "lanyard", "it is", "a\"b\\x", "c" },
    ["lanyard 'open quote"] = { "lanyard", "open quote" },
    ["lanyard \"$HOME/\\$x"] = { "lanyard", "$HOME/$x" },
    ["lanyard $(touch x y) `a b` ${c d}"] = { "lanyard", "$(touch x y)", "`a b`", "${c d}" },
    ["AWS_PROFILE=ops X= lanyard st"] = { "lanyard", "st" },
    ["lanyard a=b"] = { "lanyard", "a=b" },
    ["true; false && lanyard st"] = { "lanyard", "st" },
    ["lanyard audit > file 2>&1 --out"] = { "lanyard", "audit", "--out" },
    ["lanyard audit 2>/dev/null <in x"] = { "lanyard", "audit", "x" },
    ["lanyard a\\"] = { "lanyard", "a" },
    [""] = { "" },
  } do
    it(("'%s' has the words of the last command, unexpanded"):format(line), function()
      assert.same(expected, words(line))
    end)
  end

  it("keeps what readline does not replace, and quotes the rest as the line does", function()
    local function inserted(line, candidate)
      return bash_line.insertion(bash_line.read(line, BREAKS), candidate)
    end
    assert.equal("us-east-1", inserted("lanyard --region=us", "--region=us-east-1"))
    assert.equal("c\\ d", inserted("lanyard a:b:c", "a:b:c d"))
    assert.equal("\\$\\(touch\\ x\\)", inserted("lanyard ", "$(touch x)"))
    assert.equal("\\~root", inserted("lanyard ", "~root"))
    assert.equal("\\*\\?\\[a\\]\\{b\\}\\!", inserted("lanyard ", "*?[a]{b}!"))
    assert.equal("it'\\''s $x", inserted("lanyard 'it", "it's $x"))
    assert.equal("\\$x\\`\\\\\\\"", inserted("lanyard \"", "$x`\\\""))
    assert.equal("a\"'!'\"b", inserted("lanyard \"a", "a!b"))
    assert.equal("é한", inserted("lanyard ", "é한"))
    assert.is_nil(inserted("lanyard b", "abc"))
    assert.is_nil(inserted("lanyard 'a'b", "abc"), "readline's word is not known there")
  end)
end)
