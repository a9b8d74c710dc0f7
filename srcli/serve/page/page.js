import { ask, askJson, list, listen, query, save, setToken } from "/server.js";

const at = (name) => document.getElementById(name);
const jobs = new Map(); // id: what the server told, and its element
const thumbs = new Map(); // name and size: a picture that was chosen on this page
const THUMB = 192;
const LARGEST_THUMB = 8_000_000;
const WAIT = 2000;
let mostBytes = Infinity;

const megabytes = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${Math.round(bytes / 1e5) / 10} MB`;

const status = (text) => {
  at("status").textContent = text;
};

// Tell what failed until the user has seen it.
const problem = (text) => {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.setAttribute("role", "alert");
  words.textContent = text;
  const close = document.createElement("button");
  close.textContent = "Dismiss";
  close.addEventListener("click", () => item.remove());
  item.append(words, close);
  at("problems").append(item);
};

const attempt = async (action) => {
  try {
    await action();
  } catch (error) {
    if (error.status === 401) {
      at("ask-token").hidden = false;
    } else {
      problem(error.message);
    }
  }
};

// What to make

const wanted = () => {
  const [name, value] = at("size").value.split("=");
  const amount = value ?? at("amount").value;
  return query({ [name]: amount, model: at("model").value, format: at("format").value });
};

const AMOUNTS = { scale: ["Factor", 2.5], long_side: ["Pixels", 2048], megapixels: ["Megapixels", 8] };

const showAmount = () => {
  const named = AMOUNTS[at("size").value];
  at("amount-label").hidden = !named;
  if (named) {
    [at("amount-name").textContent, at("amount").value] = named;
  }
};

const PURPOSES = {
  any: "Chosen for each picture",
  clean: "Clean pictures",
  photo: "Photos",
  drawing: "Drawings",
  jpeg: "Compressed pictures",
  noise: "Noisy pictures",
  plain: "No network",
};

const showModels = (models) => {
  const select = at("model");
  for (const [purpose, title] of Object.entries(PURPOSES)) {
    const group = document.createElement("optgroup");
    group.label = title;
    for (const model of models.filter((one) => one.purpose === purpose)) {
      const scales = model.scales.length ? ` (× ${model.scales.join(", ")})` : "";
      group.append(new Option(model.id + scales, model.id));
    }
    if (group.children.length) {
      select.append(group);
    }
  }
  const tell = () => {
    at("good-for").textContent = models.find((one) => one.id === select.value).good_for;
  };
  select.addEventListener("change", tell);
  tell();
};

const start = async () => {
  const about = await askJson("/about");
  at("ask-token").hidden = true;
  mostBytes = about.most_bytes;
  if (at("model").options.length) {
    return;
  }
  showModels(about.models);
  for (const format of about.formats) {
    at("format").append(new Option(format.toUpperCase(), format));
  }
  at("limits").textContent =
    `Up to ${megabytes(about.most_bytes)} and ${about.most_pixels / 1e6} megapixels each. ` +
    `A picture is forgotten ${Math.round(about.keep_seconds / 60)} minutes after it was last used.`;
};

// The list

const sizeOf = (one) => `${one.width} × ${one.height}`;

const facts = (job) => {
  const frames = job.picture.frames > 1 ? `, ${job.picture.frames} frames` : "";
  return `${sizeOf(job.picture)} ${job.picture.format}${frames}, ${megabytes(job.bytes)}`;
};

const STATES = {
  held: () => "",
  waiting: () => "In the queue",
  running: (job) => `Being enlarged: ${Math.round(100 * job.progress)} %`,
  failed: (job) => `${job.failure.message} ${job.failure.hint}`,
  done: ({ result }) =>
    [`Done: ${sizeOf(result)} ${result.format}, ${megabytes(result.bytes)}, in ${result.seconds} s.`, ...result.notes].join(" "),
};

const advice = (job) =>
  job.result
    ? `Made with ${job.result.how}.`
    : [`The model auto would take ${job.picture.advice}.`, ...job.picture.warnings].join(" ");

const show = (job, element) => {
  const one = (selector) => element.querySelector(selector);
  const busy = job.state === "waiting" || job.state === "running";
  element.className = `job ${job.state}`;
  one(".name").textContent = job.name;
  one(".facts").textContent = facts(job);
  one(".advice").textContent = advice(job);
  one(".state").textContent = STATES[job.state](job);
  const bar = one("progress");
  bar.hidden = !busy;
  bar.value = job.progress;
  bar.setAttribute("aria-label", `Progress of ${job.name}`);
  one("[data-does=start]").textContent = job.state === "held" ? "Enlarge" : "Enlarge again";
  one("[data-does=start]").classList.toggle("main", job.state === "held");
  const shown = { start: !busy, compare: job.state === "done", save: job.state === "done", remove: true };
  for (const [does, visible] of Object.entries(shown)) {
    const button = one(`[data-does=${does}]`);
    button.hidden = !visible;
    button.setAttribute("aria-label", `${button.textContent} ${job.name}`);
  }
};

const draw = async (job, canvas) => {
  const small = { resizeHeight: THUMB, resizeQuality: "medium" };
  const given = thumbs.get(`${job.name} ${job.bytes}`);
  let image = given && (await createImageBitmap(given, small).catch(() => null));
  if (!image && job.bytes < LARGEST_THUMB) {
    image = await createImageBitmap(await (await ask(`/jobs/${job.id}/before`)).blob(), small);
  }
  const side = Math.min(image.width, image.height);
  canvas.width = canvas.height = THUMB;
  const left = (image.width - side) / 2;
  canvas.getContext("2d").drawImage(image, left, 0, side, side, 0, 0, THUMB, THUMB);
  image.close();
};

const count = () => {
  const all = [...jobs.values()].map((one) => one.job);
  const held = all.filter((job) => job.state === "held" || job.state === "failed").length;
  const done = all.filter((job) => job.state === "done").length;
  at("list").hidden = !all.length;
  at("start-all").textContent = held === 1 ? "Enlarge 1 picture" : `Enlarge ${held} pictures`;
  at("start-all").hidden = !held;
  at("save-all").disabled = !done;
  return { all: all.length, done };
};

const ended = (job) => {
  const { all, done } = count();
  const how = job.state === "done" ? "is done" : "failed";
  status(`${job.name} ${how}. ${done} of ${all} done.`);
};

const update = (job) => {
  const before = jobs.get(job.id);
  if (before && before.job.revision > job.revision) {
    return; // an answer that was overtaken by an event
  }
  const element = before?.element ?? at("job").content.firstElementChild.cloneNode(true);
  if (!before) {
    element.dataset.id = job.id;
    at("jobs").append(element);
    draw(job, element.querySelector("canvas")).catch(() => {}); // the list does without it
  }
  jobs.set(job.id, { job, element });
  show(job, element);
  count();
  if (before && before.job.state !== job.state && ["done", "failed"].includes(job.state)) {
    ended(job);
  }
};

const forget = ({ id }) => {
  const element = jobs.get(id)?.element;
  jobs.delete(id);
  if (element?.contains(document.activeElement)) {
    (element.nextElementSibling?.querySelector("button:not([hidden])") ?? at("files")).focus();
  }
  element?.remove();
  count();
};

const follow = async () => {
  for (;;) {
    const known = new Set(jobs.keys());
    try {
      await listen(`/events?${query({ list })}`, (name, value) => {
        if (name === "all") {
          [...known].filter((id) => !value.includes(id)).forEach((id) => forget({ id }));
        } else {
          (name === "job" ? update : forget)(value);
        }
      });
    } catch (error) {
      if (error.status === 401) {
        at("ask-token").hidden = false;
        return;
      }
    }
    status("The connection to the server is lost. It is tried again.");
    await new Promise((resolve) => setTimeout(resolve, WAIT));
  }
};

// Actions

const send = async (file) => {
  if (file.size > mostBytes) {
    throw new Error(`${file.name} is larger than ${megabytes(mostBytes)}.`);
  }
  thumbs.set(`${file.name} ${file.size}`, file);
  const path = `/jobs?${query({ list, name: file.name, hold: true })}`;
  update(await askJson(path, { method: "POST", body: file }));
};

// One after another, so that the list has the order of the files.
const add = async (files) => {
  const all = [...files];
  const pictures = all.length === 1 ? "picture" : "pictures";
  for (const [index, file] of all.entries()) {
    status(`Looking at ${all.length} ${pictures}, ${index} done.`);
    await attempt(() => send(file));
  }
  if (all.length) {
    status(`${all.length} ${pictures} looked at.`);
  }
};

const begin = async (job) => update(await askJson(`/jobs/${job.id}/start?${wanted()}`, { method: "POST" }));

const remove = async (job) => {
  await ask(`/jobs/${job.id}`, { method: "DELETE" });
  forget(job);
};

const download = async (job) => save(await (await ask(`/jobs/${job.id}/result`)).blob(), job.result.name);

const compare = async (job) => {
  at("viewer-title").textContent = `Before and after: ${job.name}`;
  at("frame").src = `/viewer#${job.id}`;
  at("viewer").showModal();
};

