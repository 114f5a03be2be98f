--- The version, for `lanyard --version` and the User-Agent.
return "0.2.0"
