"use strict";
const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
const base = meta("base") + "desk/";

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
function say(text, error = false) {
  $("said").textContent = text; $("said").hidden = !text; $("said").classList.toggle("error", error);
}
async function ask(address, options) {
  const answer = await fetch(base + address, { ...options, headers: { "X-XSRFToken": meta("xsrf") } });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error || `没有回答（${answer.status}），工作台可能已经结束。`);
  return content;
}
const act = (name, said = {}) => ask("act/" + name, { method: "POST", body: JSON.stringify(said) });

/* every act: buttons off, what went wrong said on top */
async function doing(text, work) {
  const buttons = [...document.querySelectorAll("button")];
  buttons.forEach((one) => { one.disabled = true; });
  say(text);
  try { say((await work()) || ""); } catch (error) { say(error.message, true); } finally {
    document.querySelectorAll("button").forEach((one) => { one.disabled = false; });
  }
}
function by() {
  const name = $("by").value.trim();
  if (!name) { $("by").focus(); throw new Error("请先在上面写经办人姓名。"); }
  localStorage.setItem("govkit-by", name);
  return name;
}
function filled(list, items, row) { list.replaceChildren(...items.map(row)); }

async function overview() {
  const zone = await act("overview");
  $("zone").textContent = zone.name; document.title = zone.name + " 工作台"; $("folder").textContent = zone.folder;
  filled($("files").tBodies[0], zone.files, (one) => {
    const row = make("tr"); row.append(make("td", one.name), make("td", one.table || "没有用")); return row;
  });
  $("new-zone").hidden = zone.opened;
  for (const id of ["s-findings", "s-report", "s-compare", "s-sign"]) $(id).hidden = !zone.opened;
  const chosen = $("period").value;
  filled($("period"), zone.periods, (one) => make("option", one.name, { value: one.id }));
  if (zone.periods.some((one) => one.id === chosen)) $("period").value = chosen;
  const patches = [
    ...zone.corrections.map((one, at) => ["cell", at, `${one.file} ${one.sheet} ${one.cell}：“${one.was}”读作“${one.now}”（${one.by}，${one.on}）${one.reason}`]),
    ...zone.accepted.map((one, at) => ["accepted", at, `认可 ${one.id}：${one.reason}（${one.by}，${one.on}）`]),
  ];
  $("patches").querySelector("span").textContent = `${patches.length} 处`;
  filled($("patches").querySelector("ul"), patches, ([kind, number, text]) => {
    const item = make("li", text + " "), back = make("button", "撤销", { class: "quiet" });
    back.onclick = () => doing("正在撤销……", async () => { await act("withdraw", { kind, number }); await overview(); await check(); });
    item.append(back); return item;
  });
  return zone;
}

async function upload(files) {
  const told = [];
  for (const file of files) {
    say(`正在放入 ${file.name}……`);
    const kept = await ask("files?name=" + encodeURIComponent(file.name), { method: "POST", body: file });
    if (kept.replaced) told.push(`${kept.name} 已换成新的，旧的保存为 ${kept.replaced}`);
    if (kept.same) told.push(`${kept.name} 与已有的完全相同`);
  }
  const zone = await overview();
  if (zone.opened) await check();
  return [`放入 ${files.length} 个文件。`, ...told].join("\n");
}
async function look(keep) {
  const found = await act("look", { name: $("new-name").value.trim(), code: $("new-code").value.trim(), keep });
  filled($("proposal"), found.lines.length ? found.lines : ["没有新的文件。"], (line) => make("li", line));
  $("keep").hidden = keep || !found.text;
  if (!keep) return found.text ? "请看下面的依据；同意就按“照此写进 zone.toml”。" : "没有要写的。";
  const zone = await overview();
  if (zone.opened) await check();
  return found.written.length ? `已写出 ${found.written.join("、")}。` : "没有写出。";
}