const ACTIONS = { start: begin, compare, save: download, remove };

// The requests go on when the page is closed.
const ofAll = (path, options) => ask(path, { ...options, keepalive: true });

const beginAll = async () => {
  const answer = await ofAll(`/start?${query({ list })}&${wanted()}`, { method: "POST" });
  (await answer.json()).jobs.forEach(update);
};

const removeAll = async () => {
  await ofAll(`/jobs?${query({ list })}`, { method: "DELETE" });
  [...jobs.keys()].forEach((id) => forget({ id }));
};

at("jobs").addEventListener("click", (event) => {
  const does = event.target.dataset.does;
  const id = event.target.closest(".job")?.dataset.id;
  if (does && jobs.has(id)) {
    attempt(() => ACTIONS[does](jobs.get(id).job));
  }
});
at("start-all").addEventListener("click", () => attempt(beginAll));
at("remove-all").addEventListener("click", () => attempt(removeAll));
at("save-all").addEventListener("click", () =>
  attempt(async () => save(await (await ask(`/results?${query({ list })}`)).blob(), "srcli.zip")),
);
at("size").addEventListener("change", showAmount);
at("files").addEventListener("change", () => {
  add(at("files").files);
  at("files").value = "";
});
at("close-viewer").addEventListener("click", () => at("viewer").close());
at("viewer").addEventListener("close", () => {
  at("frame").src = "about:blank";
});
window.addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data === "close") {
    at("viewer").close();
  }
});
at("ask-token").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(at("token").value.trim());
  attempt(start).then(follow);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) {
    event.preventDefault();
    add(event.clipboardData.files);
  }
});
const over = (event, is) => {
  event.preventDefault();
  at("drop").classList.toggle("over", is);
};
document.addEventListener("dragover", (event) => over(event, true));
document.addEventListener("dragleave", (event) => over(event, false));
document.addEventListener("drop", (event) => {
  over(event, false);
  add(event.dataTransfer.files);
});

showAmount();
attempt(start).then(follow);
