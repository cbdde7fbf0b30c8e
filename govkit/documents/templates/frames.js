(function () {
  "use strict";
  // Frames are closed boxes: what several of them need alike is put in from here.
  window.govkitPage = function (text) {
    return text.replace(new RegExp("<" + "!--(govkit-shared-\\d+)-->", "g"), function (_, name) {
      return JSON.parse(document.getElementById(name).textContent);
    });
  };
  document.querySelectorAll("iframe[data-page]").forEach(function (frame) {
    frame.srcdoc = window.govkitPage(frame.getAttribute("data-page"));
    frame.removeAttribute("data-page");
  });
  window.addEventListener("message", function (event) {
    var height = event.data && event.data.govkitHeight;
    if (!(height > 0)) { return; }
    document.querySelectorAll("iframe.govkit-live").forEach(function (frame) {
      if (frame.contentWindow === event.source) { frame.style.height = Math.min(height, 4000) + "px"; }
    });
  });
}());
