"use strict";
{
  const stage = document.querySelector(".stage");
  const panes = [...stage.querySelectorAll(".pane")];
  const boxes = panes.map((pane) => pane.querySelector(".scroll"));
  const images = panes.map((pane) => pane.querySelector("img"));
  const handle = stage.querySelector(".handle");
  const at = document.querySelector("#at");
  const zoom = document.querySelector("#zoom");
  const pickers = { left: document.querySelector("#left"), right: document.querySelector("#right") };
  const layouts = [...document.querySelectorAll("[name=layout]")];
  const shown = { left: 0, right: 1 };
  const seen = { x: 0, y: 0 };

  const place = () => {
    stage.style.setProperty("--at", at.value);
    const name = pickers.left.selectedOptions[0].text;
    at.setAttribute("aria-valuetext", `${Math.round(at.value)} % ${name}`);
  };

  const scroll = () => boxes.forEach((box) => box.scrollTo(seen.x, seen.y));

  const follow = (leader) => {
    Object.assign(seen, { x: leader.scrollLeft, y: leader.scrollTop });
    scroll();
  };

  const measure = () => {
    stage.dataset.fit = zoom.value;
    for (const image of images) {
      image.style.width = zoom.value === "fit" ? "" : `${image.naturalWidth * zoom.value}px`;
      image.classList.toggle("enlarged", image.clientWidth > image.naturalWidth);
    }
  };

  const arrange = () => {
    stage.dataset.layout = layouts.find((layout) => layout.checked).value;
    handle.hidden = at.hidden = stage.dataset.layout !== "slider";
    panes.forEach((pane, index) => {
      pane.dataset.side = Object.keys(shown).find((side) => shown[side] === index) ?? "";
    });
    for (const side of Object.keys(shown)) {
      pickers[side].value = shown[side];
    }
    measure();
    scroll();
    place();
  };

  const pick = (side, other) => {
    const index = Number(pickers[side].value);
    if (shown[other] === index) {
      shown[other] = shown[side];
    }
    shown[side] = index;
    arrange();
  };

  const drag = (event) => {
    const box = stage.getBoundingClientRect();
    at.value = (100 * (event.clientX - box.left)) / box.width;
    place();
  };

  stage.classList.add("live");
  document.querySelector(".controls").hidden = false;
  at.addEventListener("input", place);
  zoom.addEventListener("change", measure);
  layouts.forEach((layout) => layout.addEventListener("change", arrange));
  pickers.left.addEventListener("change", () => pick("left", "right"));
  pickers.right.addEventListener("change", () => pick("right", "left"));
  boxes.forEach((box) => box.addEventListener("scroll", () => follow(box)));
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) {
      drag(event);
    }
  });
  window.addEventListener("resize", measure);
  window.addEventListener("load", measure);
  arrange();
}
