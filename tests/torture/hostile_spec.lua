-- Every command in every format, with texts of an endpoint, of files and of arguments that attack who reads the output.
-- The formats are read by Python's parsers.

local escape = require "lanyard.text.escape"
local helper = require "helper"
local json = require "lanyard.json"
local torture = require "torture"

local PYTHON = "/usr/bin/python3"

-- An attack on a terminal, a spreadsheet, Terraform, CloudFormation, HTML, Markdown and a shell.
local H = "\27[31m\27]0;x\7\8\u{202e}\u{200b}\u{200d}\u{61c}\u{2060}\u{ad}\u{e0041}\u{fe0f}\127\u{9b}\r\n=1+1\n lanyard: done ${x}%{y}"
  .. "{{resolve:ssm:x}}<b>]]>--\"'`|,;&$(id)\\"

local function start(mode)
  local pipe = assert(io.popen(("exec sh -c 'echo $$; exec %s tests/support/hostile_endpoint.lua %s \"$0\"' %s")
    :format(helper.lanyard, mode, "'" .. H:gsub("'", "'\\''") .. "'")))
  local pid, url = pipe:read "l", pipe:read "l"
  return setmetatable({ url = url }, { __close = function()
    os.execute("kill " .. pid)
    pipe:close()
  end })
end

local FILES = {
  ["policy.json"] = json.encode { Version = "2012-10-17", Statement = json.array {
    { Sid = "a" .. H, Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:role/x" .. H }, Action = "ecr:x" .. H,
      Condition = { ["StringEquals" .. H] = { ["aws:x" .. H] = json.array { H } } } },
    { Sid = "b" .. H, Effect = "Deny", Principal = "*", NotAction = "ecr:*", Resource = H },
  } },
  ["other.json"] = json.encode { Version = "2012-10-17", Statement = json.array {
    { Sid = "c" .. H, Effect = "Allow", Principal = { AWS = H }, Action = "ecr:*" } } },
  ["broken.json"] = '{"Version":"2012-10-17","Statement":[{"' .. H:gsub("[%c\\\"]", "") .. '":1}]}',
  ["grants.json"] = json.encode { region = "us-east-1", grants = json.array {
    { service = "web", repositories = json.array { "web" }, sid = "x" .. H:gsub("%c", "") },
    { service = "off", repositories = json.array { "*" } } } },
  ["gone.json"] = json.encode { grants = json.array { { service = "gone", repositories = json.array { "*" } } } },
  ["bad-grants.json"] = json.encode { region = "us-east-1", ["m" .. H] = H, grants = json.array {
    { service = "web" .. H, repositories = json.array { H } } } },
  ["bad-grants.lua"] = "return { grants = { { service = " .. ("%q"):format(H) .. ", repositories = 1 } } }",
  ["rules.lua"] = ("rule (%q) { on = 'grant', check = function() return deny(%q) end }\n"
    .. "rule 'warns' { on = 'revoke', check = function() return warn(%q) end }\n"
    .. "rule (%q) { on = 'audit', check = function() return finding { severity = 'high', message = %q } end }\n")
    :format("r" .. H, H, H, "a" .. H, H),
  ["bad-rules.lua"] = ("error(%q)\n"):format(H),
  ["book.md"] = "# Title " .. H:gsub("[\r\n]", "") .. "\n\n## Step " .. H:gsub("[\r\n]", "")
    .. "\n\n```lanyard\nstatus web '" .. H:gsub("['\r\n{]", "") .. "'\n```\n",
  ["deployment.json"] = json.encode { containers = { ["app" .. H] = { image = "web:1" .. H } }, ["x" .. H] = 1 },
}

