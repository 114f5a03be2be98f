-- New access with operands that have a meaning of their own: "*" under ARN operators, and variables without a key.

local answers = require "reason.answers"

local where, allow, check = answers.where, answers.allow, answers.check
local ARN, CI = "aws:PrincipalArn", "arn:aws:iam::*:role/ci"

describe("new access with an ARN operator and the operand *", function()
  it("is exact: it matches every ARN", function()
    check({}, {
      { "none", { where("ArnLike", ARN, { "*", CI }) }, { where("ArnLike", ARN, "*") } },
      { "none", { where("ArnEquals", ARN, "*") }, { where("ArnLike", ARN, { "*", CI }) } },
      { "certain", { where("ArnLike", ARN, CI) }, { where("ArnLike", ARN, { CI, "*" }) } },
      { "none", {}, { where("ArnNotLike", "aws:SourceArn", { CI, "*" }, { Principal = { AWS = "111122223333" } }),
        { Effect = "Deny", Principal = "*", Action = "*", Condition = { Null = { ["aws:SourceArn"] = "true" } } } } },
      { "certain", { where("ArnNotLike", ARN, "*") }, { where("ArnNotLike", ARN, CI) } },
      { "none", { where("ArnNotLike", ARN, CI) }, { where("ArnNotLike", ARN, { "*", CI }) } },
    })
  end)
end)

describe("new access with a variable without a key", function()
  it("is exact: it never has a value", function()
    for _, operand in ipairs { "${}", "a${}", "${ }" } do
      check({}, {
        { "none", {}, { where("StringEquals", "aws:PrincipalTag/t", operand) } },
        { "none", {}, { where("StringLike", "aws:PrincipalTag/t", operand .. "*") } },
        { "none", { where("StringNotEquals", "aws:PrincipalTag/t", operand) }, { allow() } },
        { "certain", { where("StringEquals", "aws:PrincipalTag/t", operand) }, { allow() } },
        { "none", {}, { allow { Resource = "arn:aws:s3:::" .. operand } } },
      })
    end
    check({ "context" }, {
      { 'certain {"aws:PrincipalTag/t":"x"}', {}, { where("StringEquals", "aws:PrincipalTag/t", "${, 'x'}") } },
    })
  end)
end)
