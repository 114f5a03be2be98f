-- The frame of an HTML report: its style, its few lines of script, and the rule that nothing but these
-- two is ever loaded or run. The script only filters, opens, closes and copies what the page has already.

local crypto = require "lanyard.crypto"

local M = {}

local STYLE = [[
:root{color-scheme:light dark;--fg:#1f2328;--bg:#fff;--box:#f6f8fa;--line:#d1d9e0;--soft:#59636e;--link:#0757ba;
--critical:#a40e26;--high:#c11f2b;--medium:#7d4e00;--low:#0757ba;--info:#59636e}
@media (prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--box:#161b22;--line:#3d444d;--soft:#9198a1;
--link:#79b8ff;--critical:#ff9492;--high:#ff7b72;--medium:#e3b341;--low:#79b8ff;--info:#9198a1}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;padding:1rem;max-width:84rem;font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1rem 0 .25rem}ul{margin:.25rem 0;padding-left:1.25rem}
p{margin:.5rem 0}body{overflow-wrap:anywhere}.soft,caption{color:var(--soft)}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
dl.counts{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0}
dl.counts div{border:1px solid var(--line);border-radius:6px;padding:.25rem .75rem;background:var(--box)}
dl.counts dt{color:var(--soft);font-size:.85rem}dl.counts dd{margin:0;font-size:1.4rem;font-weight:600;line-height:1.2}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;margin:.5rem 0}
form label{display:inline-block}
input[type=search]{display:block;font:inherit;width:20rem;max-width:100%;padding:.3rem .5rem;color:inherit;
background:var(--bg);border:1px solid var(--soft);border-radius:6px}
fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:.25rem .75rem}
legend{padding:0;font-size:1rem}
table{border-collapse:collapse;width:100%;font-size:.95rem}
caption{text-align:left;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{white-space:nowrap}.short{overflow-wrap:normal}.where{min-width:15rem}
tbody tr:target{background:var(--box)}
.severity{font-weight:600;white-space:nowrap;overflow-wrap:normal}
.critical{color:var(--critical)}.high,.broken,.missing{color:var(--high)}.medium,.noted{color:var(--medium)}
.low{color:var(--low)}.info{color:var(--info)}
code,pre{font:.85rem/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--box);border:1px solid var(--line);border-radius:6px;
padding:.5rem;margin:.25rem 0}
pre.command{user-select:all}
.severity .new{border:1px solid;border-radius:6px;padding:0 .3rem;font-size:.85rem}
button{font:inherit;font-size:.85rem;color:var(--link);background:var(--bg);border:1px solid var(--line);
border-radius:6px;cursor:pointer}
summary{cursor:pointer;color:var(--link)}
.picture{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
.picture svg{display:block}
@media (max-width:44rem){
table,caption,tbody,tr,td{display:block}.where{min-width:0}thead{position:absolute;left:-99rem}
tr{border-top:1px solid var(--line);padding:.5rem 0}td{border:0;padding:.1rem 0}
td[data-name]::before{content:attr(data-name) ": ";color:var(--soft)}
}
@media print{
:root{--fg:#000;--bg:#fff;--box:#fff;--line:#999;--soft:#333;--link:#000;--critical:#000;--high:#000;--medium:#000;
--low:#000;--info:#000}
body{max-width:none;padding:0;font-size:10pt}form,.skip,button{display:none}tr{break-inside:avoid}
thead{display:table-header-group}
.picture{overflow:visible;border:0}.picture svg{max-width:100%;height:auto}summary{list-style:none}
}
]]

local SCRIPT = [[
(function () {
  "use strict";
  var form = document.getElementById("filter");
  var rows = Array.from(document.querySelectorAll("#findings tbody tr"));
  function apply() {
    var words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var off = Array.from(form.querySelectorAll("input[type=checkbox]:not(:checked)"));
    var shown = rows.filter(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = off.some(function (box) { return row.dataset[box.name] === box.value; }) ||
        !words.every(function (word) { return text.indexOf(word) >= 0; });
      return !row.hidden;
    });
    document.getElementById("shown").textContent = shown.length + " of " + rows.length + " shown";
  }
  if (form) {
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    apply();
  }
  function show() {
    var row = document.getElementById(location.hash.slice(1));
    var details = row && row.querySelector("details");
    if (details) { details.open = true; }
  }
  addEventListener("hashchange", show);
  show();
  document.querySelectorAll("pre.command").forEach(function (command) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      getSelection().selectAllChildren(command);
      function tell(word) { return function () { button.textContent = word; }; }
      var copied = navigator.clipboard ? navigator.clipboard.writeText(command.textContent) : Promise.reject();
      copied.then(tell("Copied"), tell("Selected: copy it with the keyboard"));
    });
    command.after(button);
  });
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (one) { one.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (one) { one.open = false; }); });
})();
]]

-- Nothing is fetched or sent, and no script runs but this one, whatever a text in the page may try.
local function policy_of(script)
  return ("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'")
    :format(crypto.sha256_base64(script))
end

-- What stands before the page's content (title is markup), and what behind it.
function M.head(title)
  return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    .. '<meta http-equiv="Content-Security-Policy" content="%s">\n'
    .. '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    .. '<meta name="referrer" content="no-referrer">\n<title>%s</title>\n'
    .. "<style>\n%s</style>\n</head>\n<body>\n"):format(policy_of(SCRIPT), title, STYLE)
end

M.foot = "<script>" .. SCRIPT .. "</script>\n</body>\n</html>\n"

return M
