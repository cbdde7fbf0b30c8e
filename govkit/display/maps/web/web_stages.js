// Sliders: a time slider that shows one stage after another, and a line that parts before from after.
(function () {
  "use strict";
  var element = govkit.element;

  function panel(map, className) {
    var control = L.control({ position: "bottomleft" });
    var box = element("div", "govkit-stages leaflet-bar " + className);
    control.onAdd = function () {
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    control.addTo(map);
    return box;
  }

  function range(box, most, label) {
    var input = element("input");
    input.type = "range";
    input.min = "0";
    input.max = String(most);
    input.setAttribute("aria-label", label);
    L.DomEvent.on(input, "mousedown touchstart pointerdown keydown", L.DomEvent.stopPropagation);
    box.appendChild(input);
    return input;
  }

  function time(map, stages, words) {
    var box = panel(map, "govkit-time");
    var play = element("button", "", "▶");
    play.type = "button";
    play.setAttribute("aria-label", words.play);
    box.appendChild(play);
    var input = range(box, stages.length - 1, words.stage);
    var title = element("output", "", "");
    box.appendChild(title);
    var timer = null;
    function show(at) {
      stages.forEach(function (stage, number) {
        stage.layers.forEach(function (one) { if (number === at) { map.addLayer(one); } else { map.removeLayer(one); } });
      });
      input.value = String(at);
      input.setAttribute("aria-valuetext", stages[at].title);
      title.textContent = stages[at].title;
    }
    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      play.setAttribute("aria-label", words.play);
    }
    L.DomEvent.on(play, "click", function () {
      if (timer) { stop(); return; }
      play.textContent = "⏸";
      play.setAttribute("aria-label", words.pause);
      timer = setInterval(function () { show((Number(input.value) + 1) % stages.length); }, 1500);
    });
    L.DomEvent.on(input, "input", function () { stop(); show(Number(input.value)); });
    show(stages.length - 1);
  }

  // The second stage lies over the first and is cut off left of the line.
  function swipe(map, stages, words) {
    stages.forEach(function (stage) { stage.layers.forEach(function (one) { map.addLayer(one); }); });
    var line = element("div", "govkit-line");
    map.getContainer().appendChild(line);
    var box = panel(map, "govkit-swipe");
    box.appendChild(element("span", "", stages[0].title));
    var input = range(box, 1000, words.swipe);
    input.value = "500";
    box.appendChild(element("span", "", stages[1].title));
    function cut() {
      var size = map.getSize(), share = Number(input.value) / 1000, x = size.x * share;
      var from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size);
      line.style.left = x + "px";
      stages.forEach(function (stage, number) {
        var edges = number ? [from.x + x, to.x] : [from.x, from.x + x];
        stage.layers.forEach(function (one) {
          one.govkitSpan = number ? [x, size.x] : [0, x]; // a mesh answers for what is seen of it
          map.getPane(one.govkitPane).style.clip = "rect(" + [from.y + "px", edges[1] + "px", to.y + "px", edges[0] + "px"].join(",") + ")";
        });
      });
    }
    map.on("move zoom viewreset resize zoomend moveend", cut);
    L.DomEvent.on(input, "input", cut);
    cut();
  }

  govkit.stages = function (map, layers, data) {
    var stages = data.stages.map(function (stage) {
      return { title: stage.title, layers: stage.layers.map(function (at) { layers[at].govkitStage = stage.title; return layers[at]; }) };
    });
    var draw = data.slider === "swipe" ? swipe : time;
    map.whenReady(function () { draw(map, stages, data.words); });
  };
})();
