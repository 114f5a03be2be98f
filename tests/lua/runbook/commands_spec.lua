local commands = require "lanyard.runbook.commands"

local function words_of(text, vars)
  local list = {}
  for i, command in ipairs(assert(commands.parse(text, 1, vars or {}))) do list[i] = command.words end
  return list
end

local function error_of(text, vars)
  local found, err = commands.parse(text, 10, vars or {})
  assert.is_nil(found)
  assert.equal("InvalidFile", err.code)
  return ("%d: %s"):format(err.line, err.message)
end

describe("the commands of a block", function()
  it("are its lines, with or without the program name", function()
    assert.same({ { "status" }, { "grant", "web", "app" } }, words_of "status\nlanyard grant web app\n")
    assert.same({ { "status" } }, words_of "  lanyard\t status")
    assert.same({}, words_of "\n\n  \n")
    assert.same({ { "uri", "lanyard" } }, words_of "lanyard uri lanyard\n")
  end)

  it("support quotes, comments and continued lines", function()
    assert.same({ { "grant", "web", "team/*", "a b" } }, words_of "grant web 'team/*' \"a b\"  # all of them\n")
    assert.same({ { "grant", "web#1", "app" }, { "status" } }, words_of "# first\ngrant web#1 \\\n  app\n#\nstatus # x\n")
    assert.same({ { "grantweb" } }, words_of "grant\\\nweb\n")
    assert.same({ { "uri", "", "a\nb" } }, words_of "uri '' 'a\nb'\n")
    assert.same({ { "uri", "*", "?", "~", "[a]", "{x}", "=" } }, words_of "uri * ? ~ [a] {x} =\n")
  end)

  it("have the line number where each begins", function()
    local list = assert(commands.parse("# x\nstatus\n\ngrant a \\\n  b\nuri c\n", 20, {}))
    assert.same({ 21, 23, 25 }, { list[1].line, list[2].line, list[3].line })
  end)

  it("never split a value or read quotes in it", function()
    assert.same({ { "grant", "a b; 'c' {{x}}", "pre-1-post" } },
      words_of("grant {{service}} pre-{{n}}-post", { service = "a b; 'c' {{x}}", n = "1" }))
    assert.same({ { "uri", "lanyard" } }, words_of("uri {{x}}", { x = "lanyard" }))
  end)

  it("reject shell syntax, with its line", function()
    assert.match("^11: there is no shell, so '|'", error_of "status\naudit | grep x\n")
    for _, text in ipairs { "a && b", "a; b", "a >f", "a <f", "(a)", "a &" } do
      assert.match("^10: there is no shell, so", error_of(text))
    end
    assert.match("^10: variables are not expanded: write {{NAME}}", error_of "grant $SERVICE app")
    assert.match("^10: variables", error_of 'grant "$SERVICE" app')
    assert.match("^10: variables", error_of "$ lanyard status")
    assert.match("^10: commands are not expanded", error_of "grant `hostname` app")
    assert.same({ { "uri", "$a|b", "$c", "d;" } }, words_of [[uri '$a|b' '$c' d\;]])
    assert.match("^10: variables", error_of [[uri "\$c"]])
  end)

  it("reject an unclosed quote, and report the names without a value", function()
    assert.equal("11: a quote is not closed", error_of "status\ngrant 'web\n")
    local _, missing = commands.parse("\n\ngrant {{a}} {{repo}}\n", 10, { a = "1" })
    assert.same({ { name = "repo", line = 12 } }, missing)
    assert.match("^10: '{{' must begin {{NAME}}", error_of("grant {{ a }}", { a = "1" }))
  end)
end)
