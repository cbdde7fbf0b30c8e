// A clicker's keys, pressed while a map has the focus, still turn the slides: the frame tells of them.
addEventListener("keydown", function (event) {
  if (!/^(PageDown|PageUp|Escape)$/.test(event.key)) { return; }
  event.preventDefault();
  parent.postMessage({ govkitKey: event.key }, "*");
});
