(function () {
  "use strict";
  var form = document.getElementById("filter");
  // A row of several findings or grants has a part for each. Texts are read when they are first searched.
  function entryOf(row) {
    var parts = Array.from(row.querySelectorAll(".parts > li"), function (part) { return { element: part }; });
    return { row: row, parts: parts, count: parts.length || 1 };
  }
  var tables = ["findings", "grants"].map(function (name) {
    var bodies = Array.from(document.querySelectorAll("#" + name + " tbody"), function (body) {
      return { element: body, entries: Array.from(body.rows, entryOf) };
    });
    return { name: name, bodies: bodies, count: sum(bodies, function (body) {
      return sum(body.entries, function (entry) { return entry.count; });
    }) };
  });
  function sum(list, count) {
    return list.reduce(function (all, one) { return all + count(one); }, 0);
  }
  function read(entry) {
    var list = entry.row.querySelector(".parts");
    entry.text = entry.row.textContent.replace(list ? list.textContent : "", "").toLowerCase();
    entry.parts.forEach(function (part) { part.text = part.element.textContent.toLowerCase(); });
  }
  function show(element, shown) {
    if (element.hidden === shown) { element.hidden = !shown; }
    return shown;
  }
  // Shows the parts that have all words. Returns how many these are.
  function filterParts(entry, words) {
    var shown = entry.parts.filter(function (part) {
      return show(part.element, words.every(function (word) { return part.text.indexOf(word) >= 0; }));
    }).length;
    if (shown && shown < entry.count) { entry.parts[0].element.closest("details").open = true; }
    return shown;
  }
  // Returns how many findings or grants of a row are shown.
  function filter(entry, words, off) {
    if (words.length && entry.text === undefined) { read(entry); }
    var count = off.some(function (box) { return entry.row.dataset[box.name] === box.value; }) ? 0 : entry.count;
    var rest = words.filter(function (word) { return entry.text.indexOf(word) < 0; });
    if (count && entry.parts.length) {
      count = filterParts(entry, rest);
    } else if (rest.length) {
      count = 0;
    }
    show(entry.row, count > 0);
    return count;
  }
  // Returns how many findings or grants of a part of a table are shown. The height of a part that is not on the screen
  // is remembered: it is wrong when rows are hidden.
  function filterBody(body, words, off) {
    var rows = 0;
    var shown = sum(body.entries, function (entry) {
      var count = filter(entry, words, off);
      rows += count > 0;
      return count;
    });
    show(body.element, rows > 0);
    body.element.classList.toggle("filtered", rows < body.entries.length);
    return shown;
  }
  function apply() {
    var words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var off = Array.from(form.querySelectorAll("input[type=checkbox]:not(:checked)"));
    document.getElementById("shown").textContent = tables.map(function (table) {
      var shown = sum(table.bodies, function (body) { return filterBody(body, words, off); });
      return shown + " of " + table.count + " " + table.name;
    }).join(", ") + " shown";
  }
  if (form) {
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    apply();
  }
  function openLinked() {
    var row = document.getElementById(location.hash.slice(1));
    var details = row && row.querySelector("details");
    if (details) { details.open = true; }
  }
  addEventListener("hashchange", openLinked);
  openLinked();
  function addButton(command) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      getSelection().selectAllChildren(command);
      function setLabel(word) { return function () { button.textContent = word; }; }
      var copied = navigator.clipboard ? navigator.clipboard.writeText(command.textContent) : Promise.reject();
      copied.then(setLabel("Copied"), setLabel("Selected; copy with the keyboard"));
    });
    command.after(button);
  }
  // A command gets its button when it is first shown: a report can have thousands of them.
  document.addEventListener("toggle", function (event) {
    event.target.querySelectorAll("pre.command:not(:has(+ button))").forEach(addButton);
  }, true);
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (one) { one.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (one) { one.open = false; }); });
})();
