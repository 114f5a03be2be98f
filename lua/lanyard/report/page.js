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
  function openLinked() {
    var row = document.getElementById(location.hash.slice(1));
    var details = row && row.querySelector("details");
    if (details) { details.open = true; }
  }
  addEventListener("hashchange", openLinked);
  openLinked();
  document.querySelectorAll("pre.command").forEach(function (command) {
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
  });
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (one) { one.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (one) { one.open = false; }); });
})();
