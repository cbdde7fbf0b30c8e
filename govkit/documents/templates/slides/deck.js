(function () {
  "use strict";
  var root = document.documentElement;
  var printing = /print-pdf|view=print/.test(location.search);
  // The presenter's window shows this page twice, small: pictures do there, and on paper.
  var pictures = printing || /receiver/.test(location.search);
  var hall = document.getElementById("hall").innerHTML;
  var help = document.getElementById("help");
  root.classList.toggle("pictures", pictures);

  window.addEventListener("message", function (event) {
    var turns = { PageDown: "next", PageUp: "prev" }, key = event.data && event.data.govkitKey;
    if (turns[key]) { Reveal[turns[key]](); }
    if (key === "Escape") { window.focus(); }
  });

  // A map is loaded when its slide is reached: on a hidden slide it would start without a size.
  function wake(slide) {
    if (!slide || root.classList.contains("pictures")) { return; }
    slide.querySelectorAll("iframe[data-map]").forEach(function (frame) {
      var text = frame.getAttribute("data-map");
      frame.removeAttribute("data-map");
      var scale = "<style>:root { --hall: " + getComputedStyle(frame).getPropertyValue("--hall") + "; }</style>";
      var page = window.govkitPage(text), end = page.lastIndexOf("</head>");  // a script may speak of heads before
      frame.srcdoc = page.slice(0, end) + hall + scale + page.slice(end);
    });
  }

  function size() {
    var upright = !printing && window.innerHeight > 1.2 * window.innerWidth;
    root.classList.toggle("upright", upright);
    return upright ? { width: 720, height: 1480 } : { width: 1280, height: 720 };
  }

  var keys = {
    77: function () { root.classList.toggle("pictures"); wake(Reveal.getCurrentSlide()); },
    80: function () { window.open(location.pathname + "?print-pdf", "_blank"); },
    84: function () { Reveal.configure({ showNotes: !Reveal.getConfig().showNotes }); setTimeout(Reveal.layout, 0); },
    191: function () { help.showModal(); }
  };
  help.addEventListener("click", function () { help.close(); });
  help.addEventListener("keydown", function (event) { event.stopPropagation(); help.close(); });

  Reveal.initialize(Object.assign(size(), {
    margin: 0, minScale: 0.05, maxScale: 6, center: false, hash: true, slideNumber: "c/t", progress: true,
    controlsTutorial: false, transition: "none", backgroundTransition: "none", touch: true, help: false,
    scrollActivationWidth: null, pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, keyboard: keys,
    plugins: [RevealNotes]
  })).then(function () {
    wake(Reveal.getCurrentSlide());
    Reveal.on("slidechanged", function (event) { window.focus(); wake(event.currentSlide); });
    window.addEventListener("resize", function () {
      if (!printing) { Reveal.configure(size()); }
    });
    if (printing) { Reveal.on("pdf-ready", function () { window.print(); }); }
  });
})();
