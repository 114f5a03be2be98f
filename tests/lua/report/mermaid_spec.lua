local reports = require "reports"

describe("the graph as Mermaid's flowchart", function()
  it("has a subgraph a place, nodes, edges, and colours by the numbers of edges", function()
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

  it("says of a repository that its policy is not known, and why", function()
    local report = reports.small()
    report.scopes[1].repositories[1].unknown = "AccessDenied: no"
    assert.match('\n    g1r1%["spare: policy unknown: AccessDenied: no"%]\n', reports.text("mermaid", report))
  end)

  it("has hostile names only as plain characters and numbers of others", function()
    local text = reports.text("mermaid", reports.hostile())
    assert.is_nil(text:find "[<`\\{}&]")
    for label in text:gmatch '"([^\n]-)"' do
      assert.is_nil(label:gsub("#%d+;", ""):find "[^%w ./_:,-]")
    end
  end)
end)
