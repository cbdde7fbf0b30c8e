// Drawing and reading aids of interactive maps. Names and values reach the page as text nodes only, never as HTML.
var govkit = (function () {
  "use strict";

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function card(data, at) {
    var box = element("div", "govkit-card");
    box.appendChild(element("strong", "", data.names[at]));
    var list = element("dl");
    data.heads[data.headed[at] || 0].forEach(function (head, line) {
      list.appendChild(element("dt", "", head));
      list.appendChild(element("dd", "", data.texts[data.facts[at][line]]));
    });
    box.appendChild(list);
    return box;
  }

  function isMeasuring(map) { return L.DomUtil.hasClass(map.getContainer(), "govkit-measuring"); }

  // The card keeps clear of the buttons on the left and of the legend on the right.
  function open(map, data, at, place) {
    if (isMeasuring(map)) { return; }
    var beside = besideLegend(map);
    L.popup({ maxWidth: 300, autoPanPaddingTopLeft: [54, 12], autoPanPaddingBottomRight: [beside || 12, 26] })
      .setLatLng(place).setContent(card(data, at)).openOn(map);
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
      // A frame may be laid out only now: whether there is room for the legend shows once there is any.
      if (!map.getSize().x) { map.once("resize", function () { box.open = map.getSize().x > 560; }); }
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

  function besideLegend(map) {
    var box = map.getContainer().querySelector(".govkit-legend");
    return box && box.open && map.getSize().x > 700 ? box.offsetWidth + 14 : 0;
  }

  // The whole map beside buttons and legend, where there is room for both.
  function showAll(map, bounds) {
    var beside = besideLegend(map);
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
    // Leaflet hears of the window's size alone, and of that once only: a frame may be laid out after it.
    new ResizeObserver(function () { map.invalidateSize({ animate: false }); }).observe(map.getContainer());
  }

  // One finger goes on moving the page a map stands in; two move the map, and one where it fills the screen.
  function twoFingers(map, words) {
    var finger = matchMedia("(pointer: coarse)"), told = element("p", "govkit-told", words.twoFingers), timer = 0;
    told.hidden = true;
    map.getContainer().appendChild(told);
    function settle() { map.dragging[finger.matches && !document.fullscreenElement ? "disable" : "enable"](); }
    settle();
    finger.addEventListener("change", settle); // a notebook becomes a tablet, and a frame may hear of it late
    document.addEventListener("fullscreenchange", settle);
    map.getContainer().addEventListener("touchmove", function (event) {
      if (map.dragging.enabled()) { return; }
      told.hidden = event.touches.length > 1;
      clearTimeout(timer);
      timer = setTimeout(function () { told.hidden = true; }, 1200);
    }, { passive: true });
  }

  function legendOrder(layers) { return layers.slice().reverse(); }

  function finish(map, layers, data) {
    L.control.zoom({ zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(data.attribution);
    if (data.base) { govkit.base(map, data.base, data.words); }
    if (data.stages.length) { govkit.stages(map, layers, data); }
    govkit.pointing(map, layers);
    govkit.tools(map, layers, data);
    legend(map, layers, data.words);
    chineseControls(map, data.words);
    fit(map, data.bounds);
    twoFingers(map, data.words);
  }

  return { finish: finish, element: element, open: open, isMeasuring: isMeasuring, legendOrder: legendOrder, showAll: showAll };
})();
