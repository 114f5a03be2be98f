-- The version, as `lanyard --version` and the User-Agent give it.
return "0.2.0"
