local file = require "lanyard.desired.file"

-- Returns the lines of the error for a text.
local function problems(text)
  local desired, err = file.parse(text, "grants")
  assert.is_nil(desired)
  assert.equal("InvalidFile", err.code)
  local lines = {}
  for line in err.message:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

local function one_problem(text)
  local lines = problems(text)
  assert.equal(1, #lines)
  return lines[1]
end

describe("a desired-state file", function()
  it("can have no grants and no Region", function()
    local desired = assert(file.parse('{"grants":[]}', "grants"))
    assert.same({}, desired.grants)
    assert.is_nil(desired.region)
  end)

  it("accepts a timestamp, or a date, which means its first second", function()
    for text, seconds in pairs {
      ["2027-01-31"] = 1801353600, ["2027-01-31T00:00Z"] = 1801353600, ["2027-01-31T12:30:00Z"] = 1801398600,
      ["2027-01-31T01:00:00+01:00"] = 1801353600,
    } do
      local desired = assert(file.parse(([[{"grants":[{"service":"web","repositories":["web"],"expires":"%s"}]}]])
        :format(text), "grants"))
      assert.equal(seconds, desired.grants[1].expires)
    end
  end)

  it("reports an unknown member with a suggestion and the line", function()
    local line = one_problem '{"grants":[\n{"service":"web",\n"repositorys":["a1"],"repositories":["web"]}]}'
    assert.matches("^grants:3: grants%[1%] .*'repositorys'.*'repositories'", line)
    assert.matches("^grants:1: unknown member 'regon'.*'region'", one_problem '{"regon":"us-east-1","grants":[]}')
  end)

  it("recognizes an IAM policy", function()
    assert.equal("grants:2: unknown member 'Statement'; this looks like an IAM policy, not a desired-state file",
      one_problem '{"Version":"2012-10-17",\n"Statement":[]}')
  end)

  it("reports a name that AWS does not accept, with the line", function()
    local line = one_problem '{"grants":[\n\n{"service":"No_Good","repositories":["web"]}]}'
    assert.matches("^grants:3: grants%[1%]%.service .*'No_Good'", line)
    line = one_problem '{"grants":[{"service":"web","repositories":["web",\n"Bad//Name"]}]}'
    assert.matches("^grants:2: grants%[1%]%.repositories%[2%] .*'Bad//Name'", line)
    line = one_problem '{"grants":[{"service":"web","repositories":["Web*"]}]}'
    assert.matches("'Web%*' cannot match a repository", line)
    assert.matches("^grants:1: region .*'moon'", one_problem '{"region":"moon","grants":[]}')
  end)

  it("omits the line when a word occurs on several lines", function()
    local line = one_problem [[{"grants":[
      {"service":"web","repositories":["B"]},
      {"service":"jobs","sid":"B",
       "repositories":["web"]}]}]]
    assert.matches("^grants: grants%[1%]%.repositories%[1%]", line)
  end)

  it("reports missing members and wrong types", function()
    for text, pattern in pairs {
      ['{"grants":[{"repositories":["web"]}]}'] = "grants%[1%]%.service is missing",
      ['{"grants":[{"service":"web"}]}'] = "grants%[1%]%.repositories is missing",
      ['{"grants":[{"service":"web","repositories":"web"}]}'] = "repositories is a string, not a list",
      ['{"grants":[{"service":"web","repositories":{"a":"web"}}]}'] = "repositories is a table, not a list",
      ['{"grants":[{"service":"web","repositories":[]}]}'] = "repositories is empty",
      ['{"grants":[{"service":7,"repositories":["web"]}]}'] = "service is a number, not a string",
      ['{"grants":[{"service":"web","repositories":["web"],"expires":null}]}'] = "expires is null",
      ['{"grants":[{"service":"web","repositories":["web"],"sid":""}]}'] = "sid is invalid",
      ['{"grants":[{"service":"web","repositories":["web"],"optional":"yes"}]}'] = "optional is a string, not true",
      ['{"grants":["web"]}'] = "grants%[1%] is a string, not a grant",
      ['{"grants":{"web":[]}}'] = "grants is a table, not a list",
      ['{"grants":{}}'] = "grants is a table, not a list",
      ['{"grants":[{"service":"web","repositories":{}}]}'] = "repositories is a table, not a list",
      ['{}'] = "grants is missing",
    } do
      assert.matches(pattern, one_problem(text))
    end
  end)

  it("reports an invalid date", function()
    for _, date in ipairs { "tomorrow", "2027-02-30", "2027-13-01", "2027-01-31T25:00:00Z", "30d", "" } do
      local line = one_problem(([[{"grants":[{"service":"web","repositories":["web"],"expires":"%s"}]}]]):format(date))
      assert.matches("expires is invalid: '[^']*' is not a date", line)
    end
  end)

  it("reports a repository that is named twice for one service", function()
    assert.matches("repositories%[2%] repeats 'web'",
      one_problem '{"grants":[{"service":"web","repositories":["web","web"]}]}')
    assert.matches("^grants: grants%[2%] grants 'web' to 'jobs', as grants%[1%] already does",
      one_problem '{"grants":[{"service":"jobs","repositories":["web"]},{"service":"jobs","repositories":["web"]}]}')
  end)

  it("reports all problems together, one line each", function()
    assert.equal(3, #problems '{"regon":1,"grants":[{"service":"A","repositories":[]}]}')
  end)
end)
