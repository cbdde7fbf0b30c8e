// A tile of the launcher for every notebook of the workbench. Written by hand in the form that JupyterLab loads built
// extensions in; it asks nothing of the network but the server's own list of files.
(() => {
  "use strict";
  const PLACES = ["notebooks/lab", "lab", ""];
  const NAMES = {
    "00_开始": "从这里开始",
    explore: "看一看",
    pilot_evaluation: "试点成效",
    index_workshop: "指标体系工作坊",
    district_report: "街道（镇）报告",
    zone_overview: "全区总览",
    bulletin: "简报",
    conference_maps: "会议用图",
  };
  let shared;
  const part = async (name) => {
    const versions = shared[name];
    return (await versions[Object.keys(versions)[0]].get())();
  };
  const listed = async (app, place) => {
    try {
      const found = await app.serviceManager.contents.get(place, { content: true });
      return found.content.filter((one) => one.type === "notebook");
    } catch (missing) {
      return [];
    }
  };
  const activate = async (app, launcher) => {
    app.commands.addCommand("govkit:open", {
      label: (given) => given.label,
      caption: (given) => given.path,
      iconClass: "jp-MaterialIcon jp-NotebookIcon",
      execute: (given) => app.commands.execute("docmanager:open", { path: given.path, factory: "Notebook" }),
    });
    for (const place of PLACES) {
      const found = await listed(app, place);
      const mine = found.filter((one) => one.name.replace(/\.ipynb$/, "") in NAMES);
      mine.forEach((one, rank) => {
        const label = NAMES[one.name.replace(/\.ipynb$/, "")];
        launcher.add({ command: "govkit:open", args: { path: one.path, label }, category: "社区治理", rank });
      });
      if (mine.length) return;
    }
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["govkit-launcher"] = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const { ILauncher } = await part("@jupyterlab/launcher");
      const plugin = { id: "govkit-launcher:plugin", autoStart: true, requires: [ILauncher], activate };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
