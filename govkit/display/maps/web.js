// Drawing and reading aids of interactive maps. Names and values reach the page as text nodes only, never as HTML.
var govkit = (function () {
  "use strict";

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function card(shape, heads) {
    var box = element("div", "govkit-card");
    box.appendChild(element("strong", "", shape.n));
    var list = element("dl");
    shape.f.forEach(function (text, at) {
      list.appendChild(element("dt", "", heads[shape.h][at]));
      list.appendChild(element("dd", "", text));
    });
    box.appendChild(list);
    return box;
  }

  function style(look, lines) {
    return {
      fill: Boolean(look.fill), fillColor: look.fill, fillOpacity: 1, stroke: Boolean(look.edge), color: look.edge,
      weight: look.width, interactive: Boolean(look.fill || lines)
    };
  }

  function icon(className, picture, size, anchor) {
    return L.divIcon({ className: className, html: picture, iconSize: [size, size], iconAnchor: anchor });
  }

  function marker(look, place, icons, pane) {
    if (!icons) {
      return L.circleMarker(place, { radius: look.radius || 4, fillColor: look.colour, fillOpacity: 1, color: "#ffffff", weight: 1, pane: pane });
    }
    return L.marker(place, { icon: icon("govkit-symbol", look.svg, 18, [9, 9]), pane: pane });
  }

  function numbers(data, pane) {
    return data.numbers.map(function (one) {
      var picture = element("span", "", String(one.number));
      picture.style.borderColor = picture.style.color = one.colour;
      var made = L.marker(one.place, { icon: icon("govkit-number", picture, 20, [-5, 25]), pane: pane });
      return made.bindPopup(function () { return card(one, data.heads); }, { maxWidth: 300 });
    });
  }

  // Every layer has its own pane, so that switching one off and on keeps the order.
  function layer(map, data) {
    var pane = "govkit-" + data.order;
    map.createPane(pane).style.zIndex = 410 + data.order;
    var made = L.geoJSON(data.shapes, {
      pane: pane,
      style: function (feature) { return style(data.looks[feature.properties.g], /Line/.test(feature.geometry.type)); },
      pointToLayer: function (feature, place) { return marker(data.looks[feature.properties.g], place, data.icons, pane); },
      onEachFeature: function (feature, part) {
        if (!data.speaks) { return; }
        var shape = feature.properties;
        part.bindPopup(function () { return card(shape, data.heads); }, { maxWidth: 300 });
        part.bindTooltip(function () { return element("span", "", shape.n); }, { sticky: true });
        if (part.setStyle && !data.icons) {
          part.on("mouseover", function () { part.setStyle({ weight: data.looks[shape.g].width + 1.6 }); });
          part.on("mouseout", function () { made.resetStyle(part); });
        }
      }
    });
    numbers(data, pane).forEach(function (one) { made.addLayer(one); });
    made.govkitLegend = data.legend;
    return made;
  }

  function legendRow(entry) {
    var row = element("div", "govkit-row");
    var picture = element("span", "govkit-swatch");
    picture.innerHTML = entry.svg; // made by us from catalogue colours, holds no text of the data
    row.appendChild(picture);
    row.appendChild(element("span", "", entry.label));
    row.appendChild(element("span", "govkit-count", entry.count));
    return row;
  }

  // Nine fields, the second measure rising upwards: rows come from below.
  function matrix(entries, heads) {
    var box = element("div", "govkit-matrix");
    box.appendChild(element("p", "", "↑ " + heads[1]));
    var fields = element("div", "govkit-fields");
    [6, 7, 8, 3, 4, 5, 0, 1, 2].forEach(function (at) {
      var field = element("span");
      field.innerHTML = entries[at].svg; // made by us from catalogue colours, holds no text of the data
      field.title = entries[at].label + " " + entries[at].count;
      fields.appendChild(field);
    });
    box.appendChild(fields);
    box.appendChild(element("p", "", "→ " + heads[0]));
    return box;
  }

  function isPlain(legend) {
    return legend.entries.length === 1 && legend.entries[0].label === legend.title;
  }

  function layerSwitch(map, one) {
    var head = element("label", "govkit-switch");
    var box = element("input");
    box.type = "checkbox";
    box.checked = map.hasLayer(one);
    L.DomEvent.on(box, "change", function () { if (box.checked) { map.addLayer(one); } else { map.removeLayer(one); } });
    head.appendChild(box);
    if (isPlain(one.govkitLegend)) {
      head.appendChild(legendRow(one.govkitLegend.entries[0]));
    } else {
      head.appendChild(element("span", "", one.govkitLegend.title));
    }
    return head;
  }

  // One panel is legend and layer switch: a layer's entries are seen while the layer is.
  function legendSection(map, one) {
    var section = element("section");
    var entries = element("div", "govkit-entries");
    entries.hidden = !map.hasLayer(one);
    one.on("add", function () { entries.hidden = false; });
    one.on("remove", function () { entries.hidden = true; });
    var listed = isPlain(one.govkitLegend) ? [] : one.govkitLegend.entries;
    if (one.govkitLegend.matrix) {
      entries.appendChild(matrix(listed, one.govkitLegend.matrix));
      listed = listed.slice(9);
    }
    listed.forEach(function (entry) { entries.appendChild(legendRow(entry)); });
    one.govkitLegend.remarks.forEach(function (remark) { entries.appendChild(element("p", "", remark)); });
    section.appendChild(layerSwitch(map, one));
    section.appendChild(entries);
    return section;
  }

  function legend(map, layers, words) {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = element("details", "govkit-legend leaflet-bar");
      box.open = map.getSize().x > 560;
      box.appendChild(element("summary", "", words.legend));
      layers.slice().reverse().forEach(function (one) { box.appendChild(legendSection(map, one)); });
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  function homeButton(map, bounds, words) {
    var control = L.control({ position: "topleft" });
    control.onAdd = function () {
      var bar = element("div", "leaflet-bar");
      var button = element("a", "govkit-home", "⌂");
      button.href = "#";
      button.title = words.home;
      button.setAttribute("role", "button");
      button.setAttribute("aria-label", words.home);
      L.DomEvent.on(button, "click", function (event) { L.DomEvent.stop(event); map.fitBounds(bounds); });
      bar.appendChild(button);
      return bar;
    };
    control.addTo(map);
  }

  function chineseControls(map, words) {
    map.on("popupopen", function (event) {
      var button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.setAttribute("aria-label", words.close); }
    });
  }

  // A map in a hidden tab or slide starts without size: fit it once it has one, until the reader moves it.
  function fit(map, bounds) {
    var touched = false;
    map.fitBounds(bounds, { animate: false });
    map.on("zoomstart dragstart", function (event) { if (event.type === "dragstart") { touched = true; } });
    map.on("resize", function () { if (!touched) { map.fitBounds(bounds, { animate: false }); } });
  }

  function finish(map, layers, data) {
    L.control.zoom({ zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
    homeButton(map, data.bounds, data.words);
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(data.attribution);
    legend(map, layers, data.words);
    chineseControls(map, data.words);
    fit(map, data.bounds);
  }

  return { layer: layer, finish: finish };
})();
