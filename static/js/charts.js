// Draws the charts that the server describes in data-chart; computes no figure and chooses no colour
// but by a tone's name. The table below each chart says the same without it.
"use strict";

(() => {
  const drawn = new Map();

  // A token may hold a pair of colours; only an element that bears it knows which one is meant.
  const probe = document.body.appendChild(document.createElement("i"));
  probe.hidden = true;
  function resolved(colour) {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  }
  const token = (name) => resolved(`var(--${name})`);
  const tone = (name, shade = 100) => {
    const colour = name === "accent" ? "accent" : `tone-${name}`;
    return resolved(`color-mix(in srgb, var(--${colour}) ${shade}%, var(--surface))`);
  };

  // Hatching marks what is still settling, so that it shows without colour too.
  function hatched(colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.globalAlpha = 0.35;
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 8, 8);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const x of [-8, 0, 8]) {
      pen.moveTo(x, 8);
      pen.lineTo(x + 8, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  // Chart.js would darken what is pointed at, and cannot read a mixed colour: it came out black.
  Chart.defaults.hoverBackgroundColor = (_context, options) => options.backgroundColor;
  Chart.defaults.hoverBorderColor = (_context, options) => options.borderColor;
  const pointedAt = () => ({ hoverBorderColor: token("text"), hoverBorderWidth: 1 });

  const number = new Intl.NumberFormat(document.documentElement.lang);
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  const written = (value, unit) => (unit === "percent" ? percent : number).format(value);

  function axis(unit, stacked) {
    return {
      stacked,
      beginAtZero: true,
      grid: { color: token("line") },
      border: { display: false },
      ticks: {
        color: token("muted"),
        maxTicksLimit: 6,
        maxRotation: 0,
        callback: (value) => written(value, unit),
      },
    };
  }

  const labels = (stacked, ticks) => ({
    stacked,
    grid: { display: false },
    border: { color: token("line") },
    ticks: { color: token("text"), ...ticks },
  });

  // Names beside lying bars: two lines at most, and never more than their part of a narrow chart. The
  // tooltip and the table have them whole.
  const NAMES = 0.4;
  const LINES = 2;
  const pen = document.createElement("canvas").getContext("2d");
  const font = () => `${Chart.defaults.font.size}px ${Chart.defaults.font.family}`;

  function cut(text, room) {
    if (pen.measureText(text).width <= room) return text;
    let kept = [...text];
    while (kept.length > 1 && pen.measureText(`${kept.join("")}…`).width > room) kept.pop();
    return `${kept.join("").trimEnd()}…`;
  }

  function wrapped(text, room) {
    pen.font = font();
    const found = [];
    let words = text.split(" ");
    while (words.length && found.length < LINES) {
      let taken = 1;
      const fits = (count) => pen.measureText(words.slice(0, count).join(" ")).width <= room;
      while (taken < words.length && fits(taken + 1)) taken += 1;
      if (found.length === LINES - 1) taken = words.length;
      found.push(cut(words.slice(0, taken).join(" "), room));
      words = words.slice(taken);
    }
    return found;
  }

  // Moments below standing bars: the hour under its day.
  const MOMENT = 64;

  const nameRoom = (width) => width * NAMES;

  const names = (spec) => ({
    autoSkip: false,
    callback(_value, index) {
      return wrapped(spec.labels[index], nameRoom(this.chart.width));
    },
  });

  const moments = (spec) => ({
    maxRotation: 0,
    callback: (_value, index) => wrapped(spec.labels[index], MOMENT),
  });

  const intervals = {
    id: "intervals",
    afterDatasetsDraw(chart, _args, options) {
      if (!options.bounds) return;
      const { ctx, scales } = chart;
      ctx.save();
      ctx.strokeStyle = token("text");
      ctx.lineWidth = 1.5;
      chart.getDatasetMeta(0).data.forEach((bar, index) => {
        const bounds = options.bounds[index];
        if (!bounds) return;
        const [from, to] = bounds.map((value) => scales.x.getPixelForValue(value));
        ctx.beginPath();
        ctx.moveTo(from, bar.y);
        ctx.lineTo(to, bar.y);
        for (const x of [from, to]) {
          ctx.moveTo(x, bar.y - 3);
          ctx.lineTo(x, bar.y + 3);
        }
        ctx.stroke();
      });
      ctx.restore();
    },
  };

  // What the range compared with had: an outline beside each bar, told in the tooltip and the table.
  function earlier(spec) {
    if (!spec.before) return [];
    return [
      {
        label: spec.beforeLabel,
        data: spec.before,
        links: spec.beforeLinks,
        backgroundColor: "transparent",
        borderColor: token("muted"),
        borderWidth: 1,
        borderSkipped: false,
        maxBarThickness: 18,
      },
    ];
  }

  const fill = (spec) => ({
    data: spec.values,
    links: spec.links,
    backgroundColor: spec.tones.map((name, index) =>
      spec.faint[index] ? token("faint") : tone(name),
    ),
    maxBarThickness: spec.kind === "bars" ? 18 : 48,
    ...pointedAt(),
  });

  // A part of each bar, drawn over it from its beginning.
  function part(spec) {
    if (!spec.part) return [];
    const colour = tone("failed");
    return [
      {
        label: spec.partLabel,
        data: spec.part,
        links: spec.partLinks,
        backgroundColor: colour,
        grouped: false,
        order: -1,
        maxBarThickness: 8,
        ...pointedAt(),
      },
    ];
  }

  const tooltip = (spec) => ({
    callbacks: {
      label: (item) =>
        item.datasetIndex === 0
          ? spec.words[item.dataIndex]
          : `${item.dataset.label}: ${written(item.raw, spec.unit)}`,
    },
  });

  const legend = {
    position: "bottom",
    labels: { usePointStyle: true, pointStyleWidth: 16, boxHeight: 10 },
  };

  function bars(spec) {
    return {
      type: "bar",
      data: { labels: spec.labels, datasets: [fill(spec), ...part(spec), ...earlier(spec)] },
      options: {
        indexAxis: "y",
        scales: {
          x: { ...axis(spec.unit, false), max: spec.max },
          y: labels(false, names(spec)),
        },
        plugins: {
          intervals: { bounds: spec.intervals },
          legend: { display: false },
          tooltip: tooltip(spec),
        },
      },
      plugins: [intervals],
    };
  }

  // Lines with a label over the columns in which the percentiles lie.
  const percentiles = {
    id: "percentiles",
    afterDatasetsDraw(chart, _args, options) {
      if (!options.lines?.length) return;
      const { ctx, scales, chartArea } = chart;
      const size = parseFloat(getComputedStyle(document.body).fontSize) - 2;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = token("text");
      ctx.font = `${size}px ${Chart.defaults.font.family}`;
      ctx.setLineDash([4, 3]);
      options.lines.forEach((line, index) => {
        const x = scales.x.getPixelForValue(line.index);
        const top = chartArea.top + index * (size + 4);
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        const left = x + ctx.measureText(line.label).width + 6 > chartArea.right;
        ctx.textAlign = left ? "right" : "left";
        ctx.fillText(line.label, x + (left ? -4 : 4), top + size);
      });
      ctx.restore();
    },
  };

  function columns(spec) {
    const more = {
      label: spec.moreLabel,
      data: spec.more,
      backgroundColor: hatched(tone("accent")),
      maxBarThickness: 48,
      ...pointedAt(),
    };
    return {
      type: "bar",
      data: {
        labels: spec.labels,
        datasets: [fill(spec), ...(spec.more ? [more] : []), ...earlier(spec)],
      },
      options: {
        scales: { x: labels(Boolean(spec.more), { maxRotation: 60 }), y: axis(spec.unit, Boolean(spec.more)) },
        plugins: {
          percentiles: { lines: spec.percentiles },
          legend: { display: false },
          tooltip: {
            callbacks: {
              label: (item) =>
                item.dataset === more ? spec.moreLabel : tooltip(spec).callbacks.label(item),
            },
          },
        },
      },
      plugins: [percentiles],
    };
  }

  // The band of what is usual: two lines without a stroke, the room between them filled.
  function band(spec) {
    if (!spec.usual) return [];
    const line = (name, more) => ({
      type: "line",
      label: spec.usualLabel,
      data: spec.usual.map((one) => (one ? one[name] : null)),
      borderColor: "transparent",
      pointRadius: 0,
      pointHitRadius: 0,
      order: 2,
      stack: name,
      ...more,
    });
    const shade = resolved("color-mix(in srgb, var(--muted) 22%, transparent)");
    return [
      line("high", { backgroundColor: shade, fill: "+1" }),
      line("low", { fill: false }),
      line("median", { borderColor: token("muted"), borderWidth: 1, borderDash: [2, 3], fill: false }),
    ];
  }

  function lines(spec) {
    const found = [
      {
        type: "line",
        label: spec.rateLabel,
        data: spec.rate,
        yAxisID: "rate",
        borderColor: token("text"),
        backgroundColor: token("text"),
        borderWidth: 1.5,
        pointRadius: spec.labels.length > 60 ? 0 : 2,
        pointHitRadius: 0,
        spanGaps: false,
        clip: false,
        order: 0,
        stack: "rate",
      },
    ];
    if (spec.before) {
      found.push({
        type: "line",
        label: spec.beforeLabel,
        data: spec.before,
        borderColor: token("accent"),
        backgroundColor: token("accent"),
        borderDash: [5, 4],
        borderWidth: 1.5,
        pointRadius: 0,
        pointHitRadius: 0,
        order: 0,
        stack: "before",
      });
    }
    return found;
  }

  function stack(spec) {
    const colours = (one) => {
      const plain = tone(one.tone, one.shade);
      const pale = resolved(
        `color-mix(in srgb, var(--tone-${one.tone}) ${one.shade * 0.4}%, var(--surface))`,
      );
      const settling = hatched(plain);
      return spec.settling.map((unsure, index) => {
        if (spec.held[index]) return pale;
        return unsure ? settling : plain;
      });
    };
    const layers = spec.stacks.map((one) => ({
      label: one.label,
      data: one.values,
      backgroundColor: colours(one),
      // A line between the layers tells them apart without colour.
      borderColor: token("surface"),
      borderWidth: { top: 1 },
      borderSkipped: false,
      order: 1,
      stack: "messages",
    }));
    const states = { part: spec.partLabel, none: spec.noneLabel };
    const legendOf = {
      ...legend,
      labels: {
        ...legend.labels,
        color: token("text"),
        // The band is three lines of one name; layers show the colour that they have when whole.
        generateLabels: (chart) =>
          Chart.defaults.plugins.legend.labels
            .generateLabels(chart)
            .filter((item) => chart.data.datasets[item.datasetIndex].stack !== "low")
            .filter((item) => chart.data.datasets[item.datasetIndex].stack !== "median")
            .sort((one, other) => one.datasetIndex - other.datasetIndex)
            .map((item) => {
              const one = spec.stacks[item.datasetIndex];
              const { stack } = chart.data.datasets[item.datasetIndex];
              if (!one) return { ...item, pointStyle: stack === "high" ? "rect" : "line" };
              return { ...item, fillStyle: tone(one.tone, one.shade), pointStyle: "rect" };
            }),
      },
      onClick: () => {},
    };
    return {
      type: "bar",
      data: { labels: spec.labels, datasets: [...layers, ...band(spec), ...lines(spec)] },
      options: {
        scales: {
          x: labels(true, moments(spec)),
          y: axis(spec.unit, true),
          rate: {
            ...axis("percent", false),
            position: "right",
            min: 0,
            max: 1,
            grid: { display: false },
          },
        },
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: legendOf,
          tooltip: {
            footerColor: token("surface"),
            filter: (item) => item.raw !== null && item.raw !== 0,
            callbacks: {
              label: (item) =>
                `${item.dataset.label}: ${written(
                  item.raw,
                  item.dataset.yAxisID === "rate" ? "percent" : spec.unit,
                )}`,
              footer: (items) => {
                if (!items.length) return "";
                const index = items[0].dataIndex;
                return states[spec.held[index]] ?? (spec.settling[index] ? spec.settlingLabel : "");
              },
            },
          },
        },
      },
    };
  }

  const kinds = { bars, columns, stack };

  function draw(canvas) {
    const spec = JSON.parse(canvas.dataset.chart);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    const config = kinds[spec.kind](spec);
    if (spec.kind === "bars") {
      const room = nameRoom(canvas.parentElement.clientWidth);
      const folds = spec.labels.some((label) => wrapped(label, room).length > 1);
      const each = spec.before || folds ? 34 : 26;
      canvas.parentElement.style.height = `${Math.max(120, spec.labels.length * each + 40)}px`;
    }
    // A layer of a stack opens its own rows; the space above it, the whole bar.
    const target = (event, hit) => {
      if (!hit.length) return "";
      const exact =
        spec.kind === "stack" &&
        event.chart
          .getElementsAtEventForMode(event, "point", { intersect: true }, false)
          .find((one) => one.datasetIndex < spec.stacks.length);
      if (spec.kind !== "stack") {
        const { datasetIndex, index } = hit[0];
        return event.chart.data.datasets[datasetIndex].links?.[index] ?? "";
      }
      if (!exact) return spec.links[hit[0].index];
      return spec.stacks[exact.datasetIndex].links[exact.index];
    };
    Object.assign(config.options, {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      locale: document.documentElement.lang,
      onClick: (event, hit) => {
        const href = target(event, hit);
        if (href) window.location.assign(href);
      },
      onHover: (event, hit) => {
        event.native.target.style.cursor = target(event, hit) ? "pointer" : "default";
      },
    });
    drawn.get(canvas)?.destroy();
    drawn.set(canvas, new Chart(canvas, config));
    canvas.dataset.drawn = "true";
  }

  function drawAll() {
    for (const [canvas, chart] of drawn) {
      if (!canvas.isConnected) {
        chart.destroy();
        drawn.delete(canvas);
      }
    }
    document.querySelectorAll("canvas[data-chart]:not([data-drawn])").forEach(draw);
  }

  // Chart.js does not recolour its axes on update(): a theme change draws anew.
  function redraw() {
    [...drawn.keys()].filter((canvas) => canvas.isConnected).forEach(draw);
  }

  // A table as CSV: bare numbers, the words quoted, nothing that a spreadsheet would run.
  function csv(section) {
    const french = document.documentElement.lang.startsWith("fr");
    const field = (cell) => {
      const value = cell.dataset.value;
      if (value !== undefined) return french ? value.replace(".", ",") : value;
      const text = cell.textContent.trim().replace(/\s+/g, " ");
      const safe = /^[=+\-@'\t\r]/.test(text) ? `'${text}` : text;
      return `"${safe.replaceAll('"', '""')}"`;
    };
    const rows = [...section.querySelectorAll("table")].flatMap((table, index) =>
      [...table.rows].slice(index ? 1 : 0),
    );
    const mark = french ? ";" : ",";
    return rows.map((row) => [...row.cells].map(field).join(mark)).join("\r\n");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-table]");
    if (!button) return;
    button.dataset.copy = csv(button.closest("section"));
    document.dispatchEvent(new CustomEvent("copytext", { detail: button }));
  });

  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("themechange", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", redraw);
  drawAll();
})();
