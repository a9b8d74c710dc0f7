"use strict";
{
  const STEP = 8;
  const between = (value, low, high) => Math.min(Math.max(value, low), high);

  for (const sheet of document.querySelectorAll(".sheet")) {
    const overview = sheet.querySelector(".overview");
    const side = sheet.querySelector(".side");
    const place = sheet.querySelector("output");
    const read = (name) => Number(sheet.style.getPropertyValue(`--${name}`));
    const write = (name, value) => sheet.style.setProperty(`--${name}`, value);

    // Moves the window so that its middle is at a point of the area.
    const centre = (x, y) => {
      const left = Math.round(between(x - read("ww") / 2, 0, read("aw") - read("ww")));
      const top = Math.round(between(y - read("wh") / 2, 0, read("ah") - read("wh")));
      write("x", left);
      write("y", top);
      place.textContent = `at ${left + read("left")}, ${top + read("top")}`;
    };
    const middle = () => [read("x") + read("ww") / 2, read("y") + read("wh") / 2];

    const follow = (event) => {
      const box = overview.getBoundingClientRect();
      centre(
        ((event.clientX - box.left) / box.width) * read("w") - read("left"),
        ((event.clientY - box.top) / box.height) * read("h") - read("top"),
      );
    };
    overview.addEventListener("pointerdown", (event) => {
      overview.setPointerCapture(event.pointerId);
      follow(event);
    });
    overview.addEventListener("pointermove", (event) => {
      if (overview.hasPointerCapture(event.pointerId)) {
        follow(event);
      }
    });
    overview.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const step = steps[event.key];
      if (step) {
        event.preventDefault();
        const [x, y] = middle();
        centre(x + step[0] * STEP, y + step[1] * STEP);
      }
    });
    side.addEventListener("change", () => {
      const [x, y] = middle();
      write("ww", Math.min(Number(side.value), read("aw")));
      write("wh", Math.min(Number(side.value), read("ah")));
      centre(x, y);
    });
  }

  // A cell counts as its first number; what has none comes last.
  const number = (cell) => {
    const found = cell.textContent.replaceAll(",", "").match(/-?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };
  const compare = (column, plain, sign) => (first, second) => {
    const [a, b] = [first.cells[column], second.cells[column]];
    if (plain) {
      return sign * a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
    }
    const [x, y] = [number(a), number(b)];
    if (x === null || y === null) {
      return (x === null) - (y === null);
    }
    return sign * (x - y);
  };

  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      const plain = head.classList.contains("label");
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "descending" : plain;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const body = table.tBodies[0];
        body.append(...[...body.rows].sort(compare(column, plain, up ? 1 : -1)));
        [...body.rows].forEach((row) => row.classList.remove("starts"));
      });
    });
  }
}