-- Each command with the choices of its --output; the last word can name a file of FILES.
local LINES = [[
status|table json text yaml
show web jobs --registry|json text yaml
show web --format pretty|
show web jobs --registry --format statements|
status web|table json
uri web:1|text json
grant web web --dry-run|table json
grant web --all --yes --dry-run|table json
grant web --all --yes --sid x|table json
grant off web|table json
grant off web --enable --dry-run|table json
grant off web --enable|table json
grant web web --rules @bad-rules.lua|table
revoke web --all --yes --dry-run|table json
revoke web web jobs*|table json
grant web web --rules @rules.lua|table json
grant web web|table json
revoke web web --rules @rules.lua|table json
revoke --orphans --all --yes|table json
revoke --expired|table json
revoke --statement #1 web --dry-run|table json
undo --list|table json text yaml
undo web --dry-run|table json
undo web|table json
blame web|table json
trust --revoke @untrusted|table json
trust @untrusted|table json
trust @untrusted --yes|table json
trust --list|table json
trust --revoke @untrusted|table json
enable web|table json
enable off --dry-run|table json
disable web|table json
disable web --revoke --dry-run|table json
disable web --force|table json
enable web|table json
deploy web app=web:1.0 --dry-run|table json text yaml
deploy web app=web:1.0 --timeout 1s|table json
deploy web --file @deployment.json|table json
logs web --since 2017-01-01|table json text yaml
metrics web|table json svg
images web|table json text yaml
images prune web --keep 0 --dry-run|table json
images prune web --keep 0 --yes|table json
wait service web --timeout 1s|table json
wait role web --timeout 1s|table json
wait deployment web --version 2 --timeout 1s|table json
plan @grants.json|table json
plan @grants.json --prune|table json
plan @bad-grants.json|table json
plan @bad-grants.lua|table json
plan @gone.json|table json
apply @grants.json --dry-run|table json
apply @grants.json --yes --timeout 1s|table json
import|lua json
export --format terraform|
export --format cloudformation|
export @grants.json --format terraform|
export @grants.json --format cloudformation|
audit|table json jsonl csv markdown html junit sarif prometheus text yaml
audit --rules @rules.lua|table json csv
audit --baseline @old.json|table json csv markdown html junit
audit --baseline @report.json|table json
audit --desired @grants.json|table json
audit --history @history.db|table
audit merge @report.json @old.json|table json csv markdown html junit sarif prometheus
graph|svg dot mermaid json text yaml
graph --report @report.json|svg dot mermaid
history @history.db|table json csv
history @history.db --findings|table json csv
history @history.db --runs|table json csv
doctor|table json
permissions|
policy can @policy.json --principal arn:aws:iam::111122223333:role/x --action ecr:x|table json
policy diff @policy.json @other.json|unified table json
policy fmt @policy.json|
policy fmt @broken.json|
policy fold @policy.json|
policy lint @policy.json|table json sarif
policy lint @broken.json|table
policy merge @policy.json @other.json|
policy show @policy.json|table json
policy sort @policy.json|
rules show @rules.lua|table json
rules test @rules.lua|table json
rules test @bad-rules.lua|table
runbook @book.md --list|
runbook @book.md --dry-run|
runbook @book.md --yes --transcript @transcript.md|
watch --times 1 -- status|
]]

local DATA = { json = true, yaml = true, jsonl = true, csv = true, sarif = true, junit = true, svg = true, html = true }

-- Fails if a text contains a character that is not printable.
local function check_printable(text, what)
  local shown = escape.lines(text)
  if shown ~= text or text:find("\t", 1, true) then
    for line in text:gmatch "[^\n]*" do
      assert(escape.printable(line) == line, ("%s: not printable: %q"):format(what, line))
    end
  end
end

-- Fails if a line of text was made by a value: all begin as the lines of lanyard do, not with the attack's line.
local function check_lines(text, what)
  assert(not ("\n" .. text):find "\n ?lanyard: done" and not ("\n" .. text):find "\n=1%+1", ("%s: a value ends a line in\n%s")
    :format(what, text))
end

local function check_no_internal_error(text, what)
  for _, sign in ipairs { "attempt to ", "stack traceback", "bad argument", "%-%-debug prints the traceback" } do
    assert(not text:find(sign), ("%s: an internal error: %s"):format(what, text))
  end
