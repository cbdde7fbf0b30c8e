// Names on the map: larger ranks first, inside their unit, never over each other; what has no room waits for a closer look.
(function () {
  "use strict";
  // A name may be so much wider than its unit; pixels between two names; lines up or down from the unit's middle.
  var OVER = 1.25, GAP = 2, STEPS = [0, -1, 1, -1.5, 1.5];

  // Returns how wide a text is in the type that names have on this page, and how high its lines are.
  function ruler(pane) {
    var probe = pane.appendChild(govkit.element("div", "govkit-name")), type = getComputedStyle(probe);
    var pen = document.createElement("canvas").getContext("2d");
    pen.font = type.fontWeight + " " + type.fontSize + " " + type.fontFamily;
    var line = parseFloat(type.lineHeight);
    probe.remove();
    return { line: line, width: function (text) { return pen.measureText(text).width; } };
  }

  // On one line, else on two.
  function breaks(name, ruled) {
    var half = Math.ceil(name.length / 2);
    var ways = name.length > 3 ? [[name], [name.slice(0, half), name.slice(half)]] : [[name]];
    return ways.map(function (lines) {
      return { lines: lines, line: ruled.line, width: Math.max.apply(null, lines.map(ruled.width)), height: ruled.line * lines.length };
    });
  }

  function clear(box, taken) {
    return taken.every(function (other) {
      return box[0] >= other[2] + GAP || box[2] <= other[0] - GAP || box[1] >= other[3] + GAP || box[3] <= other[1] - GAP;
    });
  }

  function write(pane, way, x, y) {
    var made = govkit.element("div", "govkit-name");
    way.lines.forEach(function (line) { made.appendChild(govkit.element("div", "", line)); });
    made.style.width = way.width + 4 + "px";
    L.DomUtil.setPosition(made, L.point(x - way.width / 2 - 2, y - way.height / 2).round());
    pane.appendChild(made);
  }

  function isWithin(box, window) {
    return box[0] >= window.min.x && box[2] <= window.max.x && box[1] >= window.min.y && box[3] <= window.max.y;
  }

  // At the unit's middle, else above or below what stands there. Half a name at the window's edge helps nobody.
  function place(map, pane, one, taken, window) {
    var at = map.latLngToLayerPoint(one.spot), scale = Math.pow(2, map.getZoom());
    one.ways.filter(function (way) {
      return way.width <= OVER * one.across * scale;
    }).some(function (way) {
      return STEPS.some(function (step) {
        var y = at.y + step * way.line, half = way.height / 2;
        var box = [at.x - way.width / 2, y - half, at.x + way.width / 2, y + half];
        var fits = way.height + 2 * Math.abs(step) * way.line <= OVER * one.up * scale;
        if (!fits || !isWithin(box, window) || !clear(box, taken)) { return false; }
        taken.push(box);
        write(pane, way, at.x, y);
        return true;
      });
    });
  }

  // Symbols and numbers, which no name may cover.
  function solid(map, layers) {
    var boxes = [];
    layers.forEach(function (one) {
      (map.hasLayer(one) && one.govkitSolid || []).forEach(function (each) {
        var at = map.latLngToLayerPoint(each.place), box = each.box;
        boxes.push([at.x + box[0], at.y + box[1], at.x + box[2], at.y + box[3]]);
      });
    });
    return boxes;
  }

  // ``spots``: place of the name, latitude and longitude, and the unit's extent in pixels at zoom 0, by rank.
  function measured(data, ruled) {
    return data.spots.map(function (entry) {
      var name = data.names[entry[0]], key = [name, entry[1].toFixed(3), entry[2].toFixed(3)].join();
      return { key: key, spot: [entry[1], entry[2]], across: entry[3], up: entry[4], ways: breaks(name, ruled) };
    });
  }

  govkit.names = function (map, layers) {
    var named = govkit.legendOrder(layers).filter(function (one) { return one.govkitData.spots.length; });
    if (!named.length) { return null; }
    var pane = map.createPane("govkit-names"), shown = true;
    pane.style.zIndex = 640;
    pane.style.pointerEvents = "none";
    function draw() {
      pane.textContent = "";
      if (!shown) { return; }
      var written = {}, taken = solid(map, layers), low = map.containerPointToLayerPoint([0, 0]), window = L.bounds(low, low.add(map.getSize()));
      named.forEach(function (one) {
        if (!map.hasLayer(one)) { return; }
        one.govkitMeasured = one.govkitMeasured || measured(one.govkitData, ruler(pane));
        one.govkitMeasured.forEach(function (each) {
          if (written[each.key]) { return; } // a unit in two layers is named once
          written[each.key] = true;
          place(map, pane, each, taken, window);
        });
      });
    }
    map.on("zoomstart", function () { pane.textContent = ""; });
    map.on("moveend zoomend resize layeradd layerremove", function (event) {
      if (!event.layer || layers.indexOf(event.layer) >= 0) { draw(); }
    });
    return function () { shown = !shown; draw(); };
  };
})();
