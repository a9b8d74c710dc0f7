import { ask, askJson } from "/server.js";

const id = location.hash.slice(1);
const stage = document.querySelector(".stage");
const status = document.querySelector("#status");

// Fetch a picture, since an address in a page cannot show the token.
const load = async (image, path, result) => {
  const blob = await (await ask(path)).blob();
  image.src = URL.createObjectURL(blob);
  image.style.aspectRatio = `${result.width} / ${result.height}`;
  await image.decode();
};

const show = async () => {
  const job = await askJson(`/jobs/${encodeURIComponent(id)}`);
  const { picture, result } = job;
  const [before, after] = stage.querySelectorAll("img");
  await Promise.all([
    load(before, `/jobs/${job.id}/before`, result),
    load(after, `/jobs/${job.id}/after`, result),
  ]);
  const [source, made] = stage.querySelectorAll(".facts");
  source.textContent = `${picture.width} × ${picture.height}, enlarged by the browser`;
  made.textContent = `${result.width} × ${result.height}, ${result.how}`;
  Object.assign(stage.dataset, {
    width: result.width,
    height: result.height,
    x: result.width / 2,
    y: result.height / 2,
  });
  document.querySelector("#pictures").hidden = false;
  status.textContent = "";
  const script = document.createElement("script");
  script.src = "/compare.js";
  document.body.append(script);
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && window.parent !== window) {
    window.parent.postMessage("close", location.origin);
  }
});
show().catch((error) => {
  status.textContent = error.message;
});
