"""Charts as data: what `charts.js` draws, and the table that says the same. One file a family."""
