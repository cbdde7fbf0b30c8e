// Tools beside the map: home, reset, full screen, measuring, printing, search, and the base below.
(function () {
  "use strict";
  var element = govkit.element;

  // Pictures of the buttons, 16 by 16: signs for them are in few fonts.
  var PICTURES = {
    home: "M2 8L8 2.5L14 8M4 7V13.5H12V7",
    measure: "M1.5 10.5L10.5 1.5L14.5 5.5L5.5 14.5ZM4.5 7.5L6 9M7 5L8.5 6.5M9.5 2.5L11 4",
    full: "M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10",
    print: "M4 6V2H12V6M4 12H2V6H14V12H12M4 9.5H12V14H4Z",
    names: "M3 13L8 2.5L13 13M5 9.5H11",
    reset: "M3 8A5 5 0 1 0 5 4M5 1V4.5H8.5"
  };

  function bar(map, position) {
    var control = L.control({ position: position });
    var box = element("div", "leaflet-bar govkit-tools");
    control.onAdd = function () { L.DomEvent.disableClickPropagation(box); return box; };
    control.addTo(map);
    return box;
  }

  function button(box, name, title, act) {
    var made = element("a", "govkit-" + name);
    made.innerHTML = '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="' + PICTURES[name] +
      '" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>';
    made.href = "#";
    made.title = title;
    made.setAttribute("role", "button");
    made.setAttribute("aria-label", title);
    L.DomEvent.on(made, "click", function (event) { L.DomEvent.stop(event); act(made); });
    box.appendChild(made);
    return made;
  }

  function lengthText(metres, words) {
    return metres < 1000 ? metres.toFixed(0) + " " + words.metres : (metres / 1000).toFixed(2) + " " + words.kilometres;
  }

  // A line by clicks; its length is that on the globe.
  function measuring(map, words) {
    var line = null, places = [], on = false;
    function clear() { if (line) { line.remove(); } line = null; places = []; }
    function length() {
      return places.reduce(function (sum, place, at) { return at ? sum + map.distance(places[at - 1], place) : 0; }, 0);
    }
    function draw(event) {
      places.push(event.latlng);
      if (line) { line.remove(); }
      line = L.polyline(places, { color: "#b3201a", weight: 3, dashArray: "6 4", interactive: false }).addTo(map);
      line.bindTooltip(lengthText(length(), words), { permanent: true, className: "govkit-length" }).openTooltip(event.latlng);
    }
    function stop() {
      on = false;
      map.off("click", draw).off("dblclick", stop);
      map.doubleClickZoom.enable();
      L.DomUtil.removeClass(map.getContainer(), "govkit-measuring");
    }
    function start() {
      clear();
      on = true;
      map.closePopup();
      map.doubleClickZoom.disable();
      map.on("click", draw).on("dblclick", stop);
      L.DomUtil.addClass(map.getContainer(), "govkit-measuring");
    }
    return { toggle: function () { if (on) { stop(); } else { start(); } }, stop: stop, clear: function () { stop(); clear(); } };
  }

  function allNames(layers) {
    var found = [];
    layers.forEach(function (one) {
      one.govkitNames.forEach(function (name, at) { found.push({ name: name, at: at, layer: one }); });
    });
    return found;
  }

  function show(map, one) {
    if (!map.hasLayer(one.layer) && !one.layer.govkitStage) { map.addLayer(one.layer); }
    if (map.hasLayer(one.layer)) { one.layer.govkitShow(one.at); }
  }

  function search(map, known, words) {
    var box = bar(map, "topleft");
    box.className += " govkit-search";
    var input = element("input");
    input.type = "search";
    input.placeholder = words.search;
    input.setAttribute("aria-label", words.search);
    var list = element("ul");
    list.hidden = true;
    function pick(one) { list.hidden = true; show(map, one); }
    function refresh() {
      var wanted = input.value.trim();
      list.textContent = "";
      list.hidden = !wanted;
      if (!wanted) { return; }
      var seen = {};
      var hits = known.filter(function (one) {
        var fresh = one.name.indexOf(wanted) >= 0 && !seen["=" + one.name];
        seen["=" + one.name] = true;
        return fresh;
      }).slice(0, 8);
      hits.forEach(function (one) {
        var item = element("li");
        var choice = element("button", "", one.name);
        choice.type = "button";
        L.DomEvent.on(choice, "click", function () { pick(one); });
        item.appendChild(choice);
        list.appendChild(item);
      });
      if (!hits.length) { list.appendChild(element("li", "", words.none)); }
    }
    L.DomEvent.on(input, "input", refresh);
    L.DomEvent.on(input, "keydown", function (event) {
      var first = list.querySelector("button");
      if (event.key === "Enter" && first) { first.click(); }
      if (event.key === "Escape") { input.value = ""; refresh(); }
      event.stopPropagation();
    });
    box.appendChild(input);
    box.appendChild(list);
    L.DomEvent.disableScrollPropagation(box);
  }

  function fullScreen() {
    if (document.fullscreenElement) { document.exitFullscreen(); } else { document.documentElement.requestFullscreen(); }
  }

  govkit.tools = function (map, layers, data) {
    var words = data.words, measure = measuring(map, words);
    var shown = layers.map(function (one) { return map.hasLayer(one); });
    function home() { govkit.showAll(map, data.bounds); }
    function reset() {
      measure.clear();
      map.closePopup();
      layers.forEach(function (one, at) {
        if (one.govkitStage) { return; }
        if (shown[at]) { map.addLayer(one); } else { map.removeLayer(one); }
      });
      home();
    }
    var box = bar(map, "topleft");
    button(box, "home", words.home, home);
    button(box, "measure", words.measure, measure.toggle);
    if (document.fullscreenEnabled) { button(box, "full", words.full, fullScreen); }
    var names = govkit.names(map, layers);
    if (names) { button(box, "names", words.names, names); }
    button(box, "print", words.print, function () { window.print(); });
    button(box, "reset", words.reset, reset);
    L.DomEvent.on(document, "keydown", function (event) { if (event.key === "Escape") { measure.stop(); map.closePopup(); } });
    var known = allNames(layers);
    if (map.getSize().x > 560 && known.length > 3) { search(map, known, words); }
  };

  function tiles(url, base) {
    var options = { maxZoom: 18, maxNativeZoom: base.mostZoom, pane: "tilePane" };
    if (base.subdomains) { options.subdomains = base.subdomains; }
    return base.layers ? L.tileLayer.wms(url, { layers: base.layers, format: "image/png", transparent: true, maxZoom: 18 }) : L.tileLayer(url, options);
  }

  // Tiles that came inside the page; what is not among them stays white.
  function ownTiles(base) {
    var grid = L.gridLayer({ maxZoom: 18, maxNativeZoom: base.mostZoom });
    grid.createTile = function (at) {
      var picture = element("img");
      picture.alt = "";
      var found = base.tiles[at.z + "/" + at.x + "/" + at.y];
      if (found) { picture.src = found; }
      return picture;
    };
    return grid;
  }

  // A base that cannot be had is taken away and said so, once: the map's own data never wait for it.
  govkit.base = function (map, base, words) {
    var made = base.urls.map(function (url) { return tiles(url, base); });
    if (Object.keys(base.tiles).length) { made.push(ownTiles(base)); }
    if (base.picture) { made.push(L.imageOverlay(base.picture, base.pictureBounds, { pane: "tilePane" })); }
    var failed = false;
    made.forEach(function (one) {
      one.on("tileerror", function () {
        if (failed) { return; }
        failed = true;
        made.forEach(function (other) { other.remove(); });
        L.DomUtil.removeClass(map.getContainer(), "govkit-based");
        map.attributionControl.addAttribution(words.baseFailed);
      });
      one.addTo(map);
    });
    L.DomUtil.addClass(map.getContainer(), "govkit-based");
  };
})();
