(function () {
  "use strict";
  var box = document.getElementById("contents");
  if (!box) { return; }
  var wide = window.matchMedia("(min-width: 64rem)");
  function settle() { box.open = wide.matches; }
  settle();
  if (wide.addEventListener) { wide.addEventListener("change", settle); }
  box.addEventListener("click", function (event) {
    if (event.target.tagName === "A" && !wide.matches) { box.open = false; }
  });
  if (!("IntersectionObserver" in window)) { return; }
  var links = {};
  box.querySelectorAll("a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  var heads = Object.keys(links).map(function (id) { return document.getElementById(id); }).filter(Boolean);
  function follow() {
    var here = null;
    heads.forEach(function (head) { if (head.getBoundingClientRect().top < 140) { here = head.id; } });
    Object.keys(links).forEach(function (id) {
      if (id === here) { links[id].setAttribute("aria-current", "location"); } else { links[id].removeAttribute("aria-current"); }
    });
    document.getElementById("here").textContent = here ? links[here].textContent : "";
    if (here && wide.matches && box.scrollHeight > box.clientHeight) {
      var link = links[here], top = link.offsetTop;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 60) { box.scrollTop = top - box.clientHeight / 2; }
    }
  }
  var watch = new IntersectionObserver(follow, { rootMargin: "-130px 0px 0px 0px", threshold: [0, 1] });
  heads.forEach(function (head) { watch.observe(head); });
  follow();
}());
