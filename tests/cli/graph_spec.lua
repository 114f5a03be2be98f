local helper = require "helper"
local json = require "lanyard.json"
local reports = require "reports"

describe("lanyard graph", function()
  it("draws the grants in each format", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    for format, pattern in pairs {
      svg = "<title>my%-container%-service can pull from shared%-repo: AllowLightsailPull",
      dot = 'g1p1 %-> g1r2 %[label="AllowLightsailPull%-my%-container%-service"%]',
      mermaid = 'g1p1 %-%->|"AllowLightsailPull%-my%-container%-service"| g1r2',
    } do
      local result = emulator:run { "graph", "--output", format }
      assert.equal("", result.err)
      assert.equal(0, result.status)
      assert.match(pattern, result.out)
    end
    assert.match("^<%?xml", emulator:run({ "graph" }).out)
    assert.is_nil(emulator:run({ "graph", "shared-*" }).out:find "my%-private%-repo")
  end)

  it("folds more boxes than --boxes, in every format but JSON", function()
    local large = reports.large(250)
    large.scopes[1].repositories[1].access, large.scopes[2] = json.array {}, nil
    local report = json.encode(large)
    local function draw(...)
      local result = helper.run({ helper.lanyard, "graph", "--report", "-", ... }, {}, report)
      assert.equal("", result.err)
      assert.equal(0, result.status)
      return result.out
    end
    for _, format in ipairs { "svg", "dot", "mermaid" } do
      local text = draw("--output", format)
      assert.match("many/app%-[^\n]*: 250 repositories", text)
      assert.match("name repositories to draw each grant", text)
      assert.equal(text, draw("--output", format, "--boxes", "200"))
      assert.is_nil(text:find "many/app%-0250")
      assert.match("many/app%-0250", draw("--output", format, "--boxes", "300"))
    end
    assert.equal(252, #json.decode(draw("--output", "json")).scopes[1].repositories)
    assert.equal(2, helper.run({ helper.lanyard, "graph", "--report", "-", "--boxes", "0" }, {}, report).status)
  end)

  it("notes what could not be read", function()
    local folder <close> = helper.folder()
    local DENIED = { code = "AccessDeniedException", message = "no" }
    helper.write(folder .. "/faults.json", json.encode {
      { operation = "GetContainerServices", error = DENIED }, { operation = "GetRepositoryPolicy", error = DENIED },
    })
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local report = emulator:run({ "audit", "--output", "json" }).out
    for _, result in ipairs { emulator:run { "graph", "--output", "mermaid" },
      emulator:run({ "graph", "--output", "mermaid", "--report", "-" }, {}, report) } do
      assert.equal(0, result.status)
      assert.match("^lanyard: the container services of 111122223333 us%-east%-1 could not be listed: [^\n]*AccessDenied"
        .. "[^\n]*\nlanyard: the policies of 2 repositories of 111122223333 us%-east%-1 could not be read: "
        .. "[^\n]*AccessDenied[^\n]*\n$", result.err)
      assert.match('g1r1%["my%-private%-repo: policy unknown: [^\n]*AccessDenied', result.out)
    end
  end)

  it("draws a report that an audit printed, from a file or stdin, without AWS", function()
    local emulator <close> = helper.emulator()
    local folder <close> = helper.folder()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    local expected = emulator:run({ "graph" }).out
    local report = emulator:run({ "audit", "--output", "json" }).out
    helper.write(folder .. "/report.json", report)
    assert.equal(expected, helper.run({ helper.lanyard, "graph", "--report", folder .. "/report.json" }).out)
    assert.equal(expected, helper.run({ helper.lanyard, "graph", "--report", "-" }, {}, report).out)
  end)

  it("notes an account and Region of a report that could not be audited", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", json.encode {
      { operation = "DescribeRepositories", times = 1, error = { code = "AccessDeniedException", message = "no" } },
    })
    local emulator <close> = helper.emulator { "--faults", folder .. "/faults.json" }
    local report = emulator:run({ "audit", "--region", "us-east-1,eu-west-1", "--output", "json" }).out
    local result = helper.run({ helper.lanyard, "graph", "--report", "-" }, {}, report)
    assert.equal(0, result.status)
    assert.match("^lanyard: %S* ?%a+%-%a+%-1 could not be audited: [^\n]*AccessDenied[^\n]*\n$", result.err)
  end)

  it("rejects what is not a report, and names together with one", function()
    local folder <close> = helper.folder()
    local file = folder .. "/report.json"
    local other, wrong = reports.small(), reports.small()
    other.version, wrong.findings = 3, 7
    for text, why in pairs { ["{"] = "report%.json is not a report[^\n]*: line 1, column 2: ", ["{}"] = "is not a report",
      [json.encode(other)] = "is a report of version 3", ["[]"] = "is not a report",
      [json.encode(wrong)] = "is not a report: %.findings should be a list; it is a number; write one" } do
      helper.write(file, text)
      local result = helper.run { helper.lanyard, "graph", "--report", file }
      assert.equal(2, result.status)
      assert.match(why, result.err)
    end
    local result = helper.run { helper.lanyard, "graph", "--report", folder .. "/none" }
    assert.equal(2, result.status)
    assert.match("none", result.err)
    assert.equal(2, helper.run({ helper.lanyard, "graph", "--report", file, "some-repo" }).status)
  end)
end)
