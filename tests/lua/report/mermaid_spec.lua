local reports = require "reports"

describe("the graph as a Mermaid flowchart", function()
  it("has a subgraph for each account and Region, nodes, edges, and colours by the numbers of edges", function()
    assert.equal([[
flowchart LR
  subgraph g1["111122223333 us-east-1"]
    direction LR
    g1p1(["everyone"])
    g1p2(["old"])
    g1p3(["web"])
    g1p4(["idle"])
    g1r1["spare"]
    g1r2["team/api"]
    g1p1 -->|"public-access"| g1r2
    g1p2 -.-x|"missing-service"| g1r2
    g1p3 -->|"web"| g1r2
  end
  subgraph g2["444455556666 eu-west-1: AccessDenied: not for you"]
    direction LR
  end
  linkStyle 0 stroke:#9a6700,color:#9a6700
  linkStyle 1 stroke:#cf222e,color:#cf222e
]], reports.text("mermaid", reports.small()))
  end)

  it("has the reason why the policy of a repository is unknown", function()
    local report = reports.small()
    report.scopes[1].repositories[1].policy_error = "AccessDenied: no"
    assert.match('\n    g1r1%["spare: policy unknown: AccessDenied: no"%]\n', reports.text("mermaid", report))
  end)

  it("has hostile names as plain characters and numeric references", function()
    local text = reports.text("mermaid", reports.hostile())
    assert.is_nil(text:find "[<`\\{}&]")
    for label in text:gmatch '"([^\n]-)"' do
      assert.is_nil(label:gsub("#%d+;", ""):find "[^%w ./_:,-]")
    end
  end)
end)
