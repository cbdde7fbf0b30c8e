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

  function style(look, lines, canvas) {
    if (look.colour) { return {}; } // a circle for a point has its look already
    return {
      fill: Boolean(look.fill), fillColor: canvas ? look.plain || "#ffffff" : look.fill, fillOpacity: 1, stroke: Boolean(look.edge), color: look.edge,
      weight: look.width, interactive: Boolean(look.fill || lines)
    };
  }

  function icon(className, picture, size, anchor) {
    return L.divIcon({ className: className, html: picture, iconSize: [size, size], iconAnchor: anchor });
  }

  function marker(look, place, icons, pane, renderer) {
    if (!icons) {
      return L.circleMarker(place, { renderer: renderer, radius: look.radius || 4, fillColor: look.colour, fillOpacity: 1, color: "#ffffff", weight: 1, pane: pane });
    }
    return L.marker(place, { icon: icon("govkit-symbol", look.svg, 18, [9, 9]), pane: pane });
  }

  // Shapes take part in the Tab order: Enter or the space bar opens their card.
  function reachable(part, name) {
    part.on("add", function () {
      var drawn = part.getElement && part.getElement();
      if (!drawn) { return; }
      drawn.setAttribute("tabindex", "0");
      drawn.setAttribute("role", "button");
      drawn.setAttribute("aria-label", name);
      L.DomEvent.on(drawn, "keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { L.DomEvent.stop(event); part.openPopup(); }
      });
    });
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
    var renderer = data.canvas ? L.canvas({ pane: pane }) : undefined;
    var made = L.geoJSON(data.shapes, {
      pane: pane,
      renderer: renderer,
      style: function (feature) { return style(data.looks[feature.properties.g], /Line/.test(feature.geometry.type), data.canvas); },
      pointToLayer: function (feature, place) { return marker(data.looks[feature.properties.g], place, data.icons, pane, renderer); },
      onEachFeature: function (feature, part) {
        if (!data.speaks) { return; }
        part.govkitName = feature.properties.n;
        if (data.keyboard) { reachable(part, feature.properties.n); }
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
    made.govkitPane = pane;
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

  // One panel is legend and layer switch: a layer's entries are seen while the layer is. Stages come and go by their
  // slider and have no switch of their own.
  function legendSection(map, one) {
    var section = element("section");
    function follow() { section.hidden = Boolean(one.govkitStage) && !map.hasLayer(one); }
    var entries = element("div", "govkit-entries");
    entries.hidden = !map.hasLayer(one);
    one.on("add remove", function (event) {
      entries.hidden = event.type === "remove";
      var box = section.querySelector("input");
      if (box) { box.checked = !entries.hidden; }
    });
    var listed = isPlain(one.govkitLegend) ? [] : one.govkitLegend.entries;
    if (one.govkitLegend.matrix) {
      entries.appendChild(matrix(listed, one.govkitLegend.matrix));
      listed = listed.slice(9);
    }
    listed.forEach(function (entry) { entries.appendChild(legendRow(entry)); });
    one.govkitLegend.remarks.forEach(function (remark) { entries.appendChild(element("p", "", remark)); });
    one.on("add remove", follow);
    follow();
    section.appendChild(one.govkitStage ? element("strong", "govkit-switch", one.govkitStage + " " + one.govkitLegend.title) : layerSwitch(map, one));
    section.appendChild(entries);
    return section;
  }

  function legend(map, layers, words) {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = element("details", "govkit-legend leaflet-bar");
      box.open = map.getSize().x > 560;
      box.appendChild(element("summary", "", words.legend));
      govkit.legendOrder(layers).forEach(function (one) { box.appendChild(legendSection(map, one)); });
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  function chineseControls(map, words) {
    map.on("popupopen", function (event) {
      var button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.setAttribute("aria-label", words.close); }
    });
  }

  // The whole map beside buttons and legend, where there is room for both.
  function showAll(map, bounds) {
    var box = map.getContainer().querySelector(".govkit-legend");
    var beside = box && box.open && map.getSize().x > 700 ? box.offsetWidth + 14 : 0;
    var below = map.getContainer().querySelector(".govkit-stages") ? 58 : 22;
    var options = beside ? { paddingTopLeft: [48, 8], paddingBottomRight: [beside, below] } : {};
    map.fitBounds(bounds, L.extend(options, { animate: false }));
  }

  // A map in a hidden tab or slide starts without size: fit it once it has one, until the reader moves it.
  function fit(map, bounds) {
    var touched = false;
    showAll(map, bounds);
    map.on("zoomstart dragstart", function (event) { if (event.type === "dragstart") { touched = true; } });
    map.on("resize", function () { if (!touched) { showAll(map, bounds); } });
  }

  function legendOrder(layers) { return layers.slice().reverse(); }

  function finish(map, layers, data) {
    L.control.zoom({ zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(data.attribution);
    if (data.base) { govkit.base(map, data.base, data.words); }
    if (data.stages.length) { govkit.stages(map, layers, data); }
    govkit.tools(map, layers, data);
    legend(map, layers, data.words);
    chineseControls(map, data.words);
    fit(map, data.bounds);
  }

  return { layer: layer, finish: finish, element: element, legendOrder: legendOrder, showAll: showAll };
})();
