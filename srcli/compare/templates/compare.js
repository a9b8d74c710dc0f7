"use strict";
{
  const stage = document.querySelector(".stage");
  const panes = [...stage.querySelectorAll(".pane")];
  const boxes = panes.map((pane) => pane.querySelector(".scroll"));
  const images = panes.map((pane) => pane.querySelector("img"));
  const handle = stage.querySelector(".handle");
  const at = document.querySelector("#at");
  const zoom = document.querySelector("#zoom");
  const difference = document.querySelector("#difference");
  const pickers = { left: document.querySelector("#left"), right: document.querySelector("#right") };
  const layouts = [...document.querySelectorAll("[name=layout]")];
  const levels = [...zoom.options].map((option) => option.value).filter((value) => value !== "fit");
  const shown = { left: 0, right: 1 };
  const width = Number(stage.dataset.width);
  const height = Number(stage.dataset.height);
  // The point of the pictures that is in the middle of their boxes.
  const centre = { x: Number(stage.dataset.x), y: Number(stage.dataset.y) };
  const PAN = 64;
  const NOTCH = 40;

  const lead = () => boxes[shown.left];

  // Pixels of the page that a pixel of a picture takes.
  const scale = () => images[shown.left].clientWidth / width;

  const fitting = () => {
    const overlaid = stage.classList.contains("overlaid");
    const room = overlaid ? stage.parentElement : panes[shown.left];
    return Math.min(room.clientWidth / width, (0.78 * window.innerHeight) / height);
  };

  const place = () => {
    stage.style.setProperty("--at", at.value);
    const name = pickers.left.selectedOptions[0].text;
    at.setAttribute("aria-valuetext", `${Math.round(at.value)} % ${name}`);
  };

  const scrollAll = () => {
    const box = lead();
    const left = centre.x * scale() - box.clientWidth / 2;
    const top = centre.y * scale() - box.clientHeight / 2;
    boxes.forEach((one) => one.scrollTo(left, top));
  };

  const follow = (box) => {
    if (box.clientWidth === 0) {
      return; // a box that is hidden has lost its place
    }
    boxes.forEach((other) => other.scrollTo(box.scrollLeft, box.scrollTop));
    centre.x = (box.scrollLeft + box.clientWidth / 2) / scale();
    centre.y = (box.scrollTop + box.clientHeight / 2) / scale();
  };

  const measure = () => {
    const size = zoom.value === "fit" ? fitting() : Number(zoom.value) / window.devicePixelRatio;
    stage.style.setProperty("--width", `${width * size}px`);
    stage.classList.toggle("enlarged", size * window.devicePixelRatio > 1);
    scrollAll();
  };

  // Zoom by a number of levels; the point of the picture at (x, y) of its box stays there.
  const step = (by, x = lead().clientWidth / 2, y = lead().clientHeight / 2) => {
    const box = lead();
    const now = scale() * window.devicePixelRatio;
    const next = by > 0
      ? levels.find((level) => level > now * 1.001)
      : levels.findLast((level) => level < now * 0.999);
    if (next === undefined) {
      return;
    }
    const point = { x: (box.scrollLeft + x) / scale(), y: (box.scrollTop + y) / scale() };
    zoom.value = next;
    measure();
    centre.x = point.x + (box.clientWidth / 2 - x) / scale();
    centre.y = point.y + (box.clientHeight / 2 - y) / scale();
    scrollAll();
  };

  const set = (value) => {
    zoom.value = value;
    measure();
  };

  const arrange = () => {
    const layout = layouts.find((one) => one.checked).value;
    stage.dataset.layout = difference.checked ? "difference" : layout;
    stage.classList.toggle("overlaid", ["slider", "difference"].includes(stage.dataset.layout));
    handle.hidden = at.hidden = stage.dataset.layout !== "slider";
    panes.forEach((pane, index) => {
      pane.dataset.side = Object.keys(shown).find((side) => shown[side] === index) ?? "";
    });
    for (const side of Object.keys(shown)) {
      pickers[side].value = shown[side];
    }
    measure();
    place();
  };

  const show = (side, index) => {
    const other = side === "left" ? "right" : "left";
    if (shown[other] === index) {
      shown[other] = shown[side];
    }
    shown[side] = index;
    const focused = boxes.indexOf(document.activeElement);
    arrange();
    if (focused >= 0 && boxes[focused].clientWidth === 0) {
      boxes[index].focus({ preventScroll: true });
    }
  };

  const next = () => {
    const others = panes.map((_, index) => index).filter((index) => index !== shown.left);
    show("right", others[(others.indexOf(shown.right) + 1) % others.length]);
  };

  const toggle = () => {
    difference.checked = !difference.checked;
    arrange();
  };

  const slide = (by) => {
    at.value = Number(at.value) + by;
    place();
  };

  const pan = (x, y) => lead().scrollBy(x, y);

  const keys = {
    "+": () => step(1),
    "=": () => step(1),
    "-": () => step(-1),
    0: () => set("fit"),
    1: () => set("1"),
    d: toggle,
    n: next,
    s: () => show("left", shown.right),
    ArrowLeft: (shift) => (shift ? slide(-2) : pan(-PAN, 0)),
    ArrowRight: (shift) => (shift ? slide(2) : pan(PAN, 0)),
    ArrowUp: () => pan(0, -PAN),
    ArrowDown: () => pan(0, PAN),
  };

  const press = (event) => {
    const action = keys[event.key] ?? keys[event.key.toLowerCase()];
    const meant = event.target.classList.contains("scroll");
    if (action && meant && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action(event.shiftKey);
    }
  };

  let turned = 0;
  const turn = (event) => {
    if (event.shiftKey || !event.target.closest(".scroll, .handle")) {
      return;
    }
    event.preventDefault();
    turned += event.deltaMode === 0 ? event.deltaY : 20 * event.deltaY;
    if (Math.abs(turned) >= NOTCH) {
      const box = (event.target.closest(".scroll") ?? lead()).getBoundingClientRect();
      step(-Math.sign(turned), event.clientX - box.left, event.clientY - box.top);
      turned = 0;
    }
  };

  const drag = (box) => {
    let from = null;
    box.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch" && event.button === 0) {
        from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
        box.setPointerCapture(event.pointerId);
      }
    });
    box.addEventListener("pointermove", (event) => {
      if (from && box.hasPointerCapture(event.pointerId)) {
        box.scrollTo(from.x - event.clientX, from.y - event.clientY);
      }
    });
    box.addEventListener("lostpointercapture", () => {
      from = null;
    });
    box.addEventListener("dragstart", (event) => event.preventDefault());
  };

  const slideTo = (event) => {
    const box = lead().getBoundingClientRect();
    at.value = (100 * (event.clientX - box.left)) / box.width;
    place();
  };

  stage.classList.add("live");
  document.querySelector(".controls").hidden = false;
  at.addEventListener("input", place);
  zoom.addEventListener("change", measure);
  difference.addEventListener("change", arrange);
  layouts.forEach((layout) => layout.addEventListener("change", arrange));
  for (const side of Object.keys(shown)) {
    pickers[side].addEventListener("change", () => show(side, Number(pickers[side].value)));
  }
  for (const box of boxes) {
    box.addEventListener("scroll", () => follow(box));
    drag(box);
  }
  stage.addEventListener("keydown", press);
  stage.addEventListener("wheel", turn, { passive: false });
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) {
      slideTo(event);
    }
  });
  window.addEventListener("resize", measure);
  window.addEventListener("load", measure);
  arrange();
}
