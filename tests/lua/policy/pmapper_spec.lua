-- The operator tests of PMapper (github.com/nccgroup/PMapper, tests/test_local_querying.py), some of which were compared with
-- AWS's policy simulator. Each row: the operator, its operands, the values of the key or false, and PMapper's answer. A row
-- with an argument is decided otherwise.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local USER1, USER2 = "arn:aws:iam::000000000000:user/test1", "arn:aws:iam::000000000000:user/test2"
local DAY = "2018-08-10T00:00:00Z"
local OPEN = "AWS documents true and false as values of a Boolean key; iam-simulate takes others for no match: open"

local ROWS = {
  { "ArnEquals", USER1, USER1, true }, { "ArnEquals", USER1, USER2, false },
  { "ArnEquals", "arn:aws:iam::*:user/test1", USER1, true }, { "ArnEquals", "arn:aws:iam::*:user/test1", USER2, false },
  { "ArnNotLike", "arn:aws:iam::*:user/test1", USER1, false }, { "ArnNotLike", "arn:aws:iam::*:user/test1", USER2, true },
  { "ArnNotLike", "arn:aws:iam::*:user/test1", "test2", false },
  { "Null", "true", "", true }, { "Null", "false", "", false }, { "Null", "false", "asdf", true },
  { "Null", json.array { "true", "false" }, "", true }, { "Null", json.array { "true", "false" }, "asdf", true },
  { "ForAllValues:Null", "false", "asdf", true },
  { "ForAllValues:Null", "false", "", true, "iam-simulate decides it as Null, which is false: open" },
  { "ForAllValues:Null", "true", "asdf", false }, { "ForAllValues:Null", "true", "", true },
  { "ForAnyValue:Null", "true", "asdf", false },
  { "ForAnyValue:Null", "true", "", false, "iam-simulate decides it as Null, which is true: open" },
  { "ForAnyValue:Null", "false", "asdf", true }, { "ForAnyValue:Null", "false", "", false },
  { "DateEquals", DAY, DAY, true }, { "DateEquals", DAY, "1533859200.0", true }, { "DateEquals", DAY, "1533859200", true },
  { "DateEquals", DAY, "1533859201", false }, { "DateEquals", DAY, "2018-08-10T00:00:01Z", false },
  { "DateNotEquals", DAY, DAY, false }, { "DateNotEquals", DAY, "2018-08-10T00:00:01Z", true },
  { "DateGreaterThan", DAY, DAY, false }, { "DateGreaterThan", DAY, "2018-08-10T00:00:01Z", true },
  { "DateGreaterThanEquals", DAY, "2018-08-09T23:59:59Z", false }, { "DateGreaterThanEquals", DAY, DAY, true },
  { "DateGreaterThanEquals", DAY, "2018-08-10T00:00:01Z", true }, { "DateLessThan", DAY, "2018-08-09T23:59:59Z", true },
  { "DateLessThan", DAY, "2018-08-10T00:00:01Z", false }, { "DateLessThanEquals", DAY, "2018-08-09T23:59:59Z", true },
  { "DateLessThanEquals", DAY, DAY, true }, { "DateLessThanEquals", DAY, "2018-08-10T00:00:01Z", false },
  { "IpAddress", "10.0.0.1", "10.0.0.1", true }, { "IpAddress", "10.0.0.1", "10.0.0.2", false },
  { "IpAddress", "10.0.0.0/8", "10.0.0.1", true }, { "IpAddress", "10.0.0.0/8", "127.0.0.1", false },
  { "IpAddress", json.array { "10.0.0.0/8", "127.0.0.0/8" }, "127.0.0.1", true },
  { "IpAddress", json.array { "10.0.0.0/8", "127.0.0.0/8" }, "192.168.0.1", false },
  { "Bool", "true", "true", true }, { "Bool", "true", "True", true }, { "Bool", "true", "tru", false }, { "Bool", "true", "", false },
  { "Bool", "true", "false", false }, { "Bool", "false", "false", true }, { "Bool", "false", "true", false },
  { "Bool", "false", "asdf", true, OPEN }, { "Bool", "false", "t", true, OPEN },
}
do
  local attributes = json.array { "ID", "Message", "Tags" }
  for _, row in ipairs {
    { "ForAllValues", attributes, true }, { "ForAllValues", { "ID", "Message" }, true }, { "ForAllValues", false, true },
    { "ForAllValues", { "ID", "Message", "Tags", "Password" }, false }, { "ForAnyValue", attributes, true },
    { "ForAnyValue", { "Tags", "Password" }, true }, { "ForAnyValue", { "Password" }, false }, { "ForAnyValue", false, false },
  } do
    ROWS[#ROWS + 1] = { row[1] .. ":StringEquals", attributes, row[2], row[3] }
  end
end

describe("PMapper's operator tests", function()
  for _, row in ipairs(ROWS) do
    local operator, operands, value, holds, argument = table.unpack(row, 1, 5)
    it(("%s %s with %s: %s%s"):format(operator, json.encode(operands), json.encode(value), holds,
        argument and ", but " .. argument or ""), function()
      local doc = assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array { {
        Effect = "Allow", Principal = "*", Action = "*", Condition = { [operator] = { ["svc:Key"] = operands } } } } }))
      local answer = doc:can { principal = "arn:aws:iam::000000000000:user/asdf", action = "iam:CreateUser",
        context = { ["svc:key"] = value or nil } }
      assert.equal(argument and "depends" or holds and "allow" or "implicit-deny", answer)
    end)
  end
end)
