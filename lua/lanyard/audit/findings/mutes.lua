--- Mutes in the rules file that have expired. lanyard.audit.mutes runs this check on a finished report.

local mute = require "lanyard.audit.mute"

local function check_expired(mutes, report, add)
  for _, one in ipairs(mutes) do
    if mute.has_expired(one, report) then
      add {
        key = mute.key(one),
        message = ("the mute of %s at %s expired on %s"):format(one.finding, one.location, one.ends),
        why = ("it no longer mutes anything; its reason was: %s"):format(one.reason),
      }
    end
  end
end

return {
  {
    id = "expired-mute",
    severity = "low",
    summary = "A mute in the rules file has expired",
    why = "it no longer mutes anything",
    scope = "report",
    needs = {},
    breaks_pull = false,
    check = check_expired,
    remediation = function() return "fix what it muted and remove the mute, or give it a later end date" end,
  },
}
