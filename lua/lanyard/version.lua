-- The version, as `lanyard --version` and the User-Agent give it.
return "0.1.0"
