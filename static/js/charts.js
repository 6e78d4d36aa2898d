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

  const number = new Intl.NumberFormat(document.documentElement.lang);
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  const written = (value, unit) => (unit === "percent" ? percent : number).format(value);

  function axis(unit, stacked) {
    return {
      stacked,
      beginAtZero: true,
      grid: { color: token("line") },
      border: { display: false },
      ticks: { color: token("muted"), maxTicksLimit: 6, callback: (value) => written(value, unit) },
    };
  }

  const labels = (stacked) => ({
    stacked,
    grid: { display: false },
    border: { color: token("line") },
    ticks: { color: token("text"), autoSkip: true, maxRotation: 0 },
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

  function bars(spec) {
    return {
      type: "bar",
      data: {
        labels: spec.labels,
        datasets: [
          {
            data: spec.values,
            backgroundColor: spec.tones.map((name, index) =>
              spec.faint[index] ? token("faint") : tone(name),
            ),
            maxBarThickness: 18,
          },
        ],
      },
      options: {
        indexAxis: "y",
        scales: {
          x: { ...axis(spec.unit, false), max: spec.max },
          y: { ...labels(false), ticks: { color: token("text"), autoSkip: false } },
        },
        plugins: {
          intervals: { bounds: spec.intervals },
          legend: { display: false },
          tooltip: { callbacks: { label: (item) => spec.words[item.dataIndex] } },
        },
      },
      plugins: [intervals],
    };
  }

  function stack(spec) {
    const colours = (one) => {
      const plain = tone(one.tone, one.shade);
      const settling = hatched(plain);
      return spec.settling.map((unsure) => (unsure ? settling : plain));
    };
    return {
      type: "bar",
      data: {
        labels: spec.labels,
        datasets: spec.stacks.map((one) => ({
          label: one.label,
          data: one.values,
          backgroundColor: colours(one),
          // A line between the layers tells them apart without colour.
          borderColor: token("surface"),
          borderWidth: { top: 1 },
          borderSkipped: false,
        })),
      },
      options: {
        scales: { x: labels(true), y: axis(spec.unit, true) },
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: {
            position: "bottom",
            labels: { color: token("text"), boxWidth: 12, boxHeight: 12 },
          },
          tooltip: {
            footerColor: token("surface"),
            callbacks: {
              footer: (items) =>
                items.length && spec.settling[items[0].dataIndex] ? spec.settlingLabel : "",
            },
          },
        },
      },
    };
  }

  const kinds = { bars, stack };

  function draw(canvas) {
    const spec = JSON.parse(canvas.dataset.chart);
    const config = kinds[spec.kind](spec);
    if (spec.kind === "bars") {
      canvas.parentElement.style.height = `${Math.max(120, spec.labels.length * 26 + 40)}px`;
    }
    const go = (index) => {
      const href = spec.links[index];
      if (href) window.location.assign(href);
    };
    Object.assign(config.options, {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      locale: document.documentElement.lang,
      onClick: (_event, hit) => hit.length && go(hit[0].index),
      onHover: (event, hit) => {
        const links = hit.length && spec.links[hit[0].index];
        event.native.target.style.cursor = links ? "pointer" : "default";
      },
    });
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
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

  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("themechange", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", redraw);
  drawAll();
})();
