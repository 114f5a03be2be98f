-- Denies changes from Friday 16:00 to Monday 06:00 (UTC), when nobody is on duty to notice a failure. Access can be
-- revoked at any time.

local FRIDAY, MONDAY = 5, 1

-- Returns the day of the week (Sunday is 0) and the hour.
local function day_and_hour(epoch)
  return (epoch // 86400 + 4) % 7, epoch % 86400 // 3600
end

rule "no change at the weekend" {
  on = { "grant", "enable", "disable", "deploy", "undo" },
  check = function(change)
    local day, hour = day_and_hour(change.epoch)
    local closed = day == FRIDAY and hour >= 16 or day > FRIDAY or day < MONDAY or day == MONDAY and hour < 6
    if closed then
      return deny "changes are allowed from Monday 06:00 to Friday 16:00 UTC"
    end
  end,
}

example "Friday at noon" {
  on = "grant", repository = "web", service = { name = "web" }, epoch = 1801224000, expect = "allow",
}

example "Friday at 16:00" {
  on = "grant", repository = "web", service = { name = "web" }, epoch = 1801238400, expect = "deny",
}

example "Sunday" {
  on = "deploy", service = { name = "web" }, epoch = 1801400000, expect = "deny",
}

example "Monday at 05:59" {
  on = "enable", service = { name = "web" }, epoch = 1801461540, expect = "deny",
}

example "Monday at 06:00" {
  on = "enable", service = { name = "web" }, epoch = 1801461600, expect = "allow",
}

example "revoking on Sunday" {
  on = "revoke", repository = "web", service = { name = "web" }, epoch = 1801400000, expect = "allow",
}
