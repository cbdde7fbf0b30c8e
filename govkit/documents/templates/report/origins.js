(function () {
  "use strict";
  // A number shows where it comes from under the pointer, with the focus, or at a tap; a second tap goes there.
  var card = document.createElement("div"), at = null, leaving = 0;
  card.className = "card";
  card.hidden = true;
  document.body.appendChild(card);
  function line(text) { var made = document.createElement("p"); made.textContent = text; card.appendChild(made); }
  function hide() { card.hidden = true; at = null; }
  function show(link) {
    var entry = document.getElementById(link.hash.slice(1)), box = link.getBoundingClientRect();
    if (!entry) { return; }
    clearTimeout(leaving);
    at = link;
    card.textContent = "";
    var around = entry.parentElement, term = around.querySelector(":scope > dt");
    line((term ? term.textContent + "\u3000" : "") + entry.textContent);
    around.querySelectorAll(":scope > .definition, :scope > .below").forEach(function (one) { line(one.textContent); });
    card.hidden = false;
    card.style.left = Math.max(8, Math.min(box.left, innerWidth - card.offsetWidth - 8)) + "px";
    var below = box.bottom + 6;
    card.style.top = (below + card.offsetHeight > innerHeight ? Math.max(4, box.top - card.offsetHeight - 6) : below) + "px";
  }
  function linkOf(event) { return event.target.closest ? event.target.closest("a.origin") : null; }
  document.addEventListener("pointerover", function (event) {
    if (event.pointerType === "touch") { return; }
    var link = linkOf(event);
    if (link) { show(link); } else if (card.contains(event.target)) { clearTimeout(leaving); } else if (at) {
      clearTimeout(leaving);
      leaving = setTimeout(hide, 250);
    }
  });
  document.addEventListener("focusin", function (event) {
    var link = linkOf(event);
    if (link) { if (link.matches(":focus-visible")) { show(link); } } else { hide(); }
  });
  document.addEventListener("click", function (event) {
    var link = linkOf(event), touched = event.pointerType ? event.pointerType === "touch" : matchMedia("(hover: none)").matches;
    if (link && touched && at !== link) { event.preventDefault(); show(link); } else { hide(); }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { hide(); } });
  addEventListener("scroll", function () { if (at && document.activeElement !== at) { hide(); } }, { passive: true });
}());
