local shellwords = require "lanyard.text.shellwords"

describe("the words of a command", function()
  it("are split like in a POSIX shell and the AWS CLI", function()
    for text, list in pairs {
      ["a b\tc\n d "] = { "a", "b", "c", "d" },
      ["a 'b  c' d"] = { "a", "b  c", "d" },
      ["a'b'\"c\"d"] = { "abcd" },
      ["'' a \"\""] = { "", "a", "" },
      ["'a\\b\"' \"it's\""] = { "a\\b\"", "it's" },
      ['"a\\"b\\\\c\\d$"'] = { 'a"b\\c\\d$' },
      ['"a\\\\" "b"'] = { "a\\", "b" },
      ["a\\ b \\'c \\\\"] = { "a b", "'c", "\\" },
      ["$HOME * ~ ; # x"] = { "$HOME", "*", "~", ";", "#", "x" },
      ["C:\\\\dir 'é'"] = { "C:\\dir", "é" },
    } do
      assert.same(list, shellwords.split(text))
    end
    for _, text in ipairs { '"a\\"', "'a", 'a "', "\\", '"\\' } do
      assert.is_nil(shellwords.split(text), text)
    end
  end)

  it("are joined so that splitting returns them", function()
    for _, list in ipairs {
      { "grant", "web", "team/*" }, { "", "it's", "'", "a b", "$HOME", "~", "#", "é", "a=b" }, { "\n", "\\", '"' },
    } do
      assert.same(list, shellwords.split(shellwords.join(list)))
    end
    assert.equal("grant web 'team/*' --region=eu-west-1", shellwords.join { "grant", "web", "team/*", "--region=eu-west-1" })
  end)
end)
