-- Mutes and a rule for the account with findings.

rule "policies are short" {
  on = "audit",
  check = function(change)
    if change.before and #change.before.text > 8000 then
      return finding { severity = "high", message = "a long policy", why = "nobody reads it", fix = "shorten it" }
    end
  end,
}

mute { finding = "public-access", repository = "bad/public", reason = "images for everyone", ends = "2999-01-31" }
mute { finding = "policy-lint", repository = "bad/*", reason = "known" }
mute { finding = "unused-role", service = "idle", reason = "over", ends = "2026-11-01" }