function findingRow(group, one) {
  const row = make("tr"), fix = make("td"), box = make("div", undefined, { class: "fix" });
  row.append(make("td", one.place), make("td", one.value), make("td", group.count > 1 ? one.reason : ""));
  const why = make("input", undefined, { class: "why", placeholder: "理由或依据", "aria-label": "理由或依据" });
  if (one.cell && group.file) {
    const now = make("input", undefined, { placeholder: "应为", "aria-label": `${one.place} 应为` });
    const right = make("button", "更正");
    right.onclick = () => doing("正在更正……", async () => {
      await act("correct", { file: group.file, sheet: group.sheet, cell: one.cell, now: now.value, by: by(), reason: why.value });
      await overview(); await check(); return `${one.place} 已更正，原文件没有改动。`;
    });
    box.append(now, right);
  }
  const fine = make("button", "认可", { class: "quiet" });
  fine.onclick = () => doing("正在记下……", async () => {
    await act("accept", { id: one.id, by: by(), reason: why.value });
    await overview(); await check(); return "已认可，理由会印在报告附录里。";
  });
  box.append(why, fine); fix.append(box); row.append(fix);
  return row;
}
function groupOf(group) {
  const box = make("details", undefined, { class: "group " + group.severity });
  const head = make("summary");
  head.append(make("strong", group.label + " "), `${group.where} ${group.column ? `“${group.column}”` : ""} ${group.count > 1 ? `${group.count} 处` : group.rows[0].place}：${group.reason}`);
  const table = make("table"), body = table.createTBody();
  body.append(...group.rows.map((one) => findingRow(group, one)));
  box.append(head, make("p", group.todo, { class: "todo" }), table);
  if (group.count > group.rows.length) box.append(make("p", `只列出前 ${group.rows.length} 处，全部见 check.xlsx。`, { class: "small" }));
  return box;
}
async function check() {
  const found = await act("findings");
  const open = new Set([...document.querySelectorAll(".group[open]")].map((one) => one.dataset.key));
  $("counts").textContent = Object.entries(found.counts).map(([label, count]) => `${label} ${count} 处`).join("，");
  filled($("groups"), found.groups, (group) => {
    const box = groupOf(group); box.dataset.key = group.reason + group.where; box.open = open.has(box.dataset.key); return box;
  });
  if (!found.groups.length) $("groups").append(make("p", "没有问题。"));
  filled($("sources").querySelector("ul"), found.sources, (line) => make("li", line));
  filled($("check-files"), found.files.filter((name) => name.startsWith("check.")), (name) => link(name, name));
}
function link(path, text) {
  const one = make("a", text, { href: base + "made/" + path.split("/").map(encodeURIComponent).join("/"), target: "_blank" });
  one.style.marginRight = ".8rem"; return one;
}

