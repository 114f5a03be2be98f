-- The grammar of the shared config and credentials files.
-- Source: the profile parser tests of smithy-rs (https://github.com/smithy-lang/smithy-rs, Apache-2.0), November 2026.
--
-- A case has the text of the config file, of the credentials file or of both, and the profiles and sso-session
-- sections of both files together, or a part of the error.

return {
  {
    name = "Empty files have no profiles.",
    config = "",
    profiles = {},
  },
  {
    name = "Empty profiles have no properties.",
    config = "[profile foo]",
    profiles = { foo = {} },
  },
  {
    name = "Profile names support alphanumeric characters and - / . % @ _ : +",
    config = "[profile some-thing:long/the_one%only.foo@bar+]\n[profile foo!bar]",
    profiles = { ["some-thing:long/the_one%only.foo@bar+"] = {} },
  },
  {
    name = "Profile definitions must end with brackets.",
    config = "[profile foo",
    error = "Profile definition must end with ']'",
  },
  {
    name = "Profile names should be trimmed.",
    config = "[profile \tfoo \t]",
    profiles = { foo = {} },
  },
  {
    name = "Tabs can separate profile names from profile prefix.",
    config = "[profile\tfoo]",
    profiles = { foo = {} },
  },
  {
    name = "Properties must be defined in a profile.",
    config = "name = value",
    error = "Expected a profile definition",
  },
  {
    name = "Profiles can contain properties.",
    config = "[profile foo]\nname = value",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Windows style line endings are supported.",
    config = "[profile foo]\r\nname = value",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Equals signs are supported in property values.",
    config = "[profile foo]\nname = val=ue",
    profiles = { foo = { name = "val=ue" } },
  },
  {
    name = "Unicode characters are supported in property values.",
    config = "[profile foo]\nname = \u{f0}\u{178}\u{2dc}\u{201a}",
    profiles = { foo = { name = "\u{f0}\u{178}\u{2dc}\u{201a}" } },
  },
  {
    name = "Profiles can contain multiple properties.",
    config = "[profile foo]\nname = value\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } },
  },
  {
    name = "Profiles can contain multiple properties.",
    config = "[profile foo]\nname = value\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } },
  },
  {
    name = "Property keys and values are trimmed.",
    config = "[profile foo]\nname \t=  \tvalue \t",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Property values can be empty.",
    config = "[profile foo]\nname =",
    profiles = { foo = { name = "" } },
  },
  {
    name = "Property key cannot be empty.",
    config = "[profile foo]\n= value",
    error = "Property did not have a name",
  },
  {
    name = "Property definitions must contain an equals sign.",
    config = "[profile foo]\nkey : value",
    error = "Expected an '=' sign defining a property",
  },
  {
    name = "Multiple profiles can be empty.",
    config = "[profile foo]\n[profile bar]",
    profiles = { foo = {}, bar = {} },
  },
  {
    name = "Multiple profiles can have properties.",
    config = "[profile foo]\nname = value\n[profile bar]\nname2 = value2",
    profiles = { foo = { name = "value" }, bar = { name2 = "value2" } },
  },
  {
    name = "Blank lines are ignored.",
    config = "\t \n[profile foo]\n\t\n \nname = value\n\t \n[profile bar]\n \t",
    profiles = { foo = { name = "value" }, bar = {} },
  },
  {
    name = "Pound sign comments are ignored.",
    config = "# Comment\n[profile foo] # Comment\nname = value # Comment with # sign",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Semicolon sign comments are ignored.",
    config = "; Comment\n[profile foo] ; Comment\nname = value ; Comment with ; sign",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "All comment types can be used together.",
    config = "# Comment\n[profile foo] ; Comment\nname = value # Comment with ; sign",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Comments can be empty.",
    config = ";\n[profile foo];\nname = value ;\n",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "Comments can be adjacent to profile names.",
    config = "[profile foo]; Adjacent semicolons\n[profile bar]# Adjacent pound signs",
    profiles = { foo = {}, bar = {} },
  },
  {
    name = "Comments adjacent to values are included in the value.",
    config = "[profile foo]\nname = value; Adjacent semicolons\nname2 = value# Adjacent pound signs",
    profiles = { foo = { name = "value; Adjacent semicolons", name2 = "value# Adjacent pound signs" } },
  },
  {
    name = "Property values can be continued on the next line.",
    config = "[profile foo]\nname = value\n -continued",
    profiles = { foo = { name = "value\n-continued" } },
  },
  {
    name = "Property values can be continued with multiple lines.",
    config = "[profile foo]\nname = value\n -continued\n -and-continued",
    profiles = { foo = { name = "value\n-continued\n-and-continued" } },
  },
  {
    name = "Continuations are trimmed.",
    config = "[profile foo]\nname = value\n \t -continued \t ",
    profiles = { foo = { name = "value\n-continued" } },
  },
  {
    name = "Continuation values include pound comments.",
    config = "[profile foo]\nname = value\n -continued # Comment",
    profiles = { foo = { name = "value\n-continued # Comment" } },
  },
  {
    name = "Continuation values include semicolon comments.",
    config = "[profile foo]\nname = value\n -continued ; Comment",
    profiles = { foo = { name = "value\n-continued ; Comment" } },
  },
  {
    name = "Continuations cannot be used outside of a profile.",
    config = " -continued",
    error = "Expected a profile definition",
  },
  {
    name = "Continuations cannot be used outside of a property.",
    config = "[profile foo]\n -continued",
    error = "Expected a property definition",
  },
  {
    name = "Continuations reset with profile definitions.",
    config = "[profile foo]\nname = value\n[profile foo]\n -continued",
    error = "Expected a property definition",
  },
  {
    name = "Duplicate profiles in the same file merge properties.",
    config = "[profile foo]\nname = value\n[profile foo]\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } },
  },
  {
    name = "Duplicate properties in a profile use the last one defined.",
    config = "[profile foo]\nname = value\nname = value2",
    profiles = { foo = { name = "value2" } },
  },
  {
    name = "Duplicate properties in duplicate profiles use the last one defined.",
    config = "[profile foo]\nname = value\n[profile foo]\nname = value2",
    profiles = { foo = { name = "value2" } },
  },
  {
    name = "Duplicate properties in duplicate profiles use the last one defined (case insensitive).",
    config = "[profile foo]\nName = value\n[profile foo]\nname = value2",
    profiles = { foo = { name = "value2" } },
  },
  {
    name = "Default profile with profile prefix overrides default profile without prefix when profile prefix is first.",
    config = "[profile default]\nname = value\n[default]\nname2 = value2",
    profiles = { default = { name = "value" } },
  },
  {
    name = "Default profile with profile prefix overrides default profile without prefix when profile prefix is last.",
    config = "[default]\nname2 = value2\n[profile default]\nname = value",
    profiles = { default = { name = "value" } },
  },
  {
    name = "Invalid profile names are ignored.",
    config = "[profile in valid]\nname = value",
    credentials = "[in valid 2]\nname2 = value2",
    profiles = {},
  },
  {
    name = "Invalid property names are ignored.",
    config = "[profile foo]\nin valid = value",
    profiles = { foo = {} },
  },
  {
    name = "All valid profile name characters are supported.",
    config = "[profile ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_]",
    profiles = { ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"] = {} },
  },
  {
    name = "All valid property name characters are supported.",
    config = "[profile foo]\nABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ = value",
    profiles = { foo = { ["abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789-_"] = "value" } },
  },
  {
    name = "Properties can have sub-properties.",
    config = "[profile foo]\ns3 =\n name = value",
    profiles = { foo = { s3 = "\nname = value" } },
  },
  {
    name = "Invalid sub-property definitions cause an error.",
    config = "[profile foo]\ns3 =\n invalid",
    error = "Expected an '=' sign defining a sub-property",
  },
  {
    name = "Sub-property definitions can have an empty value.",
    config = "[profile foo]\ns3 =\n name =",
    profiles = { foo = { s3 = "\nname =" } },
  },
  {
    name = "Sub-property definitions cannot have an empty name.",
    config = "[profile foo]\ns3 =\n = value",
    error = "Sub-property did not have a name",
  },
  {
    name = "Sub-property definitions can have an invalid name.",
    config = "[profile foo]\ns3 =\n in valid = value",
    profiles = { foo = { s3 = "\nin valid = value" } },
  },
  {
    name = "Sub-properties can have blank lines that are ignored",
    config = "[profile foo]\ns3 =\n name = value\n\t \n name2 = value2",
    profiles = { foo = { s3 = "\nname = value\nname2 = value2" } },
  },
  {
    name = "Profiles duplicated in multiple files are merged.",
    config = "[profile foo]\nname = value",
    credentials = "[foo]\nname2 = value2",
    profiles = { foo = { name = "value", name2 = "value2" } },
  },
  {
    name = "Default profiles with mixed prefixes in the config file ignore the one without prefix when merging.",
    config = "[profile default]\nname = value\n[default]\nname2 = value2\n[profile default]\nname3 = value3",
    profiles = { default = { name = "value", name3 = "value3" } },
  },
  {
    name = "Default profiles with mixed prefixes merge with credentials",
    config = "[profile default]\nname = value\n[default]\nname2 = value2\n[profile default]\nname3 = value3",
    credentials = "[default]\nsecret=foo",
    profiles = { default = { name = "value", name3 = "value3", secret = "foo" } },
  },
  {
    name = "Duplicate properties between files uses credentials property.",
    config = "[profile foo]\nname = value",
    credentials = "[foo]\nname = value2",
    profiles = { foo = { name = "value2" } },
  },
  {
    name = "Config profiles without prefix are ignored.",
    config = "[foo]\nname = value",
    profiles = {},
  },
  {
    name = "Credentials profiles with prefix are ignored.",
    credentials = "[profile foo]\nname = value",
    profiles = {},
  },
  {
    name = "Comment characters adjacent to profile decls",
    config = "[profile foo]; semicolon\n[profile bar]# pound",
    profiles = { foo = {}, bar = {} },
  },
  {
    name = "Invalid continuation",
    config = "[profile foo]\nname = value\n[profile foo]\n -continued",
    error = "Expected a property definition, found continuation",
  },
  {
    name = "sneaky profile name",
    config = "[profilefoo]\nname = value\n[profile bar]",
    profiles = { bar = {} },
  },
  {
    name = "profile name with extra whitespace",
    config = "[   profile foo    ]\nname = value\n[profile bar]",
    profiles = { bar = {}, foo = { name = "value" } },
  },
  {
    name = "profile name with extra whitespace in credentials",
    credentials = "[   foo    ]\nname = value\n[profile bar]",
    profiles = { foo = { name = "value" } },
  },
  {
    name = "properties from an invalid profile name are ignored",
    config = "[profile foo]\nname = value\n[profile in valid]\nx = 1\n[profile bar]\nname = value2",
    profiles = { bar = { name = "value2" }, foo = { name = "value" } },
  },
  {
    name = "sso-session with properties",
    config = "[sso-session foo]\nname = value\n[profile bar]",
    profiles = { bar = {} },
    sso_sessions = { foo = { name = "value" } },
  },
  {
    name = "sso-session without the space before the name is a profile",
    credentials = "[sso-sessionfoo]\nname = value\n[bar]",
    profiles = { ["sso-sessionfoo"] = { name = "value" }, bar = {} },
  },
  {
    name = "A typo'd sso-session will be ignored",
    config = "[sso-sesion foo]\nname = value\n[profile bar]",
    profiles = { bar = {} },
  },
}
