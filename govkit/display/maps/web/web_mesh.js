// Thousands of shapes on one canvas: drawn from flat numbers, found by their place, without an object for each.
(function () {
  "use strict";
  var POINT_RADIUS = 5, HALF = 128, INK = "#16212a"; // pixels; half the world at zoom 0

  function worldX(longitude) { return HALF + longitude * HALF / 180; }
  function worldY(latitude) { return HALF - Math.log(Math.tan(Math.PI / 4 + latitude * Math.PI / 360)) * HALF / Math.PI; }

  // Web Mercator pixels at zoom 0; ``starts``: where each ring begins, ``first``: the first ring of each shape.
  function flattened(shapes) {
    var count = 0;
    shapes.forEach(function (rings) { rings.forEach(function (ring) { count += ring.length; }); });
    var flat = { x: new Float64Array(count), y: new Float64Array(count), starts: [], first: [], box: new Float64Array(4 * shapes.length) };
    var at = 0;
    shapes.forEach(function (rings, shape) {
      var west = Infinity, south = -Infinity, east = -Infinity, north = Infinity;
      flat.first.push(flat.starts.length);
      rings.forEach(function (ring) {
        flat.starts.push(at);
        ring.forEach(function (place) {
          var x = flat.x[at] = worldX(place[1]), y = flat.y[at] = worldY(place[0]);
          west = Math.min(west, x); east = Math.max(east, x); north = Math.min(north, y); south = Math.max(south, y);
          at += 1;
        });
      });
      flat.box.set([west, north, east, south], 4 * shape);
    });
    flat.first.push(flat.starts.length);
    flat.starts.push(at);
    return flat;
  }

  // A hatch as a canvas fills with it: the page's own pattern, drawn from the same mark.
  function hatched(look) {
    var tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = 8;
    context.fillStyle = look.fill || "#ffffff";
    context.fillRect(0, 0, 8, 8);
    context.strokeStyle = look.hatch.line;
    context.lineWidth = look.hatch.width;
    context.lineCap = "round";
    context.stroke(new Path2D(look.hatch.mark));
    return context.createPattern(tile, "repeat");
  }

  var Mesh = L.Renderer.extend({
    initialize: function (data, shapes, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._data = data;
      this._shapes = shapes;
      this._flat = flattened(shapes);
      this._fills = data.looks.map(function (look) { return look.hatch ? hatched(look) : look.fill; });
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.style.pointerEvents = "none"; // who is meant is found by the place: it may be a layer below
      this._context = this._container.getContext("2d");
    },

    _destroyContainer: function () { L.DomUtil.remove(this._container); this._container = null; },

    _update: function () {
      if (this._map._animatingZoom && this._bounds) { return; }
      L.Renderer.prototype._update.call(this);
      this._draw();
    },

    _updatePaths: function () {},

    _draw: function () {
      var canvas = this._container, low = this._bounds.min, size = this._bounds.getSize(), sharp = window.devicePixelRatio > 1 ? 2 : 1;
      L.DomUtil.setPosition(canvas, low);
      canvas.width = sharp * size.x;
      canvas.height = sharp * size.y;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      var origin = this._map.getPixelOrigin().add(low), context = this._context;
      this._scale = Math.pow(2, this._map.getZoom());
      this._left = origin.x;
      this._top = origin.y;
      context.scale(sharp, sharp);
      context.lineJoin = "round";
      var seen = this._seen(size);
      this._data.looks.forEach(function (look, member) { this._paint(look, this._fills[member], seen[member] || []); }, this);
    },

    // Shapes in the window, by member.
    _seen: function (size) {
      var box = this._flat.box, scale = this._scale, reach = this._data.kind === "point" ? 20 : 2, seen = {};
      var west = (this._left - reach) / scale, east = (this._left + size.x + reach) / scale;
      var north = (this._top - reach) / scale, south = (this._top + size.y + reach) / scale;
      this._data.members.forEach(function (member, at) {
        if (box[4 * at + 2] < west || box[4 * at] > east || box[4 * at + 3] < north || box[4 * at + 1] > south) { return; }
        (seen[member] = seen[member] || []).push(at);
      });
      return seen;
    },

    // A hundred shapes a path: one path of all is slow to fill, one a shape slow to start.
    _paint: function (look, fill, seen) {
      var context = this._context, width = this._edge(look, seen);
      context.fillStyle = fill || "transparent";
      context.strokeStyle = look.edge;
      context.lineWidth = width;
      for (var from = 0; from < seen.length; from += 100) {
        context.beginPath();
        seen.slice(from, from + 100).forEach(this._data.kind === "point" ? this._symbol.bind(this, look) : this._trace, this);
        if (fill) { context.fill(); }
        if (width) { context.stroke(); }
      }
    },

    // Borders of shapes a few pixels wide would hide what they enclose: they grow thin, then go.
    _edge: function (look, seen) {
      if (this._data.kind === "point") { return look.width; }
      if (!look.edge || !seen.length) { return 0; }
      var box = this._flat.box, scale = this._scale, step = Math.max(1, Math.floor(seen.length / 50)), widths = [];
      for (var at = 0; at < seen.length; at += step) { widths.push((box[4 * seen[at] + 2] - box[4 * seen[at]]) * scale); }
      var usual = widths.sort(function (a, b) { return a - b; })[Math.floor(widths.length / 2)];
      return usual < 5 ? 0 : look.width * Math.min(1, usual / 16);
    },

    // A circle where its size says how many, else the outline of the kind.
    _symbol: function (look, at) {
      var corner = this._flat.starts[this._flat.first[at]], context = this._context, corners = look.corners;
      var x = this._flat.x[corner] * this._scale - this._left, y = this._flat.y[corner] * this._scale - this._top;
      if (look.radius) {
        context.moveTo(x + look.radius, y);
        context.arc(x, y, look.radius, 0, 2 * Math.PI);
        return;
      }
      context.moveTo(x + POINT_RADIUS * corners[0], y + POINT_RADIUS * corners[1]);
      for (var one = 2; one < corners.length; one += 2) {
        context.lineTo(x + POINT_RADIUS * corners[one], y + POINT_RADIUS * corners[one + 1]);
      }
      context.closePath();
    },

    // Corners nearer than half a pixel to the one before are passed over.
    _trace: function (at) {
      var flat = this._flat, scale = this._scale, left = this._left, top = this._top, context = this._context;
      for (var ring = flat.first[at]; ring < flat.first[at + 1]; ring += 1) {
        var from = flat.starts[ring], to = flat.starts[ring + 1];
        var x = flat.x[from] * scale - left, y = flat.y[from] * scale - top;
        context.moveTo(x, y);
        for (var corner = from + 1; corner < to; corner += 1) {
          var nextX = flat.x[corner] * scale - left, nextY = flat.y[corner] * scale - top;
          if (Math.abs(nextX - x) + Math.abs(nextY - y) < 0.5) { continue; }
          context.lineTo(x = nextX, y = nextY);
        }
        if (this._data.kind === "polygon") { context.closePath(); }
      }
    },

    // The topmost shape at a place, -1 for none.
    at: function (place) {
      var x = worldX(place.lng), y = worldY(place.lat), box = this._flat.box, scale = Math.pow(2, this._map.getZoom());
      for (var at = this._data.members.length - 1; at >= 0; at -= 1) {
        var reach = this._data.kind === "polygon" ? 0 : (this._data.looks[this._data.members[at]].radius || POINT_RADIUS) / scale;
        if (x < box[4 * at] - reach || x > box[4 * at + 2] + reach || y < box[4 * at + 1] - reach || y > box[4 * at + 3] + reach) { continue; }
        if (reach || this._holds(at, x, y)) { return at; }
      }
      return -1;
    },

    _holds: function (at, x, y) {
      var flat = this._flat, inside = false;
      for (var ring = flat.first[at]; ring < flat.first[at + 1]; ring += 1) {
        var to = flat.starts[ring + 1];
        for (var one = flat.starts[ring], other = to - 1; one < to; other = one, one += 1) {
          if (flat.y[one] > y !== flat.y[other] > y &&
              x < (flat.x[other] - flat.x[one]) * (y - flat.y[one]) / (flat.y[other] - flat.y[one]) + flat.x[one]) { inside = !inside; }
        }
      }
      return inside;
    },

    // A vector copy of one shape, drawn over the canvas while it is pointed at.
    copy: function (at) {
      var look = this._data.looks[this._data.members[at]], rings = this._shapes[at];
      var options = { pane: this.options.pane, fill: false, color: look.edge || look.fill, weight: (look.width || 1) + 1.6, interactive: false };
      if (this._data.kind === "polygon") { return L.polygon(rings, options); }
      if (this._data.kind === "line") { return L.polyline(rings, options); }
      return L.circleMarker(rings[0][0], L.extend(options, { radius: (look.radius || POINT_RADIUS) + 3, color: look.radius ? look.fill : INK }));
    }
  });

  govkit.mesh = function (map, data, shapes, pane) {
    var made = new Mesh(data, shapes, { pane: pane, padding: 0.2 });
    made.govkitShow = function (at) {
      var copy = made.copy(at).addTo(map);
      if (copy.getBounds) { map.fitBounds(copy.getBounds(), { maxZoom: 15 }); } else { map.setView(copy.getLatLng(), 15); }
      govkit.open(map, data, at, copy.getLatLng ? copy.getLatLng() : copy.getCenter());
      copy.remove();
    };
    return made;
  };

  // Above which pane the pointer is: what lies higher has answered already.
  function answered(event) {
    var found = /leaflet-govkit-(\d+)-pane/.exec((event.originalEvent.target.closest("[class*=leaflet-govkit-]") || {}).className);
    return found ? Number(found[1]) : -1;
  }

  function target(map, meshes, event) {
    var above = answered(event), x = event.containerPoint.x;
    for (var number = 0; number < meshes.length; number += 1) {
      var mesh = meshes[number], span = mesh.govkitSpan || [-Infinity, Infinity];
      if (mesh.govkitData.order <= above || !map.hasLayer(mesh) || x < span[0] || x > span[1]) { continue; }
      var at = mesh.at(event.latlng);
      if (at >= 0) { return { mesh: mesh, at: at }; }
    }
    return null;
  }

  govkit.pointing = function (map, layers) {
    var meshes = govkit.legendOrder(layers).filter(function (one) { return one instanceof Mesh && one.govkitNames.length; });
    if (!meshes.length) { return; }
    var now = null, copy = null, label = L.tooltip({ direction: "right", offset: [10, 0] });
    function leave() {
      if (copy) { copy.remove(); }
      map.closeTooltip(label);
      map.getContainer().style.cursor = "";
      now = copy = null;
    }
    map.on("mousemove", function (event) {
      var over = event.originalEvent.target.closest(".leaflet-control, .leaflet-popup");
      var found = over || govkit.isMeasuring(map) ? null : target(map, meshes, event);
      if (!found) { leave(); return; }
      label.setLatLng(event.latlng);
      if (now && now.mesh === found.mesh && now.at === found.at) { return; }
      leave();
      now = found;
      copy = found.mesh.copy(found.at).addTo(map);
      map.getContainer().style.cursor = "pointer";
      var name = document.createElement("span");
      name.textContent = found.mesh.govkitData.names[found.at];
      map.openTooltip(label.setContent(name));
    });
    map.on("mouseout zoomstart dragstart", leave);
    map.on("click", function (event) {
      var found = target(map, meshes, event);
      if (found) { govkit.open(map, found.mesh.govkitData, found.at, event.latlng); }
    });
  };
})();
