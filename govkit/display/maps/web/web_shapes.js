// A layer's shapes from its columns: as vector parts that take part in the Tab order, or, where there are many, as a mesh.
(function () {
  "use strict";
  var element = govkit.element;

  // Corners as steps from the corner before, in units of the last decimal kept; a shape is a list of rings.
  function unpacked(data) {
    var unit = Math.pow(10, data.digits), x = 0, y = 0, at = 0;
    return data.rings.map(function (counts) {
      return [].concat(counts).map(function (count) {
        var ring = [];
        for (; count > 0; count -= 1) {
          x += data.steps[at];
          y += data.steps[at + 1];
          at += 2;
          ring.push([y / unit, x / unit]);
        }
        return ring;
      });
    });
  }

  function style(look, kind) {
    return {
      fill: Boolean(look.fill || look.hatch), fillColor: look.hatch ? "url(#" + look.hatch.id + ")" : look.fill, fillOpacity: 1,
      stroke: Boolean(look.edge), color: look.edge, weight: look.width, interactive: Boolean(look.fill || look.hatch || kind === "line")
    };
  }

  function icon(className, picture, size, anchor) {
    return L.divIcon({ className: className, html: picture, iconSize: [size, size], iconAnchor: anchor });
  }

  function vector(data, look, rings, pane) {
    var options = L.extend({ pane: pane }, style(look, data.kind));
    if (data.kind === "polygon") { return L.polygon(rings, options); }
    if (data.kind === "line") { return L.polyline(rings, options); }
    if (look.radius) { return L.circleMarker(rings[0][0], L.extend(options, { radius: look.radius })); }
    return L.marker(rings[0][0], { icon: icon("govkit-symbol", look.svg, 18, [9, 9]), pane: pane });
  }

  function middle(part) { return part.getLatLng ? part.getLatLng() : part.getCenter(); }

  // Enter or the space bar opens a shape's card.
  function reachable(map, data, part, at) {
    part.on("add", function () {
      var drawn = part.getElement && part.getElement();
      if (!drawn) { return; }
      drawn.setAttribute("tabindex", "0");
      drawn.setAttribute("role", "button");
      drawn.setAttribute("aria-label", data.names[at]);
      L.DomEvent.on(drawn, "keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { L.DomEvent.stop(event); govkit.open(map, data, at, middle(part)); }
      });
    });
  }

  function speaking(map, data, part, at) {
    var look = data.looks[data.members[at]];
    reachable(map, data, part, at);
    part.on("click", function (event) { govkit.open(map, data, at, part.getLatLng ? part.getLatLng() : event.latlng); });
    part.bindTooltip(function () { return element("span", "", data.names[at]); }, { sticky: true });
    if (part.setStyle) {
      part.on("mouseover", function () { part.setStyle({ weight: look.width + 1.6 }); });
      part.on("mouseout", function () { part.setStyle({ weight: look.width }); });
    }
  }

  // The largest defects carry numbers, as in print.
  function numbered(map, data, pane) {
    return data.numbers.map(function (place, at) {
      var picture = element("span", "", String(at + 1));
      picture.style.borderColor = picture.style.color = data.looks[data.members[at]].edge;
      var made = L.marker(place, { icon: icon("govkit-number", picture, 20, [-5, 25]), pane: pane });
      return made.on("click", function () { govkit.open(map, data, at, place); });
    });
  }

  function vectors(map, data, pane) {
    var made = L.featureGroup();
    unpacked(data).forEach(function (rings, at) {
      var part = vector(data, data.looks[data.members[at]], rings, pane);
      if (data.speaks) { speaking(map, data, part, at); }
      made.addLayer(part);
    });
    var parts = made.getLayers();
    made.govkitSolid = data.numbers.map(function (place) { return { place: place, box: [5, -25, 25, -5] }; });
    parts.forEach(function (part) { if (part.options.icon) { made.govkitSolid.push({ place: part.getLatLng(), box: [-9, -9, 9, 9] }); } });
    numbered(map, data, pane).forEach(function (one) { made.addLayer(one); });
    made.govkitShow = function (at) {
      var part = parts[at];
      if (part.getBounds) { map.fitBounds(part.getBounds(), { maxZoom: 15 }); } else { map.setView(part.getLatLng(), 15); }
      govkit.open(map, data, at, middle(part));
    };
    return made;
  }

  // Every layer has its own pane, so that switching one off and on keeps the order.
  govkit.layer = function (map, data) {
    var pane = "govkit-" + data.order;
    map.createPane(pane).style.zIndex = 410 + data.order;
    var made = data.many ? govkit.mesh(map, data, unpacked(data), pane) : vectors(map, data, pane);
    made.govkitData = data;
    made.govkitLegend = data.legend;
    made.govkitPane = pane;
    made.govkitNames = data.speaks ? data.names : [];
    return made;
  };
})();
