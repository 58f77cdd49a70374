/* Tables that sort by a click on a header; long ones get a field that filters their rows; figures that can be taken away; long names
   that break where one reads a pause. Without this file all are as they come. */
(() => {
  "use strict";
  const SORTED = 4, FILTERED = 13; // rows from which a table sorts, from which it filters: medte.css keeps the field's place
  const NUMBER = /^([<>]?)\s*([+−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(?:%|\/.*)?$/;

  /* What a cell says: its value, or its small print where it has no other. */
  function words(cell) {
    const value = cell.cloneNode(true);
    value.querySelectorAll(".interval, small").forEach((part) => part.remove());
    const plain = (text) => text.replace(/[•\u00ad\u200b]/g, "").trim();
    return plain(value.textContent) || plain(cell.textContent);
  }

  /* What a cell is sorted by. Numbers come before words, and both before nothing, in either direction. */
  function key(cell) {
    const text = words(cell);
    if (text === "" || text === "–") return { rank: 2 };
    const found = NUMBER.exec(text);
    if (!found) return { rank: 1, text };
    const number = Number(found[2].replace("−", "-").replaceAll(",", ""));
    const beyond = { "<": -1e-9, ">": 1e-9 }[found[1]] ?? 0; // "< 0.001" is before "0.001"
    return { rank: 0, number: number + beyond };
  }

  function compare(one, other, sign) {
    if (one.rank !== other.rank) return one.rank - other.rank;
    if (one.rank === 0) return sign * (one.number - other.number);
    if (one.rank === 1) return sign * one.text.localeCompare(other.text, "en", { numeric: true });
    return 0;
  }

  /* A button in each header: numbers largest first, words from A; then the reverse; then as they came. The foot stays. */
  function makeSortable(table) {
    const [body] = table.tBodies, rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "medte-sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const keys = new Map(rows.map((row) => [row, key(row.cells[column])]));
        const ranks = [...keys.values()].map((one) => one.rank);
        const turns = ["descending", "ascending"];
        if (!ranks.includes(0)) turns.reverse();
        const turn = turns[turns.indexOf(head.getAttribute("aria-sort")) + 1];
        const sign = turn === "descending" ? -1 : 1;
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        if (turn) head.setAttribute("aria-sort", turn);
        body.append(...(turn ? [...rows].sort((one, other) => compare(keys.get(one), keys.get(other), sign)) : rows));
      });
    });
  }

  /* A field above the table: rows that hold all its words stay. Columns keep their widths meanwhile. */
  function makeFilterable(figure, table) {
    const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
    const texts = new Map(rows.map((row) => [row, row.textContent.replaceAll("\u00ad", "").toLowerCase()]));
    const line = document.createElement("p");
    line.className = "medte-filter";
    line.innerHTML = '<label>Filter rows <input type="search" autocomplete="off"></label> <output></output>';
    const [field, count] = [line.querySelector("input"), line.querySelector("output")];
    const filter = () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const widths = heads.map((head) => (wanted.length ? `${head.getBoundingClientRect().width}px` : ""));
      heads.forEach((head, column) => (head.style.width = widths[column]));
      rows.forEach((row) => (row.hidden = !wanted.every((word) => texts.get(row).includes(word))));
      line.classList.toggle("medte-filtered", wanted.length > 0);
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    };
    field.addEventListener("input", filter);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      field.value = "";
      filter();
    });
    filter();
    figure.prepend(line);
  }

  /* A table that is wider than the page can be scrolled with the arrow keys. */
  function makeReachable(frame) {
    new ResizeObserver(() => {
      if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
      else frame.removeAttribute("tabindex");
    }).observe(frame);
  }

  /* The name of a module breaks after a dot. */
  function breakName(part) {
    if (!/^medte(\.\w+)+$/.test(part?.data?.trim())) return;
    part.replaceWith(...part.data.split(/(?<=\.)/).flatMap((piece) => [document.createElement("wbr"), piece]).slice(1));
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".bd-sidebar-secondary a, .bd-article h2").forEach((place) => breakName(place.firstChild));
    document.querySelectorAll(".medte-table").forEach((figure) => {
      const table = figure.querySelector("table"), count = table.tBodies[0].rows.length;
      makeReachable(table.parentElement);
      if (count >= SORTED) makeSortable(table);
      if (count >= FILTERED) makeFilterable(figure, table);
    });
    // A figure stands on the page once; its link takes it from there.
    document.querySelectorAll("a.medte-image").forEach((link) => {
      link.href = link.closest("figure").querySelector("img").src;
    });
  });
})();
