(function () {
  "use strict";
  // On a phone a printed map fills the width, and its legend, cut from the same picture, stands below it.
  document.querySelectorAll(".cut").forEach(function (box) {
    var legend = box.cloneNode(true);
    legend.classList.add("legend");
    legend.querySelector("img").alt = "";
    box.classList.add("whole");
    box.after(legend);
  });
  // A chart wider than the phone is moved sideways; the names of its rows stay.
  document.querySelectorAll(".scroll[data-names]").forEach(function (box) {
    var names = document.createElement("div"), picture = box.querySelector("img").cloneNode();
    names.className = "names";
    picture.alt = "";
    names.appendChild(picture);
    box.appendChild(names);
  });
  // Long tables are folded there, and unfold where the browser finds a word in them.
  var narrow = window.matchMedia("(max-width: 40rem)"), parts = [];
  document.querySelectorAll("figure.table[data-rows]").forEach(function (figure) {
    var box = figure.querySelector(".scroll"), button = document.createElement("button");
    function fold(folded) {
      if (folded) { box.setAttribute("hidden", "until-found"); } else { box.removeAttribute("hidden"); }
      button.textContent = folded ? figure.dataset.rows : figure.dataset.fold;
      button.setAttribute("aria-expanded", String(!folded));
    }
    button.type = "button";
    button.className = "unfold";
    button.setAttribute("aria-describedby", figure.querySelector("figcaption").id);
    button.addEventListener("click", function () { fold(!box.hasAttribute("hidden")); });
    box.addEventListener("beforematch", function () { fold(false); });
    box.before(button);
    parts.push(fold);
  });
  function settle() { parts.forEach(function (fold) { fold(narrow.matches); }); }
  settle();
  narrow.addEventListener("change", settle);
}());
