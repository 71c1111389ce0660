/* The console's own script: keyboard, ages that age, and the state of the live connection.
   Everything it does is a convenience; each page works as plain links and forms without it. */
(function () {
  "use strict";
  var ROWS_MAX = 300; // rows kept in a page that nobody reloads
  var body = document.body;
  var ages = JSON.parse(body.dataset.ages || "{}");
  var steps = Object.keys(ages).map(Number).sort(function (a, b) { return b - a; });
  // The collector's clock, not the browser's: both may be wrong, but only one is the record's.
  var offset = Number(body.dataset.nowMs) - performance.now();

  function age() {
    var now = performance.now() + offset;
    document.querySelectorAll("time[data-ms]").forEach(function (element) {
      var seconds = Math.floor((now - Number(element.dataset.ms)) / 1000);
      var step = steps.find(function (unit) { return unit > 0 && seconds >= unit; });
      var text = step ? ages[step].replace("{n}", Math.floor(seconds / step)) : ages[0];
      if (element.textContent !== text) { element.textContent = text; }
    });
  }
  setInterval(age, 5000);

  /* --- live connection --- */

  function source() {
    var queue = document.getElementById("queue");
    var data = queue && queue["htmx-internal-data"];
    return data && data.sseEventSource;
  }

  function show(on) {
    var element = document.getElementById("live");
    if (!element) { return; }
    element.classList.toggle("on", on);
    element.lastElementChild.textContent = on ? element.dataset.on : element.dataset.off;
  }

  body.addEventListener("htmx:sseOpen", function () { show(true); });
  body.addEventListener("htmx:sseError", function () { show(false); });
  body.addEventListener("htmx:sseClose", function (event) {
    if (event.detail.type === "message") { window.location.assign("/sign-in"); }
  });
  body.addEventListener("htmx:sseMessage", function (event) {
    var rows = document.getElementById("rows");
    while (rows && rows.rows.length > ROWS_MAX) { rows.lastElementChild.remove(); }
    if (event.detail.type === "alert") { age(); }
  });
  // A browser opens six connections to one host; pages that nobody looks at must not hold them.
  document.addEventListener("visibilitychange", function () {
    var queue = document.getElementById("queue");
    if (!queue || !window.htmx) { return; }
    if (document.hidden) {
      var open = source();
      if (open) { open.close(); show(false); }
    } else {
      window.htmx.trigger(queue, "refresh");
    }
  });

  /* --- keyboard --- */

  function links() { return Array.prototype.slice.call(document.querySelectorAll("table.list .open")); }

  function walk(step) {
    var all = links();
    if (!all.length) { return; }
    var at = all.indexOf(document.activeElement);
    var next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function focus(id) {
    var element = document.getElementById(id);
    if (element) { element.focus(); if (element.select) { element.select(); } }
    return Boolean(element);
  }

  function help() {
    var dialog = document.getElementById("keys");
    if (dialog && !dialog.open) { dialog.showModal(); }
  }

  var actions = {
    j: function () { walk(1); },
    k: function () { walk(-1); },
    "/": function () { return focus("search"); },
    a: function () { return focus("reason"); },
    u: function () { var up = document.getElementById("up"); if (up) { up.click(); } },
    "?": help
  };

  document.addEventListener("keydown", function (event) {
    var target = event.target;
    if (event.key === "Escape" && target.matches("input, textarea")) { target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if (target.matches("input, textarea, select") || document.querySelector("dialog[open]")) { return; }
    var action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  document.addEventListener("click", function (event) {
    if (event.target.id === "help") { help(); return; }
    // The whole row opens its alert, unless text is being selected for copying.
    var row = event.target.closest("table.list tbody tr");
    var link = row && row.querySelector("a.open");
    if (link && !event.target.closest("a, button") && String(window.getSelection()) === "") { link.click(); }
  });
})();
