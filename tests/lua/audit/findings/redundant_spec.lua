-- Statements that others make redundant, found over every possible request.

local helper = require "helper"
local json = require "lanyard.json"

local THEIRS = { AWS = "444455556666" }

local function statement(sid, principal, actions, effect)
  return { Sid = sid, Effect = effect or "Allow", Principal = principal, Action = json.array(actions) }
end

-- An emulator with a repository for each policy, a list of statements.
local function emulator_with(policies)
  local folder <close> = helper.folder()
  local repositories = json.array {}
  for name, statements in pairs(policies) do
    repositories[#repositories + 1] = {
      name = name, policy = { Version = "2012-10-17", Statement = json.array(statements) },
    }
  end
  helper.write(folder .. "/seed.json", json.encode { regions = { ["us-east-1"] = { repositories = repositories } } })
  return helper.emulator { "--seed", folder .. "/seed.json" }
end

-- Returns the findings about redundancy as { "id repository statement" = fix }.
local function redundancies(emulator)
  local found = {}
  for _, finding in ipairs(json.decode(emulator:run({ "audit", "--output", "json" }).out).findings) do
    if finding.id == "redundant-statement" or finding.id == "denied-grant" or finding.id == "overlapping-grant" then
      found[("%s %s %s"):format(finding.id, finding.repository, finding.statement)] = finding.fix
    end
  end
  return found
end

describe("the audit of redundant statements", function()
  it("finds what several statements do together, and its command fixes it", function()
    local emulator <close> = emulator_with {
      together = {
        statement("a", THEIRS, { "ecr:PutImage", "ecr:TagResource" }),
        statement("b", THEIRS, { "ecr:ListImages", "ecr:DescribeImages" }),
        statement("c", THEIRS, { "ecr:PutImage", "ecr:ListImages" }),
      },
      shadowed = {
        statement("x", THEIRS, { "ecr:PutImage", "ecr:ListImages" }), statement("y", THEIRS, { "ecr:TagResource" }),
        statement("d1", "*", { "ecr:Put*" }, "Deny"), statement("d2", "*", { "ecr:List*" }, "Deny"),
      },
      denies = {
        statement("x", THEIRS, { "ecr:TagResource" }), statement("d1", "*", { "ecr:Put*" }, "Deny"),
        statement("d2", "*", { "ecr:PutImage" }, "Deny"),
      },
      clear = {
        statement("a", THEIRS, { "ecr:PutImage" }), statement("b", { AWS = "777788889999" }, { "ecr:PutImage" }),
        statement("d", "*", { "ecr:DeleteRepository" }, "Deny"),
      },
    }
    local fixes = {}
    for _, name in ipairs { "together", "shadowed", "denies" } do
      fixes[name] = ("lanyard policy minimize --repository %s --region us-east-1"):format(name)
    end
    local expected = {
      ["redundant-statement together c"] = fixes.together, ["denied-grant shadowed x"] = fixes.shadowed,
      ["redundant-statement denies d2"] = fixes.denies,
    }
    assert.same(expected, redundancies(emulator))
    for _, fix in pairs(fixes) do
      local words = {}
      for word in fix:gsub("^lanyard ", ""):gmatch "%S+" do
        words[#words + 1] = word
      end
      local result = emulator:run(words)
      assert.equal(0, result.status, result.err)
      assert.matches(" minimized +without statement %w+\ngives: nothing; takes: nothing\n$", result.out)
    end
    assert.same({}, redundancies(emulator))
  end)

  it("can be followed in any order: what is reported can all be removed", function()
    -- Of a, b and ab, either both or the last can go.
    local emulator <close> = emulator_with {
      either = {
        statement("a", THEIRS, { "ecr:PutImage" }), statement("b", THEIRS, { "ecr:ListImages" }),
        statement("ab", THEIRS, { "ecr:PutImage", "ecr:ListImages" }),
      },
      public = { -- the statement for everyone is to be revoked: the other ones must stay enough
        statement("all", "*", { "ecr:PutImage", "ecr:ListImages" }), statement("a", THEIRS, { "ecr:PutImage" }),
        statement("b", THEIRS, { "ecr:ListImages" }), statement("c", THEIRS, { "ecr:PutImage", "ecr:TagResource" }),
      },
    }
    local found = redundancies(emulator)
    local names = {}
    for name, fix in pairs(found) do
      names[#names + 1] = name
      assert.matches("^lanyard revoke %-%-statement '#%d:%x+' ", fix)
    end
    table.sort(names)
    assert.same({ "overlapping-grant either a", "overlapping-grant either b", "redundant-statement public a" }, names)
  end)
end)
