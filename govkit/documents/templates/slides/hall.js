// A clicker's keys, pressed while a map has the focus, still turn the slides: the frame tells of them.
addEventListener("keydown", function (event) {
  if (!/^(PageDown|PageUp|Escape)$/.test(event.key)) { return; }
  event.preventDefault();
  parent.postMessage({ govkitKey: event.key }, "*");
});
// A chart or a page larger than its slide is shown smaller, down to where it can still be read; a map fits by itself.
function fit() {
  var whole = document.documentElement;
  if (!document.body || document.querySelector(".leaflet-container")) { return; }
  document.body.style.zoom = 1;
  var share = Math.min(innerWidth / whole.scrollWidth, innerHeight / whole.scrollHeight);
  if (share < 1) { document.body.style.zoom = Math.max(share, 0.4); }
}
addEventListener("load", function () {
  fit();
  new ResizeObserver(fit).observe(document.documentElement);
});