end

local function environment_of(folder, endpoint, more)
  local all = {
    HOME = folder.path, XDG_STATE_HOME = folder .. "/state", AWS_ENDPOINT_URL = endpoint.url, AWS_REGION = "us-east-1",
    AWS_ACCESS_KEY_ID = helper.ACCESS_KEY, AWS_SECRET_ACCESS_KEY = helper.SECRET_KEY, AWS_MAX_ATTEMPTS = "1",
  }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

local function run(folder, endpoint, words, output)
  local list = { helper.lanyard }
  for word in words:gmatch "%S+" do
    list[#list + 1] = word:gsub("^@", folder .. "/")
  end
  if output then
    list[#list + 1] = "--output"
    list[#list + 1] = output
  end
  if words:find "^watch" then -- the options of watch precede the command
    list = { helper.lanyard, "watch", "--times", "1", "--", "status" }
  end
  return helper.run(list, environment_of(folder, endpoint))
end

-- Writes a report of the account, and an earlier one with other values.
local function write_reports(folder, endpoint)
  local text = run(folder, endpoint, "audit", "json").out
  helper.write(folder .. "/report.json", text)
  local old = assert(json.decode(text))
  old.time = "2020-01-01T00:00:00Z"
  old.findings[1].key = "x" .. H
  for _, repository in ipairs(old.scopes[1].repositories) do
    for _, access in ipairs(repository.access) do access.principal = "x" .. H end
  end
  helper.write(folder .. "/old.json", json.encode(old))
end

-- Reads files as the formats of their names; prints a line for each that is not valid.
local PROGRAM = [==[
import csv, html.parser, json, sys, xml.etree.ElementTree
try:
    import yaml
except ImportError:
    yaml = None
FORMULA = tuple("=+-@\t\r")
class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        if tag == "b" or any(name.startswith("on") for name, _ in attributes):
            raise ValueError("a value became the element " + tag)
for line in open(sys.argv[1], encoding="utf-8"):
    kind, path, what = line.rstrip("\n").split("\t")
    try:
        text = open(path, encoding="utf-8", newline="").read()
        if kind == "json" or kind == "sarif":
            json.loads(text)
        elif kind == "yaml":
            if yaml:
                yaml.safe_load(text)
        elif kind == "jsonl":
            [json.loads(one) for one in text.splitlines()]
        elif kind == "csv":
            rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
            for row in rows:
                assert len(row) == len(rows[0]), "a row has %d fields, not %d" % (len(row), len(rows[0]))
                for cell in row:
                    assert not cell.startswith(FORMULA), "a formula: %r" % cell
        elif kind in ("junit", "svg"):
            xml.etree.ElementTree.fromstring(text)
        elif kind == "html":
            Page().feed(text)
    except Exception as error:
        print("%s: %s: %r" % (what, kind, error))
]==]

describe("a hostile value of the endpoint, of a file or of an argument", function()
  it("is the same value for a program that reads JSON", function()
    local folder <close> = helper.folder()
    local endpoint <close> = start "values"
    local function value_of(words)
      local result = run(folder, endpoint, words, "json")
      return assert(json.decode(result.out), result.err)
    end
    local service = value_of("status")[1]
    assert.equal("bad" .. H, service.service)
    assert.equal("docker.io/library/x:1" .. H, service.images[#service.images])
    local scope = value_of("audit").scopes[1]
    assert.equal("jobs" .. H, scope.repositories[1].name)
    assert.equal("web" .. H, scope.repositories[1].access[1].statement)
    local outcome = value_of("wait deployment web --version 2 --timeout 1s --show-environment")
    assert.equal("[deployment:2] Canceled " .. H, outcome.logs[1].lines[1].message)
  end)

  it("colours nothing on a terminal", function()
    if not helper.exists(PYTHON) then pending "python3 is not installed" end
    local folder <close> = helper.folder()
    local endpoint <close> = start "values"
    local coloured = 0
    for _, words in ipairs { "status", "audit", "uri web", "grant web web --dry-run", "revoke web --all --yes --dry-run", "undo --list",
      "import", "wait deployment web --version 2 --timeout 1s", "doctor", "deploy web app=web:1.0 --dry-run" } do
      local list = { PYTHON, "tests/cli/terminal.py", "[]", helper.lanyard }
      for word in words:gmatch "%S+" do list[#list + 1] = word end
      local result = helper.run(list, environment_of(folder, endpoint, { TERM = "xterm", PYTHONIOENCODING = "utf-8" }))
      local text, count = result.out:gsub("\27%[(%d+)m", function(code) -- the colours of lanyard; the attack has one of them
        return (code == "0" or code == "1" or code == "2" or code:find "^3[1-6]$") and "" or nil
      end)
      coloured = coloured + count
      text = text:gsub("\r\27%[K", ""):gsub("\r\n", "\n")
      check_printable(text, "lanyard " .. words)
      assert(not text:find "done" or text:find("\\x1b[31m\\x1b]0;x", 1, true), text)
      assert(not result.out:find("\27[31m\\x1b]0;x", 1, true), "the colour of a value is printed: " .. text)
    end
    assert.is_true(coloured > 10)
  end)

  for _, mode in ipairs { "values", "errors" } do
    it("controls neither the terminal nor a format: " .. mode, function()
      if not helper.exists(PYTHON) then pending "python3 is not installed" end
      local folder <close> = helper.folder()
      local endpoint <close> = start(mode)
      for name, text in pairs(FILES) do helper.write(folder .. "/" .. name, text) end
      write_reports(folder, endpoint)
      os.execute(("mkdir -p '%s/untrusted/.lanyard/scripts'"):format(folder.path))
      helper.write(folder .. "/untrusted/.lanyard/scripts/x" .. H:gsub("[/%z]", "") .. ".lua", "-- " .. H)
      local cases, index = 0, {}
      for words, outputs in LINES:gmatch "([^|\n]+)|([^\n]*)" do
        if mode == "errors" and not torture.long then
          outputs = outputs:match "^%S*"
        end
        for output in (outputs == "" and "-" or outputs):gmatch "%S+" do
          local result = run(folder, endpoint, words, output ~= "-" and output or nil)
          local what = ("lanyard %s, output %s"):format(words, output)
          cases = cases + 1
          check_no_internal_error(result.err .. (DATA[output] and "" or result.out), what)
          check_printable(result.err, what)
          check_lines(result.err, what)
          local is_json = words:find "^export" or words:find "^permissions" or words:find "^policy [fms][mro][tlr][dgte]* @p"
          check_printable(output == "text" and result.out:gsub("\t", " ") or result.out, what)
          if not DATA[output] then
            check_lines(result.out, what)
          end
          if words:find "^export" then
            assert(not result.out:find "{{resolve:" or words:find "terraform", what)
            assert(not words:find "terraform" or not result.out:gsub("%${aws_lightsail[%w_.%[%]]+}", "")
              :find '[^$]%${[^"$]', what .. result.out)
          end
          if (DATA[output] or is_json) and result.out ~= "" then
            local path = ("%s/out-%d"):format(folder, cases)
            helper.write(path, result.out)
            index[#index + 1] = ("%s\t%s\t%s\n"):format(DATA[output] and output or "json", path, what)
          end
        end
      end
      helper.write(folder .. "/index", table.concat(index))
      helper.write(folder .. "/check.py", PROGRAM)
      local checked = helper.run { PYTHON, folder .. "/check.py", folder .. "/index" }
      assert.equal("", checked.err)
      assert.equal("", checked.out)
      local transcript = helper.exists(folder .. "/transcript.md") and helper.read(folder .. "/transcript.md") or ""
      check_printable(transcript, "the transcript")
      torture.report("hostile " .. mode, cases)
    end)
  end
end)