let place = "";
const KINDS = { html: "网页", pdf: "PDF", docx: "Word", xlsx: "附表", pptx: "幻灯片" };
async function shown(name = "made", said = {}) {
  const found = await act(name, { period: $("period").value, ...said });
  place = found.folder ? found.folder + "/" : "";
  $("made").hidden = !found.reports.length;
  filled($("made").tBodies[0], found.reports, (one) => {
    const row = make("tr"), files = make("td");
    files.append(...one.files.map((path) => link(place + path, KINDS[path.split(".").pop()] || path)));
    const said = make("label"), mark = make("input", undefined, { type: "checkbox", value: one.report, checked: "" });
    said.append(mark, " " + (one.name || one.notebook));
    const first = make("td"); first.append(said);
    row.append(first, files, make("td", one.state)); return row;
  });
  if (found.index) {
    const row = $("made").tBodies[0].insertRow(0), files = row.insertCell(); row.prepend(make("td", "目录"));
    files.append(link(place + "index.html", "打开")); row.insertCell();
  }
  if (found.failed.length) throw new Error("没有做成：\n" + found.failed.join("\n"));
  $("packed").replaceChildren();
  if (found.zip) $("packed").append(link((place.includes("/") ? place.split("/").slice(0, -2).concat("").join("/") : "") + found.zip, found.zip));
  return found;
}
async function watch() {
  const now = await ask("act/progress");
  $("run").hidden = false; $("bar").max = now.total || 1; $("bar").value = now.done;
  $("bar-said").textContent = now.total ? `${now.done} / ${now.total} 份` : "正在准备……";
  filled($("run-lines"), now.lines.slice(-5), (line) => make("li", line));
}
async function report() {
  const formats = [...document.querySelectorAll("[name=format]:checked")].map((one) => one.value);
  if (!formats.length) throw new Error("请至少选一种格式。");
  const timer = setInterval(() => watch().catch(() => {}), 700);
  try {
    const done = await act("report", { period: $("period").value, formats });
    await watch(); await shown();
    return Object.entries(done.counts).filter(([, count]) => count).map(([word, count]) => `${word} ${count} 份`).join("，") + `，用时 ${done.seconds} 秒。`;
  } finally { clearInterval(timer); }
}
async function compare() {
  const found = await act("compare", { period: $("period").value });
  $("compared").hidden = !found.rows.length;
  const heads = $("compared").tHead.rows[0].cells;
  heads[1].textContent = found.before; heads[2].textContent = found.after;
  filled($("compared").tBodies[0], found.rows, (one) => {
    const row = make("tr");
    row.append(make("td", one.label), make("td", one.before), make("td", one.after), make("td", one.change, { class: one.better }));
    return row;
  });
  $("compare-said").textContent = found.before ? "全区；绿色为向好，红色为变差" : `${found.after} 是第一期，没有上期可比。`;
}

/* the files of a folder; those of folders in it are named after them */
async function within(entry, path = "", top = true) {
  if (entry.isFile) return [new File([await new Promise((done, fail) => entry.file(done, fail))], path + entry.name)];
  const reader = entry.createReader(), found = [], below = top ? "" : path + entry.name + "-";
  for (let some; (some = await new Promise((done, fail) => reader.readEntries(done, fail))).length;)
    for (const one of some) found.push(...await within(one, below, false));
  return found;
}
const picked = (file) => new File([file], file.webkitRelativePath.split("/").slice(1).join("-") || file.name);

const drop = $("drop");
for (const kind of ["dragover", "dragenter"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault(); drop.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((one) => one.webkitGetAsEntry()).filter(Boolean);
  const files = [...event.dataTransfer.files];
  doing("正在放入……", async () => upload(entries.length ? (await Promise.all(entries.map((one) => within(one)))).flat() : files));
});
/* a file dropped beside the field must not be opened in place of the desk */
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
for (const one of [$("pick"), $("pick-folder")]) one.onchange = () => doing("正在放入……", () => upload([...one.files].map(picked)));
$("look").onclick = () => doing("正在看……", () => look(false));
$("keep").onclick = () => doing("正在写出……", () => look(true));
$("check").onclick = () => doing("正在检查……", check);
$("report").onclick = () => doing("正在出报告，可以先做别的事……", report);
$("compare").onclick = () => doing("正在比较……", compare);
$("sign").onclick = () => doing("正在签批……", async () => {
  const reports = [...document.querySelectorAll("#made input:checked")].map((one) => one.value);
  if (!reports.length) throw new Error("请先在上面的报告里勾选要签批的。");
  await shown("sign", { state: $("state").value, by: by(), reports }); return `已记入签批：${reports.length} 份。`;
});
$("pack").onclick = () => doing("正在打包……", async () => { const found = await shown("pack"); return `已打包：${found.zip}`; });
$("period").onchange = () => doing("", async () => { $("compared").hidden = true; await shown(); });
$("stop").onclick = () => doing("", async () => { const ended = await act("stop"); document.querySelector("main").hidden = true; return ended.said; });
$("by").value = localStorage.getItem("govkit-by") || "";
doing("正在打开……", async () => { const zone = await overview(); if (zone.opened) { await check(); await shown(); } });
